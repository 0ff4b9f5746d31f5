"""The weekly list names the sensors to repair; old readings go in bites, new ones stay."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from linkage.__main__ import main
from linkage.desk.stations import past_day, stations_since
from linkage.figures.chatter import Chatter, chatter, worth_a_look
from linkage.reading_tables import reading_event, reading_pack, series
from linkage.readings.history import Pruning, prune, samples
from linkage.readings.keeping import Keeping
from linkage.readings.thresholds import History
from linkage.record import Record
from linkage.vocabulary import Span
from tests.test_readings import EAST_GATE, MINUTE, RULES, benzene

TELEMETRY = RULES.telemetry
HOUR = timedelta(hours=1)


def put(record: Record, at: datetime, *values: float, **changes: Any) -> datetime:
    """One value a minute from `at` on; when the next would be."""
    readings = [
        (benzene(value, at + n * MINUTE, **changes), at + n * MINUTE)
        for n, value in enumerate(values)
    ]
    with record.write(at) as w:
        Keeping(w, TELEMETRY).take(readings)
    return at + len(values) * MINUTE


def listed(record: Record, at: datetime) -> list[Chatter]:
    with record.read() as cx:
        return chatter(cx, TELEMETRY, at)


def test_a_chattering_sensor_is_listed_with_how_often_and_what_was_folded(
    record: Record, now: datetime
) -> None:
    end = put(record, now, *[0.5, 0.5, 0.5, 0.1] * 15)
    (one,) = listed(record, end)
    assert (one.station, one.factor) == ("徐圩石化园区东门站", "苯")
    assert one.crossings == 15
    assert one.folded == one.crossings - one.told > 5
    assert one.flapping == 1
    assert one.now == "疑似抖动"
    assert "检修传感器" in one.remedy
    assert worth_a_look([one]) == [one]


def test_what_happened_before_this_week_is_not_in_its_list(record: Record, now: datetime) -> None:
    put(record, now, *[0.5, 0.5, 0.5, 0.1] * 3)
    assert listed(record, now + timedelta(days=8)) == []


def test_a_sensor_that_alarmed_once_is_no_chatter(record: Record, now: datetime) -> None:
    end = put(record, now, *[0.5] * 10, 0.1)
    (one,) = listed(record, end)
    assert worth_a_look([one]) == []


def test_an_alarm_that_stands_for_a_day_is_on_the_list(record: Record, now: datetime) -> None:
    put(record, now, *[0.5] * 10)
    (one,) = worth_a_look(listed(record, now + timedelta(hours=25)))
    assert one.standing_since == now
    assert one.now == "长期越限"


def test_the_worst_comes_first(record: Record, now: datetime) -> None:
    put(record, now, *[0.5, 0.5, 0.5, 0.1] * 4)
    other = "320703000000000000000002"
    end = put(record, now, *[0.5, 0.5, 0.5, 0.1] * 15, station_id=other)
    assert [one.station_id for one in listed(record, end)] == [other, EAST_GATE]


def test_a_day_of_readings_comes_back_whole_and_in_order(record: Record, now: datetime) -> None:
    values = [round(0.1 + n / 1000, 3) for n in range(100)]
    end = put(record, now, *values)
    put(record, now - 5 * MINUTE, 0.05)  # late
    with record.read() as cx:
        told = samples(cx, 1, now - HOUR)
        recent = samples(cx, 1, end - 10 * MINUTE)
        (past,) = past_day(cx, TELEMETRY, f"environment/{EAST_GATE}", end)
    assert [s.value for s in told] == [0.05, *values]
    assert [s.value for s in recent] == values[-10:]
    assert len(past.samples) == 101
    assert [limit.value for limit in past.limits] == [0.4, 6.0]


def test_nobody_knows_a_station_that_never_spoke(record: Record, now: datetime) -> None:
    with record.read() as cx:
        assert past_day(cx, TELEMETRY, "environment/nowhere", now) == []
        assert past_day(cx, TELEMETRY, "'; DROP TABLE series", now) == []


def test_the_map_gets_each_station_once_with_its_latest(record: Record, now: datetime) -> None:
    end = put(record, now, 0.1, 0.2)
    put(record, end - MINUTE, 0.15, span=Span.MINUTE)
    put(record, now, 7.0, station_id="999", factor="toluene")
    with record.read() as cx:
        stations = stations_since(cx, -1)
        (changed,) = stations_since(cx, stations_revision(record) - 1)
    assert [s.id for s in stations] == [f"environment/{EAST_GATE}", "environment/999"]
    (reading,) = stations[0].readings
    assert (reading.factor, reading.value, reading.span) == ("benzene", 0.15, "minute")
    assert changed.id == "environment/999"


def stations_revision(record: Record) -> int:
    with record.read() as cx:
        return int(cx.execute(select(func.max(series.c.revision))).scalar_one())


def count(record: Record, table: Any) -> int:
    with record.read() as cx:
        return int(cx.execute(select(func.count()).select_from(table)).scalar_one())


def test_what_is_older_than_its_time_goes_and_the_rest_stays(record: Record, now: datetime) -> None:
    bites = {"most_series": 2, "most_packs": 3}
    for n in range(5):
        put(record, now, *[0.1] * 120, station_id=f"S{n}")
        put(record, now, *[0.1] * 60, station_id=f"S{n}", span=Span.HOUR)
    assert count(record, reading_pack) == 5 * (4 + 2)
    kept = History(moments=timedelta(days=1), means=timedelta(days=30))
    assert prune(record, kept, now + 26 * HOUR, **bites) == 5 * 4
    assert prune(record, kept, now + 26 * HOUR, **bites) == 0
    assert count(record, reading_pack) == 5 * 2
    assert count(record, series) == 10


def test_events_go_when_no_list_asks_for_them(record: Record, now: datetime) -> None:
    put(record, now, *[0.5] * 10, 0.1)
    assert count(record, reading_event) == 2
    prune(record, History(), now + timedelta(days=731))
    assert count(record, reading_event) == 0


def test_the_list_and_the_pruning_are_a_command_each(
    database_url: str,
    record: Record,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LINKAGE_DATABASE_URL", database_url)
    put(record, datetime.now().astimezone() - HOUR, *[0.5, 0.5, 0.5, 0.1] * 15)
    assert main(["chatter"]) == 0
    said = capsys.readouterr().out
    assert "徐圩石化园区东门站\t苯\t疑似抖动\t越限 15" in said
    assert main(["prune"]) == 0
    assert "已删除 0 段过期读数；留存期：实时、分钟 90 天" in capsys.readouterr().out


def test_the_intake_gives_up_old_readings_a_bite_at_a_time(record: Record) -> None:
    long_ago = datetime.now().astimezone() - timedelta(days=120)
    put(record, long_ago, *[0.1] * 60)
    pruning = Pruning(record, History, every_s=30.0)
    for clock in (0.0, 29.0):
        assert not pruning.chore(clock)
        assert count(record, reading_pack) == 2
    assert not pruning.chore(30.0)
    assert count(record, reading_pack) == 0


def test_a_database_that_is_away_only_delays_the_pruning(tmp_path: Path) -> None:
    nowhere = Record(f"sqlite:///{tmp_path}/nowhere/linkage.db")
    pruning = Pruning(nowhere, History, every_s=0.0)
    assert not pruning.chore(0.0)
    assert not pruning.chore(1.0)
