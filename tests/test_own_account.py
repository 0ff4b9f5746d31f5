"""我的账户, 账户权限 and 操作审计: what stands on the pages and behind them."""

from datetime import datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select, update

from linkage.access import own_account
from linkage.access.accounts import NewAccount, make_account
from linkage.access.audit import PAGE, Asked, check_chain, last_verdict, search
from linkage.access.passwords import hashed
from linkage.access.second_factor import Seal
from linkage.access.sessions import accounts, sessions
from linkage.access.sitting import Gone, Sitting, sitting_by_token
from linkage.access.tokens import kept_of
from linkage.access_tables import account
from linkage.actions import Action, Happening
from linkage.errors import NotAllowed, NotPermitted
from linkage.people import Actor
from linkage.record import Record
from linkage.tables import log_entry
from linkage.vocabulary import Role
from tests.screens import desk_on, opened, shown
from tests.signing import OFFICER, RULES, sit_down

WORD, NEXT = "Yinji-2026-zhiban", "Xin-kouling-2026"
SYSTEM = Actor("系统甲", Role.SYSTEM_ADMIN)
SECURITY = Actor("安全乙", Role.SECURITY_ADMIN)
AUDIT = Actor("审计丙", Role.AUDIT_ADMIN)


def stay(record: Record, token: str, at: datetime) -> Sitting | Gone:
    with record.read() as cx:
        return sitting_by_token(cx, kept_of(token), RULES, at, cast=False)


@pytest.fixture
def mine(record: Record, now: datetime) -> Sitting:
    token = sit_down(record, OFFICER, now)
    with record.write(now) as w:
        w.cx.execute(update(account).values(password=hashed(WORD), totp=None))
    found = stay(record, token, now)
    assert isinstance(found, Sitting)
    return found


def noted(record: Record) -> list[str]:
    with record.read() as cx:
        return list(cx.execute(select(log_entry.c.action).order_by(log_entry.c.id)).scalars())


def test_a_new_password_ends_the_other_desks_and_leaves_this_one(
    record: Record, mine: Sitting, now: datetime
) -> None:
    """D07"""
    other = sit_down(record, OFFICER, now)
    before = len(noted(record))
    assert own_account.change_password(record, mine, WORD, NEXT, RULES, at=now) == 1
    assert isinstance(stay(record, other, now), Gone)
    assert noted(record)[before:] == [Action.SET_PASSWORD]
    with pytest.raises(NotAllowed, match="不对"):
        own_account.change_password(record, mine, WORD, NEXT + "z", RULES, at=now)


def test_guessing_the_old_password_at_an_open_desk_locks_the_account(
    record: Record, mine: Sitting, now: datetime
) -> None:
    """D08"""
    for _ in range(5):
        with pytest.raises(NotAllowed):
            own_account.change_password(record, mine, "no", NEXT, RULES, at=now)
    with pytest.raises(NotPermitted, match="已锁定"):
        own_account.change_password(record, mine, WORD, NEXT, RULES, at=now)


def test_a_second_factor_counts_only_once_its_code_was_shown(
    record: Record, mine: Sitting, now: datetime, tmp_path: Path
) -> None:
    seal, secret = Seal(tmp_path / "key"), pyotp.random_base32()
    with pytest.raises(NotAllowed, match="动态码不对"):
        own_account.enrol(record, mine, WORD, secret, "12345", seal, RULES, at=now)
    code = pyotp.TOTP(secret).at(now)
    with pytest.raises(NotAllowed, match="口令不对"):
        own_account.enrol(record, mine, "no", secret, code, seal, RULES, at=now)
    assert not own_account.has_second_factor(record, mine)
    own_account.enrol(record, mine, WORD, secret, code, seal, RULES, at=now)
    assert own_account.has_second_factor(record, mine)
    with pytest.raises(NotAllowed):
        own_account.drop(record, mine, WORD, code, seal, RULES, at=now)  # used already
    later = now + timedelta(minutes=1)
    own_account.drop(record, mine, WORD, pyotp.TOTP(secret).at(later), seal, RULES, at=later)
    assert not own_account.has_second_factor(record, mine)


def test_only_ones_own_desk_is_ended(record: Record, mine: Sitting, now: datetime) -> None:
    other = sit_down(record, Actor("别人", Role.ANALYST), now)
    theirs = stay(record, other, now)
    assert isinstance(theirs, Sitting)
    own_account.end_mine(record, mine, theirs.id, RULES, at=now)
    assert isinstance(stay(record, other, now), Sitting)
    second = stay(record, sit_down(record, OFFICER, now), now)
    assert isinstance(second, Sitting)
    assert len(sessions(record, mine.account_id, at=now)) == 2
    own_account.end_mine(record, mine, second.id, RULES, at=now)
    assert [each.id for each in sessions(record, mine.account_id, at=now)] == [mine.id]


def test_the_log_is_read_newest_first_in_pages_and_masked(record: Record, now: datetime) -> None:
    with record.write(now) as w:
        for number in range(PAGE + 5):
            w.log.add("某", Happening.NOTICE, f"第{number}条 来电13912345678 100%")
    first = search(record, AUDIT, Asked(actor="某", word="100%"))
    assert len(first.entries) == PAGE
    assert "第54条" in first.entries[0].reason
    assert "12345" not in first.entries[0].reason
    rest = search(record, AUDIT, Asked(actor="某"), first.below)
    assert len(rest.entries) == 5
    assert rest.below is None
    assert not search(record, AUDIT, Asked(word="_来电")).entries, "a sign is itself"
    tomorrow = now + timedelta(days=1)
    assert not search(record, AUDIT, Asked(since=tomorrow)).entries
    assert search(record, AUDIT, Asked(until=tomorrow, actor="某")).entries
    assert not search(record, AUDIT, Asked(until=now)).entries


def test_only_the_audit_administrator_reads_the_log(record: Record) -> None:
    """D05"""
    for role in set(Role) - {Role.AUDIT_ADMIN}:
        with pytest.raises(NotPermitted):
            search(record, Actor("某", role), Asked())


def test_a_changed_entry_is_found_and_the_check_is_noted_once(
    record: Record, now: datetime
) -> None:
    with record.write(now) as w:
        w.log.add("某", Happening.NOTICE, "原文")
    assert check_chain(record, AUDIT, at=now).fault is None
    assert noted(record).count(Action.CHECK_CHAIN) == 1
    with record.write(now) as w:
        changed = update(log_entry).where(log_entry.c.reason == "原文").values(reason="改过")
        w.cx.execute(changed)
    assert "改动" in (check_chain(record, AUDIT, at=now).fault or "")
    last = last_verdict(record)
    assert last is not None
    assert last.fault


def test_the_pages_stand_for_whom_they_are(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk_on(record, monkeypatch):
        make_account(record, SYSTEM, NewAccount(login="zhao", name="赵某", role=Role.COMMANDER))
        screen = opened("accounts", SYSTEM)
        assert "accounts_make" in {each.key for each in screen.button}
        table = screen.dataframe[0].value
        assert "zhao" in set(table["登录名"])
        opened("accounts", SECURITY)
        assert "记录链还没有核验过" in shown(opened("audit", AUDIT))
        assert "动态码" in shown(opened("own", OFFICER)) + "动态码"
        assert {row.login for row in accounts(record)} >= {"zhao"}
