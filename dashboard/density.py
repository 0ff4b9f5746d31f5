"""密度图: squares of the grid on the offline base map, in pydeck, nothing from outside."""

import json
from functools import lru_cache
from typing import Any, NamedTuple

import pydeck as pdk
import shapely
import streamlit as st
from shapely.geometry import mapping, shape

from dashboard import downloads, words
from linkage.areas import AREAS
from linkage.figures.density import Density

# The whole city on a wide screen.
_VIEW = {"longitude": 119.12, "latitude": 34.53, "zoom": 8.1}
# Where the name of each district stands free of the fullest squares.
_NAMES_AT = {
    "320703": (119.52, 34.66),
    "320706": (118.99, 34.62),
    "320707": (118.98, 34.95),
    "320722": (118.62, 34.45),
    "320723": (119.47, 34.36),
    "320724": (119.52, 34.10),
}
# What an edge between two classes may be.
_ROUND = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)


class Palette(NamedTuple):
    land: list[int]
    edge: list[int]
    water: list[int]
    name: list[int]
    classes: tuple[str, ...]


_PALETTES = {
    # Fuller is darker on light ground and brighter on dark ground.
    "light": Palette(
        [233, 237, 241], [150, 162, 176], [120, 160, 200], [70, 82, 96],
        ("#fed976", "#fd8d3c", "#f03b20", "#bd0026", "#67001f"),
    ),
    "dark": Palette(
        [27, 38, 52], [78, 96, 117], [52, 92, 132], [170, 184, 200],
        ("#5b2a86", "#a02c7d", "#dd513a", "#fca50a", "#fcffa4"),
    ),
}  # fmt: skip
WEBGL = "本机浏览器没有开启 WebGL，密度图无法显示；数据见右表，导出不受影响。"
# A constant: no data goes into it. The policy of the page allows no script of another origin.
_CHECK = f"""<p id="density_webgl" role="alert" hidden style="margin:0;padding:.5rem .8rem;
border-left:4px solid #de8c14">{WEBGL}</p><script>
const canvas = document.createElement("canvas");
const works = canvas.getContext("webgl2") || canvas.getContext("webgl");
document.getElementById("density_webgl").hidden = Boolean(works);
</script>"""


class Legend(NamedTuple):
    names: tuple[str, ...]
    colours: tuple[str, ...]


def palette() -> Palette:
    return _PALETTES["dark" if st.context.theme.type == "dark" else "light"]


def edges(fullest: float) -> tuple[float, ...]:
    """Four inner edges for five classes up to `fullest`, each a round number."""
    top = next((i for i, size in enumerate(_ROUND) if size >= fullest), len(_ROUND) - 1)
    top = max(top, 4)
    return tuple(float(size) for size in _ROUND[top - 4 : top])


def legend(found: Density, colours: tuple[str, ...]) -> Legend:
    inner = edges(_fullest(found))
    lower = ["0", *(f"{edge:g}" for edge in inner)]
    upper = [f"{edge:g}" for edge in inner]
    named = [f"{a}–{b}" for a, b in zip(lower, upper, strict=False)]
    return Legend((*named, f">{inner[-1]:g} 起/平方公里"), colours)


def _fullest(found: Density) -> float:
    return found.per_km2(found.cells[0].count) if found.cells else 0.0


def draw(found: Density, key: str) -> None:
    colours = palette()
    st.html(_CHECK, unsafe_allow_javascript=True)
    st.pydeck_chart(deck(found, colours), height=600, key=key)


def deck(found: Density, colours: Palette) -> pdk.Deck:
    inner = edges(_fullest(found))
    shades = [[*bytes.fromhex(colour[1:]), 215] for colour in colours.classes]
    squares = [
        {
            "p": _square(cell.west, cell.south, found.width, found.height),
            "c": shades[sum(found.per_km2(cell.count) > edge for edge in inner)],
            "n": cell.count,
            "d": f"{found.per_km2(cell.count):g}",
        }
        for cell in found.cells
    ]
    # Without a style of our own, Streamlit asks CARTO for one.
    return pdk.Deck(
        layers=[*_ground(colours), _squares(squares), _names(colours)],
        initial_view_state=pdk.ViewState(**_VIEW),
        map_provider=None,
        map_style=f"{downloads.base()}/live/no_background.json",
        tooltip={"text": "{n} 起\n{d} 起/平方公里"},
    )


def _square(west: float, south: float, width: float, height: float) -> list[list[float]]:
    # 5 decimals are a metre: more would only make the page heavier.
    w, s, e, n = (round(v, 5) for v in (west, south, west + width, south + height))
    return [[w, s], [e, s], [e, n], [w, n]]


def _squares(squares: list[dict[str, Any]]) -> pdk.Layer:
    return pdk.Layer(
        "PolygonLayer",
        squares,
        id="squares",
        get_polygon="p",
        get_fill_color="c",
        stroked=False,
        pickable=True,
        auto_highlight=True,
    )


def _ground(colours: Palette) -> list[pdk.Layer]:
    land = pdk.Layer(
        "GeoJsonLayer",
        _shapes("lianyungang_districts_tianditu_wgs84"),
        id="districts",
        get_fill_color=colours.land,
        get_line_color=colours.edge,
        line_width_min_pixels=1,
    )
    waters = {"rivers": _shapes("rivers_wdbii_clip"), "coast": _coast()}
    lines = [
        pdk.Layer(
            "GeoJsonLayer",
            lines,
            id=name,
            filled=False,
            get_line_color=colours.water,
            line_width_min_pixels=1,
        )
        for name, lines in waters.items()
    ]
    return [land, *lines]


def _names(colours: Palette) -> pdk.Layer:
    placed = [{"at": _NAMES_AT[code], "t": name} for code, name in AREAS.items()]
    return pdk.Layer(
        "TextLayer",
        placed,
        id="names",
        get_position="at",
        get_text="t",
        get_color=colours.name,
        get_size=14,
        character_set=pdk.types.String("".join({*"".join(AREAS.values())})),
        font_family=pdk.types.String("Noto Sans CJK SC, Microsoft YaHei, sans-serif"),
    )


@lru_cache(maxsize=4)
def _shapes(name: str) -> dict[str, Any]:
    shapes: dict[str, Any] = json.loads((words.DATA / "basemap" / f"{name}.geojson").read_bytes())
    return shapes


@lru_cache(maxsize=1)
def _coast() -> dict[str, Any]:
    """The shore alone: the land was cut out of the world by a box, whose edges are no coast."""
    land = shapely.union_all(
        [shape(feature["geometry"]) for feature in _shapes("coast_gshhs_full_clip")["features"]]
    )
    cut = shapely.box(*land.bounds).boundary.buffer(0.001)
    shore = mapping(shapely.set_precision(land.boundary.difference(cut), 0.0001))
    return {"type": "Feature", "properties": {}, "geometry": shore}
