"""Vehicle terminals: a position moves a marker, a rollover opens an incident, once."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dialects.jt808 import FRAMING, cut, open_frame
from ingest.dialects.jt808_position import Report
from linkage.alerts import Alert, Point, Unreadable
from linkage.datum import gcj_to_wgs
from linkage.desk.fact_labels import LABELS
from linkage.intake.arrivals import Remark
from linkage.intake.device_state import DeviceState
from linkage.kinds import Kind
from linkage.record import Record
from linkage.response.feedback import UnitReport
from linkage.sources import load_sources
from linkage.tables import alert as alert_table
from linkage.tables import inbound_message, incident, incident_alert, unit
from linkage.vocabulary import Outcome
from tests.builders import alert as call
from tests.frames import Gateway, batch, cut_at, report, vehicle_frame
from tests.patience import not_for_ever

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


def test_a_state_in_few_letters_keeps_what_the_vehicle_does() -> None:
    """Alarms beyond the column are left out, not that it is out of service and without a fix."""
    where = seen(alarms=range(30), status=1 | 1 << 4 | 3 << 10, speed=0)
    assert (
        where.state
        == "紧急报警、碰撞、超速报警、疲劳驾驶、危…，停车，停运，油路断开，电路断开，未定位"
    )
    assert len(where.state) == 40


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


def test_an_alarm_of_a_stranger_says_the_line_that_is_missing() -> None:
    (alert,) = alarm(ROLLOVER, terminal=STRANGER)
    assert f'补登一条 [[vehicle]] terminal = "{STRANGER}"' in alert.text
    assert "补登" not in alarm(ROLLOVER)[0].text
    assert "终端手机号是零，请安装单位设置" in alarm(ROLLOVER, terminal="000000000000")[0].text


@pytest.mark.parametrize("number", [0x0200, 0x0704])
def test_an_alarm_that_no_table_knows_loses_neither_the_place_nor_its_neighbour(
    number: int,
) -> None:
    """The line of 碰撞 is missing in sources.toml; that of 侧翻 is there."""
    kinds = {word: rule for word, rule in TRANSPORT.kinds.items() if "碰撞" not in word}
    reader = FRAMING.reader(msgspec.structs.replace(TRANSPORT, kinds=kinds))
    said = {bits: report(AT, alarms=bits) for bits in ((CRASH,), (CRASH, ROLLOVER))}
    bodies = said.values() if number == 0x0200 else map(batch, said.values())
    crash, both = (
        list(reader(vehicle_frame(body, number=number), lambda *_: None)) for body in bodies
    )
    assert sorted(type(part).__name__ for part in crash) == ["UnitReport", "Unreadable"]
    state, wrong, where = both
    assert [name for name, _ in state.alarms] == ["侧翻"]
    assert wrong.reason.startswith("“危化品车辆碰撞”不在 sources.toml")
    assert where.point == Point(119.46, 34.687)


def test_an_alarm_of_a_coach_is_an_ordinary_accident() -> None:
    (alert,) = alarm(ROLLOVER, terminal=COACH)
    assert (alert.kind, alert.hazmat) == (Kind.TRAFFIC_ACCIDENT, False)
    assert "owner" in alert.facts


ADDED = (
    b"\x01\x04\0\0\0\xcc"  # mileage: helps nobody
    b"\x02\x02\x01\xd4"
    b"\x03\x02\x02\x08"
    b"\x06\x02\x80\x0c"
    b"\x31\x01\x09"
    b"\x64\x01\0\x65\x02\0\0"
    b"\xeb\x03abc"  # of a maker's own
)
READ = {
    "fuel_l": 46.8,
    "recorder_speed_kmh": 52.0,
    "cargo_temperature_c": -12,
    "satellites": 9,
    "active_safety": "驾驶辅助、驾驶员状态",
}


def test_what_a_terminal_adds_is_told_with_the_alarm() -> None:
    body = report(AT, alarms=(ROLLOVER,)) + ADDED
    state, where = read(vehicle_frame(body))
    ((_, alert),) = state.alarms
    assert {name: alert.facts[name] for name in READ} == READ
    assert set(READ) <= set(LABELS)
    assert where == seen(alarms=(ROLLOVER,))


@given(st.binary(max_size=60), st.integers(0, len(ADDED)))
def test_whatever_is_added_the_alarm_is_heard(junk: bytes, most: int) -> None:
    body = report(AT, alarms=(ROLLOVER,)) + ADDED[:most] + junk
    state, _ = read(vehicle_frame(body))
    assert len(state.alarms) == 1


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


GBK_PLATE = "苏GA1234".encode("gbk")


@pytest.mark.parametrize(
    ("body", "terminal", "year", "says"),
    [
        (bytes(24) + b"\2" + GBK_PLATE, TANKER, 2013, "，车牌 苏GA1234"),  # as of 2011
        (bytes(36) + b"\2" + GBK_PLATE, TANKER, 2013, "，车牌 苏GA1234"),
        (bytes(75) + b"\2" + GBK_PLATE + b"\0", TANKER, 2019, "，车牌 苏GA1234"),
        (
            bytes(36) + b"\2" + GBK_PLATE,
            COACH,
            2013,
            "与 data/vehicles.toml 的 苏G9K321 不符，请核对",
        ),
        (
            bytes(36) + b"\2" + GBK_PLATE,
            STRANGER,
            2013,
            f'terminal = "{STRANGER}" plate = "苏GA1234"',
        ),
        (bytes(36) + b"\0LSGPC54U17F000001", STRANGER, 2013, "，未上牌，车架号 LSGPC54U17F000001"),
        (bytes(36) + b"\2\xff\xfe", TANKER, 2013, f"终端 {TANKER}"),
        (bytes(12), TANKER, 2013, f"终端 {TANKER}"),
    ],
)
def test_a_terminal_that_registers_is_held_against_the_register(
    body: bytes, terminal: str, year: int, says: str
) -> None:
    (remark,) = read(vehicle_frame(body, number=0x0100, terminal=terminal, year=year))
    assert remark.text.startswith(f"JT/T 808 0x0100 终端注册，终端 {terminal}")
    assert remark.text.endswith(says)


def test_what_another_program_registers_is_read() -> None:
    frame = (
        "7E01000021013345678906000F002C012F373031313142534A2D4D37422030303030303030"
        "01D4C1423838383838B47E"
    )
    (remark,) = read(bytes.fromhex(frame))
    assert "，车牌 粤B88888，未登记" in remark.text


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


# Frames that other programs test themselves with: who, alarm bits, status, place, speed, direction.
REAL = {
    # 2019: mileage, fuel, 0x14 to 0x18, 0x30, 0x31, and 0x64 of the active safety of Jiangsu
    "7E0200407D0201000000000202326095590A4F00002000004C100301E0D7F2073E6EAC00640214001424112715423001"
    "04000000CC020201D425040000000030010831010914040000007F150400000001160400000001170200011803000709"
    "642F0000001F000201323201000035006401E0D40A073E6AC4241127154210FFFF696430303030332411271542170005"
    "00767E": (
        "20232609559",
        (13,),
        0x4C1003,
        121.532076,
        31.512562,
        53.2,
        20,
        "2024-11-27T07:42:30",
    ),
    # 2019, entering an area and a route, without a fix
    "7E0200402D01000000000139123443210000003000000040000101CD41C2072901B00929029A005A2304282131410104"
    "0000029B0202004303020309300163897E": (
        *("13912344321", (20, 21), 0x400001, 120.127920, 30.228930, 66.6, 90),
        "2023-04-28T13:31:41",
    ),
    # 2013, items of a maker's own; the heartbeat of another; south and west
    "7E020000480123456789010013000000800000000301597BC506CBFF6600EB0000015521072620353101040000"
    "0000EB24000C00B28986047701207027150200060089FFFFEFFF0004002D0E10000600C5FFFFFFEF697E": (
        *("12345678901", (7,), 3, 114.032486, 22.641605, 0.0, 341),
        "2021-07-26T12:35:31",
    ),
    "7e020000220014012499170007000000000000400e012af16f02cbd2ba00000000000015010119425701040000"
    "0077a97e": ("1401249917", (), 0x400E, -46.912186, -19.591535, 0.0, 0, "2015-01-01T11:42:57"),
}


@pytest.mark.parametrize("frame", REAL)
def test_what_other_programs_send_is_read_value_by_value(frame: str) -> None:
    terminal, alarms, status, lon, lat, speed, direction, at = REAL[frame]
    pieces, rest = cut(bytes.fromhex(frame))
    (piece,) = pieces
    assert isinstance(piece, bytes)
    message = open_frame(piece)
    said = Report(message.body)
    assert (message.terminal, rest) == (terminal, b"")
    assert tuple(bit for bit in range(32) if said.alarms >> bit & 1) == alarms
    assert (said.status, said.longitude, said.latitude) == (status, lon, lat)
    assert (said.speed, said.direction) == (speed, direction)
    assert said.at == datetime.fromisoformat(f"{at}+00:00")


def test_an_encrypted_message_is_refused_with_what_to_do() -> None:
    """P17: bit 10 of the properties, with a check byte that is right."""
    plain = bytearray(vehicle_frame(report(AT, lon=119.1, lat=34.1), serial=1)[1:-2])
    plain[2] |= 1 << 2
    frame = b"~" + bytes(plain) + bytes([reduce(xor, plain)]) + b"~"
    with pytest.raises(Unreadable, match="已加密，请在终端或网关关闭加密"):
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


def test_a_button_that_was_answered_is_not_a_driver_out_of_danger(gateway: Gateway) -> None:
    """Bit 0 goes when the platform of the terminals answers, 30 when the vehicle stands again."""
    gateway.send(driving(AT, BUTTON, ROLLOVER), AT)
    gateway.send(driving(after(seconds=30)), after(seconds=30))
    ends = [r.headline.split("，")[-1] for r in gateway.rows(alert_table)[2:]]
    assert ends == [
        "载运苯（UN1114）（不再报警：终端收到平台应答即撤下）",
        "载运苯（UN1114）（已恢复）",
    ]


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


def test_a_vehicle_in_a_tunnel_keeps_its_last_place_and_its_age(gateway: Gateway) -> None:
    gateway.send(driving(AT), AT)
    for minutes in (1, 2):
        lost = report(after(minutes=minutes), status=1, lon=0, lat=0)
        gateway.send(vehicle_frame(lost), after(minutes=minutes))
        gateway.restart()
    (where,) = gateway.rows(unit)
    assert (where.lon, where.lat, where.reported_at) == (119.46, 34.687, AT)
    assert where.state == "行驶，未定位"
    gateway.send(vehicle_frame(report(after(minutes=3), lon=119.47)), after(minutes=3))
    (where,) = gateway.rows(unit)
    assert (where.lon, where.reported_at) == (119.47, after(minutes=3))


def test_a_vehicle_that_left_the_city_leaves_no_marker_behind(gateway: Gateway) -> None:
    gateway.send(driving(AT), AT)
    gateway.send(vehicle_frame(report(after(minutes=1), lon=121.4, lat=31.2)), after(minutes=1))
    (where,) = gateway.rows(unit)
    assert (where.lon, where.reported_at) == (None, after(minutes=1))


def test_a_clock_of_years_ago_does_not_hold_the_marker_fast(gateway: Gateway) -> None:
    unset = datetime(2000, 1, 1, 0, 5, tzinfo=UTC)
    for minutes, lon in ((0, 119.1), (1, 119.2)):
        gateway.send(vehicle_frame(report(unset, lon=lon)), after(minutes=minutes))
    (where,) = gateway.rows(unit)
    assert (where.lon, where.reported_at) == (119.2, after(minutes=1))
    both = b"".join(vehicle_frame(report(None, lon=lon)) for lon in (119.3, 119.4))
    gateway.send(both, after(minutes=2))
    (where,) = gateway.rows(unit)
    assert where.lon == 119.4
    saved = batch(report(after(days=-9), lon=119.3))
    gateway.send(vehicle_frame(saved, number=0x0704), after(minutes=3))
    (where,) = gateway.rows(unit)
    assert where.lon == 119.4


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
    places = data.draw(st.lists(st.integers(0, len(whole)), max_size=5))
    assert cut_at(cut, whole, places) == (frames, b"")


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\0\0"])
def test_a_line_end_after_each_frame_says_nothing(end: bytes) -> None:
    whole = b"".join(frame + end for frame in FRAMES)
    for at in range(len(whole)):
        pieces, rest = cut_at(cut, whole, [at])
        assert (pieces, rest.strip(b"~\0")) == ([*FRAMES], b""), at


@pytest.mark.parametrize("short", [b"~x", b"~xxxxxxxxxxx", b"~\x7d", b"~"])
def test_marks_without_frames_cost_no_time(short: bytes) -> None:
    """A message of marks alone took seconds, four times its size a minute; this is sixteen."""
    payload = short * (4_194_304 // len(short))
    with not_for_ever():
        pieces, _ = cut(payload + driving(AT))
    assert pieces[-1] == driving(AT)
    assert len(pieces) <= 2


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
