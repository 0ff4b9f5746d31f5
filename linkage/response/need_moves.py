"""需求流转: the moves of an offer, how far a need has come by them, what is short. Pure."""

from collections.abc import Iterable

import msgspec

from linkage.errors import NotAllowed
from linkage.response.feedback import quantity
from linkage.response_vocabulary import NeedStatus as N

# An offer that was put to an agency (ASKED), made, sent, brought, and given back after use. Forward
# skips are allowed: a forgotten press of a button must not hide what has come.
NEXT: dict[N, frozenset[N]] = {
    N.ASKED: frozenset({N.OFFERED, N.ON_THE_WAY, N.ARRIVED, N.WITHDRAWN}),
    N.OFFERED: frozenset({N.ON_THE_WAY, N.ARRIVED, N.WITHDRAWN}),
    N.ON_THE_WAY: frozenset({N.ARRIVED, N.WITHDRAWN}),
    N.ARRIVED: frozenset({N.RELEASED}),
    N.RELEASED: frozenset(),
    N.WITHDRAWN: frozenset({N.OFFERED, N.ON_THE_WAY}),
}
# Nothing more is awaited of these.
CLOSED = frozenset({N.RELEASED, N.WITHDRAWN})
_GIVES = (N.OFFERED, N.ON_THE_WAY, N.ARRIVED, N.RELEASED)


class Part(msgspec.Struct, frozen=True):
    """One agency's share of a need. `amount` None: not said how much."""

    status: N
    amount: float | None = None


def advance(now: N, asked: N) -> N:
    """The status after `asked`, or NotAllowed. The same again is no error."""
    if asked is now or asked in NEXT[now]:
        return asked
    may = "、".join(one.label for one in N if one in NEXT[now]) or "无"
    raise NotAllowed(f"该项供给现为“{now.label}”，不能转为“{asked.label}”；可转为：{may}。")


def come_to(parts: Iterable[Part]) -> N:
    """How far a need has come: as far as the nearest of what was given."""
    given = [part.status for part in parts if part.status in _GIVES]
    if not given:
        return N.ASKED
    going = [status for status in given if status is not N.RELEASED]
    return max(going, key=_GIVES.index) if going else N.RELEASED


def shortfall(amount: float | None, parts: Iterable[Part]) -> float | None:
    """What nobody has promised yet; None where nobody said how much is needed and some is coming.

    An offer without a figure covers what is missing: who offers "what is needed" is believed, and
    the officer sees that no figure was given.
    """
    given = [part for part in parts if part.status in _GIVES]
    if amount is None:
        return None
    if any(part.amount is None for part in given):
        return 0.0
    return max(0.0, amount - sum(part.amount or 0.0 for part in given))


def covered(amount: float | None, parts: Iterable[Part]) -> bool:
    """Whether enough is promised. Where no figure was given, any offer is enough."""
    listed = list(parts)
    if amount is None:
        return any(part.status in _GIVES for part in listed)
    return shortfall(amount, listed) == 0


def told(amount: float | None, measure: str, parts: Iterable[Part]) -> str:
    """缺 5箱, 已满足, 数量未说明: for the officer."""
    listed = list(parts)
    if covered(amount, listed):
        return "已满足"
    short = shortfall(amount, listed)
    return "尚无供给，数量未说明" if short is None else f"缺 {quantity(short, measure)}"
