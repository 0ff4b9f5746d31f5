"""事件状态: the table of moves an incident may make. Nothing else decides. Pure."""

from collections.abc import Mapping
from typing import Any

from linkage.errors import NotAllowed
from linkage.vocabulary import IncidentStatus as S

# The way of an incident. Each step has its stamp, the first time it was reached; steps may be
# skipped (120 sends a car before anybody verifies) and may be told late or twice.
LADDER = (
    S.RECEIVED,
    S.VERIFIED,
    S.DISPATCHED,
    S.ACKNOWLEDGED,
    S.EN_ROUTE,
    S.ON_SCENE,
    S.CONTROLLED,
    S.RESOLVED,
)
ENDS = frozenset({S.CLOSED, S.CANCELLED, S.MERGED})
STAMPS = {status: f"{status}_at" for status in LADDER[1:]}

# Back from an end: reopening, or undoing a merge, leads to wherever the incident had come to.
NEXT: dict[S, frozenset[S]] = {
    **{status: frozenset(LADDER[step + 1 :]) | ENDS for step, status in enumerate(LADDER)},
    S.CLOSED: frozenset(LADDER),
    S.CANCELLED: frozenset(LADDER),
    S.MERGED: frozenset(LADDER),
}


def advance(now: S, asked: S) -> S:
    """The status after `asked`, or raise NotAllowed.

    What is told late changes nothing: an incident on scene does not go back to en route.
    """
    if now in LADDER and asked in LADDER:
        return max(now, asked, key=LADDER.index)
    if asked in NEXT[now]:
        return asked
    raise NotAllowed(f"事件{now.label}，不能转为“{asked.label}”；如需继续处置，请先重启该事件。")


def reached(stamps: Mapping[Any, Any]) -> S:
    """How far an incident with these `*_at` columns had come."""
    return next((s for s in reversed(LADDER[1:]) if stamps[STAMPS[s]] is not None), S.RECEIVED)
