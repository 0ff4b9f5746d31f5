"""What an incident says of itself is what its alerts say, folded in order."""

from datetime import UTC, datetime, timedelta

import msgspec

from linkage.alerts import Alert, Casualties, Point
from linkage.intake.incident_state import open_from
from linkage.kinds import Kind
from linkage.vocabulary import MessageKind, PositionNote, Severity

NOON = datetime(2026, 8, 6, 4, tzinfo=UTC)
CALL = Alert(
    source_id="110-cad",
    source_ref="J1",
    kind=Kind.TRAFFIC_ACCIDENT,
    event_code="12H01",
    source_kind="交通事故",
    occurred_at=NOON,
    place="G310 国道",
)


def test_the_highest_count_of_injured_stands_whoever_stated_it() -> None:
    state = open_from(CALL, NOON, 1, "20260806-0001")
    state.absorb(msgspec.structs.replace(CALL, casualties=Casualties(injured=3)), NOON)
    state.absorb(msgspec.structs.replace(CALL, casualties=Casualties(injured=2)), NOON)
    assert state.injured == 3
    assert state.deaths is None, "not stated is not zero"


def test_an_accident_becomes_a_tanker_accident_when_the_load_is_known() -> None:
    state = open_from(CALL, NOON, 1, "20260806-0001")
    state.absorb(msgspec.structs.replace(CALL, source_id="122-cad", hazmat=True), NOON)
    assert state.kind is Kind.HAZMAT_VEHICLE
    assert state.source_ids == ["110-cad", "122-cad"]


def test_a_tanker_accident_never_turns_back_into_a_plain_one() -> None:
    state = open_from(msgspec.structs.replace(CALL, hazmat=True), NOON, 1, "20260806-0001")
    state.absorb(CALL, NOON)
    assert state.kind is Kind.HAZMAT_VEHICLE


def test_the_first_known_position_stays() -> None:
    state = open_from(CALL, NOON, 1, "20260806-0001")
    assert state.lon is None
    for lon in (119.2, 119.3):
        located = msgspec.structs.replace(
            CALL, point=Point(lon, 34.6), position_note=PositionNote.EXACT
        )
        state.absorb(located, NOON)
    assert (state.lon, state.position_note) == (119.2, PositionNote.EXACT)


def test_an_update_is_no_further_report() -> None:
    state = open_from(CALL, NOON, 1, "20260806-0001")
    state.absorb(msgspec.structs.replace(CALL, revision=2), NOON + timedelta(minutes=5), again=True)
    assert state.alert_count == 1
    assert state.last_alert_at == NOON + timedelta(minutes=5)


def test_a_cancelled_report_raises_nothing() -> None:
    state = open_from(CALL, NOON, 1, "20260806-0001")
    gone = msgspec.structs.replace(CALL, message_kind=MessageKind.CANCEL, severity=Severity.EXTREME)
    state.absorb(gone, NOON, again=True)
    assert state.severity is Severity.UNKNOWN
