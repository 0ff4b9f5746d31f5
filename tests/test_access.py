"""Who may sit at a desk: passwords, locks, links, stays, roles; on both databases."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from linkage.access import passwords
from linkage.access.accounts import (
    NewAccount,
    end_sessions,
    grant_role,
    insert_account,
    make_account,
    set_active,
    unlock_account,
)
from linkage.access.granting import may_grant
from linkage.access.invitations import accept, first_administrator, invite, invited
from linkage.access.passwords import hashed
from linkage.access.second_factor import Seal
from linkage.access.signed_record import SignedRecord
from linkage.access.signing_in import Knock, enter, leave, touch, unlock
from linkage.access.sitting import Gone, Sitting, sitting_by_token
from linkage.access.stay_rules import load_stay_rules
from linkage.access.tokens import kept_of
from linkage.access_tables import account, sign_in, sign_in_key
from linkage.actions import Action
from linkage.errors import BadConfig, NotAllowed, NotPermitted
from linkage.people import Actor
from linkage.record import Record
from linkage.settings import SHIPPED
from linkage.tables import log_entry
from linkage.vocabulary import Role
from tests.signing import RULES, sit_down

WORD = "Yinji-2026-zhiban"
SYSTEM = Actor("系统甲", Role.SYSTEM_ADMIN)
SECURITY = Actor("安全乙", Role.SECURITY_ADMIN)
AUDIT = Actor("审计丙", Role.AUDIT_ADMIN)


@pytest.fixture
def seal(tmp_path: Path) -> Seal:
    return Seal(tmp_path / "access.key")


def person(
    record: Record, login: str = "wang", role: Role = Role.DUTY_OFFICER, word: str | None = WORD
) -> int:
    with record.write() as w:
        new = NewAccount(login=login, name=f"{login}某", role=role)
        made = insert_account(w, new, "测试", active=True)
        kept = hashed(word) if word else None
        w.cx.execute(update(account).where(account.c.id == made).values(password=kept))
    return made


def row_of(record: Record, account_id: int) -> Any:
    with record.read() as cx:
        return cx.execute(select(account).where(account.c.id == account_id)).one()


def found(record: Record, token: str, at: datetime) -> Sitting | Gone:
    with record.read() as cx:
        return sitting_by_token(cx, kept_of(token), RULES, at, cast=False)


def here(record: Record, token: str, at: datetime) -> Sitting:
    stay = found(record, token, at)
    assert isinstance(stay, Sitting), stay
    return stay


def actions(record: Record) -> list[str]:
    with record.read() as cx:
        return list(cx.execute(select(log_entry.c.action).order_by(log_entry.c.id)).scalars())


@pytest.mark.parametrize(
    ("was", "now_", "said"),
    [
        ("shortest = 10", "shortest = 3", "password"),
        ("after = 5", "after = 0", "lock"),
        ("hours = 24", 'hours = "lang"', "link"),
        ('\nthen = "lock"', '\nthen = "sleep"', "stay"),
        ("idle_minutes = 60", "idle_minutes = 0", "idle_minutes"),
        ('roles = ["wall"]', 'roles = ["analyst"]', "写了两次"),
        ('roles = ["wall"]', "roles = []", "缺少 wall"),
        ("[lock]", "[lock]\ncolour = 1", "lock"),
    ],
)
def test_a_wrong_entry_of_the_stay_rules_is_named(
    was: str, now_: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "access.toml"
    path.write_text((SHIPPED / "access.toml").read_text().replace(was, now_, 1))
    with pytest.raises(BadConfig, match=said):
        load_stay_rules(path)


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("Ab1-", "至少"),
        ("abcdefghij12", "至少 3 种"),
        ("Xwang-2026-night", "登录名"),
        ("Aa1-Aa1-Aa1-", "重复"),
        ("Aa1-" + "x" * 300, "不能超过"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(word: str, why: str) -> None:
    assert why in (RULES.passwords.wrong(word, "wang") or "")


def test_a_good_password_is_kept_as_argon2id_only(record: Record) -> None:
    assert RULES.passwords.wrong(WORD, "wang") is None
    kept = row_of(record, person(record)).password
    assert kept.startswith("$argon2id$")
    assert WORD not in kept


def test_five_wrong_passwords_lock_the_account_and_the_lock_ends(
    record: Record, seal: Seal, now: datetime
) -> None:
    """D08: fifteen minutes; the right password does not help meanwhile; the words stay the same."""
    mine = person(record)
    said = set()
    for _ in range(5):
        with pytest.raises(NotPermitted) as why:
            enter(record, Knock(login="wang", password="no"), RULES, seal, at=now)
        said.add(str(why.value))
    with pytest.raises(NotPermitted) as why:
        enter(record, Knock(login="WANG ", password=WORD), RULES, seal, at=now)
    assert said == {str(why.value)}
    assert row_of(record, mine).locked_until == now + timedelta(minutes=15)
    later = now + timedelta(minutes=15)
    assert enter(record, Knock(login="wang", password=WORD), RULES, seal, at=later)


def test_an_unknown_login_is_told_apart_neither_by_words_nor_by_work(
    record: Record, seal: Seal, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D08: each costs one verification, and gets one sentence."""
    person(record)
    looked: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002
            looked.append(str(password))
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_HASHER", Counting(1, 1024, 1))
    said = set()
    for login in ("wang", "nobody", "", "x" * 5000):
        with pytest.raises(NotPermitted) as why:
            enter(record, Knock(login=login, password="no"), RULES, seal, at=now)
        said.add(str(why.value))
    assert len(said) == 1
    assert len(looked) == 4


def test_an_administrator_takes_the_lock_back(record: Record, seal: Seal, now: datetime) -> None:
    mine = person(record)
    for _ in range(5):
        with pytest.raises(NotPermitted):
            enter(record, Knock(login="wang", password="no"), RULES, seal, at=now)
    with pytest.raises(NotPermitted):
        unlock_account(record, SYSTEM, mine, row_of(record, mine).version, at=now)
    unlock_account(record, SECURITY, mine, row_of(record, mine).version, at=now)
    assert enter(record, Knock(login="wang", password=WORD), RULES, seal, at=now)


def test_a_code_serves_once(record: Record, seal: Seal, now: datetime) -> None:
    mine, secret = person(record), pyotp.random_base32()
    with record.write() as w:
        sealed = update(account).where(account.c.id == mine).values(totp=seal.seal(secret))
        w.cx.execute(sealed)
    code = pyotp.TOTP(secret).at(now)
    knock = Knock(login="wang", password=WORD, code=code)
    with pytest.raises(NotPermitted):
        enter(record, Knock(login="wang", password=WORD), RULES, seal, at=now)
    enter(record, knock, RULES, seal, at=now)
    for later in (now, now + timedelta(seconds=20)):
        with pytest.raises(NotPermitted):
            enter(record, knock, RULES, seal, at=later)


def test_a_link_serves_once_and_in_time(record: Record, now: datetime) -> None:
    late = first_administrator(record, RULES, at=now)
    assert invited(record, late, at=now + timedelta(hours=23)) == ("admin", "系统管理员")
    assert invited(record, late, at=now + timedelta(hours=24)) is None
    again = first_administrator(record, RULES, at=now)
    assert invited(record, late, at=now) is None, "an older link serves no more"
    with pytest.raises(NotAllowed, match="至少"):
        accept(record, again, "short", RULES, at=now)
    assert accept(record, again, WORD, RULES, at=now) == "admin"
    with pytest.raises(NotAllowed, match="已用过"):
        accept(record, again, WORD + "x", RULES, at=now)
    assert first_administrator(record, RULES, at=now) == "", "only while nobody can sign in"
    with record.read() as cx:
        kept = cx.execute(select(sign_in_key.c.token)).scalars().all()
    assert again not in kept, "the record holds no secret that opens anything"


def test_a_reset_password_ends_the_desks_that_the_old_one_opened(
    record: Record, seal: Seal, now: datetime
) -> None:
    """D07: whoever had the old password is out."""
    mine = person(record)
    token = enter(record, Knock(login="wang", password=WORD), RULES, seal, at=now)
    secret = invite(record, SYSTEM, mine, RULES, at=now)
    accept(record, secret, "Xin-kouling-2026", RULES, at=now)
    assert isinstance(found(record, token, now), Gone)


def test_an_unattended_desk_locks_and_a_click_does_not_open_it(
    record: Record, seal: Seal, now: datetime
) -> None:
    """D07: the picture stays; only the password opens it again."""
    person(record)
    token = enter(record, Knock(login="wang", password=WORD), RULES, seal, at=now)
    idle = now + timedelta(minutes=30)
    stay = here(record, token, idle)
    assert stay.locked
    touch(record, stay.id, RULES, at=idle)
    assert here(record, token, idle).locked
    with pytest.raises(NotPermitted, match="已锁定"), SignedRecord(record, stay, RULES).write(idle):
        pass
    with pytest.raises(NotPermitted):
        unlock(record, stay, "no", RULES, at=idle)
    unlock(record, stay, WORD, RULES, at=idle)
    assert not here(record, token, idle).locked
    touch(record, stay.id, RULES, at=idle + timedelta(minutes=20))
    assert not here(record, token, idle + timedelta(minutes=45)).locked


def test_an_analysts_idle_desk_ends_and_stays_ended(
    record: Record, seal: Seal, now: datetime
) -> None:
    """D07"""
    person(record, role=Role.ANALYST)
    token = enter(record, Knock(login="wang", password=WORD), RULES, seal, at=now)
    stay, idle = here(record, token, now), now + timedelta(minutes=30)
    touch(record, stay.id, RULES, at=idle)
    assert isinstance(found(record, token, idle), Gone)


@pytest.mark.parametrize("role", list(Role))
def test_every_stay_ends_at_its_hour(role: Role, record: Record, now: datetime) -> None:
    """D07"""
    token = sit_down(
        record, Actor("某", role, "fire" if role is Role.AGENCY_OFFICER else None), now
    )
    end = now + timedelta(hours=RULES.stays[role].hours)
    with record.write(now) as w:
        w.cx.execute(update(sign_in).values(seen_at=end - timedelta(minutes=1)))
    assert isinstance(found(record, token, end - timedelta(seconds=1)), Sitting)
    assert isinstance(found(record, token, end), Gone)


def test_a_wall_that_becomes_a_desk_sits_no_longer_than_a_desk(
    record: Record, now: datetime
) -> None:
    who = Actor("大屏", Role.WALL)
    token = sit_down(record, who, now)
    with record.write(now) as w:
        w.cx.execute(update(account).values(role=Role.COMMANDER))
        w.cx.execute(update(sign_in).values(seen_at=now + timedelta(hours=14)))
    assert isinstance(found(record, token, now + timedelta(hours=14)), Gone)


def test_signing_out_ends_the_stay_for_every_copy_of_the_cookie(
    record: Record, now: datetime
) -> None:
    token = sit_down(record, at=now)
    leave(record, here(record, token, now).id, at=now)
    assert isinstance(found(record, token, now), Gone)


def test_a_role_taken_away_stops_the_next_write(record: Record, now: datetime) -> None:
    """D06: the page still shows the old role; the transaction of the write knows better."""
    who = Actor("李某", Role.DUTY_CHIEF)
    token = sit_down(record, who, now)
    stay = here(record, token, now)
    signed = SignedRecord(record, stay, RULES)
    with signed.write(now):
        pass
    mine = row_of(record, stay.account_id)
    grant_role(record, SECURITY, mine.id, mine.version, Role.ANALYST, at=now)
    with pytest.raises(NotPermitted, match="身份已变更"), signed.write(now):
        pass


def test_a_closed_account_is_out_at_once_and_cannot_come_back(
    record: Record, seal: Seal, now: datetime
) -> None:
    """D06"""
    mine = person(record)
    token = enter(record, Knock(login="wang", password=WORD), RULES, seal, at=now)
    stay = here(record, token, now)
    with pytest.raises(NotAllowed, match="理由"):
        set_active(record, SYSTEM, mine, row_of(record, mine).version, False, " ", at=now)
    set_active(record, SYSTEM, mine, row_of(record, mine).version, False, "调离", at=now)
    assert isinstance(found(record, token, now), Gone)
    with pytest.raises(NotPermitted), SignedRecord(record, stay, RULES).write(now):
        pass
    with pytest.raises(NotPermitted):
        enter(record, Knock(login="wang", password=WORD), RULES, seal, at=now)


def test_sessions_are_ended_from_another_desk_with_a_reason(record: Record, now: datetime) -> None:
    token = sit_down(record, at=now)
    stay = here(record, token, now)
    with pytest.raises(NotAllowed):
        end_sessions(record, SECURITY, stay.account_id, "", at=now)
    assert end_sessions(record, SECURITY, stay.account_id, "离岗", at=now) == 1
    gone = found(record, token, now)
    assert isinstance(gone, Gone)
    assert "离岗" in gone.why
    assert actions(record).count(Action.END_SESSION) == 1


def test_three_administrators_are_kept_apart() -> None:
    """D05: one makes accounts, one gives roles, one reads the log; nobody promotes themselves."""
    with pytest.raises(NotPermitted, match="安全管理员办理"):
        may_grant(SYSTEM, Action.GRANT_ROLE, "某", guarded=True)
    may_grant(SYSTEM, Action.GRANT_ROLE, "某", guarded=False)
    may_grant(SECURITY, Action.GRANT_ROLE, "某", guarded=True)
    for actor in (SYSTEM, SECURITY):
        with pytest.raises(NotPermitted, match="不能给自己"):
            may_grant(actor, Action.GRANT_ROLE, f" {actor.name}", guarded=False)
    with pytest.raises(NotPermitted):
        may_grant(AUDIT, Action.GRANT_ROLE, "某", guarded=False)


def test_what_is_made_while_a_security_administrator_is_there_waits_for_its_role(
    record: Record, seal: Seal, now: datetime
) -> None:
    """D05"""
    person(record, "sec", Role.SECURITY_ADMIN)
    new = NewAccount(login="zhao", name="赵某", role=Role.COMMANDER)
    mine = make_account(record, SYSTEM, new, at=now)
    assert not row_of(record, mine).active
    with pytest.raises(NotPermitted):
        grant_role(record, SYSTEM, mine, 1, Role.COMMANDER, at=now)
    grant_role(record, SECURITY, mine, 1, Role.DUTY_OFFICER, at=now)
    assert row_of(record, mine).active


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN])
def test_the_last_administrator_keeps_the_role(record: Record, role: Role, now: datetime) -> None:
    mine = person(record, "only", role)
    person(record, "linked", role, word=None)  # has no way in yet
    with pytest.raises(NotAllowed, match="最后一名"):
        grant_role(record, SECURITY, mine, 1, Role.ANALYST, at=now)
    person(record, "second", role)
    grant_role(record, SECURITY, mine, 1, Role.ANALYST, at=now)
