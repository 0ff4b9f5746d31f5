"""The clocks of data/clocks.toml in a test, and ladders of people to climb."""

from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import insert

from linkage.clocks.clock import Clock, Clocks, Running
from linkage.clocks.rule_file import read_clocks
from linkage.desk.claims import ClaimRule, load_claim_rule
from linkage.duty.roster import Person
from linkage.duty_tables import person, shift
from linkage.record import Record
from linkage.response_vocabulary import About, Post

DATA = Path(__file__).parents[1] / "data"
CLOCKS: Clocks = read_clocks(DATA)
CLAIMS: ClaimRule = load_claim_rule(DATA / "claims.toml")
FOUR = {Post.OFFICER: "子", Post.DEPUTY: "丑", Post.CHIEF: "寅", Post.LEADER: "卯"}


def clock(rule_id: str) -> Clock:
    return CLOCKS.by_id[rule_id]


def run_of(rule_id: str, started_at: datetime, due_at: datetime, **changes: object) -> Running:
    """A clock of a rule, about order 7 of the fire brigade."""
    rule = clock(rule_id)
    usual = Running(
        rule_id=rule_id,
        about=About.ASSIGNMENT,
        about_id=7,
        round=1,
        owner="fire",
        started_at=started_at,
        due_at=due_at,
        incident_id=3,
        assignment_id=7,
        exercise=False,
        who="消防（牵头）",
        words=rule.awaits,
        late=rule.late,
        called=bool(rule.ladder),
    )
    return msgspec.structs.replace(usual, **changes)


def someone(name: str, mobile: str = "13900000000") -> Person:
    return Person(id=None, name=name, mobile=mobile)


def put_on_duty(
    record: Record, starts_at: datetime, ends_at: datetime, **mobile: str
) -> dict[Post, int]:
    """Four people on the four posts. `officer=""` and the like: without any means."""
    ids = {}
    with record.write(at=starts_at) as w:
        for post, name in FOUR.items():
            ids[post] = w.next_id()
            number = mobile.get(post.value, f"1390000000{len(ids)}")
            blank = {"telephone": "", "email": "", "webhook": ""}
            w.cx.execute(
                insert(person).values(
                    id=ids[post], name=name, mobile=number, active=True, changed_at=w.at, **blank
                )
            )
            w.cx.execute(
                insert(shift).values(
                    id=w.next_id(),
                    post=post,
                    person_id=ids[post],
                    starts_at=starts_at,
                    ends_at=ends_at,
                    set_by="丙（值班长）",
                    set_at=w.at,
                )
            )
    return ids
