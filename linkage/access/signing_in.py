"""登录与退出: one transaction each, with a line in the log whether it worked or not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import select, update

from linkage.access.passwords import matches
from linkage.access.second_factor import Seal, step_of
from linkage.access.sitting import Sitting, sitting_by_id
from linkage.access.stay_rules import StayRules
from linkage.access.tokens import kept_of, new_token
from linkage.access_tables import account, sign_in
from linkage.access_vocabulary import SignInMeans
from linkage.actions import Happening
from linkage.errors import NotPermitted
from linkage.people import Actor
from linkage.record import Record, Writing
from linkage.vocabulary import Role

# One text for every cause, so that nobody learns which login exists (reliability D08).
REFUSED = "登录名、口令或动态码不对，或账户已锁定、停用。"


class Knock(msgspec.Struct, frozen=True, kw_only=True):
    """Who knocks: what was typed, and where from. Never shown whole: it holds a password."""

    login: str
    password: str
    code: str = ""
    address: str = ""
    agent: str = ""

    def __repr__(self) -> str:
        return f"Knock({self.login[:60]!r})"


def enter(
    record: Record, knock: Knock, rules: StayRules, seal: Seal, *, at: datetime | None = None
) -> str:
    """The token of a new stay. Raises NotPermitted, with the same words whatever was wrong."""
    now = at or datetime.now(UTC)
    row = _account(record, account.c.login == _login(knock.login))
    # Outside the transaction: it takes long, and nobody else may wait for it.
    right = matches(row.password if row else None, knock.password)
    with record.write(now) as w:
        row = _locked_row(w, row.id) if row else None
        step, why = _judged(row, knock, seal, now, right=right)
        if why is None and row is not None:
            means = SignInMeans.SECOND_FACTOR if row.totp else SignInMeans.PASSWORD
            w.cx.execute(
                update(account)
                .where(account.c.id == row.id)
                .values(failed=0, locked_until=None, totp_step=step or row.totp_step)
            )
            return begin(w, row, means, knock, rules)
        _failed(w, row, knock, why or "", rules)
    raise NotPermitted(f"{REFUSED}连续 {rules.lock.after} 次不对会锁定 {rules.lock.minutes} 分钟。")


def begin(w: Writing, row: Any, means: SignInMeans, knock: Knock, rules: StayRules) -> str:
    """A new stay of the account `row`; its token. `knock`: where from."""
    token, stay = new_token(), rules.stays[Role(row.role)]
    w.cx.execute(
        sign_in.insert().values(
            id=w.next_id(),
            account_id=row.id,
            token=kept_of(token),
            means=means,
            began_at=w.at,
            seen_at=w.at,
            ends_at=w.at + timedelta(hours=stay.hours),
            address=knock.address[:100],
            agent=knock.agent[:300],
        )
    )
    said = f"{means.label}，{knock.address[:100]}"
    w.log.add(_signature(row), Happening.SIGNED_IN, said, after={"login": row.login})
    return token


def unlock(
    record: Record,
    sitting: Sitting,
    password: str,
    rules: StayRules,
    *,
    at: datetime | None = None,
) -> None:
    """The person is back at a desk that locked itself. Raises NotPermitted."""
    now = at or datetime.now(UTC)
    row = _account(record, account.c.id == sitting.account_id)
    right = matches(row.password if row else None, password)
    with record.write(now) as w:
        row = _locked_row(w, sitting.account_id)
        if right and not _shut(row, now):
            w.cx.execute(update(account).where(account.c.id == row.id).values(failed=0))
            w.cx.execute(update(sign_in).where(sign_in.c.id == sitting.id).values(seen_at=now))
            return
        _failed(w, row, Knock(login=row.login, password=""), "解锁口令不对", rules)
    raise NotPermitted("口令不对，或账户已锁定；请重试，或重新登录。")


def touch(record: Record, sign_in_id: int, rules: StayRules, *, at: datetime | None = None) -> None:
    """The person did something: the desk is attended. Call it once a minute at most.

    A desk that has locked itself, or whose stay is over, is not opened again by a click."""
    with record.write(at) as w:
        found = sitting_by_id(w.cx, sign_in_id, rules, w.at, cast=True)
        if isinstance(found, Sitting) and not found.locked:
            mine = sign_in.c.id == sign_in_id
            w.cx.execute(update(sign_in).where(mine).values(seen_at=w.at))


def leave(record: Record, sign_in_id: int, *, at: datetime | None = None) -> None:
    """Sign out. A stay that has ended already stays as it is."""
    with record.write(at) as w:
        ask = (
            select(account)
            .join(sign_in, sign_in.c.account_id == account.c.id)
            .where(sign_in.c.id == sign_in_id, sign_in.c.ended_at.is_(None))
        )
        row = w.cx.execute(ask).first()
        if row is not None:
            _end(w, sign_in.c.id == sign_in_id, "本人退出")
            w.log.add(_signature(row), Happening.SIGNED_OUT, "", after={"login": row.login})


def end_all(w: Writing, account_id: int, why: str, *, but: int | None = None) -> int:
    """End every stay of an account, `but` one; how many there were."""
    which = (sign_in.c.account_id == account_id) & sign_in.c.ended_at.is_(None)
    if but is not None:
        which &= sign_in.c.id != but
    return _end(w, which, why)


def _end(w: Writing, which: Any, why: str) -> int:
    done = w.cx.execute(update(sign_in).where(which).values(ended_at=w.at, ended_by=why))
    return int(done.rowcount)


def _judged(
    row: Any, knock: Knock, seal: Seal, now: datetime, *, right: bool
) -> tuple[int | None, str | None]:
    """The time step of the code, and why not, for the log alone."""
    if row is None:
        return None, "没有这个登录名"
    if _shut(row, now):
        return None, "账户停用、锁定或尚未设置口令"
    if not right:
        return None, "口令不对"
    if row.totp is None:
        return None, None
    secret = seal.open(row.totp)
    step = step_of(secret, knock.code, now, row.totp_step) if secret else None
    return step, None if step is not None else "动态码不对或已用过"


def _shut(row: Any, now: datetime) -> bool:
    locked = row.locked_until is not None and now < row.locked_until
    return not row.active or row.cast or row.password is None or locked


def _failed(w: Writing, row: Any, knock: Knock, why: str, rules: StayRules) -> None:
    after: dict[str, Any] = {"login": _login(knock.login), "address": knock.address[:100]}
    if row is not None and not _shut(row, w.at):
        after["locked"] = count_wrong(w, row, rules)
    w.log.add("登录", Happening.SIGN_IN_FAILED, why, after=after)


def count_wrong(w: Writing, row: Any, rules: StayRules) -> bool:
    """One more wrong password or code of this account; whether that locked it."""
    count = row.failed + 1
    locked = count >= rules.lock.after
    until = w.at + timedelta(minutes=rules.lock.minutes) if locked else None
    changed = {"failed": 0 if locked else count, "locked_until": until}
    w.cx.execute(update(account).where(account.c.id == row.id).values(**changed))
    return bool(locked)


def _account(record: Record, which: Any) -> Any:
    with record.read() as cx:
        return cx.execute(select(account).where(which)).first()


def _locked_row(w: Writing, account_id: int) -> Any:
    return w.cx.execute(select(account).where(account.c.id == account_id)).first()


def _login(typed: str) -> str:
    return typed.strip().casefold()[:60]


def _signature(row: Any) -> str:
    return str(Actor(row.name, Role(row.role), row.agency_id))
