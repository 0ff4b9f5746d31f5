"""Maps on the base map of our own: every script, style and picture comes from this machine."""

from typing import Any

import folium
from branca.element import Element, MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template
from streamlit_folium import st_folium

from dashboard.escape import escape
from linkage.alerts import Point

# From the component's folder up to the root of the application, whatever prefix a proxy adds.
ROOT = "../../"
CITY = (34.55, 119.06)
CITY_ZOOM = 9
# Without tiles Leaflet knows no zoom limits of its own.
MIN_ZOOM, MAX_ZOOM = 8, 18
_PARTS = (
    "shapes",
    "basemap",
    "outlines",
    "stations",
    "feed",
    "units",
    "marks",
    "queue",
    "alarm",
    "sift",
    "card",
    "board",
)


class OfflineMap(folium.Map):
    """folium's map without the eight addresses of the internet that it would load."""

    default_js = [("leaflet", f"{ROOT}vendor/leaflet/leaflet.js")]  # noqa: RUF012
    default_css = [("leaflet_css", f"{ROOT}vendor/leaflet/leaflet.css")]  # noqa: RUF012

    def __init__(self, at: tuple[float, float], zoom: int) -> None:
        super().__init__(
            at,
            tiles=None,
            zoom_start=zoom,
            min_zoom=MIN_ZOOM,
            max_zoom=MAX_ZOOM,
            zoom_control=False,
        )
        self.options |= {"minZoom": MIN_ZOOM, "maxZoom": MAX_ZOOM, "zoomSnap": 0.5}


class _Part(JSCSSMixin, MacroElement):
    """A constant script that is given the map. Data reach it through the feed, never through it."""

    def __init__(self, *scripts: str, styles: tuple[str, ...] = ("map",)) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.default_css = [(name, f"{ROOT}live/{name}.css") for name in styles]
        self.default_js = [(name, f"{ROOT}live/{name}.js") for name in scripts]


class BaseMap(_Part):
    """Districts, sea, coast and rivers, with their credit."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        Linkage.plainMap({{ this._parent.get_name() }});
        {% endmacro %}
    """)

    def __init__(self) -> None:
        super().__init__("shapes", "basemap")


class LiveIncidents(_Part):
    """The whole of 态势总览: base map, incidents, queue, lights, alarm, on one feed."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        Linkage.mount({{ this._parent.get_name() }});
        {% endmacro %}
    """)

    def __init__(self) -> None:
        super().__init__(*_PARTS, styles=("map", "board"))


def situation(ticket: str, selected: int | None) -> OfflineMap:
    """The live map. Its script never changes, so the browser mounts it once; ticket and selection
    travel beside it."""
    drawn = OfflineMap(CITY, CITY_ZOOM)
    LiveIncidents().add_to(drawn)
    chosen = "" if selected is None else str(selected)
    note = f'<div id="linkage-desk" data-ticket="{escape(ticket)}" data-selected="{chosen}"></div>'
    page: Any = drawn.get_root()
    page.html.add_child(Element(note), name="linkage_desk")
    return drawn


def show(drawn: OfflineMap, key: str, height: int) -> dict[str, Any]:
    """Put the map on the page; what its own layer last told, or nothing."""
    told = st_folium(drawn, key=key, height=height, returned_objects=[], use_container_width=True)
    return dict(told or {})


def pick(at: Point | None, key: str, height: int) -> Point | None:
    """A map to point at; where it was clicked last. `at`: what is marked on it already."""
    drawn = OfflineMap((at.lat, at.lon) if at else CITY, 12 if at else CITY_ZOOM)
    BaseMap().add_to(drawn)
    if at is not None:
        pin(drawn, at)
    told = st_folium(
        drawn, key=key, height=height, returned_objects=["last_clicked"], use_container_width=True
    )
    clicked = (told or {}).get("last_clicked")
    return Point(float(clicked["lng"]), float(clicked["lat"])) if clicked else None


def inset(point: Point, zoom: int = 13) -> OfflineMap:
    """A small map with one place marked; `show` it with a key of the place."""
    drawn = OfflineMap((point.lat, point.lon), zoom)
    BaseMap().add_to(drawn)
    pin(drawn, point)
    return drawn


def pin(drawn: OfflineMap, point: Point, colour: str = "#d1001f", text: str = "") -> None:
    """A dot at `point`; `text` from anywhere, shown when pointed at."""
    dot = folium.CircleMarker(
        (point.lat, point.lon),
        radius=8,
        color="#ffffff",
        weight=2,
        fill_color=colour,
        fill_opacity=1,
    )
    if text:
        folium.Tooltip(escape(text)).add_to(dot)
    dot.add_to(drawn)
