"""What a person does leaves one entry on each thing it concerned, with before and after."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from linkage.access import accounts, own_account
from linkage.access.accounts import NewAccount
from linkage.access.audit import check_chain
from linkage.access.invitations import invite
from linkage.access.passwords import hashed
from linkage.access.sitting import Sitting, sitting_by_token
from linkage.access.tokens import kept_of
from linkage.access_tables import account
from linkage.actions import Action
from linkage.alerts import Point
from linkage.desk import incidents, merging
from linkage.desk.claims import FILE, load_claim_rule
from linkage.desk.queries import read_case
from linkage.desk.take_back import last_step, take_back
from linkage.desk.taking import take_stale
from linkage.people import Actor
from linkage.plan import levels
from linkage.record import Record
from linkage.response import needs, responses
from linkage.response.feedback import Feedback, NeedStep, Want
from linkage.response_vocabulary import CommandLevel, NeedSort, NeedStatus
from linkage.tables import incident_alert, log_entry
from linkage.vocabulary import AssignmentStatus, Disposition, Grade, Role
from tests.builders import alert
from tests.desk import AGENCIES, DATA, declared, incident_row, order
from tests.onrecord import add_alert, put_incident, put_link
from tests.signing import RULES, sit_down

WORD, NEXT = "Yinji-2026-zhiban", "Xin-kouling-2026"
PUMP = Want(sort=NeedSort.EQUIPMENT, what="防爆泵", amount=2, measure="台")
SYSTEM, SECURITY = Actor("系统甲", Role.SYSTEM_ADMIN), Actor("安全乙", Role.SECURITY_ADMIN)
# Before these there was nothing of it.
BEGINS = {
    *(Action.ISSUE, Action.START_RESPONSE, Action.ASK_NEED, Action.MAKE_ACCOUNT, Action.INVITE),
    *(Action.RELATE, Action.CHECK_CHAIN),
}


class Watch:
    """Time goes on by a minute with every act; what it left in the log is looked at."""

    def __init__(self, record: Record, now: datetime) -> None:
        self.record, self.now = record, now
        self.seen: set[Action] = set()

    def did(self, action: Action, actor: Actor, act: Callable[[datetime], Any]) -> Any:
        self.now += timedelta(minutes=1)
        last = self.last()
        came = act(self.now)
        with self.record.read() as cx:
            fresh = cx.execute(select(log_entry).where(log_entry.c.id > last)).all()
        mine = [row for row in fresh if row.actor == str(actor)]
        what = [row.action for row in mine]
        assert set(what) == {action}, (action, what)
        on = [(row.incident_id, row.assignment_id) for row in mine]
        assert len(on) == len(set(on)), f"{action}: two entries on one thing"
        for row in mine:
            assert row.after, (action, "no after")
            new_there = action is Action.SPLIT and row is mine[-1]
            assert row.before or action in BEGINS or new_there, (action, "no before")
            assert row.before != row.after or action is Action.NOTE, action
        self.seen.add(action)
        return came

    def last(self) -> int:
        with self.record.read() as cx:
            ids = select(log_entry.c.id).order_by(log_entry.c.id.desc())
            return cx.execute(ids.limit(1)).scalar() or 0

    def version(self, incident_id: int) -> int:
        return int(incident_row(self.record, incident_id).version)


@pytest.fixture
def watch(record: Record, now: datetime) -> Watch:
    return Watch(record, now)


def test_each_act_on_an_incident(
    record: Record, watch: Watch, officer: Actor, other_officer: Actor, chief: Actor
) -> None:
    it, v = put_incident(record, alert()), watch.version
    did = watch.did
    did(Action.CLAIM, officer, lambda at: incidents.claim(record, officer, it, at=at))
    did(
        Action.RELEASE,
        officer,
        lambda at: incidents.release(record, officer, it, v(it), "换班", at=at),
    )
    did(Action.CLAIM, officer, lambda at: incidents.claim(record, officer, it, at=at))
    did(
        Action.TAKE_OVER,
        chief,
        lambda at: incidents.take_over(record, chief, it, v(it), "离岗", at=at),
    )
    watch.now += timedelta(hours=2)
    rule = load_claim_rule(DATA / FILE)
    did(
        Action.TAKE_STALE,
        other_officer,
        lambda at: take_stale(record, other_officer, it, v(it), rule, at=at),
    )
    did(Action.VERIFY, officer, lambda at: incidents.verify(record, officer, it, v(it), at=at))
    did(
        Action.CONFIRM_GRADE,
        officer,
        lambda at: incidents.confirm_grade(record, officer, it, v(it), Grade.MAJOR, "三死", at=at),
    )
    point = Point(119.5, 34.6)
    did(
        Action.PLACE,
        officer,
        lambda at: incidents.place_at(record, officer, it, v(it), point, "徐圩", at=at),
    )
    did(Action.NOTE, officer, lambda at: incidents.note(record, officer, it, "已回访", at=at))

    def back(at: datetime) -> None:
        case = read_case(record, it, at)
        step = last_step(case, str(officer), at) if case else None
        assert step is not None
        take_back(record, officer, it, step, agencies=AGENCIES, at=at)

    did(Action.TAKE_BACK, officer, back)
    end = Disposition.FALSE_ALARM
    did(Action.CLOSE, officer, lambda at: incidents.close(record, officer, it, v(it), end, at=at))
    did(Action.REOPEN, chief, lambda at: incidents.reopen(record, chief, it, v(it), "复燃", at=at))


def test_each_act_on_two_incidents_leaves_one_on_each(
    record: Record, watch: Watch, officer: Actor, now: datetime
) -> None:
    did, first = watch.did, put_incident(record, alert())
    second = put_incident(record, alert(source_ref="J2"))
    related = did(
        Action.RELATE,
        officer,
        lambda at: merging.relate(record, officer, first, second, "同一厂区", at=at),
    )
    did(
        Action.UNDO,
        officer,
        lambda at: merging.undo(record, officer, related, "误", agencies=AGENCIES, at=at),
    )
    did(
        Action.MERGE,
        officer,
        lambda at: merging.merge(
            record, officer, second, first, "同一事", agencies=AGENCIES, at=at
        ),
    )
    third = put_incident(record, alert(source_ref="J3"))
    add_alert(record, third, alert(source_ref="J4", occurred_at=now))
    with record.read() as cx:
        said = select(incident_alert.c.alert_id).where(incident_alert.c.incident_id == third)
        moved = sorted(cx.execute(said).scalars())[-1:]
    did(
        Action.SPLIT,
        officer,
        lambda at: merging.split(
            record, officer, third, watch.version(third), moved, "两处", at=at
        ),
    )
    other = put_incident(record, alert(source_ref="J5"))
    refused = put_link(record, other, third, "proposed", "open", score=6.0)
    did(
        Action.REFUSE_LINK,
        officer,
        lambda at: merging.refuse(record, officer, refused, "不同", at=at),
    )


def test_each_act_on_a_task_a_response_and_a_need(
    record: Record, watch: Watch, officer: Actor, chief: Actor, fire_officer: Actor
) -> None:
    it, did = put_incident(record, alert()), watch.did
    v = watch.version
    (task,) = did(
        Action.ISSUE,
        officer,
        lambda at: responses.issue(
            record, officer, it, v(it), [order("fire")], agencies=AGENCIES, at=at
        ),
    )
    did(
        Action.CHASE,
        officer,
        lambda at: responses.chase(record, officer, task, 1, agencies=AGENCIES, at=at),
    )
    said = Feedback(assignment_id=task, revision=1, status=AssignmentStatus.ACKNOWLEDGED)
    did(
        Action.FEEDBACK,
        fire_officer,
        lambda at: responses.take_by_telephone(
            record, fire_officer, said, agencies=AGENCIES, at=at
        ),
    )
    asked = did(
        Action.ASK_NEED,
        fire_officer,
        lambda at: needs.ask(record, fire_officer, it, PUMP, agencies=AGENCIES, at=at),
    )
    step = NeedStep(need_id=asked, status=NeedStatus.OFFERED, amount=1)
    did(
        Action.OFFER_NEED,
        officer,
        lambda at: needs.give(record, officer, step, "health", agencies=AGENCIES, at=at),
    )
    did(
        Action.MOVE_NEED,
        fire_officer,
        lambda at: needs.withdraw(record, fire_officer, asked, 2, "已够", at=at),
    )
    did(
        Action.REISSUE,
        officer,
        lambda at: responses.reissue(
            record, officer, task, 1, order("fire", task="警戒"), agencies=AGENCIES, at=at
        ),
    )
    did(
        Action.CANCEL,
        officer,
        lambda at: responses.cancel(record, officer, task, 2, "误报", agencies=AGENCIES, at=at),
    )
    running = did(
        Action.START_RESPONSE,
        officer,
        lambda at: levels.start_response(record, officer, it, v(it), declared(at), at=at),
    )
    did(
        Action.RAISE_LEVEL,
        officer,
        lambda at: levels.raise_level(
            record, officer, running, 1, 2, "扩大", agencies=AGENCIES, at=at
        ),
    )
    did(
        Action.LOWER_LEVEL,
        chief,
        lambda at: levels.lower_level(
            record, chief, running, 2, 3, "受控", agencies=AGENCIES, at=at
        ),
    )
    did(
        Action.HAND_COMMAND,
        chief,
        lambda at: levels.hand_command(
            record, chief, running, 3, CommandLevel.PROVINCE, "交省厅", at=at
        ),
    )
    did(
        Action.AMEND_RESPONSE,
        officer,
        lambda at: levels.restate(
            record, officer, running, 4, at + timedelta(hours=9), "警戒", at=at
        ),
    )
    did(
        Action.END_RESPONSE,
        chief,
        lambda at: levels.end_response(record, chief, running, 5, "结束", agencies=AGENCIES, at=at),
    )


def test_each_act_on_an_account(record: Record, watch: Watch, officer: Actor) -> None:
    """And none of them tells a password."""
    did, fresh = watch.did, NewAccount(login="zhao", name="赵某", role=Role.ANALYST)
    made = did(
        Action.MAKE_ACCOUNT, SYSTEM, lambda at: accounts.make_account(record, SYSTEM, fresh, at=at)
    )

    def version() -> int:
        with record.read() as cx:
            ask = select(account.c.version).where(account.c.id == made)
            return int(cx.execute(ask).scalar_one())

    did(
        Action.GRANT_ROLE,
        SECURITY,
        lambda at: accounts.grant_role(record, SECURITY, made, version(), Role.DUTY_OFFICER, at=at),
    )
    did(Action.INVITE, SECURITY, lambda at: invite(record, SECURITY, made, RULES, at=at))
    with record.write(watch.now) as w:
        locked = {"failed": 3, "locked_until": watch.now + timedelta(hours=1)}
        w.cx.execute(update(account).where(account.c.id == made).values(**locked))
    did(
        Action.UNLOCK_ACCOUNT,
        SECURITY,
        lambda at: accounts.unlock_account(record, SECURITY, made, version(), at=at),
    )
    who = Actor("赵某", Role.DUTY_OFFICER)
    token, other = sit_down(record, who, watch.now), sit_down(record, who, watch.now)
    with record.write(watch.now) as w:
        w.cx.execute(update(account).values(password=hashed(WORD), totp=None))
    mine, second = sitting(record, token, watch.now), sitting(record, other, watch.now)
    did(
        Action.END_SESSION,
        who,
        lambda at: own_account.end_mine(record, mine, second.id, RULES, at=at),
    )
    did(
        Action.SET_PASSWORD,
        who,
        lambda at: own_account.change_password(record, mine, WORD, NEXT, RULES, at=at),
    )
    did(
        Action.END_SESSION,
        SECURITY,
        lambda at: accounts.end_sessions(record, SECURITY, made, "离岗", at=at),
    )
    did(
        Action.CHANGE_ACCOUNT,
        SYSTEM,
        lambda at: accounts.set_active(record, SYSTEM, made, version(), False, "调离", at=at),
    )
    audit = Actor("审计丙", Role.AUDIT_ADMIN)
    did(Action.CHECK_CHAIN, audit, lambda at: check_chain(record, audit, at=at))
    with record.read() as cx:
        whole = "".join(str(tuple(row)) for row in cx.execute(select(log_entry)))
    assert WORD not in whole
    assert NEXT not in whole
    assert "argon2" not in whole


def sitting(record: Record, token: str, at: datetime) -> Sitting:
    with record.read() as cx:
        found = sitting_by_token(cx, kept_of(token), RULES, at, cast=False)
    assert isinstance(found, Sitting), found
    return found
