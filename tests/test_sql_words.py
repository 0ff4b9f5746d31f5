"""Whatever is typed into a search is looked for and never run."""

from datetime import datetime

import pytest
from sqlalchemy import func, select

from linkage.access import audit
from linkage.columns import metadata
from linkage.desk.find import incident_id_of, search
from linkage.desk.search_index import keep_up
from linkage.people import Actor
from linkage.record import Record
from linkage.vocabulary import Role
from tests.builders import alert
from tests.onrecord import put_incident

AUDITOR = Actor("审计", Role.AUDIT_ADMIN)
# By what they try: to end a text, to comment the rest away, to add a table, to wait, to write,
# to reach a LIKE's signs, and to be longer than any question.
SQL = [
    "'",
    '"',
    "';--",
    "' OR '1'='1",
    "') OR ('1'='1' --",
    "1; DROP TABLE incident;--",
    "'; DELETE FROM log_entry; --",
    "' UNION SELECT password_hash FROM account --",
    "' AND pg_sleep(5) --",
    "1' AND (SELECT 1 FROM (SELECT randomblob(900000000)))--",
    "'||(SELECT version())||'",
    "$$; UPDATE incident SET status='closed'; $$",
    "%",
    "_____",
    "\\",
    "%' ESCAPE '\\",
    "{0.__class__}",
    "%(x)s",
    ":x",
    "?",
    "\uff07 \uff2f\uff32 \uff11\uff1d\uff11",
    "0x27 OR 1",
    "' OR 1=1 " * 500,
]


def rows(record: Record) -> dict[str, int]:
    with record.read() as cx:
        return {
            name: cx.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
        }


@pytest.fixture
def city(record: Record, now: datetime) -> Record:
    for n in range(3):
        put_incident(record, alert(source_ref=f"S{n}", occurred_at=now, headline=f"寻常的一起{n}"))
    put_incident(
        record, alert(source_ref="S9", occurred_at=now, headline="写着 ' OR '1'='1 的一起")
    )
    while keep_up(record, 100):
        pass
    return record


def test_sql_in_a_search_finds_what_says_it_and_changes_nothing(
    city: Record, now: datetime
) -> None:
    """D04: the words are bound, the rows are counted before and after."""
    before = rows(city)
    for typed in SQL:
        found = [each.incident.headline for each in search(city, typed, now).found]
        assert all("OR" in headline for headline in found), (typed, found)
        assert incident_id_of(city, typed) is None
        said = audit.search(city, AUDITOR, audit.Asked(word=typed)).entries
        assert all(typed in f"{e.reason}{e.before}{e.after}" for e in said), typed
        for asked in (
            audit.Asked(actor=typed),
            audit.Asked(number=typed),
            audit.Asked(actions=(typed,)),
        ):
            assert audit.search(city, AUDITOR, asked).entries == [], typed
    assert rows(city) == before
    assert len(search(city, "寻常的一起", now).found) == 3
