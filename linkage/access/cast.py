"""演示角色: the cast of the demonstration, in with one click and only on this machine."""

from datetime import datetime

from sqlalchemy import select, update

from linkage.access.accounts import NewAccount, insert_account
from linkage.access.signing_in import Knock, begin
from linkage.access.stay_rules import StayRules
from linkage.access_tables import account
from linkage.access_vocabulary import SignInMeans
from linkage.errors import NotAllowed
from linkage.record import Record
from linkage.vocabulary import Role

_DESK = (
    ("officer", "值班员甲", Role.DUTY_OFFICER),
    ("officer2", "值班员乙", Role.DUTY_OFFICER),
    ("chief", "值班长丙", Role.DUTY_CHIEF),
    ("commander", "指挥员丁", Role.COMMANDER),
    ("analyst", "研判员戊", Role.ANALYST),
    ("system", "系统管理员己", Role.SYSTEM_ADMIN),
    ("security", "安全管理员庚", Role.SECURITY_ADMIN),
    ("audit", "审计管理员辛", Role.AUDIT_ADMIN),
    ("wall", "一号大屏", Role.WALL),
)


def cast(agencies: dict[str, str]) -> list[NewAccount]:
    """Everybody who may be played. `agencies`: id → short name; each has an officer on duty."""
    desk = [NewAccount(login=f"demo.{i}", name=n, role=r) for i, n, r in _DESK]
    return desk + [
        NewAccount(
            login=f"demo.{agency_id.replace('_', '-')}",
            name=f"{name}值班员",
            role=Role.AGENCY_OFFICER,
            agency_id=agency_id,
        )
        for agency_id, name in agencies.items()
    ]


def play(
    record: Record, who: NewAccount, knock: Knock, rules: StayRules, *, at: datetime | None = None
) -> str:
    """The token of a stay as one of the cast, whose account is made at the first time."""
    with record.write(at) as w:
        row = w.cx.execute(select(account).where(account.c.login == who.login)).first()
        if row is None:
            insert_account(w, who, "演示环境", active=True, cast=True)
            row = w.cx.execute(select(account).where(account.c.login == who.login)).one()
        if not row.cast:
            raise NotAllowed(f"登录名 {who.login} 属于正式账户，不能作为演示角色。")
        if not row.active:
            w.cx.execute(update(account).where(account.c.id == row.id).values(active=True))
        return begin(w, row, SignInMeans.CAST, knock, rules)
