"""拒收: an answer that cannot be taken is written down, and its sender is told what was wrong."""

from datetime import datetime

import msgspec
from sqlalchemy import RowMapping, func, select

from linkage.actions import Action, Happening
from linkage.exercise.marking import marked
from linkage.record import BEIJING, Writing
from linkage.response.agencies import Agency
from linkage.response.outbox import enqueue
from linkage.response_tables import need as need_table
from linkage.tables import outbound_message
from linkage.vocabulary import Outcome

REFUSED_TOPIC = "linkage/v1/assignment/{}/refused"
# While the broker is away nobody reads them: a system that repeats itself must not fill the outbox.
MOST_WAITING = 100
_encode = msgspec.json.Encoder().encode


class Refusal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The payload of `…/refused`: which answer was not taken, why, and how the task stands.

    `exercise`: it was an answer to a rehearsed order or need."""

    at: datetime
    said: str
    reason: str
    assignment: int | None = None
    revision: int | None = None
    need: int | None = None
    standing: str | None = None
    standing_revision: int | None = None
    exercise: bool = False


def refuse(  # noqa: PLR0917
    w: Writing,
    agency: Agency,
    actor: str,
    said: str,
    reason: str,
    row: RowMapping | None = None,
    *,
    assignment: int | None = None,
    revision: int | None = None,
    need: int | None = None,
) -> tuple[Outcome, str]:
    """Write it down and tell the agency. `row`: the task it was about, if there is one.

    An answer in another's name is a security event; of the other's task the sender learns nothing.
    """
    foreign = row is not None and row["agency_id"] != agency.id
    w.log.add(
        actor,
        Happening.SECURITY if foreign else Action.FEEDBACK,
        reason if foreign else f"拒收“{said}”：{reason}",
        incident_id=None if row is None else row["incident_id"],
        assignment_id=None if row is None else row["id"],
        after={"refused": said, "assignment": assignment, "need": need, "revision": revision},
    )
    own = row is not None and not foreign
    exercise = bool(row["exercise"]) if row is not None and own else _drilled(w, need)
    refusal = Refusal(
        at=w.at.astimezone(BEIJING),
        said=said,
        reason=marked(reason, exercise=exercise),
        assignment=assignment,
        revision=revision,
        need=need,
        standing=row["status"] if row is not None and own else None,
        standing_revision=row["revision"] if row is not None and own else None,
        exercise=exercise,
    )
    topic = REFUSED_TOPIC.format(agency.id)
    wire = outbound_message.c
    waiting = select(func.count()).where(wire.sent_at.is_(None), wire.topic == topic)
    if w.cx.execute(waiting).scalar_one() < MOST_WAITING:
        enqueue(w, agency.id, topic, _encode(refusal), exercise=exercise)
    return Outcome.REJECTED, reason


def _drilled(w: Writing, need_id: int | None) -> bool:
    asked = select(need_table.c.exercise).where(need_table.c.id == need_id)
    return need_id is not None and bool(w.cx.execute(asked).scalar())
