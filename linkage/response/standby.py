"""待命转处置: who was only told at a low level and has to work at the one that runs now."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from linkage.actions import Action
from linkage.errors import NotAllowed
from linkage.people import Actor, permit
from linkage.plan.run_cards import Proposal
from linkage.record import Record
from linkage.response.agencies import Agency
from linkage.response.moves import LIVE
from linkage.response.order_rules import check_orders
from linkage.response.orders import Order
from linkage.response.responses import reissue_within
from linkage.response.tasks import Task
from linkage.vocabulary import AssignmentRole


class CalledUp(msgspec.Struct, frozen=True, kw_only=True):
    """The order that takes the place of an assignment that only told. `revision`: as seen."""

    assignment_id: int
    revision: int
    order: Order


def to_call_up(tasks: Iterable[Task], proposal: Proposal) -> list[CalledUp]:
    """Who stands by and is to work by the proposal as it is now."""
    now = {line.agency_id: line for line in proposal.assignments}
    return [
        CalledUp(assignment_id=task.id, revision=task.revision, order=line.order())
        for task in tasks
        if task.role is AssignmentRole.INFORM and task.status in LIVE
        if (line := now.get(task.agency_id)) is not None
        if line.role is not AssignmentRole.INFORM
    ]


def call_up(
    record: Record,
    actor: Actor,
    called: Sequence[CalledUp],
    *,
    agencies: Mapping[str, Agency],
    at: datetime | None = None,
) -> None:
    """All of them sign anew, in one transaction. Raises Raced, NotAllowed, NotPermitted."""
    permit(actor, Action.REISSUE)
    if not called:
        raise NotAllowed("没有待命单位需要启用。")
    check_orders([one.order for one in called], agencies)
    with record.write(at) as w:
        for one in called:
            why = f"待命转{one.order.role.label}"
            reissue_within(
                w, actor, one.assignment_id, one.revision, one.order, agencies=agencies, reason=why
            )
