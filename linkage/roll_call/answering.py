"""应答点名: a party's own message, or what the officer heard on the telephone."""

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select, update

from linkage.actions import Action
from linkage.duty_tables import roll_call, roll_call_answer
from linkage.errors import NotAllowed, Raced
from linkage.means.notices import void
from linkage.people import Actor, permit
from linkage.record import BEIJING, Record, Writing
from linkage.response.agencies import Agency
from linkage.response.own_guard import watched
from linkage.response_vocabulary import About, Means
from linkage.roll_call.message import RollAnswer
from linkage.vocabulary import Outcome, Role


def apply_answer(w: Writing, said: RollAnswer, agency: Agency) -> tuple[Outcome, str]:
    """Take a party's answer: (outcome, reason for a person). Nothing raised."""
    row = _row(w, said.roll_call_id, agency.id)
    if row is None:
        return Outcome.REJECTED, f"没有编号为 {said.roll_call_id} 的点名，或没有点到{agency.name}。"
    if row["answered_at"] is not None:
        return Outcome.DUPLICATE, "本次点名已应答过。"
    who = f"agency:{agency.id}"
    _take(w, row, who, answered_by=said.by, means=Means.MQTT, note=said.text)
    late = w.at > row["due_at"]
    return Outcome.STORED, "点名应答（超过时限）" if late else "点名应答"


@watched(Action.ANSWER_ROLL)
def note_answer(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    roll_call_id: int,
    agency_id: str,
    answered_by: str,
    note: str = "",
    *,
    at: datetime | None = None,
) -> None:
    """What was heard on the telephone, or what a party's officer says at a desk of ours."""
    permit(actor, Action.ANSWER_ROLL, agency_id)
    if not answered_by.strip():
        raise NotAllowed("请写明对方接听人（岗位或工号）。")
    with record.write(at) as w:
        row = _row(w, roll_call_id, agency_id)
        if row is None:
            raise NotAllowed("这次点名没有点到该单位，请刷新后重试。")
        if row["answered_at"] is not None:
            clock = row["answered_at"].astimezone(BEIJING)
            raise Raced(f"该单位已于 {clock:%H:%M:%S} 应答（{row['answered_by'] or '系统'}）。")
        _take(
            w,
            row,
            str(actor),
            answered_by=answered_by.strip(),
            means=Means.MQTT if actor.role is Role.AGENCY_OFFICER else Means.TELEPHONE,
            note=note.strip(),
        )


def _row(w: Writing, roll_call_id: int, agency_id: str) -> RowMapping | None:
    answer = roll_call_answer.c
    return (
        w.cx.execute(
            select(roll_call_answer, roll_call.c.due_at)
            .join(roll_call, roll_call.c.id == answer.roll_call_id)
            .where(answer.roll_call_id == roll_call_id, answer.agency_id == agency_id)
        )
        .mappings()
        .first()
    )


def _take(w: Writing, row: RowMapping, actor: str, **values: Any) -> None:
    answer = roll_call_answer.c
    call_id, agency_id = row["roll_call_id"], row["agency_id"]
    w.cx.execute(
        update(roll_call_answer)
        .where(answer.roll_call_id == call_id, answer.agency_id == agency_id)
        .values(answered_at=w.at, **values)
    )
    void(w, About.ROLL_CALL, call_id, "已应答点名", agency_id=agency_id)
    late = "（超过时限）" if w.at > row["due_at"] else ""
    w.log.add(
        actor,
        Action.ANSWER_ROLL,
        f"应答点名{late}：{values['answered_by'] or agency_id}",
        before={"roll_call": call_id, "agency": agency_id, "answered": False},
        after={"roll_call": call_id, "agency": agency_id, "means": values["means"]},
    )
