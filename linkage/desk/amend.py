"""How a person's change to one incident is written: found, seen as the officer saw it, logged."""

from typing import Any

import msgspec
from sqlalchemy import RowMapping, select, update

from linkage.actions import LOOKS, Action, Happening
from linkage.beijing import clock
from linkage.desk.progress import ENDS, STAMPS, advance
from linkage.errors import NotAllowed, Raced
from linkage.record import Writing
from linkage.tables import incident, log_entry
from linkage.vocabulary import IncidentStatus

_NO_DECISION = [action.value for action in (Action.NOTE, *LOOKS)]


def find_incident(w: Writing, incident_id: int) -> RowMapping:
    """The row of `incident`, or NotAllowed."""
    row = w.cx.execute(select(incident).where(incident.c.id == incident_id)).mappings().first()
    if row is None:
        raise NotAllowed(f"没有标识为 {incident_id} 的事件，请刷新后重新选择。")
    return row


def open_incident(w: Writing, incident_id: int) -> RowMapping:
    """The row, or NotAllowed saying how the incident ended."""
    row = find_incident(w, incident_id)
    status = IncidentStatus(row["status"])
    if status is IncidentStatus.MERGED:
        into = find_incident(w, row["merged_into"])["number"]
        raise NotAllowed(f"事件 {row['number']} 已并入 {into}，请到 {into} 处置。")
    if status in ENDS:
        raise NotAllowed(
            f"事件 {row['number']} 的状态是“{status.label}”，如需继续处置，请先重启该事件。"
        )
    return row


def as_seen(w: Writing, row: RowMapping, version: int, *, to_the_letter: bool = False) -> None:
    """Raise Raced if a person has decided something since `version`; it says who, what and when.

    Reports that the rules attach meanwhile do not stop an officer, for in a storm they never
    end; unless the decision is about everything that was said (`to_the_letter`).
    """
    if row["version"] == version:
        return
    entries = (
        select(log_entry)
        .where(log_entry.c.incident_id == row["id"], log_entry.c.action.not_in(_NO_DECISION))
        .order_by(log_entry.c.id.desc())
        .limit(1)
    )
    if not to_the_letter:
        entries = entries.where(
            log_entry.c.actor.not_like("rule%"),
            log_entry.c.actor.not_like("source:%"),
            log_entry.c.actor.not_like("agency:%"),
        )
    entry = w.cx.execute(entries).mappings().first()
    if entry is not None:
        after = msgspec.json.decode(entry["after"]) if entry["after"] else None
        # Who leaves no version in the log counts as later than what the officer saw.
        done = after.get("version", version + 1) if isinstance(after, dict) else version + 1
        if done > version or to_the_letter:
            raise Raced(_overtaken(row, entry))
    if row["version"] < version or to_the_letter:
        raise Raced(f"事件 {row['number']} 已有变化，您的操作未生效；请查看最新情况后再决定。")


def _overtaken(row: RowMapping, entry: RowMapping) -> str:
    action, why = entry["action"], entry["reason"]
    known = {code.value: code.label for codes in (Action, Happening) for code in codes}
    return (
        f"{_who(entry['actor'])}已于 {clock(entry['at'])} 对事件 {row['number']} "
        f"执行“{known.get(action, action)}”{f'（{why}）' if why else ''}，"
        "您的操作未生效；请查看最新情况后再决定。"
    )


def _who(actor: str) -> str:
    kind, _, name = actor.partition(":")
    return {"source": f"接入系统 {name} ", "agency": f"联动单位 {name} ", "rule": "系统"}.get(
        kind, actor
    )


def change(
    w: Writing, row: RowMapping, actor: str, action: Action, reason: str, **values: Any
) -> int:
    """Write `values` to the incident and, before and after, to the log; returns the new version."""
    values = {name: value for name, value in values.items() if value != row[name]}
    version = int(row["version"]) + 1
    w.log.add(
        actor,
        action,
        reason,
        incident_id=row["id"],
        before={name: row[name] for name in values} | {"version": row["version"]},
        after=values | {"version": version},
    )
    w.cx.execute(
        update(incident)
        .where(incident.c.id == row["id"])
        .values(**values, version=version, revision=w.next_revision(), changed_at=w.at)
    )
    return version


def step(w: Writing, row: RowMapping, asked: IncidentStatus) -> dict[str, Any]:
    """The columns that change when the incident reaches `asked`. No stamp is overwritten."""
    values: dict[str, Any] = {"status": advance(IncidentStatus(row["status"]), asked)}
    if row[STAMPS[asked]] is None:
        values[STAMPS[asked]] = w.at
    return values


def touch(w: Writing, incident_id: int) -> None:
    """Screens must read the incident again, but what an officer decided on has not changed."""
    w.cx.execute(
        update(incident)
        .where(incident.c.id == incident_id)
        .values(revision=w.next_revision(), changed_at=w.at)
    )
