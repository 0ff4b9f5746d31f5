"""How a report stands against its three limits, in words. Pure."""

from datetime import datetime, timedelta
from typing import Literal, Protocol

import msgspec

State = Literal["done", "late_done", "running", "near", "late"]
_NEAR = timedelta(minutes=15)


class Standing(Protocol):
    """Any report: the row, or what a test makes of one."""

    @property
    def telephone_due_at(self) -> datetime | None: ...
    @property
    def written_due_at(self) -> datetime | None: ...
    @property
    def legal_due_at(self) -> datetime | None: ...
    @property
    def telephoned_at(self) -> datetime | None: ...
    @property
    def signed_at(self) -> datetime | None: ...


class Timer(msgspec.Struct, frozen=True):
    """`due_at` None: this limit does not run for this report."""

    name: str
    state: State
    due_at: datetime
    words: str


def timers(one: Standing, now: datetime) -> list[Timer]:
    """电话, 书面, 法定: those that run, in that order."""
    found = (
        # The signed paper says all that a call would.
        _timer("电话", one.telephone_due_at, one.telephoned_at or one.signed_at, now),
        _timer("书面", one.written_due_at, one.signed_at, now),
        _timer("法定", one.legal_due_at, one.signed_at, now),
    )
    return [timer for timer in found if timer is not None]


def late_paper(one: Standing, at: datetime) -> str:
    """What is late if it is signed at `at`; empty when nothing is."""
    if one.legal_due_at is not None and at > one.legal_due_at:
        return f"已超过法定时限{_span(at - one.legal_due_at)}"
    if one.written_due_at is not None and at > one.written_due_at:
        return f"书面报告已超时{_span(at - one.written_due_at)}"
    return ""


def late_telephone(one: Standing, at: datetime) -> str:
    if one.telephone_due_at is None or at <= one.telephone_due_at:
        return ""
    return f"电话报告已超时{_span(at - one.telephone_due_at)}"


def next_due(one: Standing) -> datetime | None:
    """The earliest limit that is still to be met."""
    if one.signed_at is not None:
        return None
    open_ = [one.written_due_at, one.legal_due_at]
    if one.telephoned_at is None:
        open_.append(one.telephone_due_at)
    return min((due for due in open_ if due is not None), default=None)


def _timer(name: str, due: datetime | None, done: datetime | None, now: datetime) -> Timer | None:
    if due is None:
        return None
    if done is not None:
        if done <= due:
            return Timer(name, "done", due, "按时完成")
        return Timer(name, "late_done", due, f"迟{_span(done - due)}完成")
    if now > due:
        return Timer(name, "late", due, f"已超时{_span(now - due)}")
    left = due - now
    return Timer(name, "near" if left <= _NEAR else "running", due, f"还有{_span(left)}")


def _span(span: timedelta) -> str:
    minutes, seconds = divmod(max(0, int(span.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24}天"
    if hours:
        return f"{hours}小时{minutes}分"
    return f"{minutes}分{seconds:02d}秒" if minutes < 10 else f"{minutes}分"
