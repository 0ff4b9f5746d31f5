"""Names, numbers and posts as they stand in addresses and calls."""

import pytest

from linkage.correlation.alike import alike, allied, shared_run
from linkage.correlation.place_words import names_in, names_of_place, numbers_in, plate, posts_in
from linkage.correlation.reading import Thing, Topic, words_in


def test_an_address_gives_its_street_place_and_district() -> None:
    names = names_of_place("江苏省连云港市海州区新浦街道解放东路128号苍梧小区三号楼2单元501室附近")
    assert names.roads == {"解放东路"}
    assert names.spots == {"苍梧小区"}
    assert names.district == "海州区"
    assert names.keys == {"放东路", "苍梧小区"}
    assert not names.highway


@pytest.mark.parametrize(
    ("said", "roads"),
    [
        ("我在和平路与海连东路交叉口", {"和平路", "海连东路"}),
        ("G310国道旁", {"G310"}),
        ("310国道往东", {"G310"}),
        ("国道310线", {"G310"}),
        ("236省道", {"S236"}),
        ("连霍高速公路往徐州方向", {"G30"}),
        ("G15沈海高速", {"G15"}),
        ("十字路口", set()),
        ("路灯不亮", set()),
        ("10千伏线路跳闸", set()),
        ("新浦街道", set()),
    ],
)
def test_roads_are_told_by_name_and_number(said: str, roads: set[str]) -> None:
    assert names_in(said).roads == roads


def test_a_name_whose_ending_nobody_listed_still_finds_its_like() -> None:
    one = names_of_place("连云港市海州区盐河南路161号锦绣丽景11号楼")
    other = names_of_place("锦绣丽景附近")
    assert shared_run(one.rest, other.rest) == "锦绣丽景"
    assert one.keys & other.keys
    assert names_of_place("海州区").rest == ""


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ("苍梧小区三号楼", {"3栋"}),
        ("十二栋2单元501室", {"12栋", "2单元", "501室"}),
        ("二十幢", {"20栋"}),
        ("A座", {"A栋"}),
        ("海连路128号", {"128号"}),
        ("地铁1号线", set()),
        ("3号下午", set()),
    ],
)
def test_house_numbers_are_read_as_written(said: str, numbers: set[str]) -> None:
    assert numbers_in(said) == numbers


@pytest.mark.parametrize(
    ("said", "posts"),
    [
        ("K23+500", (23_500,)),
        ("k23", (23_000,)),
        ("23公里500米处", (23_500,)),
        ("23公里处", (23_000,)),
        ("距收费站约2公里", ()),
        ("2公里外", ()),
        ("没有数字", ()),
    ],
)
def test_kilometre_posts_are_metres(said: str, posts: tuple[int, ...]) -> None:
    assert posts_in(said) == posts


def test_likeness_forgives_a_slip_but_not_another_side() -> None:
    assert alike("解放东路", "解放东路") == 1.0
    assert alike("区解放东路", "解放东路") == 1.0
    assert alike("解方东路", "解放东路") == 0.5
    assert alike("解放路", "解放东路") == 0.5
    assert alike("解放西路", "解放东路") == 0.0
    assert alike("苍梧一村", "苍梧二村") == 0.0
    assert alike("海连路", "苍梧路") == 0.0


def test_a_call_tells_what_happened_to_what_and_with_what() -> None:
    words = words_in("G310", "苏G12345槽罐车侧翻，苯乙烯泄漏，未起火，无人受伤")
    assert words.topics == Topic.CRASH | Topic.LEAK
    assert words.things == Thing.TANKER
    assert words.substances == {"苯乙烯"}
    assert words.plates == {"苏G12345"}


def test_one_event_may_show_itself_in_allied_ways() -> None:
    assert allied(Topic.LEAK) & Topic.POISON
    assert allied(Topic.CRASH) & Topic.TRAPPED
    assert not allied(Topic.CRASH) & Topic.FLOODED
    assert allied(Topic.ILLNESS) == Topic.ILLNESS


def test_plates_are_one_however_they_are_dotted() -> None:
    assert plate("苏g·12345") == plate("苏G 12345") == "苏G12345"


def test_a_text_of_any_length_is_read_in_a_moment() -> None:
    long = words_in("解放路" * 5000, "海连路着火苏G12345三号楼K23" * 5000)
    assert len(long.names.roads) < 5
    assert long.topics == Topic.FIRE
