"""点名情况: who answered, how fast, and how it was in the weeks before. Exercises do not count."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from linkage.desk.facts import rows_of
from linkage.duty_tables import roll_call, roll_call_answer
from linkage.response_vocabulary import Means

WEEKS = 8


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    agency_id: str
    answered_at: datetime | None
    answered_by: str | None
    means: Means | None
    note: str | None


class RollCall(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    called_by: str
    called_at: datetime
    due_at: datetime
    reminded_at: datetime | None
    exercise: bool
    answers: tuple[Answer, ...]

    @property
    def answered(self) -> list[Answer]:
        return [one for one in self.answers if one.answered_at is not None]

    @property
    def in_time(self) -> int:
        return sum(
            one.answered_at is not None and one.answered_at <= self.due_at for one in self.answers
        )

    @property
    def rate(self) -> float | None:
        """The share that answered within the limit."""
        return self.in_time / len(self.answers) if self.answers else None

    def seconds(self, one: Answer) -> float | None:
        return (
            None if one.answered_at is None else (one.answered_at - self.called_at).total_seconds()
        )


class Attendance(msgspec.Struct, frozen=True, kw_only=True):
    """One party over the last calls. `mean_s`: of those it answered."""

    agency_id: str
    called: int
    in_time: int
    answered: int
    mean_s: float | None


def last_calls(cx: Connection, most: int = WEEKS, *, exercise: bool = False) -> list[RollCall]:
    """Newest first."""
    rows = rows_of(
        cx,
        select(roll_call)
        .where(roll_call.c.exercise.is_(exercise))
        .order_by(roll_call.c.called_at.desc())
        .limit(most),
    )
    answer = roll_call_answer.c
    said = rows_of(
        cx,
        select(roll_call_answer).where(answer.roll_call_id.in_([row["id"] for row in rows])),
    )
    return [msgspec.convert({**row, "answers": _of(row["id"], said)}, RollCall) for row in rows]


def _of(call_id: int, said: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    return [row for row in said if row["roll_call_id"] == call_id]


def by_party(calls: Sequence[RollCall]) -> dict[str, Attendance]:
    """Each party over the calls given: leave out one whose limit has not passed yet."""
    found: dict[str, list[tuple[RollCall, Answer]]] = {}
    for call in calls:
        for one in call.answers:
            found.setdefault(one.agency_id, []).append((call, one))
    return {agency_id: _record(agency_id, each) for agency_id, each in found.items()}


def _record(agency_id: str, each: Sequence[tuple[RollCall, Answer]]) -> Attendance:
    took = [seconds for call, one in each if (seconds := call.seconds(one)) is not None]
    in_time = sum(
        one.answered_at is not None and one.answered_at <= call.due_at for call, one in each
    )
    return Attendance(
        agency_id=agency_id,
        called=len(each),
        in_time=in_time,
        answered=len(took),
        mean_s=sum(took) / len(took) if took else None,
    )
