"""A gateway's message of several frames put right: its good ones are not doubled, none is lost."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ingest import mend
from linkage.figures.refusals import Sieve, refusal_ids
from linkage.intake.errands import ErrandKind
from linkage.intake_tables import fragment
from linkage.people import Actor
from linkage.reading_tables import series
from linkage.record import Record
from linkage.tables import inbound_message
from linkage.verify import verify
from tests.mending import Desk
from tests.test_mending import Errandboy, open_ids, redriven, worked

FRAMES = Path("tests/fixtures/environment")
TOPIC = "linkage/v1/alert/environment"
GOOD = (FRAMES / "fence-line.frame").read_bytes()
BAD = (FRAMES / "crc-wrong.frame").read_bytes()
HALF = (FRAMES / "half-a-frame.frame").read_bytes()


@pytest.fixture
def desk(record: Record, now: datetime) -> Desk:
    return Desk(record, now)


def rows(record: Record, table: Any) -> list[Any]:
    with record.read() as cx:
        return list(cx.execute(select(table)).all())


def test_the_refused_frame_is_put_right_and_its_neighbour_is_not_doubled(
    desk: Desk, record: Record, chief: Actor
) -> None:
    desk.send(BAD + GOOD, topic=TOPIC)
    [old] = open_ids(record)
    before = [row[:-1] for row in rows(record, series)]  # all but the feed's revision
    assert before
    [done] = redriven(desk, chief, [old], GOOD)
    assert done["outcome"] == "duplicate"
    assert [row[:-1] for row in rows(record, series)] == before
    assert open_ids(record) == []


def test_driven_again_as_it_was_it_stays_open_once(
    desk: Desk, record: Record, officer: Actor
) -> None:
    desk.send(BAD + GOOD, topic=TOPIC)
    ids = open_ids(record)
    for _ in range(2):
        [done] = redriven(desk, officer, ids)
        assert done["new_id"] is None
    assert open_ids(record) == ids
    assert len(rows(record, inbound_message)) == 1


def test_a_mended_half_takes_nothing_from_what_waits_on_the_line(
    desk: Desk, record: Record, chief: Actor
) -> None:
    desk.send(BAD, topic=TOPIC)
    [old] = open_ids(record)
    desk.send(HALF, topic=TOPIC)
    waits = rows(record, fragment)
    assert len(waits) == 1
    [seen] = worked(mend.preview(desk.workplace(), [old], HALF))["messages"]
    assert "不能单独重新接入" in seen["parts"][-1]["becomes"]
    [done] = redriven(desk, chief, [old], HALF)
    assert done["new_id"] is None
    assert rows(record, fragment) == waits
    assert [f for f in verify(record) if f.fault] == []


def test_each_part_of_a_message_is_shown_with_what_it_would_become(
    desk: Desk, record: Record, officer: Actor
) -> None:
    desk.send(BAD + GOOD, topic=TOPIC)
    with record.read() as cx:
        ids = refusal_ids(cx, Sieve())
    one = Errandboy(desk).carry_out(officer, ErrandKind.PREVIEW, ids=ids)
    parts = one.result["messages"][0]["parts"]
    assert parts[0]["outcome"] == "rejected"
    assert "CRC" in parts[0]["becomes"]
    assert len(parts) > 1
    assert all(part["becomes"].startswith("测值入库") for part in parts[1:])
