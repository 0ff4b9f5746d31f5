"""Statements of sources with everything filled in that a test does not care about."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from linkage.alerts import Alert, Point
from linkage.kinds import Kind
from linkage.vocabulary import PositionNote, Severity

# 14:20 in Beijing, ten minutes before the fixture `now`.
CALL = Alert(
    source_id="110-cad",
    source_ref="J1",
    kind=Kind.TRAFFIC_ACCIDENT,
    event_code="12H99",
    source_kind="交通事故",
    occurred_at=datetime(2026, 11, 22, 6, 20, tzinfo=UTC),
    place="海州区郁洲路口",
    point=Point(119.17, 34.6),
    source_xy=(119.175, 34.599),
    position_note=PositionNote.EXACT,
    area_code="320706",
    severity=Severity.MODERATE,
    headline="两车相撞",
    text="两辆轿车相撞，一人受伤",
)


def alert(**changes: Any) -> Alert:
    """A call to 110 about a collision, with `changes`."""
    return msgspec.structs.replace(CALL, **changes)
