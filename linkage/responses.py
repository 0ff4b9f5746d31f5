"""联动处置: issue, revise and cancel the assignments of an incident; take the agencies' answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from linkage.agencies import Agency
from linkage.feedback import Feedback, UnitReport
from linkage.orders import Order
from linkage.people import Actor
from linkage.record import Record, Writing
from linkage.run_cards import Proposal
from linkage.vocabulary import Outcome


def issue(
    record: Record,
    actor: Actor,
    incident_id: int,
    version: int,
    orders: Sequence[Order],
    *,
    agencies: Mapping[str, Agency],
    proposal: Proposal | None = None,
    response_level: int | None = None,
    at: datetime | None = None,
) -> list[int]:
    """Give several agencies their share in one transaction; returns the assignment ids.

    `version`: of the incident as the officer saw it. `proposal`: what the run card said; what
    differs from it is logged. Raises Raced, NotAllowed, NotPermitted.
    """
    raise NotImplementedError


def cancel(
    record: Record,
    actor: Actor,
    assignment_id: int,
    revision: int,
    reason: str,
    *,
    agencies: Mapping[str, Agency],
    at: datetime | None = None,
) -> int:
    """Withdraw an order; the agency is told. Returns the new revision."""
    raise NotImplementedError


def reissue(
    record: Record,
    actor: Actor,
    assignment_id: int,
    revision: int,
    order: Order,
    *,
    agencies: Mapping[str, Agency],
    reason: str = "",
    at: datetime | None = None,
) -> int:
    """Give the order again, changed or not: back to 已下达 with new due times. → new revision."""
    raise NotImplementedError


def apply_feedback(w: Writing, feedback: Feedback, agency: Agency) -> tuple[Outcome, str]:
    """Take one answer of an agency into the record: (outcome, reason for a person)."""
    raise NotImplementedError


def apply_unit(w: Writing, report: UnitReport) -> tuple[Outcome, str]:
    """Where a unit is and what it does: the newest report stands."""
    raise NotImplementedError
