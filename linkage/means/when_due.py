"""Whether a notice that waits is still needed, and whether its turn comes sooner. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from linkage.means.ways import BROKER_AWAY
from linkage.response_vocabulary import Means, NoticeStatus
from linkage.vocabulary import AssignmentRole, AssignmentStatus

# A system that is there says so within a second or two; one that is not, never.
RECEIPT_WITHIN = timedelta(seconds=20)
# The broker confirms in a second. K01: 未送达 is known within 5 s.
CONFIRMED_WITHIN = timedelta(seconds=5)
# Who stamps a row and who sends may differ by so much; more, and our clock was put back.
AHEAD = timedelta(minutes=1)
# Doubling from five seconds to five minutes, for a day: an order that nobody has signed still
# matters when the gateway is back after an hour.
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=5)


class OrderState(msgspec.Struct, frozen=True, kw_only=True):
    """The order that a notice is about, as it stands. `unsent_since`: the broker has it not."""

    status: AssignmentStatus
    role: AssignmentRole
    revision: int
    told_at: datetime | None
    delivered_at: datetime | None
    cancel_read_at: datetime | None
    unsent_since: datetime | None = None
    receipts: bool = True


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A notice, waiting or tried, with its order; no order: it is for a person."""

    id: int
    means: Means
    about: str
    about_id: int
    round: int
    status: NoticeStatus
    created_at: datetime
    not_before: datetime
    retry_at: datetime | None
    attempts: int
    result: str | None
    order: OrderState | None = None

    @property
    def is_failing(self) -> bool:
        """It has been tried and has not arrived."""
        tried = self.attempts > 0 and self.result is not None
        return self.status is NoticeStatus.FAILED or (
            self.status is NoticeStatus.WAITING and tried and self.means is not Means.TELEPHONE
        )


def may_try(one: Waiting, now: datetime) -> bool:
    """Whether its next try has come. One that lies further ahead than any pause is of a clock that
    has been put back since."""
    return one.retry_at is None or not now < one.retry_at <= now + LONGEST_RETRY + AHEAD


def put_back(every: Iterable[Waiting], now: datetime) -> Iterable[tuple[Waiting, str]]:
    """T24: what was written later than now: our clock was put back, and nobody waits for a message
    until the day has caught up."""
    for one in every:
        ahead = one.status is NoticeStatus.WAITING and one.created_at > now + AHEAD
        if ahead and one.not_before > now:
            yield one, "本机时钟被调回"


def not_needed(one: Waiting) -> str | None:
    """Why nobody needs to hear it any more; None while somebody does.

    Who signed has the order. Who is only informed need not sign: that the system has it will do.
    """
    order = one.order
    if order is None:
        return None
    if order.revision != one.round:
        return f"指令已改为第 {order.revision} 版"
    if order.status is AssignmentStatus.CANCELLED:
        return None if order.cancel_read_at is None else "撤销通知已签收"
    if order.status is not AssignmentStatus.ISSUED:
        return f"对方{order.status.label}"
    if order.role is AssignmentRole.INFORM and order.delivered_at is not None:
        return "告知单位的系统已收到"
    return None


def sooner(one: Waiting, now: datetime, *, broker_away: bool) -> str | None:
    """Why it need not wait for its time; None: it waits."""
    order = one.order
    if one.not_before <= now or order is None or order.delivered_at is not None:
        return None
    if broker_away:
        return BROKER_AWAY
    if order.unsent_since is not None and now - order.unsent_since > CONFIRMED_WITHIN:
        waits = int((now - order.unsent_since).total_seconds())
        return f"指令 {waits} 秒未送到消息服务器"
    if order.receipts and order.told_at is not None and now - order.told_at > RECEIPT_WITHIN:
        return f"对方系统 {RECEIPT_WITHIN.seconds} 秒没有回执"
    return None


def brought_forward(
    every: Sequence[Waiting], now: datetime, *, broker_away: bool
) -> Iterable[tuple[Waiting, str]]:
    """The means that replace MQTT before their time: all of them while the broker is away, for
    then nobody hears an order; else the first, and the others keep their time."""
    matters: dict[tuple[str, int, int], list[Waiting]] = {}
    for one in every:
        matters.setdefault((one.about, one.about_id, one.round), []).append(one)
    for same in matters.values():
        ahead = [one for one in same if one.status is NoticeStatus.WAITING and one.not_before > now]
        if not broker_away:
            # A sheet that lies on a printer has told nobody.
            begun = any(one.not_before <= now and one.means is not Means.SHEET for one in same)
            ahead = [] if begun else sorted(ahead, key=lambda one: (one.not_before, one.id))[:1]
        for one in ahead:
            if why := sooner(one, now, broker_away=broker_away):
                yield one, why


def taken_over(every: Sequence[Waiting], now: datetime) -> Iterable[tuple[Waiting, str]]:
    """The means that come at once because the one before them did not arrive."""
    for before in every:
        if not before.is_failing:
            continue
        same = (before.about, before.about_id, before.round)
        following = [
            one
            for one in every
            if one.id > before.id and (one.about, one.about_id, one.round) == same
        ]
        after = min(following, key=lambda one: one.id, default=None)
        if after and after.status is NoticeStatus.WAITING and after.not_before > now:
            yield after, f"{before.means.label}未送达"
