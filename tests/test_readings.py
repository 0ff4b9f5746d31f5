"""Readings come in, few become alerts, none is lost: judged, kept and told in one transaction."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, func, select

from linkage.alerts import Alert
from linkage.intake.arrivals import Arrival, Part, Receipt, Several
from linkage.intake.intake_rules import IntakeRules
from linkage.intake.take_in import Intake
from linkage.kinds import Kind
from linkage.plan.grading import load_grading
from linkage.reading_tables import reading_event, reading_pack, series
from linkage.readings.keeping import MOST_SERIES
from linkage.readings.reading import Reading
from linkage.readings.telemetry import load_telemetry
from linkage.record import Record
from linkage.response.agencies import load_agencies
from linkage.sources import load_sources
from linkage.tables import alert as alert_table
from linkage.tables import inbound_message, incident, incident_link, log_entry
from linkage.verify import verify
from linkage.vocabulary import Channel, MessageKind, Outcome, Quality, Span
from tests.builders import alert

DATA = Path("data")
RULES = IntakeRules(
    agencies=load_agencies(DATA / "agencies.toml"),
    grading=load_grading(DATA / "grading.toml"),
    telemetry=load_telemetry(DATA, load_sources(Path("sources.toml"))),
)
EAST_GATE = "320703000000000000000001"
MINUTE = timedelta(minutes=1)
_serial = count()


@pytest.fixture
def intake(record: Record) -> Intake:
    return Intake(record, RULES)


def benzene(value: float | None, at: datetime, **changes: Any) -> Reading:
    """What 徐圩石化园区东门站 measures at `at`."""
    usual: dict[str, Any] = {
        "source_id": "environment",
        "station_id": EAST_GATE,
        "factor": "benzene",
        "value": value,
        "unit": "mg/m³",
        "measured_at": at,
    }
    return Reading(**(usual | changes))


def arrival(parts: Sequence[Part], at: datetime, source_id: str = "environment") -> Arrival:
    return Arrival(
        channel=Channel.ALERT,
        source_id=source_id,
        topic=f"linkage/v1/alert/{source_id}",
        payload=b"frame %d" % next(_serial),
        received_at=at,
        retained=False,
        content=Several(tuple(parts)),
    )


def take(intake: Intake, at: datetime, *parts: Part) -> Receipt:
    """One message, received at `at`."""
    (receipt,) = intake.take_in([arrival(parts, at)], at)
    return receipt


def measure(intake: Intake, at: datetime, *values: float | None, **changes: Any) -> datetime:
    """One value a minute from `at` on, each a message; when the next would be."""
    for value in values:
        take(intake, at + timedelta(seconds=3), benzene(value, at, **changes))
        at += MINUTE
    return at


def rows(record: Record, table: Any, order: str = "id") -> list[Row[Any]]:
    with record.read() as cx:
        return list(cx.execute(select(table).order_by(table.c[order])).all())


def test_a_reading_below_every_threshold_is_kept_and_is_no_alert(
    intake: Intake, record: Record, now: datetime
) -> None:
    receipt = take(intake, now, benzene(0.1, now))
    assert (receipt.status, receipt.incident) == (Outcome.STORED, None)
    assert rows(record, alert_table) == []
    (one,) = rows(record, series)
    assert (one.station_id, one.value, one.level, one.quality) == (EAST_GATE, 0.1, 0, "normal")
    assert one.measured_ms == now.timestamp() * 1000


def test_a_crossing_becomes_an_incident_that_says_value_limit_and_ground(
    intake: Intake, record: Record, now: datetime
) -> None:
    measure(intake, now, 0.1, 12.3, 12.3)
    (one,) = rows(record, incident)
    assert one.headline == (
        "徐圩石化园区东门站 苯 12.3 mg/m³，超过短时间接触容许浓度 6（GBZ 2.1-2019）"
    )
    assert (one.kind, one.severity, one.hazmat) == ("hazmat", "severe", True)
    assert (one.place, one.lon, one.lat) == ("徐圩石化园区东门站", 119.582, 34.553)
    (said,) = rows(record, alert_table)
    assert said.source_ref == f"{EAST_GATE}/benzene/20261122T063100"
    assert said.occurred_at == now + MINUTE
    assert '"basis":"GBZ 2.1-2019"' in said.facts
    assert [e.action for e in rows(record, log_entry)] == ["open"]
    (latest,) = rows(record, series)
    assert (latest.level, latest.severity) == (2, "severe")


def test_back_below_the_clearing_value_is_told_and_the_incident_stays_with_its_officer(
    intake: Intake, record: Record, now: datetime
) -> None:
    measure(intake, now, 12.3, 12.3, 5.5, 3.0, 0.1)
    (one,) = rows(record, incident)
    assert one.status == "received"
    said = rows(record, alert_table)
    assert [(a.revision, a.message_kind) for a in said] == [
        (1, MessageKind.ALERT),
        (2, MessageKind.UPDATE),
        (3, MessageKind.UPDATE),
    ]
    assert "回落至企业边界限值 0.4" in said[1].headline
    assert "已回落至 0.1 mg/m³，14:34:00 解除" in said[2].headline
    assert [(e.change, e.told) for e in rows(record, reading_event)] == [
        ("opens", True),
        ("lowers", True),
        ("clears", True),
    ]


def test_a_call_about_the_smell_joins_the_sensors_incident(
    intake: Intake, record: Record, now: datetime
) -> None:
    at = measure(intake, now, 12.3, 12.3)
    smell = alert(
        source_id="110-cad",
        source_ref="J7",
        kind=Kind.HAZMAT,
        occurred_at=at,
        place="徐圩石化园区东门",
        point=benzene(0, at).point or RULES.telemetry.stations["environment", EAST_GATE].point,
        headline="化工厂异味",
        text="石化园区东门有刺鼻气味，怀疑苯泄漏，有人头晕",
    )
    take(intake, at, smell)
    (one,) = rows(record, incident)
    assert one.alert_count == 2
    assert one.source_ids == '["environment","110-cad"]'
    assert rows(record, incident_link) == []


def test_the_same_readings_again_change_nothing(
    intake: Intake, record: Record, now: datetime
) -> None:
    measure(intake, now, 12.3, 12.3, 12.4)
    before = rows(record, series)
    for n, value in enumerate((12.3, 12.3, 12.4)):
        receipt = take(intake, now + 5 * MINUTE, benzene(value, now + n * MINUTE))
        assert receipt.status is Outcome.DUPLICATE
    after = rows(record, series)
    assert [(r.memory, r.recent) for r in after] == [(r.memory, r.recent) for r in before]
    assert len(rows(record, alert_table)) == 1


def test_a_restart_between_any_two_readings_changes_nothing(record: Record, now: datetime) -> None:
    at = now
    for value in (12.3, 12.3, 3.0, 12.3, 12.3):
        at = measure(Intake(record, RULES), at, value)
    changes = [e.change for e in rows(record, reading_event)]
    assert changes == ["opens", "lowers", "raises"]


def test_a_whole_hour_in_one_batch_is_judged_like_an_hour_of_messages(
    intake: Intake, record: Record, now: datetime
) -> None:
    values = [0.1] * 20 + [12.3] * 20 + [0.1] * 20
    arrivals = [
        arrival([benzene(value, now + n * MINUTE)], now + n * MINUTE + timedelta(seconds=2))
        for n, value in enumerate(values)
    ]
    intake.take_in(arrivals, now)
    assert [e.change for e in rows(record, reading_event)] == ["opens", "clears"]
    assert len(rows(record, incident)) == 1
    (one,) = rows(record, series)
    assert one.packs == 2
    assert len(rows(record, reading_pack, "number")) == 2


def test_a_minute_mean_is_judged_only_where_no_moment_is_sent(
    intake: Intake, record: Record, now: datetime
) -> None:
    for n in range(6):
        at = now + n * MINUTE
        mean = benzene(12.3, at - MINUTE, span=Span.MINUTE)
        take(intake, at + timedelta(seconds=2), benzene(12.3, at), mean)
    assert len(rows(record, alert_table)) == 1
    other = {"station_id": "320703000000000000000002", "span": Span.MINUTE}
    measure(intake, now + 10 * MINUTE, 12.3, 12.3, 12.3, **other)
    assert len(rows(record, alert_table)) == 2


@pytest.mark.parametrize("quality", [Quality.MAINTENANCE, Quality.CALIBRATION, Quality.FAULT])
def test_calibration_gas_is_no_leak(
    intake: Intake, record: Record, now: datetime, quality: Quality
) -> None:
    measure(intake, now, 30.0, 30.0, 30.0, quality=quality)
    assert rows(record, alert_table) == []
    (one,) = rows(record, series)
    assert (one.value, one.quality) == (30.0, quality.value)


def test_what_cannot_be_in_nature_opens_nothing_and_clears_nothing(
    intake: Intake, record: Record, now: datetime
) -> None:
    at = measure(intake, now, 12.3, 12.3, 12.3)
    assert len(rows(record, incident)) == 1
    said = len(rows(record, alert_table))
    at = measure(intake, at, -99.0, -99.0, -99.0)
    assert len(rows(record, alert_table)) == said
    (one,) = rows(record, series)
    assert (one.value, one.quality, one.level) == (-99.0, "invalid", 2)
    ph = {"factor": "ph", "unit": "", "station_id": "320706000000000000000301"}
    for hours in range(3):
        take(intake, at, benzene(-99.0, at + hours * 60 * MINUTE, **ph))
    assert len(rows(record, incident)) == 1
    measure(intake, at, 0.1, 0.1)
    assert len(rows(record, alert_table)) > said


def test_a_station_nobody_registered_is_kept_and_named_so(
    intake: Intake, record: Record, now: datetime
) -> None:
    measure(intake, now, 500.0, station_id="999")
    assert rows(record, alert_table) == []  # the rule is for stations of a kind
    gauge = {"source_id": "water", "station_id": "0099", "factor": "water_level", "unit": "m"}
    measure(intake, now, 99.0, **gauge)
    assert {one.station_id for one in rows(record, series)} == {"999", "0099"}


def test_another_unit_is_never_compared(intake: Intake, record: Record, now: datetime) -> None:
    measure(intake, now, 400.0, 400.0, 400.0, unit="µg/m³")
    assert rows(record, alert_table) == []


def test_the_longest_names_still_make_a_record_number(
    intake: Intake, record: Record, now: datetime
) -> None:
    gauge = {"source_id": "water", "factor": "level_alarm", "unit": "", "exercise": True}
    measure(intake, now, 1.0, station_id="9" * 60, **gauge)
    measure(intake, now, *[1.0, 0.0] * 10, station_id="8" * 60, **gauge)
    refs = [a.source_ref for a in rows(record, alert_table)]
    assert max(map(len, refs)) <= 120
    assert any("/flapping/" in ref for ref in refs)


def test_what_a_station_says_of_itself_is_told_in_words(
    intake: Intake, record: Record, now: datetime
) -> None:
    gauge = {"source_id": "water", "station_id": "0051600003", "factor": "level_alarm", "unit": ""}
    measure(intake, now, 0.0, 1.0, 1.0, 0.0, **gauge)
    said = rows(record, alert_table)
    assert said[0].headline.startswith("新沭河太平庄闸上站 水位超限（遥测站自判） 报警（")
    assert said[1].headline == "新沭河太平庄闸上站 水位超限（遥测站自判） 报警已解除（14:33:00）"


def test_an_exercise_of_a_station_leaves_its_real_alarm_alone(
    intake: Intake, record: Record, now: datetime
) -> None:
    at = measure(intake, now, 12.3, 12.3)
    measure(intake, at, 0.1, 30.0, 30.0, exercise=True)
    drill, real = (
        [one for one in rows(record, incident) if bool(one.exercise) is exercise]
        for exercise in (True, False)
    )
    assert len(drill) == len(real) == 1
    assert [(bool(s.exercise), s.level) for s in rows(record, series)] == [(False, 2), (True, 2)]


def test_a_flapping_sensor_is_one_incident_for_its_department(
    intake: Intake, record: Record, now: datetime
) -> None:
    measure(intake, now, *[12.3, 12.3, 0.1] * 12)
    faults = [one for one in rows(record, incident) if one.kind == "system_fault"]
    assert len(faults) == 1
    assert (faults[0].severity, faults[0].place) == ("minor", "徐圩石化园区东门站")
    assert "传感器疑似抖动" in faults[0].headline
    real = [one for one in rows(record, incident) if one.kind != "system_fault"]
    assert len(real) == 1, "every crossing of one sensor is one event"


def test_a_stuck_sensor_is_named_when_its_neighbours_move(
    intake: Intake, record: Record, now: datetime
) -> None:
    at = now
    for n in range(70):
        toluene = benzene(0.01 * n, at, factor="toluene")
        take(intake, at + timedelta(seconds=2), benzene(0.2, at), toluene)
        at += MINUTE
    (one,) = rows(record, incident)
    assert one.headline == "徐圩石化园区东门站 苯 传感器疑似卡死：读数 0.2 mg/m³ 长时间不变"
    take(intake, at, benzene(0.21, at))
    assert [e.change for e in rows(record, reading_event)] == ["stuck", "well"]
    assert "已恢复" in rows(record, alert_table)[-1].headline


@pytest.mark.parametrize(
    "changes",
    [{"station_id": "x" * 61}, {"factor": "f" * 49}, {"station_id": "a\0b"}, {"station_id": ""}],
)
def test_what_no_column_can_hold_is_refused_and_its_neighbours_are_kept(
    intake: Intake, record: Record, now: datetime, changes: dict[str, str]
) -> None:
    receipt = take(intake, now, benzene(0.1, now), benzene(0.1, now, **changes))
    assert receipt.status is Outcome.REJECTED
    assert "第 2 段" in str(receipt.reason)
    assert len(rows(record, series)) == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e308, -0.0])
def test_strange_numbers_are_kept_as_what_they_are(
    intake: Intake, record: Record, now: datetime, value: float
) -> None:
    take(intake, now, benzene(value, now))
    (one,) = rows(record, series)
    assert one.value in {None, value}
    assert one.quality == ("normal" if value == 0 else "invalid")


def test_a_clock_that_was_ahead_does_not_hold_the_picture(
    intake: Intake, record: Record, now: datetime
) -> None:
    take(intake, now, benzene(0.3, now + timedelta(hours=5)))
    take(intake, now + MINUTE, benzene(0.1, now + MINUTE))
    (one,) = rows(record, series)
    assert one.value == 0.1


def test_a_clock_that_fell_back_does_not_hold_the_picture(
    intake: Intake, record: Record, now: datetime
) -> None:
    take(intake, now, benzene(0.3, now))
    for minutes in (1, 30, 61, 62):
        at = now + minutes * MINUTE
        take(
            intake, at, benzene(0.1 + minutes, datetime(2000, 1, 1, tzinfo=UTC) + minutes * MINUTE)
        )
    (one,) = rows(record, series)
    assert one.value == 62.1
    take(intake, now + 63 * MINUTE, benzene(0.2, now + 63 * MINUTE))
    (one,) = rows(record, series)
    assert one.value == 0.2


def test_a_resend_does_not_replace_the_newest(
    intake: Intake, record: Record, now: datetime
) -> None:
    take(intake, now, benzene(0.3, now))
    take(intake, now + MINUTE, benzene(9.0, now - timedelta(days=2)))
    (one,) = rows(record, series)
    assert one.value == 0.3


def test_a_station_that_names_ever_new_factors_is_bounded_and_its_rules_go_on(
    intake: Intake, record: Record, now: datetime
) -> None:
    mad = [benzene(1.0, now, factor=f"x{n}") for n in range(MOST_SERIES + 3)]
    receipt = take(intake, now, *mad)
    assert receipt.status is Outcome.REJECTED
    assert "已有 2000 个数据序列，因子 x2000 未收；请检查数采仪的因子编码" in str(receipt.reason)
    assert len(rows(record, series)) == MOST_SERIES
    assert take(intake, now + MINUTE, mad[0], mad[-1]).status is Outcome.REJECTED
    assert take(intake, now + MINUTE, benzene(12.3, now + MINUTE)).status is Outcome.STORED


def test_the_record_verifies_with_readings_in_it(
    intake: Intake, record: Record, now: datetime
) -> None:
    measure(intake, now, *[12.3, 12.3, 0.1] * 12)
    assert [f for f in verify(record) if f.fault] == []
    with record.read() as cx:
        assert cx.execute(select(func.count()).select_from(inbound_message)).scalar_one() == 36


def test_a_reading_and_an_alert_in_one_message_are_both_taken(
    intake: Intake, record: Record, now: datetime
) -> None:
    said: Alert = alert(source_id="environment", source_ref="A1")
    receipt = take(intake, now, benzene(0.1, now), said)
    assert receipt.incident is not None
    assert len(rows(record, series)) == len(rows(record, alert_table)) == 1


def test_every_moment_is_kept_in_utc(intake: Intake, record: Record) -> None:
    at = datetime(2026, 8, 6, 15, 30, tzinfo=UTC)
    take(intake, at, benzene(0.1, at))
    (one,) = rows(record, series)
    assert datetime.fromtimestamp(one.measured_ms / 1000, UTC) == at
