"""Accounts and their stays as the pages list them."""

from datetime import UTC, datetime

import msgspec
from sqlalchemy import func, select

from linkage.access_tables import account, sign_in
from linkage.access_vocabulary import SignInMeans
from linkage.record import Record
from linkage.vocabulary import Role

# A city's desks; more at once are a mistake, and are said to be cut.
MOST = 500


class Session(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    account_id: int
    name: str
    role: Role
    means: SignInMeans
    began_at: datetime
    seen_at: datetime
    address: str
    agent: str


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """`seen_at`: the last act of any stay; None: never came. `desks`: stays that are open."""

    id: int
    version: int
    login: str
    name: str
    role: Role
    agency_id: str | None
    active: bool
    cast: bool
    has_password: bool
    unified_id: str | None
    has_second_factor: bool
    locked_until: datetime | None
    seen_at: datetime | None
    desks: int


def sessions(
    record: Record, account_id: int | None = None, *, at: datetime | None = None
) -> list[Session]:
    """The open stays, of all or of one account; who acted last comes first."""
    now = at or datetime.now(UTC)
    ask = (
        select(
            *(sign_in.c.id, sign_in.c.account_id, sign_in.c.means, sign_in.c.began_at),
            *(sign_in.c.seen_at, sign_in.c.address, sign_in.c.agent),
            *(account.c.name, account.c.role),
        )
        .join(account, account.c.id == sign_in.c.account_id)
        .where(sign_in.c.ended_at.is_(None), sign_in.c.ends_at > now, account.c.active.is_(True))
        .order_by(sign_in.c.seen_at.desc(), sign_in.c.id)
        .limit(MOST)
    )
    if account_id is not None:
        ask = ask.where(sign_in.c.account_id == account_id)
    with record.read() as cx:
        rows = cx.execute(ask).all()
    return [
        Session(
            id=row.id,
            account_id=row.account_id,
            name=row.name,
            role=Role(row.role),
            means=SignInMeans(row.means),
            began_at=row.began_at,
            seen_at=row.seen_at,
            address=row.address,
            agent=row.agent,
        )
        for row in rows
    ]


def accounts(record: Record, *, at: datetime | None = None) -> list[AccountRow]:
    """Every account, by login."""
    now = at or datetime.now(UTC)
    stays = select(sign_in.c.account_id, func.max(sign_in.c.seen_at).label("seen_at"))
    stands = sign_in.c.ended_at.is_(None) & (sign_in.c.ends_at > now)
    count = select(sign_in.c.account_id, func.count().label("desks")).where(stands)
    with record.read() as cx:
        rows = cx.execute(select(account).order_by(account.c.login)).all()
        seen = {r.account_id: r.seen_at for r in cx.execute(stays.group_by(sign_in.c.account_id))}
        open_ones = {
            r.account_id: r.desks for r in cx.execute(count.group_by(sign_in.c.account_id))
        }
    return [
        AccountRow(
            id=row.id,
            version=row.version,
            login=row.login,
            name=row.name,
            role=Role(row.role),
            agency_id=row.agency_id,
            active=row.active,
            cast=row.cast,
            has_password=row.password is not None,
            unified_id=row.unified_id,
            has_second_factor=row.totp is not None,
            locked_until=row.locked_until if row.locked_until and row.locked_until > now else None,
            seen_at=seen.get(row.id),
            desks=open_ones.get(row.id, 0) if row.active else 0,
        )
        for row in rows
    ]
