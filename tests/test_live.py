"""The rows of the live feed, and whether the picture is fresh."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from linkage.alerts import Point
from linkage.desk import live
from linkage.desk.freshness import freshness, intake_health, silent_sources
from linkage.desk.live_units import units_since
from linkage.desk.pressed import PressedRows
from linkage.desk.tally import tally
from linkage.intake.watch import Heard, Listening
from linkage.kinds import Kind
from linkage.log import as_json
from linkage.own_state import INGEST, ServiceState
from linkage.record import Record
from linkage.response.feedback import UnitReport
from linkage.response.units import apply_unit
from linkage.vocabulary import IncidentStatus, Severity
from tests.browser import scene
from tests.timekeeping import CLAIMS, CLOCKS


class Expected(msgspec.Struct, frozen=True):
    name: str
    expect_every: timedelta
    grace: timedelta = timedelta(0)
    in_service: bool = False


SOURCES = {
    "110-cad": Expected("110 接处警", timedelta(minutes=2)),
    "weather": Expected("气象", timedelta(hours=1)),
    "earthquake": Expected("地震", timedelta(days=1)),
}


def test_the_desk_sees_an_incident_as_it_stands(record: Record, now: datetime) -> None:
    with record.write(now) as w:
        made = scene.open_incident(
            w,
            now,
            kind=Kind.FIRE,
            severity=Severity.SEVERE,
            headline="仓库起火",
            hazmat=True,
            source_ids=as_json(["119-cad", "110-cad"]),
            alert_count=3,
        )
    with record.read() as cx:
        (row,) = live.open_incidents(cx)
    assert (row.id, row.kind, row.severity, row.rank) == (str(made), "fire", "severe", 3)
    assert (row.headline, row.hazmat, row.alerts) == ("仓库起火", True, 3)
    assert row.sources == ["119-cad", "110-cad"]
    assert row.opened_at == int(now.timestamp())


def test_a_closed_incident_is_not_in_the_whole_but_is_among_the_changes(
    record: Record, now: datetime
) -> None:
    with record.write(now) as w:
        made = scene.open_incident(w, now)
        seen = w.revision
    with record.write(now) as w:
        scene.change_incident(w, made, status=IncidentStatus.CLOSED)
    with record.read() as cx:
        assert live.open_incidents(cx) == []
        (row,) = live.incidents_since(cx, seen)
    assert not live.is_open(row)


def test_only_what_changed_is_sent_again(record: Record, now: datetime) -> None:
    with record.write(now) as w:
        first, _second = scene.open_incident(w, now), scene.open_incident(w, now)
        seen = w.revision
    with record.write(now) as w:
        scene.change_incident(w, first, claimed_by="值班员甲（值班员）")
    with record.read() as cx:
        changed = live.incidents_since(cx, seen)
        assert live.revision(cx) == seen + 1
    assert [(row.id, row.claimed_by) for row in changed] == [(str(first), "值班员甲（值班员）")]


def test_a_warning_that_has_run_out_is_not_shown_to_a_new_desk(
    record: Record, now: datetime
) -> None:
    scene.evening(record, now)
    with record.read() as cx:
        assert len(live.warnings_since(cx, -1, now)) == 2
        assert live.warnings_since(cx, -1, now + timedelta(hours=9)) == []


def test_units_carry_who_they_belong_to(record: Record, now: datetime) -> None:
    scene.evening(record, now)
    with record.read() as cx:
        units = units_since(cx, -1)
        assert units_since(cx, live.revision(cx)) == []
    assert {u.agency_id for u in units} == {"fire", "120", "transport"}


def test_a_vehicle_carries_its_way_and_its_goods(record: Record, now: datetime) -> None:
    tanker = UnitReport(
        agency_id="transport",
        unit_id="苏GA1234",
        label="苏GA1234",
        state="行驶",
        point=Point(119.46, 34.687),
        at=now,
        heading=135,
        speed_kmh=45.5,
        watched=True,
        hazmat=True,
        cargo="苯（UN1114）",
    )
    with record.write(now) as w:
        apply_unit(w, tanker)
    with record.read() as cx:
        (seen,) = units_since(cx, -1)
    assert (seen.heading, seen.speed_kmh, seen.watched) == (135, 45.5, True)
    assert (seen.hazmat, seen.cargo) == (True, "苯（UN1114）")


def test_an_assignment_is_late_when_its_time_has_passed_without_an_answer(
    record: Record, now: datetime
) -> None:
    with record.write(now) as w:
        made = scene.open_incident(w, now)
        scene.add_assignment(w, made, "fire", now, late=True)
    pressed = PressedRows(CLOCKS, CLAIMS)
    with record.read() as cx:
        before = pressed(cx, now + timedelta(minutes=4))[str(made)]
        after = pressed(cx, now + timedelta(minutes=6))[str(made)]
    assert (before.late, before.due_at) == (0, int((now + timedelta(minutes=5)).timestamp()))
    assert "签收" in before.due
    assert after.late == 1


def test_the_day_begins_at_midnight_in_beijing_and_counts_what_happens_in_the_city(
    record: Record,
) -> None:
    """Neither an exercise nor what we find wrong with ourselves."""
    midnight = datetime(2026, 11, 21, 16, tzinfo=UTC)
    not_counted: list[tuple[datetime, dict[str, Any]]] = [
        (midnight - timedelta(seconds=1), {}),
        (midnight, {"exercise": True}),
        (midnight, {"kind": "system_fault"}),
    ]
    for at, what in [(midnight, {}), *not_counted]:
        with record.write(at) as w:
            scene.open_incident(w, at, **what)
    with record.read() as cx:
        assert tally(cx, midnight + timedelta(hours=1)).opened_today == 1


def test_a_proposed_link_waits_until_somebody_decides(record: Record, now: datetime) -> None:
    scene.evening(record, now)
    with record.read() as cx:
        assert tally(cx, now).links_open == 1


def test_a_source_is_silent_past_its_own_interval_not_past_ours(now: datetime) -> None:
    at = now - timedelta(minutes=3)
    heard = {"110-cad": Heard(at), "weather": Heard(at)}
    silent = silent_sources(SOURCES, heard, Listening(), now)
    assert [s.id for s in silent] == ["110-cad"], "who was never heard is not silent"


def test_a_source_heard_exactly_at_its_interval_is_not_yet_silent(now: datetime) -> None:
    heard = dict.fromkeys(SOURCES, Heard(now - timedelta(minutes=2)))
    assert silent_sources(SOURCES, heard, Listening(), now) == []


def test_freshness_tells_the_last_alert_and_the_state_of_the_intake(
    record: Record, now: datetime
) -> None:
    scene.heartbeat(record, now, silent=["earthquake"], durable=False)
    with record.read() as cx:
        state = freshness(cx, SOURCES, now + timedelta(seconds=3))
    assert state.last_alert_at == int(now.timestamp())
    assert (state.silent, state.never) == ([], ["地震"])
    assert (state.intake.alive, state.intake.durable) == (True, False)


def test_an_intake_that_never_spoke_is_not_alive(record: Record, now: datetime) -> None:
    with record.read() as cx:
        state = freshness(cx, SOURCES, now)
    assert not state.intake.alive
    assert state.last_alert_at is None


@pytest.mark.parametrize(("age_s", "alive"), [(15, True), (16, False)])
def test_an_intake_is_dead_after_fifteen_seconds_of_silence(
    now: datetime, age_s: int, alive: bool
) -> None:
    services = {INGEST: ServiceState(now, {})}
    assert intake_health(services, now + timedelta(seconds=age_s)).alive is alive
