"""越权被拒: one entry with who, what and where, bounded; none for a desk that is only locked."""

from datetime import datetime, timedelta

import msgspec
import pytest
from sqlalchemy import select, update

from linkage.access.refused import MOST_AN_HOUR, note_refused
from linkage.access.signed_record import SignedRecord
from linkage.access.sitting import Sitting, sitting_by_token
from linkage.access.tokens import kept_of
from linkage.access_tables import account
from linkage.actions import Action, Happening
from linkage.desk import incidents
from linkage.errors import NotNow, NotPermitted
from linkage.people import Actor, permit
from linkage.record import Record
from linkage.tables import log_entry
from linkage.vocabulary import Role
from tests.builders import alert
from tests.onrecord import put_incident
from tests.screens import desk_on, drawn, opened
from tests.signing import RULES, sit_down

ANALYST = Actor("研判员戊", Role.ANALYST)


def denied(record: Record) -> list[tuple[str, str, dict[str, object]]]:
    with record.read() as cx:
        ask = select(log_entry).where(log_entry.c.action == Happening.DENIED)
        rows = cx.execute(ask.order_by(log_entry.c.id)).all()
    return [(row.actor, row.reason, msgspec.json.decode(row.after)) for row in rows]


def refusal(actor: Actor, action: Action) -> NotPermitted:
    with pytest.raises(NotPermitted) as why:
        permit(actor, action)
    return why.value


def test_a_refusal_is_one_entry_however_many_notice_it(record: Record, now: datetime) -> None:
    why = refusal(ANALYST, Action.CLOSE)
    for _ in range(3):
        note_refused(record, ANALYST, why, why.action, {"at": "/incident?incident=7"}, now)
    ((who, said, after),) = denied(record)
    assert who == "研判员戊（研判员）"
    assert "无权执行“办结”" in said
    assert after["refused"] == "close"
    assert "incident=7" in str(after["asked"])


def test_a_script_does_not_fill_the_log_and_what_was_left_out_is_counted(
    record: Record, now: datetime
) -> None:
    """A thousand tries are no thousand entries; another person's stand beside them."""
    for _ in range(MOST_AN_HOUR + 60):
        note_refused(record, ANALYST, refusal(ANALYST, Action.CLOSE), "close", 1, now)
    told = denied(record)
    assert len(told) == MOST_AN_HOUR
    assert "不再逐条记录" in told[-1][1]
    other = Actor("大屏", Role.WALL)
    note_refused(record, other, refusal(other, Action.CLAIM), "claim", 1, now)
    assert denied(record)[-1][0] == str(other)
    later = now + timedelta(hours=1)
    note_refused(record, ANALYST, refusal(ANALYST, Action.CLOSE), "close", 1, later)
    assert denied(record)[-1][2]["not_told_before"] == 60


def test_who_lost_the_role_a_moment_ago_is_noted_too(record: Record, now: datetime) -> None:
    """D06: their own record refuses every write, and this one is written all the same."""
    chief = Actor("李某", Role.DUTY_CHIEF)
    it, token = put_incident(record, alert()), sit_down(record, chief, now)
    with record.read() as cx:
        stay = sitting_by_token(cx, kept_of(token), RULES, now, cast=False)
    assert isinstance(stay, Sitting)
    with record.write(now) as w:
        w.cx.execute(update(account).values(role=Role.ANALYST))
    signed = SignedRecord(record, stay, RULES)
    with pytest.raises(NotPermitted, match="身份已变更") as why:
        incidents.claim(signed, chief, it, at=now)
    note_refused(signed, chief, why.value, "act", {}, now)
    assert len(denied(record)) == 1


def test_a_locked_desk_reached_for_nothing(record: Record, now: datetime) -> None:
    note_refused(record, ANALYST, NotNow("席位已锁定"), "act", {}, now)
    assert denied(record) == []


def test_an_act_refused_on_a_page_is_in_the_log(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D06: the buttons still stand there, the role is gone."""
    who = Actor("王某", Role.DUTY_OFFICER)
    it = put_incident(record, alert())
    with desk_on(record, monkeypatch):
        screen = opened("incident", who, incident=str(it))
        with record.write() as w:
            w.cx.execute(update(account).values(role=Role.COMMANDER))
        claim = next(b for b in screen.button if b.key and "claim" in b.key)
        drawn(claim.click().run())
        ((actor, said, after),) = denied(record)
    assert actor.startswith("王某")
    assert "身份已变更" in said
    assert f"incident={it}" in str(after["asked"])
