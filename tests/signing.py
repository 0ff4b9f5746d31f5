"""Somebody signs in, as a test needs them: the account is made, or given the role, on the spot."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import select, update

from linkage.access.accounts import NewAccount, insert_account
from linkage.access.signing_in import Knock, begin
from linkage.access.stay_rules import StayRules, load_stay_rules
from linkage.access_tables import account
from linkage.access_vocabulary import SignInMeans
from linkage.people import Actor
from linkage.record import Record
from linkage.settings import SHIPPED
from linkage.vocabulary import Role

RULES: StayRules = load_stay_rules(SHIPPED / "access.toml")
OFFICER = Actor("值班员甲", Role.DUTY_OFFICER)


def sit_down(record: Record, who: Actor = OFFICER, at: datetime | None = None) -> str:
    """The token of a new stay of `who`: what their browser would hold as its cookie."""
    with record.write(at) as w:
        mine = select(account).where(account.c.name == who.name)
        row = w.cx.execute(mine).first()
        if row is None:
            login = f"t{sha256(who.name.encode()).hexdigest()[:12]}"
            new = NewAccount(login=login, name=who.name, role=who.role, agency_id=who.agency_id)
            insert_account(w, new, "测试", active=True)
        # An administrator has enrolled a second factor, or could do nothing.
        now = {"role": who.role, "agency_id": who.agency_id, "totp": "enrolled"}
        w.cx.execute(update(account).where(account.c.name == who.name).values(**now))
        row = w.cx.execute(mine).one()
        knock = Knock(login=row.login, password="", address="127.0.0.1", agent="test")
        return begin(w, row, SignInMeans.PASSWORD, knock, RULES)
