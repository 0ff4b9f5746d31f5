"""The rows of `joint_response`: read, written and logged; the incident's level follows."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, select, update

from linkage.actions import Action
from linkage.beijing import clock
from linkage.desk.amend import find_incident
from linkage.errors import NotAllowed, Raced
from linkage.record import Record, Writing
from linkage.response_tables import joint_response
from linkage.response_vocabulary import CommandLevel, ResponseStatus
from linkage.tables import incident, log_entry

_ACTS = (
    Action.START_RESPONSE,
    Action.RAISE_LEVEL,
    Action.LOWER_LEVEL,
    Action.HAND_COMMAND,
    Action.AMEND_RESPONSE,
    Action.END_RESPONSE,
    Action.MERGE,
    Action.UNDO,
)


class JointResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `joint_response`, typed. `version`: optimistic locking."""

    id: int
    incident_id: int
    status: ResponseStatus
    level: int
    command: CommandLevel
    subject: str
    expected_until: datetime | None
    measures: str
    card_row: int | None
    card_version_id: int | None
    started_by: str
    started_at: datetime
    changed_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    end_reason: str | None
    exercise: bool
    version: int


def active_response(cx: Connection, incident_id: int) -> JointResponse | None:
    """The response that is running for the incident, if one is."""
    row = active_row(cx, incident_id)
    return None if row is None else _typed(row)


def responses_of(cx: Connection, incident_id: int) -> list[JointResponse]:
    """All that were ever started for it, newest first."""
    query = (
        select(joint_response)
        .where(joint_response.c.incident_id == incident_id)
        .order_by(joint_response.c.id.desc())
    )
    return [_typed(row) for row in cx.execute(query).mappings()]


def read_responses(record: Record, incident_id: int) -> list[JointResponse]:
    with record.read() as cx:
        return responses_of(cx, incident_id)


def active_row(cx: Connection, incident_id: int) -> RowMapping | None:
    query = select(joint_response).where(
        joint_response.c.incident_id == incident_id,
        joint_response.c.status == ResponseStatus.ACTIVE.value,
    )
    return cx.execute(query).mappings().first()


def amend(  # noqa: PLR0917
    w: Writing,
    who: str,
    action: Action,
    reason: str,
    row: RowMapping,
    response: RowMapping,
    **values: Any,
) -> int:
    """Write `values` to the response and to the log; the incident's level follows."""
    values = {name: value for name, value in values.items() if value != response[name]}
    version = int(response["version"]) + 1
    before = {name: response[name] for name in values}
    log_act(w, who, action, reason, row, before, values | {"id": response["id"]})
    w.cx.execute(
        update(joint_response)
        .where(joint_response.c.id == response["id"])
        .values(**values, version=version, changed_at=w.at)
    )
    ended = values.get("status", response["status"]) == ResponseStatus.ENDED
    show_level(w, row, None if ended else values.get("level", response["level"]))
    return version


def running(w: Writing, response_id: int, version: int) -> tuple[RowMapping, RowMapping]:
    """The response as the officer saw it, and its incident."""
    query = select(joint_response).where(joint_response.c.id == response_id)
    response = w.cx.execute(query).mappings().first()
    if response is None:
        raise NotAllowed(f"没有标识为 {response_id} 的响应，请刷新后重新选择。")
    if response["status"] == ResponseStatus.ENDED:
        raise Raced(
            f"响应已由{response['ended_by']}于 {clock(response['ended_at'])} 终止"
            f"（{response['end_reason']}）；如需继续，请重新启动响应。"
        )
    if response["version"] != version:
        raise Raced(_overtaken(w, response))
    return response, find_incident(w, response["incident_id"])


def _overtaken(w: Writing, response: RowMapping) -> str:
    entries = (
        select(log_entry)
        .where(
            log_entry.c.incident_id == response["incident_id"],
            log_entry.c.action.in_([action.value for action in _ACTS]),
        )
        .order_by(log_entry.c.id.desc())
        .limit(1)
    )
    entry = w.cx.execute(entries).mappings().one()
    return (
        f"{entry['actor']}已于 {clock(entry['at'])} 执行“{Action(entry['action']).label}”"
        f"（{entry['reason']}），您的操作未生效；请查看最新情况后再决定。"
    )


def log_act(  # noqa: PLR0917
    w: Writing,
    who: str,
    action: Action,
    reason: str,
    row: RowMapping,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    version = int(row["version"]) + 1
    w.log.add(
        who,
        action,
        reason,
        incident_id=row["id"],
        before={"joint_response": before, "version": row["version"]},
        after={"joint_response": after, "version": version},
    )


def show_level(w: Writing, row: RowMapping, level: int | None) -> None:
    """The incident says the level too, and every screen reads it again."""
    w.cx.execute(
        update(incident)
        .where(incident.c.id == row["id"])
        .values(
            response_level=level,
            version=int(row["version"]) + 1,
            revision=w.next_revision(),
            changed_at=w.at,
        )
    )


def _typed(row: RowMapping) -> JointResponse:
    return msgspec.convert(
        {name: row[name] for name in JointResponse.__struct_fields__}, JointResponse
    )
