"""SL 651-2014: what the hydrological stations send, in both codings."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dialects import sl651 as dialect
from ingest.dialects.sl651_elements import bcd_value
from ingest.dialects.sl651_words import FUNCTIONS, WITH_VALUES
from ingest.frames import Frames
from ingest.holding import Holding
from linkage.alerts import Unreadable
from linkage.intake.arrivals import Remark, Several
from linkage.readings.factors import factors
from linkage.readings.reading import Reading
from linkage.vocabulary import Quality
from tests.telemetry import STATION, level, sl651, sl651_text
from tests.test_dialects import SOURCES

NOON = datetime(2026, 8, 6, 8, 1, tzinfo=UTC)
HEAD = f"0001 260806160005 F1F1{STATION}48 F0F02608061600"
# Frames that circulate as examples of the protocol: made by other hands, CRC and all.
OTHERS = {
    "test": "7E7E010012345678123430002B020003591011154947F1F1001234567848F0F05910111549"
    "20190000052619000005392300000127381211150320FA",
    "on time": "7E7E05001122334403E832002B020034170718110016F1F1001122334448F0F01707181100"
    "201900004026190000403923000104903812109903A421",
    "letters in the address": "7E7E0100303A900600003300570200C2260701063604F1F100303A900648F0F0"
    "260701063522190000001A190000002019000025261900210510110158FF921900019911110216FF9319000208131101"
    "83FF9419000204FF951900017718110985381212000367EE",
    "an hour by its end": "7E7E100030700300123434004E02BE3F260701060000F1F1003070030048F0F026070106"
    "00F460000000000000000000000000F5C001AC01AC01AC01AC01AC01AC01AC01AC01AC01AC01AC01AC26190000"
    "003923000042803812137003F8F7",
    "an hour by its first value": "7E7E010030301490A0003400420239B5260701060011F1F1003030149048F0F0"
    "2607010505F5C0000000000000000000000000000000000000000000000000F0F02607010600392300000000"
    "381212320319C2",
    "a byte too many": "7E7E16000000000100003700240200001608301658"
    "21F1F1000000000147F0F01608301658F0F016083016580E1A00187903030746",
    "link": "7E7E01001234567812342F0008020003591011155111036BCA",
    "answer": "7E7E00123456780112343080080200035910111549471B75D4",
}


def read(payload: bytes, holding: Holding | None = None) -> Several:
    return Frames(SOURCES["water"], "", NOON, holding or Holding()).read(payload, dialect.FRAMING)


def readings(payload: bytes, holding: Holding | None = None) -> list[Reading]:
    return [part for part in read(payload, holding).parts if isinstance(part, Reading)]


def reasons(payload: bytes) -> list[str]:
    return [part.reason for part in read(payload).parts if isinstance(part, Unreadable)]


def test_frames_made_by_other_hands_are_read() -> None:
    got = {name: readings(bytes.fromhex(frame)) for name, frame in OTHERS.items()}
    assert [(r.factor, r.value) for r in got["on time"]] == [
        ("rain_today", 4.0),
        ("rain_total", 4.0),
        ("water_level", 10.49),
        ("voltage", 10.99),
    ]
    assert [r.value for r in got["test"]] == [0.5, 0.5, 0.127, 11.15]
    assert got["link"] == got["answer"] == []


def test_a_wrong_checksum_says_what_came_and_what_was_due() -> None:
    """P16: a frame whose CRC is wrong is refused with both values, high byte first."""
    frame = level()
    (reason,) = reasons(frame[:-2] + b"\x7b\x54")
    assert reason.startswith(f"CRC：帧尾写 7B54，按帧内容应为 {frame[-2:].hex().upper()}")


def test_a_test_report_is_an_exercise_and_no_other_is() -> None:
    body = f"{HEAD} 392300024320"
    assert readings(sl651(0x30, body))[0].exercise
    assert not any(readings(sl651(function, body))[0].exercise for function in (0x32, 0x33, 0x34))


@pytest.mark.parametrize(
    ("data", "decimals", "value"),
    [
        ("00024320", 3, 24.32),
        ("FF000345", 3, -0.345),
        ("FFFFFFFF", 3, None),
        ("FF", 0, None),
        ("AAAAAAAA", 3, None),
        ("FF05", 1, -0.5),
        ("00", 0, 0.0),
        ("051300", 2, 513.0),
    ],
)
def test_a_first_byte_ff_is_the_sign_and_all_ff_is_no_value(
    data: str, decimals: int, value: float | None
) -> None:
    assert bcd_value(bytes.fromhex(data), decimals) == value


@pytest.mark.parametrize("data", ["0A", "AAFF", "00FF", "1F23"])
def test_what_is_not_bcd_is_no_value(data: str) -> None:
    with pytest.raises(ValueError):
        bcd_value(bytes.fromhex(data), 0)


def test_the_station_is_the_one_the_body_names_else_the_header() -> None:
    assert readings(level())[0].station_id == STATION
    other = sl651(0x32, "0001 260806160005 F1F1001234ABCD48 F0F02608061600 38121260")
    assert readings(other)[0].station_id == "001234ABCD"
    bare = sl651(0x32, "0001 260806160005 38121260")
    assert (readings(bare)[0].station_id, readings(bare)[0].measured_at.second) == (STATION, 5)


def test_an_address_with_letters_where_the_standard_has_none_is_an_address() -> None:
    got = readings(bytes.fromhex(OTHERS["letters in the address"]))
    assert {r.station_id for r in got} == {"00303A9006"}
    assert [r.value for r in got][:6] == [0.0, 0.0, 2.5, 210.5, 15.8, 19.9]
    text = sl651_text(0x32, "0001260806160005ST 00303a9006 H TT 2608061600 Z 1.5 ")
    assert readings(text)[0].station_id == "00303A9006"
    assert "遥测站地址" in reasons(sl651_text(0x32, "0001260806160005ST 12 TT 2608061600 "))[0]


def test_an_hour_that_names_its_end_is_not_in_the_future() -> None:
    got = readings(bytes.fromhex(OTHERS["an hour by its end"]))
    levels = [r for r in got if r.factor == "relative_level"]
    assert [f"{r.measured_at:%H:%M}" for r in (levels[0], levels[-1])] == ["21:05", "22:00"]
    assert all(r.measured_at <= datetime(2026, 6, 30, 22, 0, tzinfo=UTC) for r in got)
    got = readings(bytes.fromhex(OTHERS["an hour by its first value"]))
    levels = [r for r in got if r.factor == "relative_level"]
    assert [f"{r.measured_at:%H:%M}" for r in (levels[0], levels[-1])] == ["21:05", "22:00"]
    assert [f"{r.measured_at:%H:%M}" for r in got if r.factor == "water_level"] == ["22:00"]


def test_each_value_is_of_the_station_that_stands_before_it() -> None:
    two = "F1F1 0051600002 4B F0F02608061600 392300031990 4520 00000040 38121180"
    got = readings(sl651(0x32, f"{HEAD} 392300024320 {two}"))
    of = {(r.station_id, r.factor): (r.value, r.quality) for r in got}
    assert of[STATION, "water_level"] == (24.32, Quality.NORMAL)
    assert of["0051600002", "water_level"] == (31.99, Quality.FAULT)
    assert of["0051600002", "voltage"] == (11.8, Quality.NORMAL)
    assert {s for s, factor in of if factor == "level_alarm"} == {"0051600002"}
    text = (
        f"0001260806160005ST {STATION} K TT 2608061600 Z 24.32 "
        "ST 0051600002 K TT 2608061600 Z 31.99 ZT 00000040 "
    )
    assert [(r.station_id, r.quality) for r in readings(sl651_text(0x32, text))][:2] == [
        (STATION, Quality.NORMAL),
        ("0051600002", Quality.FAULT),
    ]


def test_what_stands_before_the_place_where_lengths_fail_is_kept() -> None:
    frame = bytes.fromhex(OTHERS["a byte too many"])
    assert [(r.factor, r.value) for r in readings(frame)] == [("groundwater_depth", 18.79)]
    assert reasons(frame) == ["正文末尾多出 1 字节 03，不是要素；其前各要素已采用"]
    torn = sl651(0x32, f"{HEAD} 392300024320 26190008")
    assert [r.value for r in readings(torn)] == [24.32]
    assert "其前各要素已采用" in reasons(torn)[0]
    text = sl651_text(0x32, f"0001260806160005ST {STATION} H TT 2608061600 Z 1.5 === 2 ")
    assert [r.value for r in readings(text)] == [1.5]
    assert len(reasons(text)) == 1


def test_a_7e_behind_a_frame_is_no_noise() -> None:
    frame, holding = level(), Holding()
    for _ in range(3):
        several = read(frame + b"\x7e", holding)
        assert reasons(frame + b"\x7e") == []
        assert [r.value for r in several.parts if isinstance(r, Reading)] == [24.32]
        assert not [part for part in several.parts if isinstance(part, Unreadable)]
    assert reasons(frame + b"\x7e" + frame) == []


def test_an_even_interval_of_two_elements_is_read_group_by_group() -> None:
    body = f"{HEAD} 0418000005 2219 3922" + "000012 00002432" * 12
    got = readings(sl651(0x31, body))
    assert [(r.factor, r.value) for r in got[:2]] == [("rain_5min", 1.2), ("water_level", 24.32)]
    assert [r.measured_at.minute for r in got[::2]] == list(range(0, 60, 5))
    assert len(got) == 24


def test_the_currents_of_a_pump_are_values_and_its_switches_a_word() -> None:
    got = readings(sl651(0x44, f"{HEAD} 70113802 73110125"))
    assert [(r.factor, r.value, r.unit) for r in got] == [
        ("ac_voltage_a", 380.2, "V"),
        ("ac_current_a", 12.5, "A"),
    ]
    (part,) = read(sl651(0x4C, f"0001 260806160005 F1F1{STATION} 0103")).parts
    assert part == Remark("4C 水泵控制或状态自报：开关状态未转为读数，原文已留存")


def test_a_class_of_a_province_is_a_class() -> None:
    body = f"0001 260806160005 F1F1{STATION}52 F0F02608061600 392300024320"
    assert [(r.factor, r.value) for r in readings(sl651(0x32, body))] == [("water_level", 24.32)]
    text = f"0001260806160005ST {STATION} Z Z 24.32 "
    assert [(r.factor, r.value) for r in readings(sl651_text(0x32, text))] == [
        ("water_level", 24.32)
    ]
    text = f"0001260806160005ST {STATION} Z 24.32 "
    assert [r.value for r in readings(sl651_text(0x46, text))] == [24.32]


def test_names_of_one_coding_are_not_read_in_the_other() -> None:
    got = readings(sl651(0x32, f"{HEAD} CD120012"))
    assert [(r.factor, r.unit) for r in got] == [("CD", "")]
    text = f"0001260806160005ST {STATION} Q TT 2608061600 CD 0.00005 pH 7.01 "
    assert [(r.factor, r.value) for r in readings(sl651_text(0x32, text))] == [
        ("cadmium_water", 0.05),
        ("ph", 7.01),
    ]


@pytest.mark.parametrize("time", ["261306153000", "260832153000", "26080615FF00", "000000000000"])
def test_a_time_that_no_calendar_has_is_refused(time: str) -> None:
    assert "时间" in reasons(sl651(0x32, f"0001 {time} F1F1{STATION}48"))[0]


def test_hour_24_is_the_next_day() -> None:
    (one,) = readings(sl651(0x32, f"0001 260806235959 F1F1{STATION}48 F0F02608062400 38121260"))
    assert one.measured_at == datetime(2026, 8, 6, 16, 0, tzinfo=UTC)


def test_a_series_has_twelve_values_whatever_length_it_states() -> None:
    # Stations exist that state 5C (11 bytes) and send 24 all the same.
    for definition in ("C0", "C2", "5C"):
        body = f"{HEAD} F5{definition} {'0123' * 12} 38121260"
        got = readings(sl651(0x34, body))
        assert [r.value for r in got] == [2.91] * 12 + [12.6]
        minutes = [(r.measured_at - got[0].measured_at).seconds // 60 for r in got[:12]]
        assert minutes == list(range(0, 60, 5))


def test_slots_without_a_value_are_left_out_and_a_series_without_any_is_told() -> None:
    got = readings(sl651(0x34, f"{HEAD} F460 {'FF' * 11}19"))
    assert [(r.factor, r.value) for r in got] == [("rain_5min", 2.5)]
    parts = read(sl651(0x34, f"{HEAD} F460 {'FF' * 12}")).parts
    assert [type(part) for part in parts] == [Remark]


def test_an_even_interval_report_names_its_element_once() -> None:
    got = readings(sl651(0x31, f"{HEAD} 0418000005 3923" + "00028960" * 12))
    assert [r.value for r in got] == [28.96] * 12
    assert (got[-1].measured_at - got[0].measured_at).seconds == 55 * 60
    days = readings(sl651(0x31, f"{HEAD} 0418010000 1F19 000010 000020"))
    assert (days[1].measured_at - days[0].measured_at).days == 1


def test_an_even_interval_report_with_a_torn_group_is_refused() -> None:
    assert "整数倍" in reasons(sl651(0x31, f"{HEAD} 0418000005 3923 00028960 0002"))[0]


def test_while_the_gauge_says_it_is_broken_its_level_raises_nothing() -> None:
    body = f"{HEAD} 392300024320 38121260 4520"
    broken = {r.factor: r for r in readings(sl651(0x32, f"{body}00000040"))}
    assert broken["water_level"].quality is Quality.FAULT
    assert broken["voltage"].quality is Quality.NORMAL
    sound = {r.factor: r for r in readings(sl651(0x32, f"{body}00000000"))}
    assert sound["water_level"].quality is Quality.NORMAL


def test_what_the_station_judged_itself_is_a_value_of_zero_or_one() -> None:
    got = {r.factor: r.value for r in readings(sl651(0x46, f"{HEAD} 4520 0000001C"))}
    assert got == {
        "mains_lost": 0.0,
        "battery_low": 0.0,
        "level_alarm": 1.0,
        "flow_alarm": 1.0,
        "quality_alarm": 1.0,
    }
    assert set(got) <= set(factors().by_id)


def test_packets_of_one_report_are_joined_in_their_order() -> None:
    holding = Holding()
    body = bytes.fromhex(f"{HEAD} 392300024320 38121260").hex()
    one, two = body[:70], body[70:]
    assert readings(sl651(0x34, two, packet=(2, 2)), holding) == []
    got = readings(sl651(0x34, one, packet=(1, 2)), holding)
    assert [r.factor for r in got] == ["water_level", "voltage"]
    assert holding.waiting("water") == 0


def test_packets_of_a_report_that_lost_one_are_not_mixed_with_the_next_report() -> None:
    holding = Holding()
    older = bytes.fromhex(f"{HEAD} 392300011111 38121111").hex()
    newer = bytes.fromhex(f"{HEAD} 392300022222 38122222").hex()
    cuts = [(0, 70), (70, 76), (76, None)]

    def send(body: str, number: int) -> list[float | None]:
        start, stop = cuts[number - 1]
        frame = sl651(0x34, body[start:stop], packet=(number, 3))
        return [r.value for r in readings(frame, holding)]

    def changed(body: str) -> str:
        return body.replace("0001", "0002", 1)  # the serial number

    assert [*send(older, 1), *send(older, 3)] == []
    assert [*send(changed(newer), 1), *send(changed(newer), 2)] == []
    assert send(changed(newer), 3) == [22.222, 22.22]


def test_a_picture_of_many_packets_waits_for_nothing() -> None:
    holding = Holding()
    several = read(sl651(0x36, "FFD8FFE0" * 50, packet=(7, 43)), holding)
    assert several.parts == (Remark("36 图片报第 7/43 包：不含测量值，图片原文已留存"),)
    assert several.held == ()


def test_manual_figures_are_kept_as_they_came() -> None:
    (part,) = read(sl651(0x35, "0001 260806160005 F2F2 52475A53")).parts
    assert isinstance(part, Remark)


@pytest.mark.parametrize("function", sorted(set(FUNCTIONS) - WITH_VALUES))
def test_every_other_function_is_stored_with_a_word(function: int) -> None:
    (part,) = read(sl651(function, "0001 260806160005")).parts
    assert isinstance(part, Remark)
    assert part.text.startswith(f"{function:02X} {FUNCTIONS[function]}")


def test_an_element_that_states_no_length_ends_the_reading() -> None:
    assert "写明 0 字节" in reasons(sl651(0x32, f"{HEAD} 3900 38121260"))[0]


def test_a_report_in_letters_says_the_same_as_one_in_bytes() -> None:
    text = f"0001260806160005ST {STATION} H TT 2608061600 Z -0.345 Q M ZT 00000000 VT 12.60 "
    body = f"{HEAD} 3923FF000345 2723FFFFFFFF 4520 00000000 38121260"

    def by_factor(payload: bytes) -> list[Reading]:
        return sorted(readings(payload), key=lambda r: r.factor)

    assert by_factor(sl651_text(0x33, text)) == by_factor(sl651(0x33, body))


def test_the_series_and_even_intervals_of_a_report_in_letters() -> None:
    hour = f"0001260806160005ST {STATION} P TT 2608061505 DRP 0102030405060708090A0BFF "
    assert [r.value for r in readings(sl651_text(0x34, hour))] == [n / 10 for n in range(1, 12)]
    even = f"0001260806160005ST {STATION} H TT 2608061600 DRN05 Z Q 6.30 12.5 M 12.6 "
    assert [
        (r.factor, r.value, r.measured_at.minute) for r in readings(sl651_text(0x31, even))
    ] == [
        ("water_level", 6.3, 0),
        ("flow", 12.5, 0),
        ("water_level", None, 5),
        ("flow", 12.6, 5),
    ]


@pytest.mark.parametrize("words", ["Z", "Z 1,5", "Z 0x1F", "=== 1", "DRP 0102", "ZT lamp"])
def test_words_that_do_not_add_up_are_refused(words: str) -> None:
    text = f"0001260806160005ST {STATION} H TT 2608061600 VT 12.60 {words} "
    assert len(reasons(sl651_text(0x32, text))) == 1


def test_packets_in_letters_are_joined_too() -> None:
    holding = Holding()
    text = f"0001260806160005ST {STATION} H TT 2608061600 Z 1.000 VT 12.60 "
    assert readings(sl651_text(0x34, text[:50], packet=(1, 2)), holding) == []
    got = readings(sl651_text(0x34, text[50:], packet=(2, 2)), holding)
    assert [r.value for r in got] == [1.0, 12.6]


@given(st.binary(max_size=120), st.sampled_from(sorted(FUNCTIONS)))
def test_whatever_stands_in_a_body_is_read_or_refused(body: bytes, function: int) -> None:
    head = bytes.fromhex(HEAD).hex()
    for payload in (sl651(function, body.hex()), sl651(function, head + body.hex())):
        for part in read(payload).parts:
            if isinstance(part, Reading) and part.value is not None:
                assert abs(part.value) < 1e80
                assert part.measured_at.year >= 2000


@given(st.text(alphabet="STZQMDRPNVPIC0123456789.- \u6c49", max_size=80))
def test_whatever_words_stand_in_a_body_are_read_or_refused(words: str) -> None:
    text = f"0001260806160005ST {STATION} H TT 2608061600 {words}"
    body = text.encode()
    if len(body) < 4096:
        read(sl651_text(0x32, text))
        read(sl651_text(0x31, text))
