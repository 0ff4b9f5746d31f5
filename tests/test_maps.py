"""Maps bring everything from this machine, and the live one is mounted once."""

import json
import re
from pathlib import Path

import pytest
from streamlit_folium import generate_leaflet_string

from dashboard import maps, words
from linkage.alerts import Point
from tests.test_escape import HOSTILE

ELSEWHERE = re.compile(r"""(?:https?:)?//[\w.-]+\.\w+""")
# Names, not addresses to fetch: XML namespaces that Leaflet's and folium's text mention.
NAMES = ("http://www.w3.org",)
LAYER = Path(maps.__file__).parent / "live_layer"


def _page(drawn: maps.OfflineMap) -> str:
    return str(drawn.get_root().render())


@pytest.mark.parametrize(
    "drawn",
    [maps.situation(None), maps.situation(7), maps.inset(Point(119.2, 34.6))],
    ids=["live", "live with a choice", "inset"],
)
def test_no_map_asks_for_anything_off_this_machine(drawn: maps.OfflineMap) -> None:
    found = [a for a in ELSEWHERE.findall(_page(drawn)) if not a.startswith(NAMES)]
    assert found == []


def test_no_script_or_style_of_ours_names_another_machine() -> None:
    for file in [*LAYER.glob("*.js"), *LAYER.glob("*.css")]:
        found = [a for a in ELSEWHERE.findall(file.read_text()) if not a.startswith(NAMES)]
        assert found == [], file.name


def test_every_part_that_the_map_asks_for_is_there() -> None:
    asked = re.findall(r'(?:src|href)="\.\./\.\./live/([^"]+)"', _page(maps.situation(None)))
    assert len(asked) >= 10
    assert [name for name in asked if not (LAYER / name).is_file()] == []


def test_the_live_maps_script_is_the_same_whatever_is_chosen() -> None:
    first, second = maps.situation(None), maps.situation(42)
    scripts = []
    for drawn in (first, second):
        drawn.get_root().render()
        scripts.append(generate_leaflet_string(drawn))
    assert re.sub("_[a-z0-9]+", "", scripts[0]) == re.sub("_[a-z0-9]+", "", scripts[1])


def test_the_choice_travels_beside_the_script() -> None:
    beside = maps.situation(42).get_root().html.render()
    assert 'data-selected="42"' in beside


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_on_a_pin_leaves_the_script_whole(text: str) -> None:
    drawn = maps.OfflineMap((34.6, 119.2), 12)
    maps.pin(drawn, Point(119.2, 34.6), text=text)
    script = generate_leaflet_string(drawn)
    (inside,) = re.findall(r"bindTooltip\(\s*`(.*?)`,", script, re.DOTALL)
    assert not set(inside) & set("$\\`{")
    assert "<" not in inside.replace("<div>", "").replace("</div>", "")


@pytest.mark.parametrize(
    "file", sorted((words.DATA / "basemap").glob("*.geojson")), ids=lambda f: f.stem
)
def test_every_file_of_the_base_map_says_where_it_comes_from(file: Path) -> None:
    data = json.loads(file.read_text())
    assert data["_provenance"]["crs"].endswith("WGS84") or "WGS84" in data["_provenance"]["crs"]
    assert file.name in (file.parent / "PROVENANCE.md").read_text()


def test_the_map_itself_credits_its_data_and_says_what_was_not_verified() -> None:
    layer = (LAYER / "basemap.js").read_text()
    for words_of_credit in ("天地图", "审图号未核验", "OpenStreetMap contributors", "GSHHG"):
        assert words_of_credit in layer
