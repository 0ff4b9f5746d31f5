"""Vehicle terminals: a position moves a marker, a rollover opens an incident, once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dialects.jt808 import FRAMING, cut, open_frame
from linkage.alerts import Alert, Point, Unreadable
from linkage.datum import gcj_to_wgs
from linkage.errors import BadConfig
from linkage.intake.arrivals import Remark
from linkage.intake.device_state import DeviceState
from linkage.kinds import Kind
from linkage.record import Record
from linkage.response.feedback import UnitReport
from linkage.sources import load_sources
from linkage.tables import alert as alert_table
from linkage.tables import inbound_message, incident, incident_alert, unit
from linkage.vehicles import check_agencies, load_vehicles
from linkage.vocabulary import Outcome
from tests.builders import alert as call
from tests.frames import Gateway, batch, report, vehicle_frame

ROOT = Path(__file__).parents[1]
TRANSPORT = load_sources(ROOT / "sources.toml")["transport"]
AT = datetime(2026, 11, 22, 6, 20, tzinfo=UTC)
BUTTON, SPEEDING, CRASH, ROLLOVER = 0, 1, 29, 30
TANKER, COACH, SHIFTED, CREW, STRANGER = (
    *("13900000001", "13900000003", "13900000004", "13900000005"),
    "18700000000",
)


def read(frame: bytes) -> list[Any]:
    return list(FRAMING.reader(TRANSPORT)(frame, lambda *_: None))


def seen(terminal: str = TANKER, **said: Any) -> UnitReport:
    """Where the vehicle is, after one report."""
    _, where = read(vehicle_frame(report(said.pop("at", AT), **said), terminal=terminal))
    assert isinstance(where, UnitReport)
    return where


def alarm(*bits: int, terminal: str = TANKER, **said: Any) -> list[Alert]:
    state, _ = read(vehicle_frame(report(AT, alarms=bits, **said), terminal=terminal))
    assert isinstance(state, DeviceState)
    return [alert for _, alert in state.alarms]


def driving(at: datetime, *alarms: int, **more: Any) -> bytes:
    return vehicle_frame(report(at, alarms=alarms), **more)


def after(**passed: float) -> datetime:
    return AT + timedelta(**passed)


@pytest.fixture
def gateway(record: Record) -> Gateway:
    return Gateway(record, TRANSPORT)


# What a report says


def test_a_tanker_is_seen_with_its_plate_its_way_and_what_it_carries() -> None:
    where = seen()
    assert (where.unit_id, where.agency_id, where.point) == (
        "苏GA1234",
        "transport",
        Point(119.46, 34.687),
    )
    assert (where.heading, where.speed_kmh, where.state) == (135, 45.5, "行驶")
    assert (where.watched, where.hazmat, where.cargo) == (True, True, "苯（UN1114）")


def test_a_terminal_that_nobody_registered_is_seen_by_its_number() -> None:
    where = seen(STRANGER)
    assert (where.unit_id, where.label, where.hazmat) == (STRANGER, f"终端 {STRANGER}", False)


def test_a_road_crew_is_no_vehicle_to_watch() -> None:
    assert not seen(CREW).watched


def test_the_header_of_2019_is_read_as_the_one_of_2013() -> None:
    old, new = (vehicle_frame(report(AT), year=year) for year in (2013, 2019))
    assert old != new
    assert read(old) == read(new)


def test_without_a_fix_there_is_no_marker() -> None:
    assert seen(status=1).point is None
    (alert,) = alarm(ROLLOVER, status=1)
    assert (alert.point, alert.position_note) == (None, "missing")
    assert "末次坐标 119.460000, 34.687000" in alert.text


def test_what_lies_outside_the_city_has_no_marker() -> None:
    assert seen(lon=121.5, lat=31.2).point is None
    assert seen(status=0b111).point is None  # south
    assert seen(status=0b1011).point is None  # west
    assert seen(lon=0, lat=0).point is None


def test_shifted_coordinates_are_put_right() -> None:
    """By the datum of the vehicle's line, and by status bit 5 (保密插件)."""
    right = gcj_to_wgs(119.46, 34.687)
    for where in (seen(SHIFTED), seen(status=0b100011)):
        assert where.point is not None
        assert (where.point.lon, where.point.lat) == pytest.approx(right, abs=1e-5)


def test_a_clock_that_was_never_set_leaves_the_time_to_us() -> None:
    assert seen(at=None).at is None


@pytest.mark.parametrize(
    ("bit", "kind", "code"),
    [
        (ROLLOVER, Kind.HAZMAT_VEHICLE, "12H01"),
        (CRASH, Kind.HAZMAT_VEHICLE, "12H02"),
        (BUTTON, Kind.HAZMAT_VEHICLE, "12H99"),
    ],
)
def test_an_alarm_of_a_tanker_names_plate_and_goods(bit: int, kind: Kind, code: str) -> None:
    (alert,) = alarm(bit)
    assert (alert.kind, alert.event_code, alert.hazmat) == (kind, code, True)
    assert (alert.plates, alert.facts["substance"], alert.facts["un"]) == (
        ("苏GA1234",),
        "苯",
        "1114",
    )


def test_an_alarm_of_a_coach_is_an_ordinary_accident() -> None:
    (alert,) = alarm(ROLLOVER, terminal=COACH)
    assert (alert.kind, alert.hazmat) == (Kind.TRAFFIC_ACCIDENT, False)
    assert "owner" in alert.facts


def test_speeding_is_said_and_opens_nothing() -> None:
    assert alarm(SPEEDING, 2, 20, 31) == []
    assert seen(alarms=(SPEEDING,)).state == "超速报警，行驶"
    (alert,) = alarm(ROLLOVER, SPEEDING)
    assert alert.facts["other_alarms"] == "超速报警"


@pytest.mark.parametrize("number", [0x0001, 0x0002, 0x0003, 0x0100, 0x0102, 0x0801, 0x0F00, 0x8001])
def test_what_is_no_position_is_named_and_accounted(number: int) -> None:
    (remark,) = read(vehicle_frame(b"\1\2\3", number=number))
    assert isinstance(remark, Remark)
    assert remark.text.startswith(f"JT/T 808 0x{number:04X} ")


def test_an_answer_with_a_position_is_a_position() -> None:
    asked = read(vehicle_frame(b"\0\7" + report(AT), number=0x0201))
    assert asked == read(vehicle_frame(report(AT)))


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (vehicle_frame(report(AT), wrong=1), "校验码"),
        (vehicle_frame(report(AT)[:20]), "应不少于 28 字节"),
        (b"~\x02\x00\x7d\x03" + bytes(20) + b"~", "校验码或转义"),
    ],
)
def test_a_spoiled_frame_is_refused_with_its_reason(frame: bytes, why: str) -> None:
    """P17: a bad check byte, an escape that is none, a report cut short."""
    with pytest.raises(Unreadable, match=why):
        read(frame)


def test_escapes_are_undone() -> None:
    """P17: 7D 01 and 7D 02, in serial number and in telephone number."""
    frame = vehicle_frame(report(AT), serial=0x7E7D)
    assert frame.count(b"\x7e") == 2
    assert open_frame(frame).serial == 0x7E7D


# From wire to record


def test_a_rollover_is_one_incident_however_often_it_is_said(gateway: Gateway) -> None:
    for seconds in range(0, 300, 30):
        gateway.send(driving(after(seconds=seconds), ROLLOVER), after(seconds=seconds))
        gateway.restart()
    (one,) = gateway.rows(incident)
    (said,) = gateway.rows(alert_table)
    assert (one.kind, one.hazmat, one.alert_count) == ("hazmat_vehicle", True, 1)
    assert said.source_ref == f"{TANKER}:侧翻:20261122142000"
    (where,) = gateway.rows(unit)
    assert where.reported_at == after(seconds=270)


def test_a_rollover_that_is_over_and_comes_again_is_a_second_record(gateway: Gateway) -> None:
    for minutes, bits in ((0, (ROLLOVER,)), (1, ()), (2, ()), (3, (ROLLOVER,))):
        gateway.send(driving(after(minutes=minutes), *bits), after(minutes=minutes))
    rows = gateway.rows(alert_table)
    assert [r.message_kind for r in rows] == ["alert", "update", "alert"]
    assert len({r.source_ref for r in rows}) == 2
    assert len(gateway.rows(incident)) == 1  # of one vehicle within minutes


def test_crash_and_rollover_of_one_vehicle_are_one_incident(gateway: Gateway) -> None:
    gateway.send(driving(AT, CRASH), AT)
    gateway.send(driving(after(seconds=30), CRASH, ROLLOVER), after(seconds=30))
    (one,) = gateway.rows(incident)
    assert one.alert_count == 2


def test_an_old_report_does_not_move_the_marker_back(gateway: Gateway) -> None:
    gateway.send(driving(after(minutes=10)), after(minutes=10))
    late = batch(report(after(minutes=2), lon=119.3), report(after(minutes=3), lon=119.31))
    receipt = gateway.send(vehicle_frame(late, number=0x0704), after(minutes=11))
    assert receipt.status is Outcome.STORED
    (where,) = gateway.rows(unit)
    assert (where.lon, where.reported_at) == (119.46, after(minutes=10))


def test_a_rollover_in_a_dead_zone_is_heard_when_it_is_sent_later(gateway: Gateway) -> None:
    late = batch(*(report(after(minutes=m), alarms=(ROLLOVER,) * (m > 1)) for m in range(5)))
    gateway.send(vehicle_frame(late, number=0x0704), after(minutes=30))
    (said,) = gateway.rows(alert_table)
    assert said.occurred_at == after(minutes=2)


def test_the_packets_of_one_batch_are_joined_over_messages_and_restarts(gateway: Gateway) -> None:
    body = batch(*(report(after(minutes=m), alarms=(ROLLOVER,)) for m in range(40)))
    halves = body[:700], body[700:]
    frames = [
        vehicle_frame(half, number=0x0704, serial=41 + n, packet=(n, 2))
        for n, half in enumerate(halves, 1)
    ]
    gateway.send(frames[0], after(minutes=41))
    assert gateway.rows(incident) == []
    gateway.restart()
    gateway.send(frames[1], after(minutes=41, seconds=2))
    assert len(gateway.rows(incident)) == 1


def test_half_a_report_waits_for_its_other_half(gateway: Gateway) -> None:
    """P17: two frames in one message, and half of a third."""
    frames = driving(AT) + driving(after(seconds=30)) + driving(after(seconds=60), ROLLOVER)
    gateway.send(frames[:-17], after(seconds=61))
    assert gateway.rows(incident) == []
    gateway.restart()
    gateway.send(frames[-17:], after(seconds=62))
    assert len(gateway.rows(incident)) == 1


def test_a_vehicle_that_is_heard_of_is_accounted(gateway: Gateway) -> None:
    receipt = gateway.send(vehicle_frame(b"", number=2), AT)
    assert (receipt.status, receipt.reason) == (
        Outcome.STORED,
        f"JT/T 808 0x0002 终端心跳，终端 {TANKER}",
    )
    assert len(gateway.rows(inbound_message)) == 1


def test_a_thousand_vehicles_in_one_batch_are_written_in_few_statements(gateway: Gateway) -> None:
    frames = [driving(AT, terminal=f"1380000{n:04d}") for n in range(1000)]
    gateway.send_all(frames, AT)
    moved = [driving(after(seconds=30), terminal=f"1380000{n:04d}") for n in range(1000)]
    gateway.send_all(moved, after(seconds=30))
    rows = gateway.rows(unit)
    assert len(rows) == 1000
    assert {row.reported_at for row in rows} == {after(seconds=30)}
    assert len({row.revision for row in rows}) == 1000


# With the calls of people


def caller(source: str, minutes: float, **said: Any) -> Alert:
    text = "徐新公路有辆装苯的罐车翻了，车牌苏GA1234，路边都是液体，味道很大"
    usual = {
        "source_id": source,
        "source_ref": f"{source}-{minutes}",
        "kind": Kind.TRAFFIC_ACCIDENT,
        "occurred_at": after(minutes=minutes),
        "place": "徐新公路",
        "headline": "罐车侧翻",
        "text": text,
        "point": Point(119.4615, 34.688),
        "area_code": "320703",
        "caller_phone": f"1380000{abs(hash(source)) % 10000:04d}",
    }
    return call(**(usual | said))


def members(gateway: Gateway) -> list[set[str]]:
    """The sources of each incident."""
    of = {row.alert_id: row.incident_id for row in gateway.rows(incident_alert)}
    sources: dict[int, set[str]] = {}
    for row in gateway.rows(alert_table):
        sources.setdefault(of[row.id], set()).add(row.source_id)
    return list(sources.values())


CALLERS = (
    caller("110-cad", 2),
    caller("119-cad", 4, kind=Kind.HAZMAT_VEHICLE, plates=("苏GA1234",), hazmat=True),
    caller("122-cad", 5, plates=("苏GA1234",)),
)


@pytest.mark.parametrize("first", [0, 1, 3])
def test_the_tanker_and_the_callers_who_name_its_plate_are_one_incident(
    gateway: Gateway, first: int
) -> None:
    """The terminal reports before, between and after the calls to 110, 119 and 122."""
    for one in CALLERS[:first]:
        gateway.hear(one, after(minutes=6))
    gateway.send(driving(AT, ROLLOVER), after(minutes=6))
    for one in CALLERS[first:]:
        gateway.hear(one, after(minutes=6))
    assert members(gateway) == [{"110-cad", "119-cad", "122-cad", "transport"}]
    (one,) = gateway.rows(incident)
    assert (one.kind, one.hazmat) == ("hazmat_vehicle", True)


def test_a_caller_far_off_who_names_the_plate_finds_the_tanker(gateway: Gateway) -> None:
    gateway.send(driving(AT, ROLLOVER), AT)
    far = caller("122-cad", 3, plates=("苏GA1234",), point=None, place="")
    gateway.hear(far, after(minutes=3))
    assert members(gateway) == [{"transport", "122-cad"}]


def test_another_tanker_on_another_road_stays_its_own(gateway: Gateway) -> None:
    gateway.send(driving(AT, ROLLOVER), AT)
    other = vehicle_frame(
        report(AT, alarms=(ROLLOVER,), lon=119.2, lat=34.3), terminal="13900000002"
    )
    gateway.send(other, AT)
    assert len(gateway.rows(incident)) == 2


# Where frames end

FRAMES = (
    driving(AT),
    driving(after(seconds=30), ROLLOVER, serial=0x7E7D),
    vehicle_frame(b"", number=2),
    vehicle_frame(b"\x7e\x7d" * 20, number=0x0900),
)


@given(st.lists(st.sampled_from(FRAMES), min_size=1, max_size=4), st.data())
def test_frames_cut_anywhere_are_the_same_frames(frames: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(frames)
    places = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=5)))
    found, rest = [], b""
    for start, end in zip([0, *places], [*places, len(whole)], strict=True):
        pieces, rest = cut(rest + whole[start:end])
        found += pieces
    assert (found, rest) == (frames, b"")


@pytest.mark.parametrize("lost", [0, -1])
def test_a_lost_mark_loses_no_other_frame(lost: int) -> None:
    """P17: half frames."""
    first, second, third = (driving(after(seconds=s), serial=s) for s in (1, 2, 3))
    broken = second[1:] if lost == 0 else second[:-1]
    pieces, rest = cut(first + broken + third)
    assert (pieces, rest) == ([first, second, third], b"")


@given(
    st.binary(max_size=400) | st.lists(st.sampled_from([b"~", b"}", b"\0", *FRAMES])).map(b"".join)
)
def test_whatever_bytes_come_nothing_breaks(payload: bytes) -> None:
    pieces, rest = cut(payload)
    assert len(rest) <= 4097
    for piece in pieces:
        if isinstance(piece, bytes):
            try_to_read(piece)


@given(st.binary(max_size=200), st.sampled_from([0x0200, 0x0201, 0x0500, 0x0704, 2]))
def test_whatever_stands_in_a_frame_it_is_read_or_refused(body: bytes, number: int) -> None:
    try_to_read(vehicle_frame(body, number=number))


def try_to_read(frame: bytes) -> None:
    try:
        parts = read(frame)
    except Unreadable:
        return
    assert all(isinstance(p, DeviceState | UnitReport | Remark | Unreadable) for p in parts)


# The register of vehicles


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('terminal = "013900000001"', "不写前面的零"),
        ('terminal = "139"\nun = "1114"', "补上 hazmat = true"),
        ('terminal = "139"\nhazmat = true\nun = "UN1114"', "四位联合国编号"),
        ('terminal = "139"\ndatum = "gcj2"', "datum 应为"),
        ('terminal = "139"\ncolour = "黄"', "不认识的项 colour"),
    ],
)
def test_a_slip_in_the_register_stops_the_start(tmp_path: Path, line: str, words: str) -> None:
    file = tmp_path / "vehicles.toml"
    file.write_text(f'[[vehicle]]\nplate = "苏GA1234"\n{line}\n', encoding="utf-8")
    with pytest.raises(BadConfig, match=words):
        load_vehicles(file)


def test_a_vehicle_of_nobody_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "vehicles.toml"
    file.write_text('[[vehicle]]\nterminal = "139"\nplate = "苏G1"\nagency = "trnsport"\n', "utf-8")
    with pytest.raises(BadConfig, match="应为其中之一：transport、fire"):
        check_agencies(load_vehicles(file), ("transport", "fire"))
