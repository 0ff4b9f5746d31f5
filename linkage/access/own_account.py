"""我的账户: what a person changes about their own account. Each act asks for the password again:
an open desk alone must not be enough to take the account over.

A desk that must first enrol its second factor may do it here, and nothing else anywhere.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update

from linkage.access.accounts import change, find_account
from linkage.access.passwords import hashed, matches
from linkage.access.second_factor import Seal, step_of
from linkage.access.signing_in import count_wrong, end_all
from linkage.access.sitting import Gone, Sitting, sitting_by_id
from linkage.access.stay_rules import StayRules
from linkage.access_tables import account, sign_in
from linkage.actions import Action, Happening
from linkage.errors import NotAllowed, NotPermitted
from linkage.people import permit
from linkage.record import Record, Writing

WRONG = "口令不对，没有更改。连续输错会锁定账户。"


def change_password(
    record: Record,
    mine: Sitting,
    old: str,
    new: str,
    rules: StayRules,
    *,
    at: datetime | None = None,
) -> int:
    """Set another password; every other desk of the account ends. How many did."""
    permit(mine.actor, Action.SET_PASSWORD, mine.actor.agency_id)
    if wrong := rules.passwords.wrong(new, mine.login):
        raise NotAllowed(wrong)
    if new == old:
        raise NotAllowed("新口令与原口令相同。")
    right, kept = _known(record, mine, old), hashed(new)
    with record.write(at) as w:
        row, fits = _me(w, mine, rules, right)
        if fits:
            ended = end_all(w, row.id, "口令已更改", but=mine.id)
            values = {"password": kept, "password_set_at": w.at}
            change(w, row, str(mine.actor), Action.SET_PASSWORD, "本人更改", **values)
            return ended
    raise NotAllowed(WRONG)


def enrol(  # noqa: PLR0917
    record: Record,
    mine: Sitting,
    password: str,
    secret: str,
    code: str,
    seal: Seal,
    rules: StayRules,
    *,
    at: datetime | None = None,
) -> None:
    """Take `secret` into use, once a code shows that the telephone has it."""
    permit(mine.actor, Action.SET_SECOND_FACTOR, mine.actor.agency_id)
    step = step_of(secret, code, at or datetime.now(UTC), None)
    if step is None:
        raise NotAllowed("动态码不对：请确认手机时间准确，输入当前显示的 6 位数字。")
    right = _known(record, mine, password)
    with record.write(at) as w:
        row, fits = _me(w, mine, rules, right)
        if fits:
            if row.totp is not None:
                raise NotAllowed("动态码已启用；要换手机，请先停用。")
            values = {"totp": seal.seal(secret), "totp_step": step}
            change(w, row, str(mine.actor), Action.SET_SECOND_FACTOR, "启用动态码", **values)
            return
    raise NotAllowed(WRONG)


def drop(  # noqa: PLR0917
    record: Record,
    mine: Sitting,
    password: str,
    code: str,
    seal: Seal,
    rules: StayRules,
    *,
    at: datetime | None = None,
) -> None:
    """Use no second factor from now on; the password and a code show who asks."""
    permit(mine.actor, Action.SET_SECOND_FACTOR, mine.actor.agency_id)
    right = _known(record, mine, password)
    with record.write(at) as w:
        row, fits = _me(w, mine, rules, right)
        if fits and row.totp is None:
            raise NotAllowed("动态码没有启用。")
        secret = seal.open(row.totp) if fits else None
        if secret and step_of(secret, code, w.at, row.totp_step) is not None:
            values = {"totp": None, "totp_step": None}
            change(w, row, str(mine.actor), Action.SET_SECOND_FACTOR, "停用动态码", **values)
            return
        if fits:
            _count(w, row, rules)
    raise NotAllowed("口令或动态码不对，没有更改。连续输错会锁定账户。")


def end_mine(
    record: Record, mine: Sitting, sign_in_id: int, rules: StayRules, *, at: datetime | None = None
) -> None:
    """End another desk of one's own: it was left open somewhere."""
    with record.write(at) as w:
        row, _fits = _me(w, mine, rules, True)
        which = (sign_in.c.id == sign_in_id) & (sign_in.c.account_id == row.id)
        open_one = which & sign_in.c.ended_at.is_(None)
        done = w.cx.execute(update(sign_in).where(open_one).values(ended_at=w.at, ended_by="本人"))
        if done.rowcount:
            # No right is asked for: everybody may end what is their own.
            before, after = (
                {"name": row.name, "desk": sign_in_id, "open": o} for o in (True, False)
            )
            why = "本人结束另一席位"
            w.log.add(str(mine.actor), Action.END_SESSION, why, before=before, after=after)


def has_second_factor(record: Record, mine: Sitting) -> bool:
    with record.read() as cx:
        ask = select(account.c.totp).where(account.c.id == mine.account_id)
        return cx.execute(ask).scalar() is not None


def _known(record: Record, mine: Sitting, password: str) -> bool:
    """Outside the transaction: it takes long, and nobody else may wait for it."""
    with record.read() as cx:
        ask = select(account.c.password).where(account.c.id == mine.account_id)
        kept = cx.execute(ask).scalar()
    return matches(kept, password)


def _me(w: Writing, mine: Sitting, rules: StayRules, right: bool) -> tuple[Any, bool]:
    """One's row, and whether the password was right; a wrong one counts as at the door."""
    found = sitting_by_id(w.cx, mine.id, rules, w.at, cast=mine.cast)
    if isinstance(found, Gone):
        raise NotPermitted(f"{found.why}刚才的操作没有执行，请重新登录。")
    if found.locked:
        raise NotPermitted("席位已锁定，请先解锁。")
    if found.actor != mine.actor:
        raise NotPermitted(f"您的身份已变更为{found.actor}，请刷新后重试。")
    row = find_account(w, mine.account_id)
    if row.locked_until is not None and w.at < row.locked_until:
        raise NotPermitted("账户因连续输错已锁定，请稍后再试或请安全管理员解除。")
    if not right:
        _count(w, row, rules)
    return row, right


def _count(w: Writing, row: Any, rules: StayRules) -> None:
    after = {"login": row.login, "locked": count_wrong(w, row, rules)}
    w.log.add("登录", Happening.SIGN_IN_FAILED, "在“我的账户”输错口令或动态码", after=after)
