"""送达: how far an order has come: put out, taken by the broker, in their system, answered. Pure.

The system's receipt and a person's answer are two things (UCRI 2): the first only says that the
line works, the clocks run on the second.
"""

from datetime import datetime, timedelta

import msgspec

from linkage.response.moves import LIVE
from linkage.response_vocabulary import Reach
from linkage.vocabulary import AssignmentStatus as S

# From then on another means is the better way (linkage/means).
OTHER_MEANS_AFTER = timedelta(seconds=60)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the rule needs to know of an assignment. `unsent_since`: of what the broker has not."""

    status: S
    issued_at: datetime
    told_at: datetime | None
    delivered_at: datetime | None
    cancel_read_at: datetime | None
    unsent_since: datetime | None
    unsent_error: str | None


class Reached(msgspec.Struct, frozen=True):
    """`waits_s`: how long the receipt is awaited. `words`: what to tell the officer, and why."""

    reach: Reach
    waits_s: float = 0.0
    words: str = ""

    @property
    def other_means(self) -> bool:
        waited = timedelta(seconds=self.waits_s)
        return self.reach is Reach.UNDELIVERED and waited >= OTHER_MEANS_AFTER


def reached(told: Told, now: datetime, within: timedelta, *, receipts: bool = True) -> Reached:
    """Where the newest telling of the order is.

    `within`: what is older and has no receipt has not arrived (data/clocks.toml, delivered).
    `receipts`: their system gives any; else it has what the broker has taken, as far as we know.
    """
    if told.delivered_at is not None:  # of this telling: each one begins without
        return Reached(Reach.ANSWERED if _answered(told) else Reach.DELIVERED)
    since = told.told_at or told.unsent_since
    silent = not receipts and told.unsent_since is None
    if since is None or silent or not awaits_receipt(told):
        return Reached(Reach.ANSWERED if _answered(told) else Reach.SENT)
    waits = max(0.0, (now - since).total_seconds())
    if now - since < within:
        return Reached(Reach.SENT if told.unsent_since is None else Reach.WAITING, waits)
    if told.unsent_since is not None:
        why = f"消息服务器尚未收下：{told.unsent_error or '连接中断，恢复后自动补发'}"
    else:
        why = "消息服务器已收下，对方系统没有回执：可能不在线"
    if now - since >= OTHER_MEANS_AFTER:
        why += "；请改用电话等其他方式通知"
    return Reached(Reach.UNDELIVERED, waits, why)


def awaits_receipt(told: Told) -> bool:
    """Whether it matters that their system has not said it has it.

    Who has answered has the order; but one that was told again since, because its incident was
    merged, is awaited again.
    """
    if told.status is S.CANCELLED:
        return told.cancel_read_at is None
    if told.status is S.ISSUED:
        return True
    anew = told.told_at is not None and told.told_at > told.issued_at
    return told.status in LIVE and anew and told.delivered_at is None


def _answered(told: Told) -> bool:
    if told.status is S.CANCELLED:
        return told.cancel_read_at is not None
    return told.status not in {S.PROPOSED, S.ISSUED}
