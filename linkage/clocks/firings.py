"""已执行的步骤: the rows of `clock_firing`: which steps of the clocks were taken."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from linkage.clocks.clock import Running
from linkage.clocks.steps import StepDue
from linkage.log import as_json
from linkage.record import Writing
from linkage.response_tables import clock_firing
from linkage.response_vocabulary import Step

Key = tuple[str, str, int, int]  # rule, about, about_id, round
# Fewer bound values in a statement than any of the databases takes.
_AT_ONCE = 500
_F = clock_firing.c


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """One step that was taken. `told`: who was told, in words."""

    rule_id: str
    step: str
    number: int
    owner: str
    told: tuple[str, ...]
    due_at: datetime
    fired_at: datetime


def fired_numbers(cx: Connection, runs: Iterable[Running]) -> dict[Key, set[int]]:
    """The steps taken of each of these clocks."""
    wanted: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    keys = {run.key for run in runs}
    for rule_id, about, about_id, _ in keys:
        wanted[rule_id, about].add(about_id)
    found: defaultdict[Key, set[int]] = defaultdict(set)
    for (rule_id, about), ids in wanted.items():
        of_rule = select(_F.about_id, _F.round, _F.number).where(
            _F.rule_id == rule_id, _F.about == about
        )
        for some in _some(sorted(ids)):
            for about_id, round_, number in cx.execute(of_rule.where(_F.about_id.in_(some))):
                if (key := (rule_id, about, about_id, round_)) in keys:
                    found[key].add(number)
    return dict(found)


def taken_after(cx: Connection, moment: datetime) -> set[Key]:
    """The clocks with a step on record that was taken later than `moment`."""
    rows = select(_F.rule_id, _F.about, _F.about_id, _F.round).where(_F.fired_at > moment)
    return {(row[0], row[1], row[2], row[3]) for row in cx.execute(rows)}


def open_steps(steps: Iterable[StepDue], taken: set[int]) -> list[StepDue]:
    """Of the steps that are due those nobody has taken; a repeat that was skipped stays skipped."""
    last = max(taken, default=-1)
    return [
        step
        for step in steps
        if (step.number > last if step.step is Step.REPEAT else step.number not in taken)
    ]


def row(
    w: Writing, firing_id: int, run: Running, step: StepDue, told: Sequence[str]
) -> dict[str, Any]:
    """The row of a step that is taken."""
    return {
        "id": firing_id,
        "rule_id": run.rule_id,
        "about": run.about,
        "about_id": run.about_id,
        "round": run.round,
        "number": step.number,
        "step": step.step,
        "incident_id": run.incident_id,
        "assignment_id": run.assignment_id,
        "owner": run.owner,
        "told": as_json(list(told)),
        "due_at": step.due_at,
        "fired_at": w.at,
        "exercise": run.exercise,
    }


def write_firings(w: Writing, rows: Sequence[dict[str, Any]]) -> None:
    """Take the steps, in one statement: others wait for the ledger. The unique key lets one keeper
    do so; the write is serial besides."""
    w.cx.execute(insert(clock_firing), list(rows))


def firings_of(cx: Connection, incident_id: int) -> list[Fired]:
    """What the clocks of an incident have done, in the order they did it."""
    rows = select(*(_F[name] for name in Fired.__struct_fields__)).where(
        _F.incident_id == incident_id
    )
    return [
        Fired(**{**row, "told": tuple(msgspec.json.decode(row["told"]))})
        for row in cx.execute(rows.order_by(_F.id)).mappings()
    ]


def _some(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
