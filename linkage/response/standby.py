"""待命转处置: who was only told at a low level and has to work at the one that runs now."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from linkage.actions import Action
from linkage.desk.amend import open_incident
from linkage.people import Actor, permit
from linkage.plan.run_cards import Proposal
from linkage.record import Record
from linkage.response.agencies import Agency
from linkage.response.moves import LIVE
from linkage.response.order_rules import check_orders
from linkage.response.orders import Order
from linkage.response.responses import issue_within, reissue_within
from linkage.response.tasks import Task
from linkage.vocabulary import AssignmentRole, AssignmentStatus

INFORM = AssignmentRole.INFORM
_TOLD = LIVE | {AssignmentStatus.COMPLETED}


class CalledUp(msgspec.Struct, frozen=True, kw_only=True):
    """The order that follows an assignment that only told. `revision`: as seen, of one that is
    open and is given anew; None where the agency has closed it, and the order is another."""

    assignment_id: int
    revision: int | None
    order: Order


def to_call_up(tasks: Iterable[Task], proposal: Proposal) -> list[CalledUp]:
    """Who was only told, has no other task and is to work by the proposal as it is now."""
    listed = sorted(tasks, key=lambda task: (task.status in LIVE, task.id))
    told = {t.agency_id: t for t in listed if t.role is INFORM and t.status in _TOLD}
    busy = {t.agency_id for t in listed if t.role is not INFORM}
    return [
        CalledUp(
            assignment_id=task.id,
            revision=task.revision if task.status in LIVE else None,
            order=line.order(),
        )
        for line in proposal.assignments
        if line.role is not INFORM and line.agency_id not in busy
        if (task := told.get(line.agency_id)) is not None
    ]


def call_up(
    record: Record,
    actor: Actor,
    incident_id: int,
    called: Sequence[CalledUp],
    *,
    agencies: Mapping[str, Agency],
    at: datetime | None = None,
) -> None:
    """All of them sign anew, in one transaction. Raises Raced, NotAllowed, NotPermitted."""
    permit(actor, Action.ISSUE)
    permit(actor, Action.REISSUE)
    check_orders([one.order for one in called], agencies)
    with record.write(at) as w:
        row = open_incident(w, incident_id)
        for one in called:
            why = f"待命转{one.order.role.label}"
            if one.revision is not None:
                seen = one.assignment_id, one.revision
                reissue_within(w, actor, *seen, one.order, agencies=agencies, reason=why)
        others = [one.order for one in called if one.revision is None]
        if others:
            issue_within(w, actor, row, others, agencies=agencies)
