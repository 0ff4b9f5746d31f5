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
    "YYYY-MM-DDThh:mm:ss.SSS": "2026-08-06T15:10:02.000",
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
