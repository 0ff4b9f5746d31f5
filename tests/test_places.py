"""地名：what an officer types finds the place, however it is typed."""
# ruff: noqa: RUF001 — people type full-width letters and primes

from pathlib import Path

import pytest

from linkage.alerts import Point
from linkage.areas import AREAS
from linkage.datum import Datum, wgs_to_gcj
from linkage.errors import BadConfig
from linkage.places.gazetteer import AT_MOST, Gazetteer
from linkage.places.place import Place, PlaceKind
from linkage.places.place_files import load_own_places, load_places, risk_sites
from linkage.places.spelling import fit, plain, spell
from linkage.places.typed_position import readings, typed_position
from linkage.sources import load_sources

DATA = Path("data")
PLACES = load_places(DATA, load_sources(Path("sources.toml")))
GAZETTEER = Gazetteer(PLACES)


def first(text: str, near: Point | None = None) -> str:
    hits = GAZETTEER.search(text, near)
    return hits[0].place.name if hits else ""


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("灌云", "灌云县"),
        ("guanyun", "灌云县"),
        ("guanyunxian", "灌云县"),
        ("gyx", "灌云县"),
        ("连云港", "连云港市"),
        ("lyg", "连云港市"),
        ("LianYunGang", "连云港市"),
        ("lian yun gang", "连云港市"),
        ("板浦", "板浦"),
        ("板浦镇", "板浦"),
        ("banpu", "板浦"),
        ("bp", "板浦"),
        ("徐圩", "徐圩"),
        ("xuwei", "徐圩"),
        ("xuxu", "徐圩"),
        ("市政府", "连云港市人民政府"),
        ("lygszf", "连云港市人民政府"),
        ("田湾", "田湾核电站"),
        ("tw", "田湾核电站"),
        ("石化储罐", "徐圩石化基地储罐区"),
        ("海州区板浦", "板浦"),
        ("海州板浦", "板浦"),
        ("灌云 yanwei", "燕尾港"),
        ("ＢＡＮＰＵ", "板浦"),
    ],
)
def test_a_place_is_found_however_it_is_typed(typed: str, found: str) -> None:
    assert first(typed) == found


def test_every_place_is_found_by_its_name_its_pinyin_and_its_initials() -> None:
    for place in PLACES:
        spelling = spell(place.name)
        full = "".join(readings[0] if readings else sign for sign, readings in spelling)
        initials = "".join(readings[0][0] if readings else sign for sign, readings in spelling)
        for typed in (place.name, full, initials):
            assert fit(plain(typed), spelling) >= 90, (place.name, typed)


def test_nothing_is_found_for_nothing_and_for_nonsense() -> None:
    for typed in ("", "   ", "，。", "qqq", "飞碟基地", "🚒", "<script>", "%", "_" * 500):
        assert GAZETTEER.search(typed) == []


def test_of_two_of_the_same_name_the_nearer_comes_first() -> None:
    east = Place(name="新村", kind=PlaceKind.TOWN, point=Point(119.6, 34.6))
    west = Place(name="新村", kind=PlaceKind.TOWN, point=Point(118.6, 34.6))
    both = Gazetteer([east, west])
    assert both.search("xincun", Point(118.7, 34.6))[0].place is west
    assert both.search("xincun", Point(119.5, 34.6))[0].place is east


def test_five_thousand_places_are_searched_while_one_types() -> None:
    many = [
        Place(name=f"第{n}号重大危险源储罐区", kind=PlaceKind.RISK_SITE, point=Point(119.2, 34.6))
        for n in range(5000)
    ]
    assert len(Gazetteer(many).search("zdwxy")) == AT_MOST


@pytest.mark.parametrize(
    "typed",
    [
        "119.2,34.6",
        "34.6,119.2",
        "119.2 34.6",
        "１１９．２，３４．６",
        "119.2、34.6",
        "119°12′,34°36′",
        "119°12.0′ 34°36.0′",
        "119°12'00\"E 34°36'00\"N",
        "E119.2 N34.6",
        "北纬34.6 东经119.2",
        "东经119度12分 北纬34度36分",
        "东经119度12分0秒，北纬34度36分0秒",
        "119 12 34 36",
        "119 12 0 34 36 0",
        "经度：119.2 纬度：34.6",
    ],
)
def test_a_position_is_read_as_people_write_it(typed: str) -> None:
    found = typed_position(typed)
    assert found is not None
    assert found.point is not None, found.why
    assert (found.point.lon, found.point.lat) == pytest.approx((119.2, 34.6), abs=1e-9)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("119.2,", "请写经度和纬度两个数"),
        ("119°72′,34°36′", "分、秒应小于 60"),
        ("119.2,94", "请核对"),
        ("19.2,34.6", "请核对"),
        ("119.2N,34.6E", "请核对"),
    ],
)
def test_a_position_that_cannot_be_is_answered_in_words(typed: str, said: str) -> None:
    found = typed_position(typed)
    assert found is not None
    assert found.point is None
    assert said in found.why


@pytest.mark.parametrize("typed", ["板浦", "banpu", "G15", "G204国道", "", "<b>1</b>", "e" * 999])
def test_a_name_is_no_position(typed: str) -> None:
    assert typed_position(typed) is None


def test_numbers_from_another_map_can_be_read_as_that_map_means_them() -> None:
    copied = wgs_to_gcj(119.2, 34.6)
    meant = dict(readings(Point(*copied)))
    assert meant[Datum.GCJ02].lon == pytest.approx(119.2, abs=2e-6)
    assert meant[Datum.GCJ02].lat == pytest.approx(34.6, abs=2e-6)
    assert meant[Datum.WGS84] == Point(*copied)


def test_every_place_says_its_district_or_none_and_lies_about_the_city() -> None:
    for place in PLACES:
        assert place.area == "" or place.area in AREAS
        assert 117.5 < place.point.lon < 120.7, place.name
        assert 33.5 < place.point.lat < 35.7, place.name


def test_what_is_dangerous_in_itself_is_a_risk_site() -> None:
    names = {site.name for site in risk_sites(PLACES)}
    assert "徐圩石化基地储罐区" in names
    assert "东港商贸城" not in names


def test_a_place_given_in_the_datum_of_a_telephones_map_is_put_right(tmp_path: Path) -> None:
    lon, lat = wgs_to_gcj(119.2, 34.6)
    file = tmp_path / "places.toml"
    file.write_text(
        '[[place]]\nname = "市一院"\nkind = "hospital"\ndatum = "gcj02"\n'
        f"lon = {lon}\nlat = {lat}\n"
        'basis = "抄自高德，2026-07-01"\n',
        encoding="utf-8",
    )
    (place,) = load_own_places(file)
    assert (place.point.lon, place.point.lat) == pytest.approx((119.2, 34.6), abs=1e-7)
    assert place.area == "320706"


def test_a_city_may_have_no_places_of_its_own_yet(tmp_path: Path) -> None:
    (tmp_path / "places.toml").write_text("# 还没有\n", encoding="utf-8")
    assert load_own_places(tmp_path / "places.toml") == []


def test_a_broken_place_says_which_and_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "places.toml"
    file.write_text('[[place]]\nname = "市一院"\nkind = "clinic"\n', encoding="utf-8")
    with pytest.raises(BadConfig, match="市一院"):
        load_own_places(file)
