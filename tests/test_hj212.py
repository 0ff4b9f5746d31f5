"""HJ 212-2017: what the environment's monitors send, and what we refuse to believe."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dialects import hj212 as dialect
from ingest.dialects.checksums import crc_hj212, crc_modbus
from ingest.frames import Frames
from ingest.holding import Holding
from linkage.alerts import Unreadable
from linkage.intake.arrivals import Remark, Several
from linkage.readings.factors import Device, Factors, factors, load_factors
from linkage.readings.reading import Reading
from linkage.vocabulary import Quality, Span
from tests.telemetry import MN, benzene, framed, hj212
from tests.test_dialects import ROOT, SOURCES

NOON = datetime(2026, 8, 6, 7, 31, tzinfo=UTC)
OFFICIAL = (
    b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
    b"CP=&&RtdInterval=30&&"
)


def read(payload: bytes, holding: Holding | None = None) -> Several:
    return Frames(SOURCES["environment"], "", NOON, holding or Holding()).read(
        payload, dialect.FRAMING
    )


def readings(payload: bytes, holding: Holding | None = None) -> list[Reading]:
    return [part for part in read(payload, holding).parts if isinstance(part, Reading)]


def reasons(payload: bytes) -> list[str]:
    return [part.reason for part in read(payload).parts if isinstance(part, Unreadable)]


def test_the_checksum_of_the_standard_is_not_the_one_of_modbus() -> None:
    assert len(OFFICIAL) == 101
    assert crc_hj212(OFFICIAL) == 0x1C80
    assert crc_modbus(OFFICIAL) == 0x0759
    assert crc_modbus(b"123456789") == 0x4B37


@given(st.binary(min_size=1, max_size=60))
def test_the_checksum_is_the_one_that_annex_a_writes_out_bit_by_bit(data: bytes) -> None:
    register = 0xFFFF
    for byte in data:
        register = register >> 8 ^ byte
        for _ in range(8):
            register = register >> 1 ^ 0xA001 if register & 1 else register >> 1
    assert crc_hj212(data) == register


@pytest.mark.parametrize("crc", [b"4981", b"33EC", b"ZZZZ"])
def test_a_wrong_checksum_says_what_came_and_what_was_due(crc: bytes) -> None:
    """P15: a frame whose CRC is wrong is refused with both values."""
    frame = benzene()
    (reason,) = reasons(frame[:-6] + crc + b"\r\n")
    assert reason.startswith(f"CRC：帧尾写 {crc.decode()}，按数据段应为 {frame[-6:-2].decode()}")


@pytest.mark.parametrize("stated", ["0131", "0137", "0200"])
def test_a_wrong_length_says_what_was_stated_and_what_came(stated: str) -> None:
    """P15: a frame whose length is wrong is refused though its CRC is right."""
    frame = b"##" + stated.encode() + benzene()[6:]
    assert reasons(frame)[0].startswith(
        f"长度：帧头写 {stated}，数据段实为 {benzene()[2:6].decode()}"
    )


def test_a_checksum_in_small_letters_is_right() -> None:
    """P15: lower-case CRC is accepted."""
    frame = benzene()
    assert readings(frame[:-6] + frame[-6:-2].lower() + b"\r\n") == readings(frame)


def test_an_empty_password_is_nobodys_business() -> None:
    """P15: empty PW."""
    frame = framed(f"ST=31;CN=2011;PW=;MN={MN};CP=&&DataTime=20260806153000;a25002-Rtd=1&&")
    assert [one.value for one in readings(frame)] == [1.0]


@pytest.mark.parametrize("flag", "FMSDCB")
def test_only_what_was_measured_in_service_may_alarm(flag: str) -> None:
    """P15: values flagged as stopped, maintained, faulty, calibrated … never raise an alarm."""
    (one,) = readings(benzene("999", flag=flag))
    assert not one.quality.may_alarm
    assert all(readings(benzene("999", flag=good))[0].quality.may_alarm for good in "NT")


def test_a_packet_with_its_own_time_is_read_at_once_and_the_set_is_watched() -> None:
    """P15: split packets: PNUM, PNO; what waits is bounded by time (tests/test_frames.py)."""
    holding = Holding()
    one = hj212("DataTime=20260806153000;a25002-Rtd=1", extra="Flag=7;PNUM=2;PNO=1;")
    two = hj212("DataTime=20260806153000;a25003-Rtd=2", extra="Flag=7;PNUM=2;PNO=2;")
    assert [r.value for r in readings(one, holding)] == [1.0]
    assert holding.waiting("environment") == 1
    assert [r.value for r in readings(two, holding)] == [2.0]
    assert holding.waiting("environment") == 0


def test_a_packet_without_a_time_takes_that_of_its_set_whatever_the_order() -> None:
    holding = Holding()
    late = hj212("a25003-Rtd=2,a25003-Flag=N", extra="Flag=7;PNUM=2;PNO=2;")
    first = hj212("DataTime=20260806120000;a25002-Rtd=1", extra="Flag=7;PNUM=2;PNO=1;")
    assert readings(late, holding) == []
    got = readings(first, holding)
    assert [(r.factor, r.value) for r in got] == [("benzene", 1.0), ("toluene", 2.0)]
    assert {r.measured_at for r in got} == {datetime(2026, 8, 6, 4, 0, tzinfo=UTC)}


def test_packets_of_two_stations_do_not_mix() -> None:
    holding = Holding()
    for mn in (MN, MN[:-1] + "2"):
        assert readings(hj212("a1-Rtd=1", mn=mn, extra="PNUM=2;PNO=1;"), holding) == []
    assert holding.waiting("environment") == 2


def test_a_frame_that_says_it_is_split_and_numbers_no_packet_is_whole() -> None:
    frame = hj212("DataTime=20260806153000;a25002-Rtd=1", extra="Flag=7;")
    assert [one.value for one in readings(frame)] == [1.0]


@pytest.mark.parametrize(
    "numbers", ["PNUM=2;PNO=3;", "PNUM=x;PNO=1;", "PNUM=2;PNO=;", "PNUM=9999;PNO=1;"]
)
def test_a_packet_number_that_cannot_be_is_refused(numbers: str) -> None:
    frame = hj212("DataTime=20260806153000;a25002-Rtd=1", extra=numbers)
    assert any("分包号" in reason for reason in reasons(frame))


@pytest.mark.parametrize(
    ("command", "span"),
    [("2051", Span.MINUTE), ("2061", Span.HOUR), ("2031", Span.DAY)],
)
def test_a_mean_stands_for_the_span_from_its_data_time_on(command: str, span: Span) -> None:
    frame = hj212("DataTime=20260806140000;a25002-Avg=2,a25002-Max=9,a25002-Flag=N", command)
    (one,) = readings(frame)
    assert (one.value, one.span, one.measured_at.hour) == (2.0, span, 6)


def test_the_noise_of_a_street_has_values_of_its_own_kind() -> None:
    frame = hj212("DataTime=20260806140000;Leq-Data=66.8;LMx-Data=81.0", "2061")
    assert [(r.factor, r.unit, r.value) for r in readings(frame)] == [
        ("sound_level_eq", "dB", 66.8),
        ("sound_level_max", "dB", 81.0),
    ]


def test_a_stack_states_a_value_twice_and_limits_are_on_the_converted_one() -> None:
    frame = hj212("DataTime=20260806153000;a21026-Rtd=10,a21026-ZsRtd=14,a21026-Flag=N")
    assert [(r.factor, r.value) for r in readings(frame)] == [("so2", 10.0), ("so2_zs", 14.0)]
    assert {"so2", "so2_zs"} <= set(factors().by_id)


def test_the_running_hours_of_a_device_are_of_a_day() -> None:
    (one,) = readings(hj212("DataTime=20260805000000;SB1-RT=23.5", "2041"))
    assert (one.factor, one.value, one.unit, one.span) == ("SB1-RT", 23.5, "h", Span.DAY)


@pytest.mark.parametrize("command", ["2011", "2061"])
def test_a_request_or_an_empty_area_is_stored_with_a_word(command: str) -> None:
    (part,) = read(hj212("", command)).parts
    assert isinstance(part, Remark)


@pytest.mark.parametrize(
    "command", ["9011", "9012", "9013", "9014", "1072", "3015", "3019", "3020"]
)
def test_commands_and_answers_are_stored_with_a_word_and_without_their_secrets(
    command: str,
) -> None:
    (part,) = read(hj212("NewPW=654321;QnRtn=1", command)).parts
    assert isinstance(part, Remark)
    assert "654321" not in part.text


def test_a_station_without_a_number_is_refused() -> None:
    frame = framed("ST=31;CN=2011;PW=1;MN=;CP=&&DataTime=20260806153000;a25002-Rtd=1&&")
    assert reasons(frame)[0].startswith("MN：")


def test_a_factor_that_is_stated_twice_with_two_values_is_told() -> None:
    frame = hj212("DataTime=20260806153000;a25002-Rtd=1,a25002-Rtd=2")
    assert reasons(frame) == ["a25002-Rtd：同一帧里写了两次，数值不同；已采用前一个，请检查数采仪"]


@pytest.mark.parametrize(
    "value", ["NaN", "inf", "1_0", "0x10", "\uff11\uff12", "1,5", "", "1e999", "---", "1 2"]
)
def test_what_is_no_number_is_no_value(value: str) -> None:
    """P20: a decimal comma is refused, not cut off."""
    frame = hj212(f"DataTime=20260806153000;a25002-Rtd={value},a25002-Flag=N;a25003-Rtd=2")
    assert [one.factor for one in readings(frame)] == ["toluene"]
    assert reasons(frame)[0].startswith("a25002-Rtd：应为数值，收到")


def test_a_frame_of_a_public_parser_with_milliseconds_in_its_data_time() -> None:
    frame = (
        b"##0139ST=32;CN=2011;PW=123456;MN=LD130133000015;CP=&&DataTime=20160824003817000;"
        b"B01-Rtd=36.91;011-Rtd=231.0,011-Flag=N;060-Rtd=1.803,060-Flag=N&&4980\r\n"
    )
    assert [(r.factor, r.value) for r in readings(frame)] == [
        ("waste_water_flow", 36.91),
        ("cod", 231.0),
        ("ammonia_nitrogen", 1.803),
    ]
    assert readings(frame)[0].measured_at == datetime(2016, 8, 23, 16, 38, 17, tzinfo=UTC)


def test_a_dust_monitor_states_its_moment_as_a_mean() -> None:
    frame = (
        b"##0252ST=22;CN=2011;PW=987243;MN=HJZB0XH0150109;CP=&&DataTime=20241202165000;"
        b"a34001-Avg=0.080,a34001-Flag=N;a50001-Avg=50.4,a50001-Flag=N;a01001-Avg=120.0,"
        b"a01001-Flag=N;a01002-Avg=99.9,a01002-Flag=N;a01007-Avg=0.0,a01007-Flag=N;"
        b"a01008-Avg=0.0,a01008-Flag=N&&DBC1"
    )
    got = {r.factor: (r.value, r.span) for r in readings(frame)}
    assert got["tsp"] == (0.08, Span.MOMENT)
    assert len(got) == 6
    both = readings(hj212("DataTime=20260806153000;a25002-Rtd=1,a25002-Avg=9"))
    assert [r.value for r in both] == [1.0]


def test_names_in_any_case_and_blanks_around_them_are_the_same_names() -> None:
    frame = hj212("DataTime=20260806153000; A25002-rtd= 12.30,A25002-flag=m;LA-RTD=.5")
    assert [(r.factor, r.value, r.quality) for r in readings(frame)] == [
        ("benzene", 12.3, Quality.MAINTENANCE),
        ("sound_level", 0.5, Quality.NORMAL),
    ]
    assert readings(hj212("datatime=20260806153000;a25002-Rtd=1"))[0].value == 1.0


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"##"])
def test_a_checksum_that_lost_its_zeros_is_the_same_number(end: bytes) -> None:
    for second in range(60):
        frame = benzene(time=f"202608061530{second:02}")
        if frame[-6:-5] == b"0":
            break
    short = frame[:-6] + frame[-5:-2] + end
    assert readings(short) == readings(frame)
    assert reasons(frame[:-6] + b"F" + frame[-5:]) != []


def test_a_flag_of_the_converted_value_is_its_own() -> None:
    frame = hj212(
        "DataTime=20260806153000;a21026-Rtd=1,a21026-ZsRtd=99,a21026-Flag=N,a21026-ZsFlag=D"
    )
    assert [(r.factor, r.quality) for r in readings(frame)] == [
        ("so2", Quality.NORMAL),
        ("so2_zs", Quality.FAULT),
    ]
    frame = hj212("DataTime=20260806153000;a21026-ZsRtd=99,a21026-Flag=D,a21026-ZsFlag=N")
    assert [r.quality for r in readings(frame)] == [Quality.FAULT]


def test_the_flags_of_the_older_edition_are_known() -> None:
    for flag, may in {"P": False, "S": False, "0": False, "2": False, "3": True}.items():
        (one,) = readings(benzene("999", flag=flag))
        assert one.quality.may_alarm is may


@pytest.mark.parametrize(
    "time", ["201108061600", "1108061600", "20260806", "99991231240000", "19700101000000", ""]
)
def test_a_time_that_could_be_two_or_none_is_refused(time: str) -> None:
    (reason,) = reasons(benzene(time=time))
    assert reason.startswith("DataTime：时间")
    assert "请" in reason


def test_each_of_several_times_in_a_frame_is_of_the_values_behind_it() -> None:
    frame = hj212(
        "DataTime=20260806150000;a25002-Avg=1;DataTime=20260806151000;a25002-Avg=2,a25003-Avg=3",
        "2051",
    )
    assert [(r.factor, r.value, r.measured_at.minute) for r in readings(frame)] == [
        ("benzene", 1.0, 0),
        ("benzene", 2.0, 10),
        ("toluene", 3.0, 10),
    ]


def test_a_heartbeat_is_stored_with_a_word() -> None:
    (part,) = read(hj212("", "9015")).parts
    assert part == Remark("CN=9015 心跳，不含测量值")


def test_a_unit_of_its_own_is_reckoned_into_ours() -> None:
    table = load_factors(ROOT / "data" / "factors.toml")
    device = {"source": "environment", "factor": "ammonia", "unit": "µg/m³", "station": MN}
    own = Factors(table.by_id, table.qualities, (Device(**device),))
    name = own.naming("hj212", "environment")
    assert name(MN, "a21001") == ("ammonia", "mg/m³", pytest.approx(1e-3))
    assert name("other", "a21001").scale == 1.0
    assert own.naming("hj212", "work-safety")(MN, "a21001").scale == 1.0


@given(st.text(alphabet="0123456789aAbdDeFlgiImMnNORtTwx-=;,&.#VP\r\n é汉", max_size=120))
def test_whatever_stands_in_a_frame_is_read_or_refused(area: str) -> None:
    for command in ("2011", "2061", "2021", "9012"):
        for part in read(hj212(f"DataTime=20260806153000;{area}", command)).parts:
            if isinstance(part, Reading):
                assert part.quality in Quality
                assert len(part.factor) <= 40
