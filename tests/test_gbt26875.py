"""Fire alarm panels: what an officer hears of a fire, a fault, a reset, and of broken bytes."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dialects.gbt26875 import FRAMING, START, cut
from ingest.dialects.gbt26875_alarm import text_of
from ingest.dialects.gbt26875_words import ANALOGUE
from ingest.framing import Noise
from linkage.alerts import Alert, Point, Unreadable
from linkage.intake.arrivals import Remark
from linkage.intake.device_state import DeviceState
from linkage.kinds import Kind
from linkage.readings.factors import load_factors
from linkage.readings.reading import Reading
from linkage.record import Record
from linkage.sources import load_sources
from linkage.tables import alert as alert_table
from linkage.tables import inbound_message, incident
from linkage.vocabulary import Certainty, IncidentStatus, Outcome, Severity
from tests.builders import alert
from tests.frames import Gateway, component, cut_at, objects, panel_frame, panel_time
from tests.onrecord import change_incident

ROOT = Path(__file__).parents[1]
FIRE = load_sources(ROOT / "sources.toml")["fire"]
AT = datetime(2026, 11, 22, 6, 20, tzinfo=UTC)
ON_FIRE, NORMAL, FAULT = 0b11, 0b01, 0b101


def read(frame: bytes) -> list[Any]:
    return list(FRAMING.reader(FIRE)(frame, lambda *_: None))


def alarms_of(frame: bytes) -> list[Alert]:
    return [
        alert for part in read(frame) if isinstance(part, DeviceState) for _, alert in part.alarms
    ]


def fire(at: datetime, said: str | bytes = "三层东走廊", **more: Any) -> bytes:
    kind, address = more.pop("kind", 42), more.pop("address", 1)
    one = component(ON_FIRE, at, said, kind=kind, address=address)
    return panel_frame(objects(2, one), at, **more)


def normal(at: datetime, **more: Any) -> bytes:
    return panel_frame(objects(2, component(NORMAL, at, **more)), at)


def reset(at: datetime) -> bytes:
    return panel_frame(objects(4, bytes((1, 1, 1, 7)) + panel_time(at)), at)


@pytest.fixture
def gateway(record: Record) -> Gateway:
    return Gateway(record, FIRE)


# What a frame says


@pytest.mark.parametrize(
    ("kind", "counts_as"), [(42, Kind.FIRE), (23, Kind.FIRE), (11, Kind.GAS_LEAK), (17, Kind.FIRE)]
)
def test_a_gas_detector_reports_gas_and_not_fire(kind: int, counts_as: Kind) -> None:
    (alert,) = alarms_of(fire(AT, kind=kind))
    assert alert.kind is counts_as


def test_a_panel_among_tanks_reports_a_fire_of_dangerous_goods() -> None:
    (alert,) = alarms_of(fire(AT, panel="000000000101"))
    assert (alert.kind, alert.event_code, alert.hazmat) == (Kind.HAZMAT, "12D03", True)
    assert alert.facts["substance"] == "苯"


@pytest.mark.parametrize(
    ("kind", "word", "counts_as", "code"),
    [
        (11, "危化品可燃气体报警", Kind.HAZMAT, "12D02"),  # 泄漏, and no fire
        (17, "电气火灾监控", Kind.FIRE, "12G99"),
        (23, "储罐区火警", Kind.HAZMAT, "12D03"),
    ],
)
def test_gas_among_tanks_is_a_leak_and_no_fire(
    kind: int, word: str, counts_as: Kind, code: str
) -> None:
    (alert,) = alarms_of(fire(AT, panel="000000000101", kind=kind))
    assert (alert.source_kind, alert.kind, alert.event_code) == (word, counts_as, code)
    assert (alert.hazmat, alert.facts["substance"]) == (True, "苯")


def test_a_panel_that_nobody_registered_rings_all_the_same() -> None:
    (alert,) = alarms_of(fire(AT, panel="0A0B0C0D0E0F"))
    assert (alert.point, alert.position_note) == (None, "missing")
    assert "0A0B0C0D0E0F" in alert.headline
    assert '在 data/panels.toml 补登一条 [[panel]] address = "0A0B0C0D0E0F"' in alert.text


def test_a_fault_is_no_fire() -> None:
    state, remark = read(panel_frame(objects(2, component(FAULT, AT, "二层")), AT))
    assert state.alarms == ()
    assert remark.text == "点型光电感烟火灾探测器 00000001（二层）：故障，装置 000000000102"


@pytest.mark.parametrize("state", [1 << 1, ON_FIRE, 0xFFFF])
def test_a_fire_is_a_fire_whatever_else_the_component_says(state: int) -> None:
    assert len(alarms_of(panel_frame(objects(2, component(state, AT)), AT))) == 1


@pytest.mark.parametrize("text", [b"\xff\xfe\xff", b"\x84\x31\xa4\x37", b"\x00\x80"])
def test_a_text_that_cannot_be_read_does_not_lose_the_fire(text: bytes) -> None:
    (alert,) = alarms_of(fire(AT, text))
    assert "�" not in alert.text + alert.headline + alert.place


def test_a_text_cut_in_the_middle_of_a_character_keeps_the_whole_ones() -> None:
    assert text_of("三层东侧走廊电气竖井旁疏散楼梯间前室".encode("gb18030")[:31]) is not None
    assert text_of("三层".encode("gb18030")[:3] + b"\0" * 28) == "三"


def test_a_text_is_padded_with_nothing_and_holds_no_control_characters() -> None:
    assert text_of(b"A\x07B\r\n  C" + b"\0" * 5 + b"junk") == "A B C"


@pytest.mark.parametrize("padding", [b"\0", b"\xff", b" "])
@pytest.mark.parametrize("charset", ["gb18030", "utf-8"])
@pytest.mark.parametrize("said", ["三层", "7楼02室会议室烟感", "A区三层烟感探测器"])
def test_a_text_is_read_as_it_was_written(said: str, charset: str, padding: bytes) -> None:
    """The standard asks for GB18030; UTF-8, which is also GB18030, must not be read as nonsense."""
    assert text_of(said.encode(charset).ljust(31, padding)) == said


def test_words_of_buildings_are_not_taken_for_utf_8() -> None:
    words = (ROOT / "docs" / "runbook.md", ROOT / "sources.toml", ROOT / "data" / "panels.toml")
    text = "".join(file.read_text(encoding="utf-8") for file in words)
    for said in set(re.findall("[\u4e00-\u9fff]{1,15}", text)):
        assert text_of(said.encode("gb18030").ljust(31, b"\0")) == said


@pytest.mark.parametrize("kind", [23, 24])
def test_a_call_point_says_that_somebody_stood_there(kind: int) -> None:
    (pressed,) = alarms_of(fire(AT, kind=kind))
    (smelt,) = alarms_of(fire(AT, kind=42))
    assert (pressed.severity, pressed.certainty) == (Severity.SEVERE, Certainty.LIKELY)
    assert (smelt.severity, smelt.certainty) == (Severity.MODERATE, Certainty.POSSIBLE)


def test_a_hand_on_the_alarm_button_is_an_alarm() -> None:
    (alert,) = alarms_of(panel_frame(objects(24, bytes((1 << 2, 3)) + panel_time(AT)), AT))
    assert alert.facts["device_state"] == "手动报警"


def test_a_button_that_was_pressed_in_a_test_says_both() -> None:
    (alert,) = alarms_of(panel_frame(objects(24, bytes((0b1000100, 3)) + panel_time(AT)), AT))
    assert alert.text.endswith("用户信息传输装置：手动报警、测试")


@pytest.mark.parametrize(
    ("kind", "one"),
    [(1, bytes((1, 1, 0b11, 0))), (21, bytes((0b11,)))],
)
def test_a_whole_system_and_the_transmission_device_may_report_fire(kind: int, one: bytes) -> None:
    assert len(alarms_of(panel_frame(objects(kind, one + panel_time(AT)), AT))) == 1


def test_a_value_is_a_reading_in_its_unit() -> None:
    one = bytes((1, 1, 31)) + bytes(4) + b"\x03" + (-55).to_bytes(2, "little", signed=True)
    (reading,) = read(panel_frame(objects(3, one + panel_time(AT)), AT))
    assert isinstance(reading, Reading)
    assert (reading.factor, reading.value, reading.unit) == ("gbt26875_3", -5.5, "℃")
    assert reading.measured_at == AT


def test_every_value_has_a_name_so_that_a_threshold_may_be_set_on_it() -> None:
    known = load_factors(ROOT / "data" / "factors.toml").by_id
    for kind, (unit, _) in ANALOGUE.items():
        factor = known[f"gbt26875_{kind}"]
        assert (factor.unit, factor.name.startswith("消防设施")) == (unit, True)


def test_objects_without_time_tags_are_read_by_the_time_of_the_frame() -> None:
    bare = component(ON_FIRE, AT, "一层")[:40]
    (state,) = read(
        panel_frame(
            objects(
                2,
                bare,
            ),
            AT + timedelta(seconds=9),
        )
    )
    assert (len(state.alarms), state.at) == (1, AT + timedelta(seconds=9))


def test_a_wrong_count_of_objects_is_said_and_the_whole_ones_are_read() -> None:
    data = bytes((2, 3)) + component(ON_FIRE, AT) + component(NORMAL, AT)[:20]
    state, wrong = read(panel_frame(data, AT))
    assert len(state.alarms) == 1
    assert "3 个信息对象" in wrong.reason


def test_objects_with_bytes_of_the_makers_own_are_not_read_askew() -> None:
    """Read by the length of the standard, the second of these is a fire that nobody reported."""
    quiet = component(NORMAL, AT) + b"\x02\x02\x02\x02"
    parts = read(panel_frame(bytes((2, 3)) + quiet * 3, AT))
    states = [part for part in parts if isinstance(part, DeviceState)]
    assert [(s.device, s.alarms) for s in states] == [("000000000102/1.1/42.00000001", ())] * 3
    burning = component(ON_FIRE, AT, "二层", address=7) + bytes(4)
    (first, second) = alarms_of(panel_frame(bytes((2, 2)) + burning * 2, AT))
    assert first == second
    assert first.place.endswith("二层")


def test_an_object_that_no_table_knows_refuses_itself_alone() -> None:
    bare = msgspec.structs.replace(FIRE, kinds={"可燃气体报警": FIRE.kinds["可燃气体报警"]})
    data = objects(2, component(ON_FIRE, AT), component(ON_FIRE, AT, kind=11, address=2))
    wrong, state = FRAMING.reader(bare)(panel_frame(data, AT), lambda *_: None)
    assert isinstance(wrong, Unreadable)
    assert '请在表中补一行 "火警" = …' in wrong.reason
    assert isinstance(state, DeviceState)
    assert len(state.alarms) == 1


# Data of frames with which another program tests itself: what each says.
LONG = "01027901020304" + "0402" + "37c2a53032cad2bbe1d2e9cad2d1ccb8d0".ljust(62, "0")
THEN = datetime(2021, 7, 2, 1, 0, 4, tzinfo=UTC)
REAL = {
    "0101" + "0102" + "0402" + "040009020715": "火灾报警系统2号：故障、备电故障，装置 000000000102",
    "0201"
    + LONG
    + "040009020715": "警报装置 04030201（7楼02室会议室烟感）：故障，装置 000000000102",
    "0401" + "010284fa" + "040009020715": (Severity.SEVERE, "火灾报警系统2号：手动报警"),
    "180131fa040009020715": "用户信息传输装置操作：复位、自检、确认或查岗应答，装置 000000000102",
    "1501" + "08" + "040009020715": "用户信息传输装置：主电故障，装置 000000000102",
    "0301" + "01022801020304" + "03" + "2003" + "040009020715": ("04030201", 80.0, "℃"),
}


@pytest.mark.parametrize("data", REAL)
def test_what_another_program_sends_is_read_value_by_value(data: str) -> None:
    parts = read(panel_frame(bytes.fromhex(data), THEN + timedelta(seconds=1)))
    states = [part for part in parts if isinstance(part, DeviceState)]
    assert all((s.at, s.sent_at) == (THEN, THEN + timedelta(seconds=1)) for s in states)
    (remarked,) = [part.text for part in parts if isinstance(part, Remark)] or [None]
    (alarmed,) = [alert for state in states for _, alert in state.alarms] or [None]
    if alarmed is not None:
        severity, words = REAL[data]
        assert (alarmed.severity, words in alarmed.text) == (severity, True)
    elif isinstance(parts[0], Reading):
        assert parts[0].station_id == "000000000102/1.2/40.04030201"
        assert (parts[0].station_id[-8:], parts[0].value, parts[0].unit) == REAL[data]
    else:
        assert remarked == REAL[data]


@pytest.mark.parametrize("command", [1, 3, 4, 6, 7, 200, 254])
def test_what_states_nothing_is_named_and_accounted(command: int) -> None:
    (remark,) = read(panel_frame(b"", AT, command=command))
    assert remark.text.startswith(f"GB/T 26875.3 命令 {command} ")


@pytest.mark.parametrize("kind", [5, 6, 7, 8, 25, 26, 28, 89, 99, 200])
def test_data_that_is_no_alarm_is_named_and_accounted(kind: int) -> None:
    (remark,) = read(panel_frame(bytes((kind, 1)) + bytes(10), AT))
    assert isinstance(remark, Remark)
    assert remark.text.startswith(f"GB/T 26875.3 类型 {kind} ")


def test_a_wrong_checksum_refuses_the_frame() -> None:
    with pytest.raises(Unreadable, match="校验和不符"):
        read(fire(AT, wrong=1))


# From the first report to the last


def test_a_fire_that_is_over_updates_its_own_record(gateway: Gateway) -> None:
    gateway.send(fire(AT), AT)
    gateway.restart()
    later = AT + timedelta(minutes=4)
    gateway.send(normal(later), later)
    first, second = gateway.rows(alert_table)
    assert (
        first.source_ref == second.source_ref == "000000000102/1.1/42.00000001:火警:20261122142000"
    )
    assert (first.message_kind, second.message_kind) == ("alert", "update")
    assert second.headline == "东港商贸城 三层东走廊 火警（已恢复）"
    (one,) = gateway.rows(incident)
    assert one.status == IncidentStatus.RECEIVED  # somebody still has to look


@pytest.mark.parametrize(
    ("state", "says"),
    [(0b101, "故障"), (0b1001, "屏蔽"), (1 | 1 << 8, "电源故障"), (0b1100001, None), (0, None)],
)
def test_a_burnt_detector_has_not_recovered(gateway: Gateway, state: int, says: str | None) -> None:
    """故障 and 屏蔽 are no fire, and no all-clear either."""
    gateway.send(fire(AT), AT)
    later = AT + timedelta(minutes=4)
    gateway.send(panel_frame(objects(2, component(state, later)), later), later)
    _, last = gateway.rows(alert_table)
    assert last.headline.endswith(f"（不再报警：{says}）" if says else "（已恢复）")
    assert ("设备报告已恢复正常" in last.text) is (says is None)
    assert ("recovered_at" in last.facts) is (says is None)


def test_what_still_burns_after_a_reset_is_heard_in_the_same_second(gateway: Gateway) -> None:
    gateway.send(fire(AT), AT)
    over = AT + timedelta(minutes=3)
    for again in range(3):  # nobody confirmed it
        gateway.send(reset(over) + fire(over), over + timedelta(seconds=9 * again))
        gateway.restart()
    rows = gateway.rows(alert_table)
    assert [row.message_kind for row in rows] == ["alert", *("update", "alert") * 3]
    assert len({row.source_ref for row in rows}) == 4
    assert len(gateway.rows(incident)) == 1


def test_a_second_fire_of_the_same_detector_is_another_record(gateway: Gateway) -> None:
    for minutes, frame in ((0, fire), (4, normal), (90, fire)):
        at = AT + timedelta(minutes=minutes)
        gateway.send(frame(at), at)
    assert len({row.source_ref for row in gateway.rows(alert_table)}) == 2


def test_a_frame_sent_again_is_nothing_new_even_after_the_reset(gateway: Gateway) -> None:
    gateway.send(fire(AT), AT)
    again = gateway.send(fire(AT), AT + timedelta(seconds=20))
    assert again.status is Outcome.DUPLICATE
    gateway.send(normal(AT + timedelta(minutes=2)), AT + timedelta(minutes=2))
    gateway.restart()
    late = gateway.send(fire(AT), AT + timedelta(minutes=3))
    assert late.status is Outcome.DUPLICATE
    assert len(gateway.rows(incident)) == 1


def test_a_reset_of_the_panel_ends_all_its_fires(gateway: Gateway) -> None:
    gateway.send(fire(AT, address=1), AT)
    gateway.send(fire(AT, address=2), AT)
    over = AT + timedelta(minutes=5)
    gateway.send(reset(over), over)
    kinds = [row.message_kind for row in gateway.rows(alert_table)]
    assert sorted(kinds) == ["alert", "alert", "update", "update"]


def test_two_detectors_of_one_panel_are_one_incident(gateway: Gateway) -> None:
    gateway.send(fire(AT, address=1), AT)
    gateway.send(fire(AT + timedelta(minutes=6), "四层", address=2), AT + timedelta(minutes=6))
    (one,) = gateway.rows(incident)
    assert one.alert_count == 2


def test_a_panel_that_rings_everywhere_at_once_is_one_incident(gateway: Gateway) -> None:
    every = [
        panel_frame(
            objects(2, *(component(ON_FIRE, AT, address=22 * f + n) for n in range(22))), AT
        )
        for f in range(10)
    ]
    gateway.send(b"".join(every), AT)
    (one,) = gateway.rows(incident)
    assert one.alert_count == 220
    gateway.send(reset(AT + timedelta(minutes=1)), AT + timedelta(minutes=1))
    assert len(gateway.rows(alert_table)) == 440


def test_a_closed_false_alarm_does_not_swallow_the_next_fire(gateway: Gateway) -> None:
    gateway.send(fire(AT, address=1), AT)
    (first,) = gateway.rows(incident)
    change_incident(gateway.record, first.id, status=IncidentStatus.CLOSED)
    later = AT + timedelta(minutes=6)
    gateway.send(fire(later, "四层", address=2), later)
    assert len(gateway.rows(incident)) == 2


def test_a_caller_who_sees_the_fire_joins_the_panel_that_smells_it(gateway: Gateway) -> None:
    gateway.send(fire(AT), AT)
    seen = alert(
        source_id="119-cad",
        source_ref="Z1",
        kind=Kind.FIRE,
        occurred_at=AT + timedelta(minutes=3),
        place="海州区解放东路东港商贸城",
        headline="商场冒烟",
        text="东港商贸城三层有浓烟冒出，商户正往外跑",
        point=Point(119.1836, 34.6064),
        area_code="320706",
    )
    gateway.hear(seen, AT + timedelta(minutes=3))
    (one,) = gateway.rows(incident)
    assert one.alert_count == 2


def test_a_fire_stated_again_without_a_reset_rings_again_after_ten_minutes(
    gateway: Gateway,
) -> None:
    for minutes in (0, 5, 16):
        at = AT + timedelta(minutes=minutes)
        gateway.send(fire(at), at)
    assert len(gateway.rows(alert_table)) == 2


def test_a_panel_whose_clock_lost_its_battery_reports_by_ours(gateway: Gateway) -> None:
    theirs = datetime(2000, 1, 1, 0, 3, tzinfo=UTC)
    one = component(ON_FIRE, theirs - timedelta(seconds=40), "一层")
    gateway.send(panel_frame(objects(2, one), theirs), AT)
    (row,) = gateway.rows(alert_table)
    assert row.occurred_at == AT - timedelta(seconds=40)
    assert '"stated_at":"2000-01-01T00:02:20+00:00"' in row.facts


@pytest.mark.parametrize("off", [timedelta(hours=8), timedelta(hours=-8), timedelta(days=-40)])
def test_a_panel_whose_clock_is_wrong_reports_by_ours(gateway: Gateway, off: timedelta) -> None:
    for minutes, frame in ((0, fire), (3, normal)):
        at = AT + timedelta(minutes=minutes)
        gateway.send(frame(at + off), at)
    first, second = gateway.rows(alert_table)
    assert first.occurred_at == AT
    assert (first.source_ref, second.message_kind) == (second.source_ref, "update")


def test_a_time_that_is_none_is_ours(gateway: Gateway) -> None:
    one = component(ON_FIRE, AT, "一层")[:40] + b"\xff" * 6
    gateway.send(panel_frame(objects(2, one), AT), AT + timedelta(seconds=2))
    (row,) = gateway.rows(alert_table)
    assert row.occurred_at == AT + timedelta(seconds=2)


def test_a_good_frame_behind_a_spoiled_one_is_taken(gateway: Gateway) -> None:
    receipt = gateway.send(fire(AT, wrong=3) + fire(AT), AT)
    assert receipt.status is Outcome.REJECTED
    assert receipt.reason is not None
    assert "其余 1 段已处理" in receipt.reason
    assert len(gateway.rows(incident)) == 1
    (kept,) = gateway.rows(inbound_message)
    assert kept.alert_id is not None


# Where frames end


def test_a_beginning_that_is_none_does_not_hold_up_the_fire_behind_it() -> None:
    liar = START + bytes(22) + (900).to_bytes(2, "little") + b"\x02"
    pieces, rest = cut(liar + fire(AT))
    assert isinstance(pieces[0], Unreadable)
    assert (pieces[1:], rest) == ([fire(AT)], b"")


@pytest.mark.parametrize(
    ("length", "why"), [(1025, "超过 1024 字节"), (40, "其后不是结束符 23 23")]
)
def test_a_frame_of_a_wrong_length_is_refused_by_its_field(length: int, why: str) -> None:
    frame = bytearray(fire(AT))
    frame[24:26] = length.to_bytes(2, "little")
    pieces, rest = cut(bytes(frame) + fire(AT))
    (wrong, good) = pieces
    assert isinstance(wrong, Noise)
    assert wrong.reason.startswith(f"应用数据单元长度写 {length} 字节，{why}；78 字节不属于任何帧")
    assert (wrong.field, good, rest) == ("应用数据单元长度", fire(AT), b"")


def test_a_spoiled_length_does_not_swallow_the_frame_behind_it() -> None:
    """It ends where the next frame does."""
    good = fire(AT)
    frame = bytearray(good)
    frame[24:26] = (48 + len(good)).to_bytes(2, "little")
    (wrong, *pieces), rest = cut(bytes(frame) + good + good)
    assert isinstance(wrong, Noise)
    assert (pieces, rest) == ([good, good], b"")


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\0\0"])
def test_a_line_end_after_each_frame_says_nothing(end: bytes, gateway: Gateway) -> None:
    receipt = gateway.send((fire(AT) + end) * 2, AT)
    assert receipt.status is Outcome.STORED
    assert FRAMING.begins(end + fire(AT))


def test_the_bytes_of_a_beginning_may_stand_in_a_text() -> None:
    frame = fire(AT, b"@@##@@##")
    assert cut(frame + frame) == ([frame, frame], b"")


FRAMES = (fire(AT), normal(AT), reset(AT), panel_frame(b"", AT, command=3), fire(AT, b"@@##"))


@given(st.lists(st.sampled_from(FRAMES), min_size=1, max_size=4), st.data())
def test_frames_cut_anywhere_are_the_same_frames(frames: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(frames)
    places = data.draw(st.lists(st.integers(0, len(whole)), max_size=5))
    assert cut_at(cut, whole, places) == (frames, b"")


@given(
    st.binary(max_size=400)
    | st.lists(st.sampled_from([b"@@", b"##", b"\0", b"x", *FRAMES])).map(b"".join)
)
def test_whatever_bytes_come_none_is_lost_and_nothing_breaks(payload: bytes) -> None:
    pieces, rest = cut(payload)
    sizes = [len(p.data) if isinstance(p, Noise) else len(cast(bytes, p)) for p in pieces]
    assert sum(sizes) + len(rest) == len(payload)
    for piece in pieces:
        if isinstance(piece, bytes):
            try_to_read(piece)


@given(st.binary(max_size=120), st.integers(0, 255), st.binary(min_size=6, max_size=6))
def test_whatever_stands_in_a_frame_it_is_read_or_refused(
    data: bytes, command: int, time: bytes
) -> None:
    frame = panel_frame(data, AT, command=command)
    body = frame[2:6] + time + frame[12:-3]
    try_to_read(b"@@" + body + bytes([sum(body) & 0xFF]) + b"##")


def try_to_read(frame: bytes) -> None:
    try:
        parts = read(frame)
    except Unreadable:
        return
    assert all(isinstance(p, DeviceState | Remark | Reading | Unreadable) for p in parts)
