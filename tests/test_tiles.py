"""The map at hand: what the desks are told of it follows its file, whatever becomes of that."""

import os
from pathlib import Path

import pytest

from dashboard.place_feed import Places
from dashboard.tiles import Tiles
from linkage.alerts import Point
from tests import map_files

PNG = map_files.tile((12, 0, 0), Point(119.2, 34.6))
BLUE = map_files.tile((12, 0, 0), Point(0.0, 0.0))
WHERE = (12, 3404, 1627)


def settle(path: Path, text: str, turn: int) -> None:
    """A later change is a later time, however fast the test is."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, (turn, turn))


def layer(file: Path) -> str:
    return (
        '[[layer]]\nid = "city"\nname = "本市"\nattribution = "本市"\ndatum = "wgs84"\n'
        f'file = "{file}"\n'
    )


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "basemap.toml"
    monkeypatch.setenv("LINKAGE_BASEMAP", str(path))
    return path


def test_a_changed_file_of_layers_counts_at_the_next_look(own: Path, tmp_path: Path) -> None:
    city = map_files.pmtiles(tmp_path / "city.pmtiles", [(WHERE, PNG)])
    settle(own, "", 1000)
    tiles = Tiles()
    assert tiles._describe() == {"layers": []}
    settle(own, layer(city), 2000)
    (told,) = tiles._describe()["layers"]
    assert (told["id"], told["min"], told["max"], told["why"]) == ("city", 12, 12, "")
    assert str(tmp_path) not in str(told)
    assert tiles._fetch("city", WHERE) == PNG


def test_a_mistake_in_it_leaves_the_map_that_was(own: Path, tmp_path: Path) -> None:
    city = map_files.pmtiles(tmp_path / "city.pmtiles", [(WHERE, PNG)])
    settle(own, layer(city), 1000)
    tiles = Tiles()
    tiles._describe()
    settle(own, layer(city).replace("wgs84", "gcj2"), 2000)
    (told,) = tiles._describe()["layers"]
    assert told["datum"] == "wgs84"
    assert tiles._fetch("city", WHERE) == PNG


def test_a_map_file_that_was_replaced_is_opened_anew(own: Path, tmp_path: Path) -> None:
    city = map_files.mbtiles(tmp_path / "city.mbtiles", [(WHERE, PNG)])
    settle(own, layer(city), 1000)
    tiles = Tiles()
    assert tiles._fetch("city", WHERE) == PNG
    city.unlink()
    map_files.mbtiles(city, [(WHERE, BLUE)])
    os.utime(city, (5000, 5000))
    assert tiles._fetch("city", WHERE) == BLUE


@pytest.mark.parametrize("where", [(25, 1, 1), (3, 8, 1), (3, 1, 8)])
def test_a_tile_outside_the_world_is_none(
    own: Path, tmp_path: Path, where: tuple[int, int, int]
) -> None:
    city = map_files.pmtiles(tmp_path / "city.pmtiles", [(WHERE, PNG)])
    settle(own, layer(city), 1000)
    assert Tiles()._fetch("city", where) is None
    assert Tiles()._fetch("nobody", WHERE) is None


def test_who_may_not_watch_is_told_no_register() -> None:
    places = Places()
    names = [hit["name"] for hit in places.answer("储罐区", None)["hits"]]
    assert names == ["徐圩石化基地储罐区"]
    assert places.answer("储罐区", None, registers=False)["hits"] == []
    assert places.answer("banpu", None, registers=False)["hits"][0]["name"] == "板浦"


def test_a_half_typed_position_is_explained_and_a_name_is_not() -> None:
    places = Places()
    assert "经度和纬度两个数" in places.answer("119.2", None)["note"]
    assert places.answer("没有", None) == {"hits": [], "note": ""}
    assert len(places.answer("119.2,34.6", None)["hits"]) == 3
