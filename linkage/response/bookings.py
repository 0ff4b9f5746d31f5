"""力量调派: which unit the desk has sent where. A booking never touches what the unit reports."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, RowMapping, insert, select, update

from linkage.actions import Action
from linkage.desk.amend import find_incident, open_incident, touch
from linkage.errors import NotAllowed
from linkage.exercise.marking import mark
from linkage.people import Actor, permit
from linkage.record import BEIJING, Record, Writing
from linkage.response.agencies import Agency
from linkage.response.moves import LIVE
from linkage.response.order_rules import clean
from linkage.response.outbox import enqueue
from linkage.response.unit_states import Readiness, UnitStates
from linkage.response_tables import unit_booking
from linkage.tables import assignment, incident, unit

UNITS_TOPIC = "linkage/v1/assignment/{}/units"
_encode = msgspec.json.Encoder().encode


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """A unit that is sent to an incident, and not free again."""

    id: int
    agency_id: str
    unit_id: str
    incident_id: int
    number: str
    assignment_id: int | None
    booked_by: str
    booked_at: datetime
    exercise: bool


class BookedUnit(msgspec.Struct, frozen=True, kw_only=True):
    unit: str
    assignment: int | None
    incident: str
    booked_at: datetime
    exercise: bool


class BookedList(msgspec.Struct, frozen=True, kw_only=True):
    """The payload of `…/units`, retained: which of the agency's units the desk counts on."""

    agency: str
    at: datetime
    units: list[BookedUnit]


def book(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    assignment_id: int,
    agency_id: str,
    unit_id: str,
    despite: str = "",
    *,
    agencies: Mapping[str, Agency],
    states: UnitStates,
    at: datetime | None = None,
) -> int:
    """Send a unit to the incident of one of its agency's tasks. Returns the booking's id.

    A unit that is on another task, or that says it is busy, is refused by name of that task,
    unless `despite` gives the reason for sending it all the same; the first booking stands then.
    """
    permit(actor, Action.BOOK_UNIT)
    with record.write(at) as w:
        incident_id = _task(w, assignment_id, agency_id, agencies)
        row = open_incident(w, incident_id)
        found = _unit(w, agency_id, unit_id)
        taken = [one for one in _booked(w.cx, agency_id) if one.unit_id == unit_id]
        warning = _warning(found, taken, incident_id, states, reason := clean(despite))
        if row["exercise"] and not reason:
            raise NotAllowed(f"这是演练：会占用真实力量{found['label']}；确需占用请写明理由。")
        booking_id = w.next_id()
        w.cx.execute(
            insert(unit_booking).values(
                id=booking_id,
                agency_id=agency_id,
                unit_id=unit_id,
                incident_id=incident_id,
                assignment_id=assignment_id,
                booked_by=str(actor),
                booked_at=w.at,
                exercise=row["exercise"],
            )
        )
        w.log.add(
            str(actor),
            Action.BOOK_UNIT,
            f"调派{found['label']}" + (f"（{warning}；理由：{reason}）" if warning else ""),
            incident_id=incident_id,
            assignment_id=assignment_id,
            after={"booking": booking_id, "unit": unit_id, "version": row["version"]},
        )
        touch(w, incident_id)
        _tell_units(w, agency_id)
    return booking_id


def agencies_of(agency_id: str, agencies: Mapping[str, Agency]) -> frozenset[str]:
    """Whose units work for an agency: its own, and those of the call centres that are its desk."""
    desks = {one.id for one in agencies.values() if one.desk_of == agency_id}
    return frozenset({agency_id, *desks})


def _task(w: Writing, assignment_id: int, agency_id: str, agencies: Mapping[str, Agency]) -> int:
    """The incident of a live task of the agency: a unit goes where its agency has an order."""
    row = (
        w.cx.execute(select(assignment).where(assignment.c.id == assignment_id)).mappings().first()
    )
    if row is None or row["status"] not in LIVE:
        raise NotAllowed("该单位在本事件中没有进行中的任务，请先下达联动指令再调派力量。")
    if agency_id not in agencies_of(row["agency_id"], agencies):
        raise NotAllowed("只能为该单位自己的任务调派其力量。")
    return int(row["incident_id"])


def _unit(w: Writing, agency_id: str, unit_id: str) -> RowMapping:
    mine = (unit.c.agency_id == agency_id) & (unit.c.unit_id == unit_id)
    row = w.cx.execute(select(unit).where(mine)).mappings().first()
    if row is None:
        raise NotAllowed(f"没有编号为 {unit_id} 的力量，请刷新后重新选择。")
    return row


def free(
    record: Record, actor: Actor, booking_id: int, reason: str = "", *, at: datetime | None = None
) -> None:
    """The desk counts on the unit no longer."""
    permit(actor, Action.FREE_UNIT)
    with record.write(at) as w:
        row = (
            w.cx.execute(select(unit_booking).where(unit_booking.c.id == booking_id))
            .mappings()
            .first()
        )
        if row is None or row["released_at"] is not None:
            raise NotAllowed("该力量已经释放，不必重复操作。")
        _free(w, [row["id"]], str(actor), clean(reason) or Action.FREE_UNIT.label)


def free_units_of(w: Writing, assignment_id: int, actor: str, why: str) -> None:
    """A task has ended: its units are free."""
    b = unit_booking.c
    rows = select(b.id).where(b.assignment_id == assignment_id, b.released_at.is_(None))
    _free(w, list(w.cx.execute(rows).scalars()), actor, f"任务{why}")


def free_exercise(w: Writing, actor: str, why: str) -> int:
    """An exercise has ended: what it had booked is free, and the agencies are told."""
    b = unit_booking.c
    rows = select(b.id).where(b.exercise.is_(True), b.released_at.is_(None))
    ids = list(w.cx.execute(rows).scalars())
    _free(w, ids, actor, why)
    return len(ids)


def move_bookings(w: Writing, assignment_ids: list[int], to_id: int) -> None:
    """The bookings of these tasks go where the tasks go."""
    b = unit_booking.c
    w.cx.execute(
        update(unit_booking).where(b.assignment_id.in_(assignment_ids)).values(incident_id=to_id)
    )


def booked(record: Record) -> tuple[Booking, ...]:
    """Every unit that is sent somewhere, of all agencies."""
    with record.read() as cx:
        return _booked(cx)


def _free(w: Writing, booking_ids: list[int], actor: str, reason: str) -> None:
    b = unit_booking.c
    for row in w.cx.execute(select(unit_booking).where(b.id.in_(booking_ids))).mappings().all():
        w.cx.execute(
            update(unit_booking)
            .where(b.id == row["id"])
            .values(released_at=w.at, release_reason=reason)
        )
        w.log.add(
            actor,
            Action.FREE_UNIT,
            f"释放力量 {row['unit_id']}：{reason}",
            incident_id=row["incident_id"],
            assignment_id=row["assignment_id"],
            before={"booking": row["id"], "released_at": None},
            after={
                "booking": row["id"],
                "released_at": w.at,
                "version": find_incident(w, row["incident_id"])["version"],
            },
        )
        touch(w, row["incident_id"])
        _tell_units(w, row["agency_id"])


def _warning(
    found: RowMapping, taken: list[Booking], incident_id: int, states: UnitStates, reason: str
) -> str:
    """What the officer was warned of and does all the same; NotAllowed without a reason."""
    if any(one.incident_id == incident_id for one in taken):
        raise NotAllowed(f"{found['label']}已调派到本事件，不必重复调派。")
    warning = _why_not(found, taken, states)
    if warning and not reason:
        raise NotAllowed(f"{warning}；确需调派请写明理由。")
    return warning


def _why_not(found: RowMapping, taken: list[Booking], states: UnitStates) -> str:
    """What speaks against sending this unit; empty when nothing does."""
    label = found["label"]
    if taken:
        first = taken[0]
        since = first.booked_at.astimezone(BEIJING)
        drill = mark(exercise=first.exercise)
        return f"{label}已由{first.booked_by}于 {since:%H:%M} 调派到{drill}事件 {first.number}"
    state = str(found["state"])
    readiness = states.readiness(state)
    if readiness is Readiness.BUSY:
        return f"{label}自报“{state}”，正在执行任务"
    if readiness is Readiness.OFF:
        return f"{label}自报“{state}”，不能出动"
    return ""


def _booked(cx: Connection, agency_id: str | None = None) -> tuple[Booking, ...]:
    b = unit_booking.c
    ask = (
        select(unit_booking, incident.c.number)
        .join(incident, incident.c.id == b.incident_id)
        .where(b.released_at.is_(None))
        .order_by(b.id)
    )
    if agency_id is not None:
        ask = ask.where(b.agency_id == agency_id)
    names = Booking.__struct_fields__
    rows = cx.execute(ask).mappings().all()
    return tuple(Booking(**{name: row[name] for name in names}) for row in rows)


def _tell_units(w: Writing, agency_id: str) -> None:
    listed = BookedList(
        agency=agency_id,
        at=w.at.astimezone(BEIJING),
        units=[
            BookedUnit(
                unit=one.unit_id,
                assignment=one.assignment_id,
                incident=one.number,
                booked_at=one.booked_at.astimezone(BEIJING),
                exercise=one.exercise,
            )
            for one in _booked(w.cx, agency_id)
        ],
    )
    enqueue(w, agency_id, UNITS_TOPIC.format(agency_id), _encode(listed), retain=True)
