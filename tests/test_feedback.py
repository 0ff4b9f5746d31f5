"""A department's reply on the wire: read strictly, refused with place and remedy, never a crash."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.feedback import read_feedback, read_unit
from linkage.alerts import NOBODY, Casualties, Classified, Unreadable
from linkage.datum import Datum, from_wgs84
from linkage.response.agencies import load_agencies
from linkage.response.feedback import ANSWERS, Feedback, UnitReport
from linkage.vocabulary import AssignmentStatus as S

AGENCIES = load_agencies(Path(__file__).parents[1] / "data" / "agencies.toml")
FIRE, WATER = AGENCIES["fire"], AGENCIES["water"]
ARRIVED = {
    "assignment": 17,
    "revision": 1,
    "status": "on_scene",
    "at": "2026-11-22T14:42:05+08:00",
    "by": "值班员甲",
    "text": "两车到场，明火已控",
    "needs": "增派一台高喷车",
    "casualties": {"injured": 2, "trapped": 0},
}
ON_THE_WAY = {
    "label": "海州一号车",
    "state": "途中",
    "lon": 119.175501,
    "lat": 34.598949,
    "assignment": 17,
    "at": "2026-11-22T14:40:00+08:00",
}


def wire(form: object) -> bytes:
    return json.dumps(form, ensure_ascii=False).encode()


def feedback(**changes: Any) -> Feedback:
    return read_feedback(wire({**ARRIVED, **changes}), FIRE)


def unit(**changes: Any) -> UnitReport:
    return read_unit(wire({**ON_THE_WAY, **changes}), FIRE, "HZ-01")


def test_an_arrival_is_read_whole() -> None:
    assert feedback() == Feedback(
        assignment_id=17,
        revision=1,
        status=S.ON_SCENE,
        at=datetime(2026, 11, 22, 6, 42, 5, tzinfo=UTC),
        by="值班员甲",
        text="两车到场，明火已控",
        needs="增派一台高喷车",
        casualties=Casualties(injured=2, trapped=0),
    )


def test_the_three_things_that_must_be_said_are_enough() -> None:
    said = read_feedback(wire({"assignment": 17, "revision": 2, "status": "acknowledged"}), FIRE)
    assert said == Feedback(assignment_id=17, revision=2, status=S.ACKNOWLEDGED)
    assert said.at is None
    assert said.casualties == NOBODY


@pytest.mark.parametrize("status", sorted(ANSWERS))
def test_everything_an_agency_may_say_is_understood(status: S) -> None:
    assert feedback(status=status.value).status is status


@pytest.mark.parametrize("status", ["issued", "cancelled", "proposed", "arrived", "", None, 3, []])
def test_what_is_not_theirs_to_say_is_refused_with_what_is(status: object) -> None:
    with pytest.raises(Unreadable, match="应为 acknowledged、en_route") as refused:
        feedback(status=status)
    assert refused.value.field == "status"


@pytest.mark.parametrize("field", ["assignment", "revision", "status"])
def test_what_must_be_said_is_named_when_it_is_missing(field: str) -> None:
    form = {key: value for key, value in ARRIVED.items() if key != field}
    with pytest.raises(Unreadable, match="缺少") as refused:
        read_feedback(wire(form), FIRE)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("assignment", "A17"),
        ("assignment", -1),
        ("assignment", 1.5),
        ("assignment", True),
        ("assignment", 2**63),
        ("assignment", {"id": 17}),
        ("revision", "第一版"),
        ("at", "2026-11-22 14:42:05"),
        ("at", "昨天"),
        ("at", 1700000000),
        ("at", ["2026-11-22T14:42:05+08:00"]),
        ("by", ["甲"]),
        ("text", {"a": 1}),
        ("casualties", 3),
        ("casualties", [1]),
        ("casualties", {"dead": 1}),
        ("casualties", {"injured": -1}),
        ("casualties", {"injured": "很多"}),
        ("agency", "police"),
        ("agency_id", "119"),
        ("agency", {"id": "fire"}),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_field(field: str, value: object) -> None:
    with pytest.raises(Unreadable) as refused:
        feedback(**{field: value})
    assert refused.value.field in {field, "injured"}
    assert refused.value.reason


@pytest.mark.parametrize("agency", ["fire", "", None])
def test_who_names_itself_rightly_or_not_at_all_is_believed(agency: object) -> None:
    assert feedback(agency=agency).assignment_id == 17


def test_the_topic_says_who_speaks_not_the_payload() -> None:
    with pytest.raises(Unreadable, match="主题属于 fire，来源不符"):
        feedback(agency="police")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"   ",
        b"null",
        b"[]",
        b"17",
        b'"on_scene"',
        b"{",
        b'{"assignment": NaN}',
        b'{"assignment": 1, "assignment": 2, "revision": 1, "status": "on_scene"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        '{"text": "签收"}'.encode("gb18030"),
        b"\x00\x01\x02",
        b'{"text": "\\ud800"}',
        b"x" * 70_000,
    ],
)
def test_rubbish_is_refused_in_words_and_ends_nothing(payload: bytes) -> None:
    for read in (
        lambda: read_feedback(payload, FIRE),
        lambda: read_unit(payload, FIRE, "HZ-01"),
    ):
        with pytest.raises(Unreadable) as refused:
            read()
        assert refused.value.reason


def test_a_byte_order_mark_is_no_harm() -> None:
    assert read_feedback(b"\xef\xbb\xbf" + wire(ARRIVED), FIRE) == feedback()


@pytest.mark.parametrize("mark", [{"text": "机密★ 现场情况"}, {"classified": True}, {"SFBM": "1"}])
def test_what_is_marked_secret_is_refused_without_its_text(mark: dict[str, object]) -> None:
    with pytest.raises(Classified) as refused:
        feedback(**mark)
    assert "现场情况" not in refused.value.reason


def test_a_secret_in_what_cannot_be_read_is_still_a_secret() -> None:
    with pytest.raises(Classified):
        read_feedback('{"text": "绝密★ 名单'.encode(), FIRE)


def test_long_words_are_cut_and_nul_is_taken_out() -> None:
    assert len(feedback(text="水" * 5000).text) == 2000
    assert feedback(text="到\x00场").text == "到场"


def test_hostile_words_stay_words() -> None:
    hostile = "<script>alert(1)</script>{{7*7}}${x}=cmd()"
    assert feedback(text=hostile).text == hostile


def test_a_unit_is_placed_from_the_datum_of_its_agencys_own_map() -> None:
    report = unit()
    assert report.point is not None
    back = from_wgs84(Datum.GCJ02, report.point.lon, report.point.lat)
    assert back == pytest.approx((119.175501, 34.598949), abs=1e-5)
    assert (report.agency_id, report.unit_id, report.label) == ("fire", "HZ-01", "海州一号车")
    assert (report.state, report.assignment_id) == ("途中", 17)
    assert report.at == datetime(2026, 11, 22, 6, 40, tzinfo=UTC)


def test_a_unit_with_a_satellite_receiver_may_name_its_own_datum() -> None:
    report = unit(datum="wgs84", lon=119.17, lat=34.6)
    assert report.point is not None
    assert (report.point.lon, report.point.lat) == (119.17, 34.6)
    assert read_unit(wire(ON_THE_WAY), WATER, "D-1").point is not None


@pytest.mark.parametrize("datum", ["gcj2", 4326, ["wgs84"]])
def test_a_datum_nobody_knows_is_never_guessed(datum: object) -> None:
    with pytest.raises(Unreadable) as refused:
        unit(datum=datum)
    assert refused.value.field == "datum"


@pytest.mark.parametrize(
    ("lon", "lat"), [(None, None), (0, 0), ("东", "北"), (10, 10), (float("1e9"), 34)]
)
def test_a_unit_without_a_usable_position_is_still_heard(lon: object, lat: object) -> None:
    report = unit(lon=lon, lat=lat)
    assert report.point is None
    assert report.state == "途中"


def test_a_unit_must_say_what_it_does() -> None:
    with pytest.raises(Unreadable, match="缺少力量状态"):
        unit(state="")


def test_a_unit_without_a_name_is_called_by_its_number() -> None:
    assert unit(label=None).label == "HZ-01"


@pytest.mark.parametrize("unit_id", ["", "a/b", "x" * 61])
def test_a_unit_number_that_is_none_is_refused(unit_id: str) -> None:
    with pytest.raises(Unreadable, match="力量编号"):
        read_unit(wire(ON_THE_WAY), FIRE, unit_id)


def test_a_unit_speaks_for_itself_only() -> None:
    assert unit(unit="HZ-01").unit_id == "HZ-01"
    with pytest.raises(Unreadable, match="不符"):
        unit(unit="HZ-02")


def test_a_unit_may_say_which_way_it_goes_and_how_fast() -> None:
    report = unit(heading=360, speed_kmh=62.5)
    assert (report.heading, report.speed_kmh, report.watched) == (0, 62.5, False)
    with pytest.raises(Unreadable, match="不是 0 到 360 的度数"):
        unit(heading=361)
