"""账户: made, changed, given a role, closed. Each act is logged with before and after; each takes
the row as the administrator's screen showed it (`version`), and raises Raced when it is another.
"""

import re
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import exists, select, update

from linkage.access.granting import may_grant
from linkage.access.signing_in import end_all
from linkage.access_tables import account
from linkage.actions import Action
from linkage.errors import NotAllowed, Raced
from linkage.people import Actor, permit, same_person
from linkage.record import Record, Writing
from linkage.vocabulary import Role

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,59}")
NO_ROLE = "尚未授予角色"


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    login: str
    name: str
    role: Role
    agency_id: str | None = None
    unified_id: str | None = None


def make_account(
    record: Record, actor: Actor, new: NewAccount, *, at: datetime | None = None
) -> int:
    """A new account without a password, its id. While a security administrator is there it stands
    inactive until that one has granted the role (linkage/access/granting.py)."""
    permit(actor, Action.MAKE_ACCOUNT)
    new = _checked(new)
    with record.write(at) as w:
        _is_new(w, new)
        return insert_account(w, new, str(actor), active=not guarded(w))


def grant_role(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    account_id: int,
    version: int,
    role: Role,
    agency_id: str | None = None,
    *,
    at: datetime | None = None,
) -> int:
    """Give a role, and let the account in. Its desks act in the new role from their next act on."""
    with record.write(at) as w:
        row = find_account(w, account_id, version)
        may_grant(actor, Action.GRANT_ROLE, row.name, guarded=guarded(w))
        _fits(role, agency_id)
        if row.active and row.role != role:
            _not_the_last(w, row)
        changed = {"role": role.value, "agency_id": agency_id, "active": True}
        return change(w, row, str(actor), Action.GRANT_ROLE, "", **changed)


def set_active(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    account_id: int,
    version: int,
    active: bool,
    reason: str,
    *,
    at: datetime | None = None,
) -> int:
    """Close an account, its desks with it; or open it again (then its role is granted anew while
    a security administrator is there)."""
    permit(actor, Action.CHANGE_ACCOUNT)
    if not reason.strip():
        raise NotAllowed("请写明理由。")
    with record.write(at) as w:
        row = find_account(w, account_id, version)
        if same_person(actor.name, row.name):
            raise NotAllowed("不能停用自己的账户，请由另一名管理员办理。")
        if active and guarded(w):
            raise NotAllowed("请由安全管理员在“授予角色”中重新启用。")
        if not active:
            _not_the_last(w, row)
            end_all(w, account_id, f"{actor}停用账户")
        return change(w, row, str(actor), Action.CHANGE_ACCOUNT, reason.strip(), active=active)


def unlock_account(
    record: Record, actor: Actor, account_id: int, version: int, *, at: datetime | None = None
) -> int:
    """Take back the lock that wrong passwords brought."""
    permit(actor, Action.UNLOCK_ACCOUNT)
    with record.write(at) as w:
        row = find_account(w, account_id, version)
        return change(w, row, str(actor), Action.UNLOCK_ACCOUNT, "", failed=0, locked_until=None)


def end_sessions(
    record: Record, actor: Actor, account_id: int, reason: str, *, at: datetime | None = None
) -> int:
    """Send every desk of an account to the door; how many there were."""
    permit(actor, Action.END_SESSION)
    if not reason.strip():
        raise NotAllowed("请写明理由。")
    with record.write(at) as w:
        row = find_account(w, account_id)
        ended = end_all(w, account_id, f"{actor}强制退出（{reason.strip()}）")
        before, after = ({"name": row.name, "desks": count} for count in (ended, 0))
        w.log.add(str(actor), Action.END_SESSION, reason.strip(), before=before, after=after)
        return ended


def insert_account(
    w: Writing, new: NewAccount, by: str, *, active: bool, cast: bool = False
) -> int:
    """Write the row and its line in the log."""
    account_id = w.next_id()
    w.cx.execute(
        account.insert().values(
            id=account_id,
            login=new.login,
            name=new.name,
            role=new.role,
            agency_id=new.agency_id,
            unified_id=new.unified_id,
            failed=0,
            active=active,
            cast=cast,
            made_by=by,
            made_at=w.at,
            changed_at=w.at,
            version=1,
        )
    )
    after = msgspec.to_builtins(new) | {"active": active}
    w.log.add(by, Action.MAKE_ACCOUNT, "", after=after)
    return account_id


def find_account(w: Writing, account_id: int, version: int | None = None) -> Any:
    """Raises Raced when it is no longer the `version` that the screen showed."""
    row = w.cx.execute(select(account).where(account.c.id == account_id)).first()
    if row is None:
        raise NotAllowed("没有这个账户。")
    if version is not None and row.version != version:
        raise Raced(f"账户 {row.login} 刚被他人修改，请看过新的内容再操作。")
    return row


def change(w: Writing, row: Any, by: str, action: Action, reason: str, **changed: Any) -> int:
    """Write columns of `row`, its line in the log; the new version. Secrets are not told."""
    told = {k: v for k, v in changed.items() if k not in _SECRET}
    before = {name: getattr(row, name) for name in told}
    if "totp" in changed:  # that there is one, not what it is
        told["second_factor"] = changed["totp"] is not None
        before["second_factor"] = row.totp is not None
    w.cx.execute(
        update(account)
        .where(account.c.id == row.id)
        .values(**changed, changed_at=w.at, version=row.version + 1)
    )
    whose = {"name": row.name}
    w.log.add(by, action, reason, before=whose | before, after=whose | told)
    return int(row.version) + 1


_SECRET = frozenset({"password", "totp", "totp_step"})


def guarded(w: Writing) -> bool:
    """Whether an active security administrator with a way in is there."""
    ask = select(
        exists().where(
            account.c.role == Role.SECURITY_ADMIN,
            account.c.active.is_(True),
            account.c.cast.is_(False),
            account.c.password.is_not(None) | account.c.unified_id.is_not(None),
        )
    )
    return bool(w.cx.execute(ask).scalar())


def _not_the_last(w: Writing, row: Any) -> None:
    """The house must not lock itself out."""
    if row.role not in {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN}:
        return
    others = select(account.c.id).where(
        account.c.role == row.role,
        account.c.active.is_(True),
        account.c.cast.is_(False),
        account.c.password.is_not(None) | account.c.unified_id.is_not(None),
        account.c.id != row.id,
    )
    if w.cx.execute(others).first() is None:
        raise NotAllowed(f"{row.name}是最后一名{Role(row.role).label}，请先另设一名。")


def _checked(new: NewAccount) -> NewAccount:
    login, name = new.login.strip().casefold(), new.name.strip()
    if not _LOGIN.fullmatch(login):
        raise NotAllowed("登录名用 2 到 60 位小写字母、数字和 . _ @ -，以字母或数字开头。")
    if not name or len(name) > 20 or not name.isprintable():
        raise NotAllowed("请写姓名，不超过 20 个字。")
    _fits(new.role, new.agency_id)
    unified = (new.unified_id or "").strip() or None
    return msgspec.structs.replace(new, login=login, name=name, unified_id=unified)


def _fits(role: Role, agency_id: str | None) -> None:
    if (role is Role.AGENCY_OFFICER) != (agency_id is not None):
        raise NotAllowed("部门值班员必须选定单位，其他角色不属于部门。")


def _is_new(w: Writing, new: NewAccount) -> None:
    for row in w.cx.execute(select(account.c.login, account.c.name, account.c.unified_id)):
        if row.login == new.login:
            raise NotAllowed(f"登录名 {new.login} 已有人使用。")
        # Acts are signed by name: two of one name could not be told apart.
        if same_person(row.name, new.name):
            raise NotAllowed(
                f"已有名为“{row.name}”的账户，请在姓名后加区分，如“{new.name}（二）”。"
            )
        if new.unified_id and row.unified_id == new.unified_id:
            raise NotAllowed("这个统一身份已绑定另一个账户。")
