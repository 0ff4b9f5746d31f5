"""本单位: a department's officer acts for that department alone; what else is tried is noted."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import ColumnElement, Connection, select

from linkage.access.refused import note_refused
from linkage.actions import Action
from linkage.errors import NotPermitted
from linkage.people import Actor
from linkage.record import Record
from linkage.response.moves import LIVE
from linkage.response.need_messages import concerning
from linkage.response_tables import need
from linkage.tables import assignment, incident
from linkage.vocabulary import OPEN_STATUSES, Role

P = ParamSpec("P")
R = TypeVar("R")
_LIVE = [status.value for status in LIVE]


def own_agency(actor: Actor) -> str:
    """Whose desk it is, or NotPermitted."""
    if actor.role is not Role.AGENCY_OFFICER or not actor.agency_id:
        raise NotPermitted(f"{actor}不属于联动单位，部门工作台限部门值班员使用。")
    return actor.agency_id


def watched(
    action: Action,
) -> Callable[
    [Callable[Concatenate[Record, Actor, P], R]], Callable[Concatenate[Record, Actor, P], R]
]:
    """A department's officer who reaches for what is another's is refused; this writes it down.

    The act itself has been rolled back by then: nothing of it is on the record.
    """

    def around(
        act: Callable[Concatenate[Record, Actor, P], R],
    ) -> Callable[Concatenate[Record, Actor, P], R]:
        @wraps(act)
        def guarded(record: Record, actor: Actor, /, *args: P.args, **named: P.kwargs) -> R:
            try:
                return act(record, actor, *args, **named)
            except NotPermitted as why:
                if actor.role is Role.AGENCY_OFFICER:
                    at: Any = named.get("at")
                    note_refused(record, actor, why, action, args, at)
                raise

        return guarded

    return around


def must_work_there(cx: Connection, actor: Actor, incident_id: int, of: Sequence[str] = ()) -> None:
    """A department asks for what it needs where it has an open task, and nowhere else; whom to
    ask by name is the centre's choice."""
    if actor.role is not Role.AGENCY_OFFICER:
        return
    if of:
        raise NotPermitted(f"{actor}不能向其他单位点名提出需求，请报指挥中心。")
    found = (
        select(assignment.c.id)
        .join(incident, incident.c.id == assignment.c.incident_id)
        .where(
            assignment.c.incident_id == incident_id,
            assignment.c.agency_id == actor.agency_id,
            assignment.c.status.in_(_LIVE),
            incident.c.status.in_(OPEN_STATUSES),
        )
    )
    if cx.execute(found.limit(1)).first() is None:
        raise NotPermitted(f"{actor}的单位在该事件中没有进行中的任务，不能为它提出需求。")


def must_concern(cx: Connection, actor: Actor, need_id: int) -> None:
    """A department answers needs of incidents it works at, and those put to it by name."""
    if actor.role is not Role.AGENCY_OFFICER:
        return
    found = (
        select(need.c.id)
        .join(incident, incident.c.id == need.c.incident_id)
        .where(need.c.id == need_id, _may_answer(actor))
    )
    if cx.execute(found).first() is None:
        raise NotPermitted(f"需求 {need_id} 没有向{actor}的单位提出，不能答复。")


def _may_answer(actor: Actor) -> ColumnElement[bool]:
    return concerning(actor.agency_id or "", refused_too=True, closed_too=True)


def must_own(actor: Actor, agency_id: str | None) -> None:
    """A department takes back its own need only."""
    if actor.role is Role.AGENCY_OFFICER and agency_id != actor.agency_id:
        raise NotPermitted(f"{actor}只能收回本单位提出的需求。")
