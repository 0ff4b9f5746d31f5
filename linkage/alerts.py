"""What one source said: the only shape that crosses from the wire into a rule."""

from datetime import datetime
from typing import Any

import msgspec

from linkage.kinds import Kind
from linkage.vocabulary import (
    Certainty,
    MessageKind,
    PositionNote,
    Severity,
    ShapeNote,
    Urgency,
    WarningColour,
)

NOTES = "notes"  # the fact under which an alert carries what could not be read in it
UNLISTED = "unlisted_kind"  # … which code no table has: a coarser one beside it counted
USUAL_LIFE = "usual_life"  # … that it names no end, in words: expires_at is the usual life
# The revision of what has been confirmed, of a source that numbers none: whatever it says without
# a revision, before or after, is older.
CONFIRMED = 2**62


class Unreadable(ValueError):  # noqa: N818 - named for what the officer reads
    """A payload we could not read. Says which field, what is wrong and what would be right."""

    def __init__(self, reason: str, field: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


class Classified(Unreadable):
    """The payload is marked 涉密. Its text must not be stored in this system."""


class Impostor(Unreadable):
    """The payload says it is another's than its topic allows. A security event, never believed."""

    def __init__(self, claimed: str, speaks: str, field: str) -> None:
        reason = f"{field}：报文自称来自 {claimed}，主题属于 {speaks}，来源不符"
        super().__init__(reason, field)
        self.claimed = claimed


class Point(msgspec.Struct, frozen=True, gc=False):
    """WGS-84 (= CGCS2000 here), degrees."""

    lon: float
    lat: float


class Shape(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A piece of the area of a warning, WGS-84: a polygon (`ring`, lon and lat, its end repeats its
    beginning) or a circle (`km`). `lon`, `lat`: its middle. `note`: why it has neither.
    """

    lon: float | None = None
    lat: float | None = None
    ring: tuple[tuple[float, float], ...] = ()
    km: float = 0.0
    note: ShapeNote | None = None


class Casualties(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """People, as counted by the source. None: not stated, which is not zero."""

    deaths: int | None = None
    missing: int | None = None
    trapped: int | None = None
    injured: int | None = None
    critical: int | None = None
    poisoned: int | None = None
    evacuated: int | None = None


NOBODY = Casualties()


class Alert(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One statement by one source.

    `revision`: the source's own, or None where it numbers none: the record
    then counts by content. `references`: (source_id, source_ref) of earlier
    statements this one names. `source_xy`: the position as sent, in the
    source's datum. `facts`: what has no column of its own (magnitude, gauge
    level, substance …), plain JSON values. Times are aware, UTC.
    """

    source_id: str
    source_ref: str
    kind: Kind
    event_code: str
    source_kind: str
    occurred_at: datetime
    revision: int | None = None
    message_kind: MessageKind = MessageKind.ALERT
    references: tuple[tuple[str, str], ...] = ()
    sent_at: datetime | None = None
    place: str = ""
    point: Point | None = None
    source_xy: tuple[float, float] | None = None
    position_note: PositionNote = PositionNote.MISSING
    area_code: str | None = None
    severity: Severity = Severity.UNKNOWN
    urgency: Urgency = Urgency.UNKNOWN
    certainty: Certainty = Certainty.UNKNOWN
    warning_colour: WarningColour | None = None
    fire_alarm_level: int | None = None
    triage_level: int | None = None
    casualties: Casualties = NOBODY
    caller_name: str | None = None
    caller_phone: str | None = None
    plates: tuple[str, ...] = ()
    hazmat: bool = False
    headline: str = ""
    text: str = ""
    expires_at: datetime | None = None
    area_codes: tuple[str, ...] = ()
    shapes: tuple[Shape, ...] = ()
    exercise: bool = False
    facts: dict[str, Any] = {}  # msgspec copies it per instance

    @property
    def is_warning(self) -> bool:
        """A forecast with a colour lives in `warning`, never in `incident`."""
        return self.warning_colour is not None
