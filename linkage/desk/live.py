"""What every desk must see at once: the live feed's rows.

Read side only. Rows carry codes; the Chinese words go to a screen once, with its snapshot.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, func, or_, select

from linkage.alerts import Casualties, Point, Shape
from linkage.desk.pressed import Pressed
from linkage.desk.uncertainty import rough
from linkage.duty_tables import public_warning
from linkage.personal import masked
from linkage.response_vocabulary import PublicWarningStatus
from linkage.tables import incident, incident_link, ledger, warning
from linkage.vocabulary import (
    OPEN_STATUSES,
    LinkKind,
    LinkState,
    MessageKind,
    PositionNote,
    WarningStatus,
)

_shapes = msgspec.json.Decoder(list[Shape]).decode
# How long an all-clear stands on the situation screen, for a desk that looked away.
ALL_CLEAR_S = 30 * 60
Reading = Connection  # for those who pass one through and must not know SQLAlchemy


class LiveIncident(msgspec.Struct, frozen=True, gc=False):
    """One open incident as the map and the queue show it. Times are epoch seconds."""

    id: str
    number: str
    kind: str
    status: str
    severity: str
    rank: int
    headline: str
    place: str
    lon: float | None
    lat: float | None
    position_note: str
    area_code: str | None
    alerts: int
    sources: list[str]
    opened_at: int
    changed_at: int
    claimed_by: str | None
    grade: str | None
    response_level: int | None
    hazmat: bool
    exercise: bool
    version: int
    told_late: bool
    claimed_at: int = 0
    life: bool = False  # somebody is dead, missing, trapped or critically hurt
    late: int = 0  # this and the next three: linkage/desk/pressed.py
    due_at: int = 0
    due: str = ""
    held: str = ""
    fold: str = ""  # the line of the queue it stands under: linkage/desk/folding.py
    about_m: int = 0  # how far from its marker it may be: linkage/desk/uncertainty.py
    people: dict[str, int] = {}  # as counted by the sources; who was not stated is not there


class LiveWarning(msgspec.Struct, frozen=True, gc=False):
    """`active`: nobody has ended it; the screen ends it at its second. `end`: how it was ended;
    "cancelled" is an all-clear. `ours`: one of our own to the public.
    """

    id: str
    kind: str
    colour: str
    headline: str
    area_codes: list[str]
    effective_at: int
    expires_at: int
    exercise: bool
    active: bool
    shapes: list[Shape] = []
    end: str = ""
    ended_at: int = 0
    ours: bool = False
    end_assumed: bool = False

    def stands(self, now: float) -> bool:
        return self.active and self.expires_at > now

    def shown(self, now: float) -> bool:
        """In force, or ended so lately that a desk which just came must still hear of it."""
        return self.stands(now) or now - (self.ended_at or self.expires_at) < ALL_CLEAR_S


def revision(cx: Connection) -> int:
    """The newest revision; read before the rows, so that a row is never missed."""
    return int(cx.execute(select(ledger.c.revision)).scalar_one())


def open_incidents(cx: Connection) -> list[LiveIncident]:
    is_open = incident.c.status.in_([s.value for s in OPEN_STATUSES])
    return [_incident(row) for row in cx.execute(_INCIDENTS.where(is_open))]


def incidents_since(cx: Connection, seen: int) -> list[LiveIncident]:
    """Every incident changed after revision `seen`, closed and merged ones too."""
    return [_incident(row) for row in cx.execute(_INCIDENTS.where(incident.c.revision > seen))]


def pressed_by(row: LiveIncident, now_so: Pressed) -> LiveIncident:
    """The row as it stands now; itself where nothing is new."""
    if (row.late, row.due_at, row.due, row.held) == msgspec.structs.astuple(now_so):
        return row
    return msgspec.structs.replace(row, **msgspec.structs.asdict(now_so))


def is_open(row: LiveIncident) -> bool:
    return row.status in OPEN_STATUSES


def warnings_since(cx: Connection, seen: int, now: datetime) -> list[LiveWarning]:
    """Warnings changed after `seen`, theirs and ours. From the beginning (`seen` < 0) those in
    force, and those that ended so lately that the all-clear must still be seen."""
    theirs = select(warning).where(warning.c.revision > seen)
    ours = select(public_warning).where(
        public_warning.c.revision > seen,
        public_warning.c.issued_at.is_not(None),
        public_warning.c.message_kind != MessageKind.CANCEL.value,
    )
    if seen < 0:
        theirs, ours = (
            rows.where(_still_of_interest(table.c, stands, now))
            for rows, table, stands in (
                (theirs, warning, WarningStatus.ACTIVE.value),
                (ours, public_warning, PublicWarningStatus.ISSUED.value),
            )
        )
    found = [*map(_their_warning, cx.execute(theirs)), *map(_our_warning, cx.execute(ours))]
    # What was over when it came never stood on any screen.
    return [one for one in found if one.active or one.ended_at > one.effective_at]


def _still_of_interest(its: Any, stands: str, now: datetime) -> Any:
    lately = now - timedelta(seconds=ALL_CLEAR_S)
    return or_(
        and_(its.status == stands, its.expires_at > lately),
        and_(its.status != stands, its.ended_at > lately),
    )


def _their_warning(row: Any) -> LiveWarning:
    active = row.status == WarningStatus.ACTIVE
    return LiveWarning(
        id=str(row.id),
        kind=row.kind,
        colour=row.colour,
        headline=row.headline,
        area_codes=msgspec.json.decode(row.area_codes),
        effective_at=_epoch(row.effective_at),
        expires_at=_epoch(row.expires_at),
        exercise=row.exercise,
        active=active,
        shapes=_shapes(row.shapes) if row.shapes else [],
        end="" if active else row.status,
        ended_at=_epoch(row.ended_at) if row.ended_at else 0,
        end_assumed=bool(row.end_assumed),
    )


def _our_warning(row: Any) -> LiveWarning:
    active = row.status == PublicWarningStatus.ISSUED
    return LiveWarning(
        id=str(row.id),
        kind=row.kind,
        colour=row.colour,
        headline=row.headline,
        area_codes=msgspec.json.decode(row.area_codes),
        effective_at=_epoch(max(row.starts_at, row.issued_at)),
        expires_at=_epoch(row.expires_at),
        exercise=row.exercise,
        active=active,
        end="" if active else row.status,
        ended_at=_epoch(row.ended_at) if row.ended_at else 0,
        ours=True,
    )


def links_mark(cx: Connection) -> tuple[int, int, int]:
    """Changes when the open 疑似同一事件 do; much cheaper than reading them."""
    its = incident_link.c
    count = select(func.count(), func.max(its.id), func.sum(its.id)).where(_UNDECIDED)
    number, newest, total = cx.execute(count).one()
    return int(number), int(newest or 0), int(total or 0)


def proposed_links(cx: Connection) -> list[tuple[str, str]]:
    """The pairs that stand as 疑似同一事件 and nobody has decided."""
    its = incident_link.c
    rows = cx.execute(select(its.from_id, its.to_id).where(_UNDECIDED))
    return [(str(one), str(other)) for one, other in rows]


_UNDECIDED = and_(
    incident_link.c.kind == LinkKind.PROPOSED.value, incident_link.c.state == LinkState.OPEN.value
)
_INCIDENTS = select(
    incident.c.id,
    incident.c.number,
    incident.c.kind,
    incident.c.status,
    incident.c.severity,
    incident.c.severity_rank,
    incident.c.headline,
    incident.c.place,
    incident.c.lon,
    incident.c.lat,
    incident.c.position_note,
    incident.c.area_code,
    incident.c.alert_count,
    incident.c.source_ids,
    incident.c.opened_at,
    incident.c.changed_at,
    incident.c.claimed_by,
    incident.c.claimed_at,
    incident.c.grade,
    incident.c.response_level,
    incident.c.hazmat,
    incident.c.exercise,
    incident.c.version,
    incident.c.told_late,
    *(incident.c[people] for people in Casualties.__struct_fields__),
)


def _incident(row: Any) -> LiveIncident:
    return LiveIncident(
        id=str(row.id),
        number=row.number,
        kind=row.kind,
        status=row.status,
        severity=row.severity,
        rank=row.severity_rank,
        headline=masked(row.headline),
        place=masked(row.place),
        lon=row.lon,
        lat=row.lat,
        position_note=row.position_note,
        area_code=row.area_code,
        alerts=row.alert_count,
        sources=msgspec.json.decode(row.source_ids),
        opened_at=_epoch(row.opened_at),
        changed_at=_epoch(row.changed_at),
        claimed_by=row.claimed_by,
        claimed_at=_epoch(row.claimed_at) if row.claimed_at else 0,
        grade=row.grade,
        response_level=row.response_level,
        hazmat=row.hazmat,
        exercise=row.exercise,
        version=row.version,
        told_late=bool(row.told_late),
        life=bool(row.deaths or row.missing or row.trapped or row.critical),
        about_m=_about(row),
        people={n: count for n in Casualties.__struct_fields__ if (count := getattr(row, n))},
    )


def _about(row: Any) -> int:
    if row.position_note != PositionNote.COARSE or row.lon is None:
        return 0  # nothing to reckon for nearly all of them
    found = rough(PositionNote.COARSE, Point(row.lon, row.lat))
    return found.metres if found else 0


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())
