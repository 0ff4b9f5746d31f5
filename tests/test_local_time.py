from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from ingest.forgiving import Mended
from ingest.local_time import Clock, clock
from linkage.alerts import Unreadable
from linkage.sources import TIME_FORMATS, Source, load_sources

POLICE = load_sources(Path(__file__).parents[1] / "sources.toml")["110-cad"]
TEN_PAST_THREE = datetime(2026, 8, 6, 7, 10, 2, tzinfo=UTC)
THIS_MOMENT: dict[str, object] = {
    "YYYY-MM-DD hh:mm:ss": "2026-08-06 15:10:02",
    "YYYY-MM-DDThh:mm:ss": "2026-08-06T15:10:02",
    "YYYY/MM/DD hh:mm:ss": "2026/08/06 15:10:02",
    "YYYY-MM-DD hh:mm": "2026-08-06 15:10",
    "YYYY-MM-DD hh:mm:ss.SSS": "2026-08-06 15:10:02.000",
    "YYYY-MM-DDThh:mm:ss.SSS": "2026-08-06T15:10:02.000",
    "YYYY.MM.DD hh:mm:ss": "2026.08.06 15:10:02",
    "YYYY年MM月DD日 hh:mm:ss": "2026年08月06日 15:10:02",
    "YYYY年MM月DD日 hh时mm分ss秒": "2026年08月06日 15时10分02秒",
    "YYYY/MM/DD hh:mm": "2026/08/06 15:10",
    "YYYYMMDDhhmmss": "20260806151002",
    "MM-DD-YYYY hh:mm:ss": "08-06-2026 15:10:02",
    "MM/DD/YYYY hh:mm:ss": "08/06/2026 15:10:02",
    "MM/DD/YYYY hh:mm:ss AM": "08/06/2026 03:10:02 PM",
    "DD/MM/YYYY hh:mm:ss": "06/08/2026 15:10:02",
    "iso8601": "2026-08-06T15:10:02+08:00",
    "epoch-s": 1786000202,
    "epoch-ms": 1786000202000,
    "epoch-us": 1786000202000000,
}


def reading(form: str, zone: str = "Asia/Shanghai") -> Clock:
    source: Source = replace(POLICE, time_format=form, timezone=ZoneInfo(zone))
    return clock(source)


@pytest.mark.parametrize("form", TIME_FORMATS)
def test_each_agreed_form_reads_as_the_same_moment_in_utc(form: str) -> None:
    when = reading(form)(THIS_MOMENT[form], "BJSJ")
    assert when == TEN_PAST_THREE.replace(second=0 if form.endswith("hh:mm") else 2)
    assert when.tzinfo is UTC


@pytest.mark.parametrize("form", TIME_FORMATS)
def test_a_time_in_another_form_than_agreed_is_refused(form: str) -> None:
    when = reading(form)
    # Which of the two is the month cannot be told from one time: therefore it is declared.
    alike = {"MM/DD/YYYY hh:mm:ss", "DD/MM/YYYY hh:mm:ss"}
    others = [v for f, v in THIS_MOMENT.items() if f != form and not {f, form} <= alike]
    for value in others:
        with pytest.raises(Unreadable, match="BJSJ：时间"):
            when(value, "BJSJ")


@pytest.mark.parametrize(
    "value",
    [
        *("2026-02-29 10:00:00", "2026-02-30 10:00:00", "2026-13-01 10:00:00"),
        *("2026-08-06 24:00:00", "2026-08-06 15:60:00", "2026-08-06 15:10:60"),
        *("2026-08-06 15:10:02Z", "2026-08-06 15:10:02+08:00", " 2026-08-06 15:10:02"),
        *(
            "2026-W32-4 15:10:02",
            "2026-08-06x15:10:02",
            "\uff12\uff10\uff12\uff16-08-06 15:10:02",
            "",
        ),
        *("2026-8-6 15:10:02", "04-01-2016 10:00:00"),
        *(None, True, 1786000202, 10**400, 1.5, [], {}, "9" * 5000),
    ],
)
def test_an_impossible_time_is_refused_and_named(value: object) -> None:
    with pytest.raises(Unreadable) as refused:
        reading("YYYY-MM-DD hh:mm:ss")(value, "BJSJ")
    assert refused.value.field == "BJSJ"
    assert len(refused.value.reason) < 160


def test_hour_24_is_told_how_to_be_written_and_what_else_it_can_mean() -> None:
    """P25: 24:10 of the 6th is 00:10 of the 7th, by a forgiving dialect, with a note."""
    with pytest.raises(Mended, match="次日 00 时") as hour:
        reading("YYYYMMDDhhmmss")("20260806241002", "DataTime")
    assert hour.value.instead == datetime(2026, 8, 6, 16, 10, 2, tzinfo=UTC)
    for never in ("20260806246002", "20260230241002", "99991231241002"):
        with pytest.raises(Unreadable, match="真实存在"):
            reading("YYYYMMDDhhmmss")(never, "DataTime")


def test_the_compact_form_may_come_as_a_number() -> None:
    assert reading("YYYYMMDDhhmmss")(20260806151002, "BJSJ") == TEN_PAST_THREE


def test_beijing_had_summer_time_until_1991() -> None:
    when = reading("YYYY-MM-DD hh:mm:ss")
    assert when("1988-07-01 12:00:00", "t") == datetime(1988, 7, 1, 3, tzinfo=UTC)
    assert when("1992-07-01 12:00:00", "t") == datetime(1992, 7, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize("value", ["2026-10-25 02:30:00", "2026-03-29 02:30:00"])
def test_an_hour_that_summer_time_repeats_or_skips_is_not_guessed(value: str) -> None:
    with pytest.raises(Unreadable, match="夏令时"):
        reading("YYYY-MM-DD hh:mm:ss", "Europe/Berlin")(value, "t")


def test_another_zone_is_read_by_its_own_rules() -> None:
    when = reading("YYYY-MM-DD hh:mm:ss", "Europe/Berlin")
    assert when("2026-07-01 12:00:00", "t") == datetime(2026, 7, 1, 10, tzinfo=UTC)


def test_the_first_and_last_years_do_not_overflow() -> None:
    east, west = reading("YYYY-MM-DD hh:mm:ss"), reading("YYYY-MM-DD hh:mm:ss", "America/New_York")
    for when, value in ((east, "0001-01-01 00:00:00"), (west, "9999-12-31 23:59:59")):
        with pytest.raises(Unreadable):
            when(value, "t")
    with pytest.raises(Unreadable):
        reading("iso8601")("0001-01-01T00:00:00+08:00", "t")


def test_a_warning_may_print_a_blank_for_the_t() -> None:
    assert reading("iso8601")("2026-08-06 15:10:02+08:00", "sent") == TEN_PAST_THREE


def test_seconds_and_milliseconds_are_told_apart() -> None:
    with pytest.raises(Unreadable, match="毫秒数"):
        reading("epoch-ms")(1786000202, "t")
    with pytest.raises(Unreadable, match="秒数"):
        reading("epoch-s")("1786000202000", "t")
    assert reading("epoch-s")("1786000202", "t") == TEN_PAST_THREE


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        ("YYYY-MM-DD hh:mm:ss", "2026-08-06 15:10:02.0"),
        ("YYYY-MM-DD hh:mm:ss", "2026-08-06 15:10:02.123456"),
        ("YYYY-MM-DD hh:mm:ss", " 2026-08-06 15:10:02\u3000"),
        ("YYYY-MM-DD hh:mm:ss", "2026-08-06T15:10:02"),
        ("YYYY-MM-DD hh:mm:ss", "2026-8-6  15:10:2"),
        ("YYYY-MM-DD hh:mm:ss", "\uff12\uff10\uff12\uff16-08-06 15\uff1a10\uff1a02"),
        ("YYYY-MM-DD hh:mm:ss", "\ufeff2026-08-06 15:10:02"),
        ("YYYY-MM-DDThh:mm:ss.SSS", "2026-08-06T15:10:02"),
        ("YYYYMMDDhhmmss", "20260806151002.0"),
        ("MM/DD/YYYY hh:mm:ss AM", "8/6/2026 3:10:02 pm"),
        ("DD/MM/YYYY hh:mm:ss", "6/8/2026 15:10:02"),
        ("YYYY年MM月DD日 hh时mm分ss秒", "2026年8月6日 15时10分2秒"),
        ("epoch-s", 1786000202.75),
        ("epoch-s", "1786000202.0"),
        ("epoch-ms", " 1786000202000 "),
        ("epoch-ms", 1.786000202e12),
    ],
)
def test_another_spelling_of_one_moment_is_read_with_a_note(form: str, sent: object) -> None:
    """P24, P25: Java prints .0 behind every time; nothing else can be meant."""
    with pytest.raises(Mended, match=r"BJSJ：时间 .* 应写作 ") as spelt:
        reading(form)(sent, "BJSJ")
    assert spelt.value.instead == TEN_PAST_THREE


def test_hour_24_with_a_fraction_is_told_both() -> None:
    """P25: the two rules together."""
    with pytest.raises(Mended) as hour:
        reading("YYYY-MM-DD hh:mm:ss")("2026-08-06 24:10:02.0", "t")
    assert hour.value.instead == datetime(2026, 8, 6, 16, 10, 2, tzinfo=UTC)
    assert "次日" in hour.value.taken_as


@pytest.mark.parametrize(
    "sent",
    [
        *("26-08-06 15:10:02", "2026-08-06 15:10:02+08:00", "2026-08-06 3:10:02 PM", "2026-08-06"),
        *("2026-08-0615:10:02", "2026-08-06 15:10:02 \u661f\u671f\u56db", "2026-13-6 15:10:02"),
        "2026-08-06 15:10:02.1234567890",
    ],
)
def test_what_may_mean_another_moment_is_refused(sent: str) -> None:
    """P24: two-digit years, another zone, half a day, no time of day."""
    with pytest.raises(Unreadable) as why:
        reading("YYYY-MM-DD hh:mm:ss")(sent, "BJSJ")
    assert not isinstance(why.value, Mended)


@pytest.mark.parametrize(
    ("sent", "lines"),
    [
        ("2026/08/06 15:10:02", ['"YYYY/MM/DD hh:mm:ss"']),
        ("2026年8月6日 15:10:02", ['"YYYY年MM月DD日 hh:mm:ss"']),
        (1786000202, ['"epoch-s"']),
        ("1786000202000", ['"epoch-ms"']),
        ("08/06/2026 15:10:02", ['"MM/DD/YYYY hh:mm:ss"', '"DD/MM/YYYY hh:mm:ss"']),
        ("2026-08-06T15:10:02+08:00", ['"iso8601"']),
        ("2026-08-06T15:10:02Z", ['"iso8601"', "世界时"]),
        ("昨天", []),
        ("", []),
        (None, []),
    ],
)
def test_a_refusal_names_the_line_that_would_read_it(sent: object, lines: list[str]) -> None:
    """P24: day or month first is not guessed; both lines are named, and a person decides."""
    with pytest.raises(Unreadable) as why:
        reading("YYYY-MM-DD hh:mm:ss")(sent, "BJSJ")
    assert all(line in why.value.reason for line in lines)
    assert ("time_format" in why.value.reason) == bool(lines)
    assert ('[[source]] "110-cad"' in why.value.reason) == bool(lines)
    if not sent:
        assert why.value.reason == "BJSJ：缺少时间，应为 YYYY-MM-DD hh:mm:ss"
