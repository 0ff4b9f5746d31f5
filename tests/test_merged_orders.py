"""Orders on their way when incidents are merged or the level changes: who is told what, by what."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from linkage.actions import Happening
from linkage.desk import incidents, merging
from linkage.kinds import Kind
from linkage.own_state import INGEST, set_service
from linkage.people import Actor
from linkage.plan import levels
from linkage.plan.response_rows import read_responses
from linkage.record import Record
from linkage.response import needs, responses
from linkage.response.agencies import load_agencies
from linkage.response.feedback import Want
from linkage.response.need_list import read_needs_of
from linkage.response.need_messages import needs_for
from linkage.response_tables import notice
from linkage.response_vocabulary import Means, NeedSort, NoticeStatus
from linkage.tables import log_entry
from linkage.vocabulary import Disposition
from tests.builders import alert
from tests.desk import (
    DATA,
    INFORM,
    LEAD,
    OFFICER,
    declared,
    incident_row,
    open_list,
    order,
    orders_sent,
    task_row,
)
from tests.onrecord import put_incident

REACHED = load_agencies(DATA / "agencies.toml", DATA / "demo" / "contacts.toml")
SECOND = timedelta(seconds=1)


@pytest.fixture
def fire(record: Record, now: datetime) -> int:
    return put_incident(record, alert(kind=Kind.FIRE, event_code="12G01"), at=now)


@pytest.fixture
def smoke(record: Record, now: datetime) -> int:
    said = alert(source_ref="J9", kind=Kind.FIRE, event_code="12G01")
    return put_incident(record, said, at=now)


def issue(record: Record, incident_id: int, at: datetime, agency: str, level: int) -> int:
    """One order with a response of that level, while the broker is well."""
    with record.write(at) as w:
        set_service(w, INGEST, at, {"round_trip_ms": 3})
    (task,) = responses.issue(
        record,
        OFFICER,
        incident_id,
        incident_row(record, incident_id).version,
        [order(agency, LEAD)],
        agencies=REACHED,
        declared=declared(at, level),
        at=at,
    )
    return task


def waiting(record: Record, task: int) -> dict[Means, tuple[str, int, datetime]]:
    """What waits: its words, its incident and its time."""
    c = notice.c
    ask = select(c.means, c.text, c.incident_id, c.not_before)
    with record.read() as cx:
        rows = cx.execute(
            ask.where(c.assignment_id == task, c.status == NoticeStatus.WAITING)
        ).all()
    return {Means(row.means): (row.text, row.incident_id, row.not_before) for row in rows}


def test_a_merge_that_raises_the_level_is_told_to_those_who_were_at_work_already(
    record: Record, fire: int, smoke: int, now: datetime
) -> None:
    here = issue(record, fire, now, "fire", 4)
    issue(record, smoke, now, "police", 2)
    link = merging.merge(record, OFFICER, smoke, fire, "同一起", agencies=REACHED, at=now + SECOND)
    told = orders_sent(record, "fire")[-1]
    assert (told.revision, "Ⅱ级" in told.incident.level) == (1, True)
    assert task_row(record, here).told_at == now, "the order stands as it was given"
    assert len(orders_sent(record, "police")) == 2
    merging.undo(record, OFFICER, link, "不是一起", agencies=REACHED, at=now + 2 * SECOND)
    assert "Ⅳ级" in orders_sent(record, "fire")[-1].incident.level


def test_a_merge_without_another_level_tells_them_nothing(
    record: Record, fire: int, smoke: int, now: datetime
) -> None:
    issue(record, fire, now, "fire", 3)
    issue(record, smoke, now, "police", 4)
    merging.merge(record, OFFICER, smoke, fire, "同一起", agencies=REACHED, at=now + SECOND)
    assert len(orders_sent(record, "fire")) == 1


def test_a_message_that_waits_goes_where_its_order_goes_and_names_that_incident(
    record: Record, fire: int, smoke: int, now: datetime
) -> None:
    task = issue(record, smoke, now, "police", 4)
    before = waiting(record, task)
    later = now + SECOND
    link = merging.merge(record, OFFICER, smoke, fire, "同一起", agencies=REACHED, at=later)
    after = waiting(record, task)
    ours, theirs = incident_row(record, fire).number, incident_row(record, smoke).number
    assert after
    assert set(after) == set(before)
    for means, (text, incident_id, not_before) in after.items():
        assert (incident_id, ours in text, theirs in text) == (fire, True, False)
        assert not_before == before[means][2], "nobody has chased them"
    merging.undo(record, OFFICER, link, "不是一起", agencies=REACHED, at=later + SECOND)
    assert waiting(record, task) == before


def test_another_level_chases_nobody_whose_order_is_on_its_way(
    record: Record, fire: int, chief: Actor, now: datetime
) -> None:
    task = issue(record, fire, now, "fire", 4)
    before = waiting(record, task)
    (running,) = read_responses(record, fire)
    later = now + 5 * SECOND
    levels.raise_level(
        record, chief, running.id, running.version, 3, "有人被困", agencies=REACHED, at=later
    )
    after = waiting(record, task)
    assert {m: one[2] for m, one in after.items()} == {m: one[2] for m, one in before.items()}
    assert all("响应等级 Ⅲ级" in text for text, _, _ in after.values())
    with record.read() as cx:
        said = select(log_entry.c.reason).where(log_entry.c.action == Happening.NOTICE.value)
        assert not [one for one in cx.execute(said).scalars() if "催办" in one]


def test_what_the_desk_needs_goes_along_with_a_merge_and_back_when_it_is_undone(
    record: Record, fire: int, smoke: int, now: datetime
) -> None:
    issue(record, fire, now, "fire", 4)
    want = Want(sort=NeedSort.SUPPLIES, what="沙袋", amount=300, measure="个")
    theirs = needs.ask(record, OFFICER, smoke, want, agencies=REACHED, at=now)
    ours = needs.ask(record, OFFICER, fire, want, agencies=REACHED, at=now)
    link = merging.merge(record, OFFICER, smoke, fire, "同一起", agencies=REACHED, at=now + SECOND)
    assert {one.id for one in read_needs_of(record, fire)} == {ours, theirs}
    merging.undo(record, OFFICER, link, "不是一起", agencies=REACHED, at=now + 2 * SECOND)
    assert [one.id for one in read_needs_of(record, smoke)] == [theirs]
    assert [one.id for one in read_needs_of(record, fire)] == [ours]
    with record.read() as cx:
        assert [one.id for one in needs_for(cx, "fire")] == [ours]


def test_who_was_only_informed_has_nothing_open_when_the_incident_is_over(
    record: Record, fire: int, chief: Actor, now: datetime
) -> None:
    """Else the list of what is open grows for years, and the newest order has no room in it."""
    version = incident_row(record, fire).version
    told = [order("civil-affairs", INFORM)]
    responses.issue(record, OFFICER, fire, version, told, agencies=REACHED, at=now)
    assert len(open_list(record, "civil-affairs").ids) == 1
    version = incident_row(record, fire).version
    handled = Disposition.HANDLED
    incidents.close(record, OFFICER, fire, version, handled, agencies=REACHED, at=now + SECOND)
    assert open_list(record, "civil-affairs").ids == set()
    version = incident_row(record, fire).version
    incidents.reopen(record, chief, fire, version, "复燃", agencies=REACHED, at=now + 2 * SECOND)
    assert len(open_list(record, "civil-affairs").ids) == 1
