"""核验: does the record still say what was written? `python -m linkage verify`.

Reads the whole record once, as of one moment, in constant memory; changes nothing.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, or_, select

from linkage.duty_tables import public_warning
from linkage.intake_tables import errand, source_state
from linkage.log import GENESIS, link
from linkage.record import Record
from linkage.response_tables import notice, notice_attempt
from linkage.tables import (
    alert,
    assignment,
    inbound_message,
    incident,
    incident_alert,
    incident_link,
    ledger,
    log_entry,
    outbound_message,
    warning,
)
from linkage.vocabulary import Channel, IncidentStatus, Outcome

# Tables that share the one sequence of ids.
_NUMBERED = (
    inbound_message,
    alert,
    incident,
    incident_link,
    assignment,
    outbound_message,
    log_entry,
    warning,
    errand,
    public_warning,
    notice,
    notice_attempt,
)
_AT_ONCE = 2000
_SHOWN = 5


class Finding(msgspec.Struct, frozen=True):
    """What one check found. `fault` is None where all is well."""

    check: str
    counted: int
    fault: str | None = None


def verify(record: Record) -> Iterator[Finding]:
    """One finding for each check, as it is done."""
    with record.read() as cx:
        if cx.dialect.name == "postgresql":
            # One moment for all checks, while the intake goes on writing.
            cx.execution_options(isolation_level="REPEATABLE READ")
        for check, look in CHECKS.items():
            counted, fault = look(cx)
            yield Finding(check, counted, fault)


def log_chain(
    cx: Connection, tell: Callable[[int], object] = lambda _counted: None
) -> tuple[int, str | None]:
    """Every hash is that of its row and the hash before it; the last one is the ledger's.

    `tell`: how many entries are read so far."""
    before_that, previous, previous_id, counted = "", GENESIS, 0, 0
    for row in _stream(cx, select(log_entry).order_by(log_entry.c.id)):
        row_id, at, *columns, stored = row
        if link(previous, at, *columns) != stored:
            if before_that and link(before_that, at, *columns) == stored:
                return counted, f"第 {previous_id} 号记录是事后插入的：后一条记录不承接它"
            return counted, _changed_or_missing(cx, previous_id, row_id)
        before_that, previous, previous_id = previous, stored, row_id
        counted += 1
        if counted % _AT_ONCE == 0:
            tell(counted)
    if previous != cx.execute(select(ledger.c.log_hash)).scalar_one():
        where = f"第 {previous_id} 号记录之后" if counted else "全部"
        return counted, f"{where}的记录缺失：末条校验值与总账不符"
    return counted, None


def _changed_or_missing(cx: Connection, previous_id: int, row_id: int) -> str:
    """All ids come from one sequence: a number that no table has is that of a deleted row."""
    gap = range(previous_id + 1, row_id)
    used = 0
    for table in _NUMBERED:
        ids = select(func.count()).where(table.c.id > previous_id, table.c.id < row_id)
        used += cx.execute(ids).scalar_one()
    if used < len(gap):
        return f"第 {row_id} 号记录之前缺失 {len(gap) - used} 条（{gap[0]} 至 {gap[-1]} 号之间）"
    return f"第 {row_id} 号记录的内容或校验值被改动"


def _accounts(cx: Connection) -> tuple[int, str | None]:
    """received = stored + duplicate + rejected, per source, and as many rows as were counted."""
    mail = inbound_message.c
    rows: dict[tuple[str, str], dict[str, int]] = {}
    counts = select(mail.channel, mail.source_id, mail.outcome, func.count())
    for channel, source, outcome, count in cx.execute(
        counts.group_by(mail.channel, mail.source_id, mail.outcome)
    ):
        rows.setdefault((channel, source), {})[outcome] = count
    faults: list[str] = []
    received = 0
    for state in cx.execute(select(source_state).order_by(source_state.c.source_id)).mappings():
        kept = rows.pop((state["channel"], state["source_id"]), {})
        received += state["received"]
        where = f"{state['source_id']}（{_channel(state['channel'])}）"
        faults += [
            f"{where}{outcome.label}记账 {state[outcome]} 条，报文表有 {kept.get(outcome, 0)} 条"
            for outcome in Outcome
            if state[outcome] != kept.get(outcome, 0)
        ]
        if state["received"] != sum(state[outcome] for outcome in Outcome):
            faults.append(f"{where}接收 {state['received']} 条，不等于各项之和")
    for (channel, source), kept in rows.items():
        faults.append(f"{source}（{_channel(channel)}）有 {sum(kept.values())} 条报文未记账")
    return received, _told(faults)


def _channel(code: str) -> str:
    return Channel(code).label if code in set(Channel) else code


def _belonging(cx: Connection) -> tuple[int, str | None]:
    """Every alert belongs to exactly one open or ended incident, or is a warning."""
    member, mine = incident_alert.c, alert.c
    faults = []
    joined = select(mine.id).join_from(
        alert, incident_alert, member.alert_id == mine.id, isouter=True
    )
    faults += _listed(
        cx,
        joined.where(mine.warning_colour.is_(None), member.alert_id.is_(None)),
        "接报 {} 不属于任何事件",
    )
    faults += _listed(
        cx,
        joined.where(mine.warning_colour.is_not(None), member.alert_id.is_not(None)),
        "预警 {} 混入了事件",
    )
    lost = select(member.alert_id).join_from(
        incident_alert, incident, incident.c.id == member.incident_id, isouter=True
    )
    faults += _listed(
        cx,
        lost.where(or_(incident.c.id.is_(None), incident.c.status == IncidentStatus.MERGED.value)),
        "接报 {} 所属事件不存在或已并入其他事件",
    )
    nothing = select(member.alert_id).join_from(
        incident_alert, alert, mine.id == member.alert_id, isouter=True
    )
    faults += _listed(cx, nothing.where(mine.id.is_(None)), "事件中的接报 {} 已不存在")
    return cx.execute(select(func.count()).select_from(alert)).scalar_one(), _told(faults)


def _mail(cx: Connection) -> tuple[int, str | None]:
    """Every alert has the message it came in, and every message the alert it became, if one."""
    mail, mine = inbound_message.c, alert.c
    joined = select(mine.id).join_from(
        alert, inbound_message, mail.id == mine.inbound_id, isouter=True
    )
    faults = _listed(cx, joined.where(mail.id.is_(None)), "接报 {} 的原始报文缺失")
    back = select(mail.id).join_from(inbound_message, alert, mine.id == mail.alert_id, isouter=True)
    # Readings, positions and halves of frames are stored and are no alert.
    told = mail.alert_id.is_not(None)
    faults += _listed(cx, back.where(told, mine.id.is_(None)), "原始报文 {} 的接报缺失")
    return cx.execute(select(func.count()).select_from(inbound_message)).scalar_one(), _told(faults)


def _incidents(cx: Connection) -> tuple[int, str | None]:
    """Merged incidents lead to another one, the others to none."""
    mine = incident.c
    merged = mine.status == IncidentStatus.MERGED.value
    into = incident.alias("into")
    faults = _listed(
        cx,
        select(mine.number)
        .join_from(incident, into, into.c.id == mine.merged_into, isouter=True)
        .where(merged, into.c.id.is_(None)),
        "事件 {} 已并案，但并入的事件不存在",
    )
    faults += _listed(
        cx,
        select(mine.number).where(~merged, mine.merged_into.is_not(None)),
        "事件 {} 未并案，却记有并入的事件",
    )
    return cx.execute(select(func.count()).select_from(incident)).scalar_one(), _told(faults)


def _ids(cx: Connection) -> tuple[int, str | None]:
    """No id and no revision beyond what the ledger has given out."""
    head = cx.execute(select(ledger)).mappings().one()
    faults = []
    for table in _NUMBERED:
        newest = cx.execute(select(func.max(table.c.id))).scalar_one()
        if newest is not None and newest > head["last_id"]:
            faults.append(f"{table.name} 的标识 {newest} 超过总账的 {head['last_id']}")
    newest = cx.execute(select(func.max(incident.c.revision))).scalar_one()
    if newest is not None and newest > head["revision"]:
        faults.append(f"事件版次 {newest} 超过总账的 {head['revision']}")
    return int(head["last_id"]), _told(faults)


CHECKS: dict[str, Callable[[Connection], tuple[int, str | None]]] = {
    "处置记录链": log_chain,
    "收报记账": _accounts,
    "接报归属": _belonging,
    "原始报文": _mail,
    "并案去向": _incidents,
    "标识与版次": _ids,
}


def _stream(cx: Connection, rows: Select[Any]) -> Iterator[Any]:
    return iter(cx.execute(rows.execution_options(yield_per=_AT_ONCE)))


def _listed(cx: Connection, rows: Select[Any], sentence: str) -> list[str]:
    found = cx.execute(rows.limit(_SHOWN + 1)).scalars().all()
    if not found:
        return []
    more = "等" if len(found) > _SHOWN else ""
    return [sentence.format("、".join(str(one) for one in found[:_SHOWN]) + more)]


def _told(faults: list[str]) -> str | None:
    return "；".join(faults) or None
