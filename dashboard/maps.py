"""Maps on the base map of our own: every script, style and picture comes from this machine."""

from collections.abc import Iterable, Mapping
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
_GROUND = ("shapes", "labels", "basemap", "tiles", "places", "measure", "tools")
_PARTS = (
    "preferences",
    "keys",
    *_GROUND,
    "outlines",
    "stations",
    "address",
    "feed",
    "inside",
    "units",
    "marks",
    "spots",
    "plume",
    "draw",
    "orders",
    "claim",
    "queue",
    "alarm",
    "sift",
    "finder",
    "fresh",
    "card",
    "past",
    "board",
)
_WALL_PARTS = (
    *("preferences", "shapes", "labels", "basemap", "tiles", "outlines", "stations"),
    *("feed", "units", "marks", "wall_map", "wall_views", "wall_figures", "wall"),
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
        Linkage.plainMap({{ this._parent.get_name() }}, {{ this.tools }});
        {% endmacro %}
    """)

    def __init__(self, *, tools: bool = True) -> None:
        """`tools`: place search and measuring; a wall screen has no hand for them."""
        super().__init__(*_GROUND)
        self.tools = "true" if tools else "false"


class LiveIncidents(_Part):
    """The whole of 态势总览: base map, incidents, queue, lights, alarm, on one feed."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        Linkage.mount({{ this._parent.get_name() }});
        {% endmacro %}
    """)

    def __init__(self) -> None:
        super().__init__(*_PARTS, styles=("map", "board", "area", "past"))


class Wall(_Part):
    """The whole of 指挥总览, on the same feed."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        Linkage.mountWall({{ this._parent.get_name() }});
        {% endmacro %}
    """)

    def __init__(self) -> None:
        super().__init__(*_WALL_PARTS, styles=("map", "wall"))


def situation(selected: int | None, me: str = "", may: Iterable[str] = ()) -> OfflineMap:
    """The live map. Its script never changes, so the browser mounts it once; the selection, who
    sits here and what they may do travel beside it."""
    chosen = "" if selected is None else str(selected)
    return _live(LiveIncidents(), {"selected": chosen, "me": me, "may": " ".join(may)})


def wall() -> OfflineMap:
    """The large screen; mounted once, as the live map is."""
    return _live(Wall(), {})


def _live(part: _Part, said: Mapping[str, str]) -> OfflineMap:
    drawn = OfflineMap(CITY, CITY_ZOOM)
    part.add_to(drawn)
    data = " ".join(f'data-{name}="{escape(value)}"' for name, value in said.items())
    note = f'<div id="linkage-desk" {data}></div>'
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


def pair(one: Point, other: Point) -> OfflineMap:
    """Two places on one small map, joined by a line."""
    ends = [(one.lat, one.lon), (other.lat, other.lon)]
    drawn = OfflineMap(((one.lat + other.lat) / 2, (one.lon + other.lon) / 2), 12)
    BaseMap().add_to(drawn)
    line: Any = folium.PolyLine
    line(ends, color="#586676", weight=2, dash_array="5 5").add_to(drawn)
    pin(drawn, one)
    pin(drawn, other, "#0b5cad")
    drawn.fit_bounds(ends, padding=(24, 24), max_zoom=14)
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
