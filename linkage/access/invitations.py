"""一次性链接: how the first administrator, and all after, come to a password of their own."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import exists, select, update

from linkage.access.accounts import (
    NewAccount,
    change,
    find_account,
    guarded,
    insert_account,
)
from linkage.access.granting import may_grant
from linkage.access.passwords import hashed
from linkage.access.signing_in import end_all
from linkage.access.stay_rules import StayRules
from linkage.access.tokens import kept_of, new_token
from linkage.access_tables import account, sign_in_key
from linkage.access_vocabulary import KeyPurpose
from linkage.actions import Action
from linkage.errors import NotAllowed
from linkage.people import Actor
from linkage.record import Record, Writing
from linkage.vocabulary import Role

FIRST = NewAccount(login="admin", name="系统管理员", role=Role.SYSTEM_ADMIN)
STALE = "这个链接已用过或已过期，请向管理员另要一个。"


def first_administrator(record: Record, rules: StayRules, *, at: datetime | None = None) -> str:
    """The secret of a one-time link for the first administrator; "" where somebody can sign in."""
    way_in = (
        account.c.active.is_(True)
        & account.c.cast.is_(False)
        & (account.c.password.is_not(None) | account.c.unified_id.is_not(None))
    )
    with record.write(at) as w:
        if w.cx.execute(select(exists().where(way_in))).scalar():
            return ""
        row = w.cx.execute(select(account.c.id).where(account.c.login == FIRST.login)).first()
        account_id = row.id if row else insert_account(w, FIRST, "首次启动", active=True)
        w.log.add("首次启动", Action.INVITE, "尚无可登录的管理员", after={"login": FIRST.login})
        return make_key(w, account_id, KeyPurpose.SET_PASSWORD, timedelta(hours=rules.link.hours))


def invite(
    record: Record,
    actor: Actor,
    account_id: int,
    rules: StayRules,
    *,
    at: datetime | None = None,
) -> str:
    """The secret of a link for a first or a forgotten password. Whoever opens it sets one; the old
    one, the second factor and all desks of the account end then."""
    with record.write(at) as w:
        row = find_account(w, account_id)
        may_grant(actor, Action.INVITE, row.name, guarded=guarded(w))
        if row.cast:
            raise NotAllowed("演示角色没有口令，不需要链接。")
        w.log.add(str(actor), Action.INVITE, "", after={"name": row.name})
        return make_key(w, account_id, KeyPurpose.SET_PASSWORD, timedelta(hours=rules.link.hours))


def make_key(w: Writing, account_id: int, purpose: KeyPurpose, life: timedelta) -> str:
    """A secret that serves once; an older one of the same purpose serves no more."""
    older = (sign_in_key.c.account_id == account_id) & (sign_in_key.c.purpose == purpose)
    unused = sign_in_key.c.used_at.is_(None)
    w.cx.execute(update(sign_in_key).where(older & unused).values(used_at=w.at))
    token = new_token()
    w.cx.execute(
        sign_in_key.insert().values(
            id=w.next_id(),
            account_id=account_id,
            purpose=purpose,
            token=kept_of(token),
            made_at=w.at,
            ends_at=w.at + life,
        )
    )
    return token


def invited(record: Record, token: str, *, at: datetime | None = None) -> tuple[str, str] | None:
    """Login and name that the link is for; None: used or out of date."""
    now = at or datetime.now(UTC)
    ask = (
        select(account.c.login, account.c.name)
        .join(sign_in_key, sign_in_key.c.account_id == account.c.id)
        .where(*_serves(token, KeyPurpose.SET_PASSWORD, now))
    )
    with record.read() as cx:
        row = cx.execute(ask).first()
    return (row.login, row.name) if row else None


def accept(
    record: Record, token: str, password: str, rules: StayRules, *, at: datetime | None = None
) -> str:
    """Set the password that the link is for; the login. Raises NotAllowed."""
    now = at or datetime.now(UTC)
    who = invited(record, token, at=now)
    if who is None:
        raise NotAllowed(STALE)
    if wrong := rules.passwords.wrong(password, who[0]):
        raise NotAllowed(wrong)
    new = hashed(password)  # outside the transaction: nobody else may wait for it
    with record.write(now) as w:
        account_id = use_key(w, token, KeyPurpose.SET_PASSWORD)
        row = find_account(w, account_id)
        end_all(w, account_id, "口令已重设")
        change(
            *(w, row, f"{row.name}（一次性链接）", Action.SET_PASSWORD, "一次性链接"),
            password=new,
            password_set_at=w.at,
            totp=None,
            totp_step=None,
            failed=0,
            locked_until=None,
        )
    return who[0]


def use_key(w: Writing, token: str, purpose: KeyPurpose) -> int:
    """The account that the secret is for; it serves no more. Raises NotAllowed."""
    serves = _serves(token, purpose, w.at)
    row = w.cx.execute(select(sign_in_key.c.id, sign_in_key.c.account_id).where(*serves)).first()
    if row is None:
        raise NotAllowed(STALE)
    w.cx.execute(update(sign_in_key).where(sign_in_key.c.id == row.id).values(used_at=w.at))
    return int(row.account_id)


def _serves(token: str, purpose: KeyPurpose, now: datetime) -> tuple[Any, ...]:
    key = sign_in_key.c
    return (
        key.token == kept_of(token),
        key.purpose == purpose,
        key.used_at.is_(None),
        key.ends_at > now,
    )
