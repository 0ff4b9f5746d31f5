"""响应级别: a joint response is started, raised, lowered, handed over and ended; one at a time.

`incident.response_level` says the same as the row of `joint_response`, in the same transaction.
Each function is one transaction. They raise Raced when a person was faster, NotAllowed when it
may not be, NotPermitted when the actor's role may not.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, insert

from linkage.actions import Action
from linkage.beijing import clock
from linkage.desk.amend import as_seen, open_incident
from linkage.errors import NotAllowed, Raced
from linkage.log import as_json
from linkage.people import Actor, permit
from linkage.plan.card_versions import keep_version
from linkage.plan.declaring import (
    Declaration,
    check_command,
    check_level,
    check_measures,
    check_until,
    command_after,
    first_command,
    in_words,
    stated,
)
from linkage.plan.response_rows import (
    JointResponse,
    active_response,
    active_row,
    amend,
    log_act,
    responses_of,
    running,
    show_level,
)
from linkage.plan.run_cards import Proposal, RunCards
from linkage.record import Record, Writing
from linkage.response.agencies import Agency
from linkage.response.assignments import live_of
from linkage.response.order_messages import tell_each
from linkage.response_tables import joint_response
from linkage.response_vocabulary import CommandLevel, ResponseStatus
from linkage.vocabulary import RESPONSE_LEVELS

__all__ = [
    "Declaration",
    "JointResponse",
    "active_response",
    "end_response",
    "end_within",
    "hand_command",
    "lower_level",
    "raise_level",
    "responses_of",
    "restate",
    "start_response",
    "start_within",
]
Agencies = Mapping[str, Agency]


def start_response(
    record: Record,
    actor: Actor,
    incident_id: int,
    version: int,
    declared: Declaration,
    *,
    cards: RunCards | None = None,
    proposal: Proposal | None = None,
    at: datetime | None = None,
) -> int:
    """Start a response for the incident as the officer saw it (`version`); returns its id.

    `cards`, `proposal`: what it rests on; the very text of the cards is kept with it.
    """
    with record.write(at) as w:
        row = open_incident(w, incident_id)
        as_seen(w, row, version)
        return start_within(w, actor, row, declared, cards=cards, proposal=proposal)


def start_within(
    w: Writing,
    actor: Actor,
    row: RowMapping,
    declared: Declaration,
    *,
    cards: RunCards | None = None,
    proposal: Proposal | None = None,
) -> int:
    """`start_response` as a part of another act, such as issuing the orders."""
    permit(actor, Action.START_RESPONSE)
    declared = stated(declared, w.at)
    before = active_row(w.cx, row["id"])
    if before is not None:
        raise Raced(
            f"{before['started_by']}已于 {clock(before['started_at'])} 启动"
            f"{RESPONSE_LEVELS[before['level']]}响应；要改级别请用提级或降级。"
        )
    response_id = w.next_id()
    card = proposal.card if proposal is not None else None
    columns: dict[str, Any] = {
        "status": ResponseStatus.ACTIVE,
        "level": declared.level,
        "command": first_command(declared.level),
        "subject": declared.subject,
        "expected_until": declared.expected_until,
        "measures": declared.measures,
        "card_row": card.row if card is not None else None,
        "card_version_id": keep_version(w, cards) if cards is not None else None,
    }
    w.cx.execute(
        insert(joint_response).values(
            id=response_id,
            incident_id=row["id"],
            proposal=None if proposal is None else as_json(proposal),
            started_by=str(actor),
            started_at=w.at,
            changed_at=w.at,
            exercise=row["exercise"],
            version=1,
            **columns,
        )
    )
    said = f"启动{RESPONSE_LEVELS[declared.level]}响应：{declared.subject}"
    log_act(w, str(actor), Action.START_RESPONSE, said, row, {}, columns | {"id": response_id})
    show_level(w, row, declared.level)
    return response_id


def raise_level(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    response_id: int,
    version: int,
    level: int,
    reason: str,
    *,
    agencies: Agencies,
    at: datetime | None = None,
) -> int:
    """To a higher level: 1 is the highest. The agencies at work are told. The new version.

    `version`: of the response, as the officer saw it.
    """
    permit(actor, Action.RAISE_LEVEL)
    up = Action.RAISE_LEVEL
    return _to_level(record, actor, up, response_id, version, level, reason, agencies, at)


def lower_level(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    response_id: int,
    version: int,
    level: int,
    reason: str,
    *,
    agencies: Agencies,
    at: datetime | None = None,
) -> int:
    """To a lower level; a leader's act. Returns the new version of the response."""
    permit(actor, Action.LOWER_LEVEL)
    down = Action.LOWER_LEVEL
    return _to_level(record, actor, down, response_id, version, level, reason, agencies, at)


def hand_command(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    response_id: int,
    version: int,
    command: CommandLevel,
    reason: str,
    *,
    at: datetime | None = None,
) -> int:
    """County, city or province takes over; `reason` says who gave and who took. The new version."""
    permit(actor, Action.HAND_COMMAND)
    why = in_words(reason, "请写明交给谁、由谁接手，移交指挥须留记录。")
    with record.write(at) as w:
        response, row = running(w, response_id, version)
        now = CommandLevel(response["command"])
        check_command(response["level"], now, command)
        said = f"{now.label}移交{command.label}：{why}"
        return amend(w, str(actor), Action.HAND_COMMAND, said, row, response, command=command)


def restate(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    response_id: int,
    version: int,
    expected_until: datetime,
    measures: str,
    reason: str = "",
    *,
    at: datetime | None = None,
) -> int:
    """Another term or other measures while it runs. Returns the new version."""
    permit(actor, Action.AMEND_RESPONSE)
    said = in_words(measures, "应急处置措施不能为空（突发事件应对法第七十二条）。")
    check_measures(said)
    with record.write(at) as w:
        response, row = running(w, response_id, version)
        if expected_until != response["expected_until"]:
            check_until(expected_until, w.at)
        why = reason.strip() or "调整期限、措施"
        values = {"expected_until": expected_until, "measures": said}
        return amend(w, str(actor), Action.AMEND_RESPONSE, why, row, response, **values)


def end_response(
    record: Record,
    actor: Actor,
    response_id: int,
    version: int,
    reason: str,
    *,
    agencies: Agencies,
    at: datetime | None = None,
) -> int:
    """The response is over; orders that are open stay open. Returns the new version."""
    permit(actor, Action.END_RESPONSE)
    with record.write(at) as w:
        response, row = running(w, response_id, version)
        after = end_within(w, str(actor), row, response, reason)
        _tell(w, row["id"], agencies)
        return after


def end_within(w: Writing, who: str, row: RowMapping, response: RowMapping, reason: str) -> int:
    """`end_response` as a part of another act, such as ending an exercise."""
    why = in_words(reason, "请写明终止响应的理由。")
    ended = {
        "status": ResponseStatus.ENDED,
        "ended_by": who,
        "ended_at": w.at,
        "end_reason": why,
    }
    return amend(w, who, Action.END_RESPONSE, why, row, response, **ended)


def _to_level(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    action: Action,
    response_id: int,
    version: int,
    level: int,
    reason: str,
    agencies: Agencies,
    at: datetime | None,
) -> int:
    check_level(level)
    why = in_words(reason, f"请写明{action.label}的理由。")
    with record.write(at) as w:
        response, row = running(w, response_id, version)
        _check_direction(action, response["level"], level)
        was = CommandLevel(response["command"])
        command = command_after(level, was)
        said = f"{RESPONSE_LEVELS[response['level']]}→{RESPONSE_LEVELS[level]}：{why}"
        values: dict[str, Any] = {"level": level}
        if command is not was:
            values["command"] = command
            said += f"；{was.label}移交{command.label}"
        after = amend(w, str(actor), action, said, row, response, **values)
        _tell(w, row["id"], agencies)
        return after


def _tell(w: Writing, incident_id: int, agencies: Agencies) -> None:
    """Who is at work reads the new level; the order is as it was and is not signed anew."""
    live = {i: agencies[a] for a, _, i in live_of(w, incident_id) if a in agencies}
    tell_each(w, live, anew=False)


def _check_direction(action: Action, now: int, level: int) -> None:
    """Level 1 is the highest."""
    if level == now:
        raise NotAllowed(f"已经是{RESPONSE_LEVELS[now]}响应，请选择另一级别。")
    up = level < now
    if up is not (action is Action.RAISE_LEVEL):
        right = Action.RAISE_LEVEL if up else Action.LOWER_LEVEL
        raise NotAllowed(
            f"由{RESPONSE_LEVELS[now]}到{RESPONSE_LEVELS[level]}是{right.label}，"
            f"请使用“{right.label}”。"
        )
