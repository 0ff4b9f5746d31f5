"""Whom a step reaches: the post it is for, and from there up one post at a time. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from linkage.clocks.clock import Clocks
from linkage.response_vocabulary import Post


class Reachable(Protocol):
    """linkage.duty.roster.Person is one."""

    @property
    def name(self) -> str: ...
    @property
    def reachable(self) -> bool: ...


Ladder = Sequence[tuple[Post, Sequence[Reachable]]]


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """`people`: of post `at`, those with a means. `reasons`: why each post below was passed by.

    Nobody at all: `at` is None.
    """

    wanted: Post
    at: Post | None
    people: tuple[Reachable, ...]
    reasons: tuple[str, ...]


def reach(wanted: Post, ladder: Ladder, allowed: Iterable[Post] = tuple(Post)) -> Reach:
    """Who is told in the place of `wanted`: its own people first, else the next post up, saying
    why; never past a post that somebody can be reached at.

    `allowed`: an exercise may leave its leaders in peace; then it stops below them.
    """
    held: Mapping[Post, Sequence[Reachable]] = dict(ladder)
    may = set(allowed)
    reasons: list[str] = []
    order = list(Post)
    for post in order[order.index(wanted) :]:
        if post not in may:
            reasons.append(f"演练不通知{post.label}")
            continue
        people = tuple(one for one in held.get(post, ()) if one.reachable)
        if people:
            return Reach(wanted=wanted, at=post, people=people, reasons=_upwards(reasons, post))
        names = "、".join(one.name for one in held.get(post, ()))
        reasons.append(f"{post.label}{names}无联系方式" if names else f"{post.label}无人在岗")
    return Reach(wanted=wanted, at=None, people=(), reasons=tuple(reasons))


def _upwards(reasons: list[str], post: Post) -> tuple[str, ...]:
    if not reasons:
        return ()
    return (*reasons[:-1], f"{reasons[-1]}，改报{post.label}")


def check_ladder(ladder: Ladder, clocks: Clocks) -> list[str]:
    """What every rule of the clocks would run into with this ladder; empty: every step reaches
    somebody.

    For the auditor, at this moment. Saving the roster refuses more: any post of `must_be_filled`
    without somebody who can be reached (linkage/duty/changing.py); and clocks that climb to where
    nobody must be are refused when the tables are read, so what may be saved passes here.
    """
    wanted: dict[Post, list[str]] = {}
    for rule in clocks.by_id.values():
        for post in dict.fromkeys(post for rung in rule.ladder for post in rung.to):
            wanted.setdefault(post, []).append(rule.late)
    found = []
    for post in (post for post in Post if post in wanted):
        got = reach(post, ladder)
        if got.at is None:
            what = list(dict.fromkeys(wanted[post]))
            some = "、".join(what[:3]) + ("等" if len(what) > 3 else "")
            why = "，".join(got.reasons)
            found.append(
                f"超时升级到{post.label}时找不到人（{some}）：{why}；"
                f"请给{post.label}或其上级排一名有联系方式的人。"
            )
    return found
