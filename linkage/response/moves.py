"""任务流转: the table of moves an assignment may make. Nothing else decides."""

from linkage.errors import NotAllowed
from linkage.vocabulary import AssignmentStatus as S

# Signing is never skipped: somebody answers for the order. From there to the report a forgotten
# press of a button must not hide what came after it, so forward skips are allowed.
# ISSUED again is a revised order, CANCELLED its withdrawal; both are ours to say.
NEXT: dict[S, frozenset[S]] = {
    S.PROPOSED: frozenset({S.ISSUED, S.CANCELLED}),
    S.ISSUED: frozenset({S.ISSUED, S.ACKNOWLEDGED, S.DECLINED, S.CANCELLED}),
    S.ACKNOWLEDGED: frozenset(
        {S.ISSUED, S.EN_ROUTE, S.ON_SCENE, S.WORKING, S.REPORTED, S.DECLINED, S.CANCELLED}
    ),
    S.EN_ROUTE: frozenset({S.ISSUED, S.ON_SCENE, S.WORKING, S.REPORTED, S.DECLINED, S.CANCELLED}),
    S.ON_SCENE: frozenset({S.ISSUED, S.WORKING, S.REPORTED, S.CANCELLED}),
    S.WORKING: frozenset({S.ISSUED, S.REPORTED, S.COMPLETED, S.CANCELLED}),
    S.REPORTED: frozenset({S.ISSUED, S.WORKING, S.COMPLETED, S.CANCELLED}),
    S.COMPLETED: frozenset(),
    S.DECLINED: frozenset({S.ISSUED, S.CANCELLED}),
    S.CANCELLED: frozenset({S.ISSUED}),
}
# What an agency without vehicles or crews never reports.
BY_UNITS = frozenset({S.EN_ROUTE, S.ON_SCENE, S.WORKING})
# The agency still owes something.
LIVE = frozenset(S) - {S.PROPOSED, S.COMPLETED, S.DECLINED, S.CANCELLED}
# The order in which an assignment goes through its life; what stands beside it has no place.
ORDER = (S.ISSUED, S.ACKNOWLEDGED, S.EN_ROUTE, S.ON_SCENE, S.WORKING, S.REPORTED, S.COMPLETED)


def moves(now: S, *, has_units: bool) -> frozenset[S]:
    """What may follow `now`."""
    return NEXT[now] if has_units else NEXT[now] - BY_UNITS


def advance(now: S, asked: S, *, has_units: bool) -> S:
    """The status after `asked`, or raise NotAllowed.

    The same status again is no error: MQTT delivers at least once, and people press twice.
    """
    if asked is now or asked in moves(now, has_units=has_units):
        return asked
    raise NotAllowed(_refusal(now, asked, has_units=has_units))


def _refusal(now: S, asked: S, *, has_units: bool) -> str:
    if asked in BY_UNITS and not has_units:
        return f"该单位不上报力量动态，不经过“{asked.label}”；请直接反馈处置情况。"
    if now is S.ISSUED:
        return f"任务尚未签收，不能报“{asked.label}”；请先签收。"
    if now is S.CANCELLED:
        return f"任务已撤销，不再接受“{asked.label}”。"
    if now is S.DECLINED:
        return f"任务已退回，不能改报“{asked.label}”；需由指挥中心重新下达。"
    if now is S.COMPLETED:
        return f"任务已办结，不能再报“{asked.label}”。"
    may = "、".join(s.label for s in S if s in moves(now, has_units=has_units))
    return f"任务现为“{now.label}”，不能转为“{asked.label}”；可转为：{may}。"
