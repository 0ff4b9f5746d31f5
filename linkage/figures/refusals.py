"""拒收报文: what was refused and is still open, by reason, and what became of the rest."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, func, select

from linkage.actions import Action
from linkage.figures.kept import first_id_since
from linkage.intake.mend import is_classified
from linkage.intake_tables import set_aside
from linkage.log import as_json
from linkage.tables import inbound_message, incident, log_entry
from linkage.vocabulary import Channel, Labelled, Outcome

_KEPT = inbound_message.c
# The newest are sorted by reason; nobody works through more, and a gateway that raves for a day
# must not keep the page waiting.
MOST_SORTED = 100_000
# Messages of one reason that are paged through; beyond that nobody reads one by one.
MOST_OF_ONE = 10_000
# The log entry of a re-driven message follows in its own transaction.
_SAME_TRANSACTION = 5_000
# What changes from message to message; the first word says whether it is worth looking.
_CHANGING = (
    ("'", re.compile(r"'[^']*'"), "'…'"),
    ('"', re.compile(r'"[^"]*"'), "'…'"),
    ("“", re.compile(r"“[^”]*”"), "'…'"),
    (" ", re.compile(r"(第|共|byte|其余|等) \d+"), r"\1 #"),
    ("开头", re.compile(r"以 [0-9A-F ]+ 开头"), "以 … 开头"),
    (" ", re.compile(r"(写|实为|应为|只有|只剩|实有|算得) [0-9A-F]+\b"), r"\1 #"),
    ("/", re.compile(r"\b\d+/\d+\b"), "#/#"),
    (" 字节", re.compile(r"\d+( 字节)"), r"#\1"),
    ("任何帧", re.compile(r"任何帧：[0-9A-F ]+…?"), "任何帧：…"),
    ("column", re.compile(r"line \d+, column \d+"), "line #"),
    ("收到 ", re.compile(r"收到 .*"), "收到 …"),
    ("", re.compile(r"(?<![A-Za-z])\d{4,}"), "#"),  # a time, the number of a record
)


class RefusalState(Labelled):
    OPEN = "open", "待处理"
    MENDED = "mended", "已重新接入"
    ASIDE = "aside", "不再处理"


class Sieve(msgspec.Struct, frozen=True, kw_only=True):
    """Which refused messages; None: all. `pattern`: see `pattern`."""

    state: RefusalState = RefusalState.OPEN
    source_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    channel: Channel | None = None
    pattern: str | None = None


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of one source refused for the same reason. `reason`: of the newest."""

    source_id: str
    pattern: str
    reason: str
    count: int
    newest_id: int
    newest_at: datetime


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A payload that could not be read. `payload` is empty where it was marked 涉密.

    `mended_by`: the message taken in in its place. `note`, `decided_by`, `decided_at`: where a
    person left it at that.
    """

    id: int
    channel: str
    source_id: str
    topic: str
    received_at: datetime
    reason: str
    field: str | None
    payload: bytes
    mends: int | None = None
    mended_by: int | None = None
    note: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None

    @property
    def state(self) -> RefusalState:
        if self.mended_by is not None:
            return RefusalState.MENDED
        return RefusalState.OPEN if self.note is None else RefusalState.ASIDE


class Instead(msgspec.Struct, frozen=True, kw_only=True):
    """The message taken in in place of a refused one, and who saw to it."""

    id: int
    received_at: datetime
    outcome: Outcome
    incident: str | None
    who: str
    changed: bool


@lru_cache(maxsize=50_000)
def pattern(reason: str) -> str:
    """What refusals for the same reason have in common: the same mistake in other values.

    A missing line of a table is a reason of its own for every code: each needs its own line.
    """
    if "补一行" in reason:
        return reason
    for word, changing, sign in _CHANGING:
        if word in reason:
            reason = changing.sub(sign, reason)
    return reason


def groups(cx: Connection, sieve: Sieve) -> list[Group]:
    """By source and reason, the most numerous first; of the newest MOST_SORTED messages."""
    some = (
        select(_KEPT.id, _KEPT.source_id, _KEPT.reason, _KEPT.received_at)
        .select_from(_JOINED)
        .where(*_conditions(cx, sieve))
    )
    refused = select(func.count()).where(_KEPT.outcome == Outcome.REJECTED._value_)
    if cx.execute(refused).scalar_one() > MOST_SORTED:  # an index knows; sorting them does cost
        some = some.order_by(_KEPT.id.desc()).limit(MOST_SORTED)
    kept = some.subquery().c
    newest = func.max(kept.id)
    columns = (kept.source_id, kept.reason, func.count(), newest, func.max(kept.received_at))
    rows = cx.execute(
        select(*columns).group_by(kept.source_id, kept.reason).order_by(newest.desc())
    )
    found: dict[tuple[str, str], Group] = {}
    for source_id, reason, count, newest_id, newest_at in rows:
        key = source_id, pattern(reason or "")
        known = found.get(key)
        if known is None:
            found[key] = Group(
                source_id=source_id,
                pattern=key[1],
                reason=reason or "",
                count=count,
                newest_id=newest_id,
                newest_at=newest_at,
            )
        else:
            found[key] = msgspec.structs.replace(known, count=known.count + count)
    # Newest first where the numbers are equal: sorting keeps the order of what is alike.
    return sorted(found.values(), key=lambda group: -group.count)


def refusals(
    cx: Connection, sieve: Sieve, *, page: int = 0, size: int = 20
) -> tuple[int, tuple[Refusal, ...]]:
    """How many there are, and one page of them, newest first; the last, if `page` is past it.

    Of one reason no more than MOST_OF_ONE are counted.
    """
    if sieve.pattern is None:
        must = _conditions(cx, sieve)
        counting = select(func.count()).select_from(_JOINED).where(*must)
        count = cx.execute(counting).scalar_one()
        start = min(page, max(0, count - 1) // size) * size
        # Numbers first: sorting whole payloads to skip most of them took seconds.
        numbers = select(_KEPT.id).select_from(_JOINED).where(*must).order_by(_KEPT.id.desc())
        ids = list(cx.execute(numbers.limit(size).offset(start)).scalars())
    else:
        every = refusal_ids(cx, sieve, MOST_OF_ONE)
        count = len(every)
        start = min(page, max(0, count - 1) // size) * size
        ids = every[start : start + size]
    newest = select(*_COLUMNS).select_from(_JOINED).order_by(_KEPT.id.desc())
    rows = cx.execute(newest.where(_KEPT.id.in_(ids)))
    return count, tuple(_refusal(row) for row in rows)


def refusal(cx: Connection, number: int) -> Refusal | None:
    """One refused message; None where there is none of that number."""
    if number >= 2**63:  # from an address that somebody typed: the driver would refuse it
        return None
    this = (_KEPT.id == number, _KEPT.outcome == Outcome.REJECTED._value_)
    row = cx.execute(select(*_COLUMNS).select_from(_JOINED).where(*this)).first()
    return None if row is None else _refusal(row)


def refusal_ids(cx: Connection, sieve: Sieve, most: int | None = None) -> list[int]:
    """Their numbers, newest first."""

    def matching() -> Iterator[int]:
        query = select(_KEPT.id, _KEPT.reason).select_from(_JOINED)
        for number, reason in cx.execute(
            query.where(*_conditions(cx, sieve)).order_by(_KEPT.id.desc())
        ):
            if sieve.pattern is None or pattern(reason or "") == sieve.pattern:
                yield number

    found = []
    for number in matching():
        found.append(number)
        if len(found) == most:
            break
    return found


def why_closed(cx: Connection, number: int) -> tuple[str, bool]:
    """Why a message cannot be taken in any more, in an officer's words; whether that is because
    it has been taken in."""
    one = refusal(cx, number)
    if one is None:
        return "没有这个编号的拒收报文，请核对", False
    new = instead(cx, one)
    if new is not None:
        return f"已由{new.who}重新接入为 {new.id}", True
    if one.note is not None:
        return f"{one.decided_by}已定为不再处理（{one.note}）；要接入请先恢复处理", False
    if is_classified(one.payload, one.reason):
        return "报文标有涉密，正文未留存，不能重新接入", False
    return "刚才已由他人处理，请刷新后再看", False


def instead(cx: Connection, one: Refusal) -> Instead | None:
    """What stands in the place of a mended message."""
    if one.mended_by is None:
        return None
    columns = (_KEPT.received_at, _KEPT.outcome, incident.c.number)
    row = cx.execute(
        select(*columns)
        .join_from(inbound_message, incident, incident.c.id == _KEPT.incident_id, isouter=True)
        .where(_KEPT.id == one.mended_by)
    ).first()
    if row is None:
        return None
    entry = cx.execute(
        select(log_entry.c.actor, log_entry.c.action).where(
            log_entry.c.id.between(one.mended_by, one.mended_by + _SAME_TRANSACTION),
            log_entry.c.action.in_((Action.MEND._value_, Action.REDRIVE._value_)),
            log_entry.c.before == as_json({"message": one.id}),
        )
    ).first()
    return Instead(
        id=one.mended_by,
        received_at=row.received_at,
        outcome=Outcome(row.outcome),
        incident=row.number,
        who=entry.actor if entry else "",
        changed=entry is not None and entry.action == Action.MEND,
    )


_JOINED = inbound_message.outerjoin(set_aside, set_aside.c.inbound_id == _KEPT.id)
_COLUMNS = (
    *(_KEPT[name] for name in Refusal.__struct_fields__ if name in _KEPT),
    *(set_aside.c[name] for name in ("note", "decided_by", "decided_at")),
)


def _conditions(cx: Connection, sieve: Sieve) -> list[ColumnElement[bool]]:
    must = [_KEPT.outcome == Outcome.REJECTED._value_]
    if sieve.state is RefusalState.MENDED:
        must.append(_KEPT.mended_by.is_not(None))
    else:
        aside = set_aside.c.inbound_id
        open_ = aside.is_(None) if sieve.state is RefusalState.OPEN else aside.is_not(None)
        must += [_KEPT.mended_by.is_(None), open_]
    if sieve.channel is not None:
        must.append(_KEPT.channel == sieve.channel._value_)
    if sieve.source_id is not None:
        must.append(_KEPT.source_id == sieve.source_id)
    if sieve.since is not None:
        must += [_KEPT.id >= first_id_since(cx, sieve.since), _KEPT.received_at >= sieve.since]
    if sieve.until is not None:
        must.append(_KEPT.received_at < sieve.until)
    return must


def _refusal(row: Row[Any]) -> Refusal:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public spelling
    return Refusal(**{**values, "reason": values["reason"] or ""})
