"""A stay at a desk: who it is, whether it still stands, and why not. Read anew for every act."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from linkage.access.stay_rules import StayRules
from linkage.access_tables import account, sign_in
from linkage.access_vocabulary import IdleThen, SignInMeans
from linkage.beijing import clock
from linkage.people import Actor
from linkage.vocabulary import Role


class Sitting(msgspec.Struct, frozen=True, kw_only=True):
    """`locked`: nothing may be done until the password is given again. `unready`: nor until a
    second factor is enrolled."""

    id: int
    account_id: int
    login: str
    actor: Actor
    means: SignInMeans
    began_at: datetime
    seen_at: datetime
    ends_at: datetime
    locked: bool = False
    unready: bool = False

    @property
    def cast(self) -> bool:
        return self.means is SignInMeans.CAST


class Gone(msgspec.Struct, frozen=True):
    """A stay that ended, and why, for the screen."""

    why: str


NOBODY = Gone("尚未登录。")


def sitting_by_token(
    cx: Connection, kept: str, rules: StayRules, now: datetime, *, cast: bool
) -> Sitting | Gone:
    """`kept`: linkage.access.tokens.kept_of. `cast`: whether the demonstration's may sit here."""
    row = _row(cx, sign_in.c.token == kept)
    return NOBODY if row is None else _judge(row, rules, now, cast=cast)


def sitting_by_id(
    cx: Connection, sign_in_id: int, rules: StayRules, now: datetime, *, cast: bool
) -> Sitting | Gone:
    row = _row(cx, sign_in.c.id == sign_in_id)
    return NOBODY if row is None else _judge(row, rules, now, cast=cast)


def _row(cx: Connection, which: Any) -> Any:
    person, stay = account.c, sign_in.c
    ask = (
        select(
            *(stay.id, stay.means, stay.began_at, stay.seen_at, stay.ends_at),
            *(stay.ended_at, stay.ended_by),
            *(person.login, person.name, person.role, person.agency_id, person.active),
            *(person.totp, person.cast, person.id.label("account_id")),
        )
        .join(account, person.id == stay.account_id)
        .where(which)
    )
    return cx.execute(ask).first()


def _judge(row: Any, rules: StayRules, now: datetime, *, cast: bool) -> Sitting | Gone:
    stay = rules.stays[Role(row.role)]
    if row.ended_at is not None:
        return Gone(f"登录已于 {clock(row.ended_at)} 结束：{row.ended_by}。")
    if not row.active:
        return Gone("账户已停用，请联系系统管理员。")
    if row.cast and not cast:
        return Gone("演示角色只能在演示环境的本机使用。")
    # Who was given another role sits no longer than that role may.
    ends_at = min(row.ends_at, row.began_at + timedelta(hours=stay.hours))
    if now >= ends_at:
        return Gone(f"登录已于 {clock(ends_at)} 到期。")
    idle = None if row.cast else stay.idle(row.seen_at, now)
    if idle is IdleThen.END:
        return Gone(f"{stay.idle_minutes} 分钟没有操作，已自动退出。")
    return Sitting(
        id=row.id,
        account_id=row.account_id,
        login=row.login,
        actor=Actor(row.name, Role(row.role), row.agency_id),
        means=SignInMeans(row.means),
        began_at=row.began_at,
        seen_at=row.seen_at,
        ends_at=ends_at,
        locked=idle is IdleThen.LOCK,
        # Who the city's identity provider vouches for has its factors, not ours.
        unready=stay.second_factor
        and row.totp is None
        and row.means not in {SignInMeans.CAST, SignInMeans.UNIFIED},
    )
