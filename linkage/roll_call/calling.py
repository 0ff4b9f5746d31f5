"""每周点名: every party is called, by schedule or by a button; who is silent is sought otherwise.

Called on MQTT first. Who has not answered by the limit is sent for by the means of
data/agencies.toml, once, and stands in the list of calls for the officer's telephone.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from linkage.actions import Action, Happening
from linkage.beijing import BEIJING
from linkage.duty.rules import RollCallTimes, roll_call_is_due
from linkage.duty_tables import roll_call, roll_call_answer
from linkage.errors import NotAllowed
from linkage.exercise.marking import mark
from linkage.means.notices import put
from linkage.people import Actor, permit
from linkage.record import Record, Writing
from linkage.response.agencies import Agency
from linkage.response.outbox import enqueue
from linkage.response_vocabulary import About, Means
from linkage.roll_call.message import ROLL_TOPIC, RollMessage

RULE = "rule:roll_call"
# A second press of the button is a slip of the hand.
AGAIN_AFTER = timedelta(minutes=1)
_NOT_FOR_A_ROLL = frozenset({Means.MQTT, Means.SHEET, Means.EMAIL})
_encode = msgspec.json.Encoder().encode


def call(
    record: Record,
    actor: Actor,
    agencies: Mapping[str, Agency],
    times: RollCallTimes,
    *,
    exercise: bool = False,
    at: datetime | None = None,
) -> int:
    """Call every party now; returns the id of the roll call."""
    permit(actor, Action.CALL_ROLL)
    with record.write(at) as w:
        last = last_called(w.cx, exercise=exercise)
        if last is not None and timedelta() <= w.at - last < AGAIN_AFTER:
            raise NotAllowed("一分钟内刚点过名，请看应答情况。")
        return _call(w, str(actor), agencies, times, exercise)


def call_due(
    record: Record, agencies: Mapping[str, Agency], times: RollCallTimes, now: datetime
) -> int | None:
    """The weekly call, when its hour has come; asked by several programs, it goes out once."""
    with record.read() as cx:
        if not roll_call_is_due(times, last_called(cx, exercise=False), now):
            return None
    with record.write(now) as w:
        if not roll_call_is_due(times, last_called(w.cx, exercise=False), now):
            return None
        return _call(w, RULE, agencies, times, exercise=False)


def last_called(cx: Connection, *, exercise: bool) -> datetime | None:
    query = select(func.max(roll_call.c.called_at)).where(roll_call.c.exercise.is_(exercise))
    found: datetime | None = cx.execute(query).scalar_one()
    return found


def _call(
    w: Writing, by: str, agencies: Mapping[str, Agency], times: RollCallTimes, exercise: bool
) -> int:
    call_id = w.next_id()
    due_at = w.at + timedelta(minutes=times.answer_min)
    w.cx.execute(
        insert(roll_call).values(
            id=call_id, called_by=by, called_at=w.at, due_at=due_at, exercise=exercise
        )
    )
    w.cx.execute(
        insert(roll_call_answer),
        [{"roll_call_id": call_id, "agency_id": agency_id} for agency_id in agencies],
    )
    drill = mark(exercise=exercise)
    message = RollMessage(
        roll_call=call_id,
        called_at=w.at.astimezone(BEIJING),
        due_at=due_at.astimezone(BEIJING),
        called_by=_who(by),
        text=f"{drill}市应急指挥中心点名，请值班员于 {due_at.astimezone(BEIJING):%H:%M} 前应答。",
        exercise=exercise,
    )
    for agency_id in agencies:
        enqueue(w, agency_id, ROLL_TOPIC.format(agency_id), _encode(message), exercise=exercise)
    what = f"{drill}点名：{len(agencies)} 家单位"
    w.log.add(by, Action.CALL_ROLL, what, after={"roll_call": call_id, "called": list(agencies)})
    return call_id


def _who(by: str) -> str:
    return "系统定时点名" if by == RULE else by


def seek_silent(record: Record, agencies: Mapping[str, Agency], now: datetime) -> int | None:
    """Once the limit of the last call has passed: those who have not answered, by other means."""
    with record.read() as cx:
        if _overdue(cx, now) is None:
            return None
    with record.write(now) as w:
        found = _overdue(w.cx, now)
        if found is None:
            return None
        call_id, exercise = found
        missing = select(roll_call_answer.c.agency_id).where(
            roll_call_answer.c.roll_call_id == call_id, roll_call_answer.c.answered_at.is_(None)
        )
        silent = list(w.cx.execute(missing.order_by(roll_call_answer.c.agency_id)).scalars())
        told = {i: _seek(w, call_id, agencies[i], exercise) for i in silent if i in agencies}
        w.cx.execute(update(roll_call).where(roll_call.c.id == call_id).values(reminded_at=w.at))
        names = "、".join(agencies[i].name for i in told) or "无"
        w.log.add(
            RULE,
            Happening.NOTICE,
            f"点名未应答，改用其他手段：{names}",
            after={"roll_call": call_id, "notices": told},
        )
        return call_id


def _overdue(cx: Connection, now: datetime) -> tuple[int, bool] | None:
    its = roll_call.c
    for exercise in (False, True):  # a call in practice is not after a real one
        row = cx.execute(
            select(its.id, its.due_at, its.reminded_at)
            .where(its.exercise.is_(exercise))
            .order_by(its.called_at.desc())
            .limit(1)
        ).first()
        if row is not None and row.reminded_at is None and row.due_at < now:
            return int(row.id), exercise
    return None


def _seek(w: Writing, call_id: int, agency: Agency, exercise: bool) -> list[int]:
    """By every means the party has a number for; on the telephone list in any case."""
    wanted = dict.fromkeys(way.means for way in agency.means if way.means not in _NOT_FOR_A_ROLL)
    ids = []
    for means in wanted | {Means.TELEPHONE: None}:
        to = next((way.to for way in agency.means if way.means is means and way.to), "")
        address = to or agency.address(means)
        if address or means is Means.TELEPHONE:
            ids.append(
                put(
                    w,
                    means=means,
                    about=About.ROLL_CALL,
                    about_id=call_id,
                    round=1,
                    address=address,
                    title="点名未应答",
                    text="市应急指挥中心点名，贵单位尚未应答。请值班员立即在系统上应答，或回电指挥中心。",
                    not_before=w.at,
                    agency_id=agency.id,
                    exercise=exercise,
                )
            )
    return ids
