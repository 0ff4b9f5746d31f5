"""统一身份认证: who the city's identity provider vouches for comes in as an account of ours.

The provider says who it is; what they may do stays with us. Nobody is made an account silently.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from linkage.access.accounts import change, find_account, guarded
from linkage.access.granting import may_grant
from linkage.access.signing_in import Knock, begin
from linkage.access.stay_rules import StayRules
from linkage.access.tokens import kept_of
from linkage.access_tables import account, sign_in_key
from linkage.access_vocabulary import KeyPurpose, SignInMeans
from linkage.actions import Action, Happening
from linkage.errors import NotAllowed, NotPermitted
from linkage.people import Actor
from linkage.record import Record, Writing

LONGEST = 200


def come_in(
    record: Record,
    subject: str,
    proof: str,
    knock: Knock,
    rules: StayRules,
    *,
    at: datetime | None = None,
) -> str:
    """The token of a new stay of whom the provider calls `subject`. `proof`: what it gave for this
    sign-in; it serves once. Raises NotPermitted with a sentence for who stands at the door."""
    with record.write(at) as w:
        row = w.cx.execute(select(account).where(account.c.unified_id == subject)).first()
        why = _why_not(w, row, proof)
        if row is not None and not why:
            _used(w, row.id, proof)
            return begin(w, row, SignInMeans.UNIFIED, knock, rules)
        after = {"unified_id": subject[:LONGEST], "address": knock.address[:100]}
        w.log.add("登录", Happening.SIGN_IN_FAILED, f"统一身份认证：{why}", after=after)
    if row is None:
        raise NotPermitted(
            f"统一身份认证已通过，但“{subject[:60]}”还没有绑定本系统的账户：请把它告诉安全管理员。"
        )
    raise NotPermitted(f"统一身份认证已通过，但不能登录：{why}。")


def bind(
    record: Record,
    actor: Actor,
    account_id: int,
    version: int,
    subject: str,
    *,
    at: datetime | None = None,
) -> int:
    """Let the account come in as `subject`; "" takes it back. A way in, so given as a link is."""
    given = subject.strip() or None
    if given and (len(given) > LONGEST or not given.isprintable()):
        raise NotAllowed(f"统一身份标识不超过 {LONGEST} 个字符，不含换行等控制字符。")
    with record.write(at) as w:
        row = find_account(w, account_id, version)
        may_grant(actor, Action.INVITE, row.name, guarded=guarded(w))
        if row.cast:
            raise NotAllowed("演示角色不能绑定统一身份。")
        taken = select(account.c.name).where(
            account.c.unified_id == given, account.c.id != account_id
        )
        if given and (other := w.cx.execute(taken).scalar()):
            raise NotAllowed(f"这个统一身份已绑定{other}的账户。")
        why = "绑定统一身份" if given else "解除统一身份"
        return change(w, row, str(actor), Action.INVITE, why, unified_id=given)


def _why_not(w: Writing, row: Any, proof: str) -> str:
    if row is None:
        return "没有绑定账户"
    if row.cast or not row.active:
        return "账户已停用，请联系系统管理员"
    known = select(sign_in_key.c.id).where(sign_in_key.c.token == kept_of(proof))
    if w.cx.execute(known).first() is not None:
        return "这次认证已用过，请重新认证"
    return ""


def _used(w: Writing, account_id: int, proof: str) -> None:
    w.cx.execute(
        sign_in_key.insert().values(
            id=w.next_id(),
            account_id=account_id,
            purpose=KeyPurpose.UNIFIED,
            token=kept_of(proof),
            made_at=w.at,
            ends_at=w.at,
            used_at=w.at,
        )
    )
