"""What runs beside the intake: the end of a warning in the log, the published one on disk."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from ingest.warning_chores import WarningChores
from linkage.actions import Happening
from linkage.record import Record
from linkage.response import outbox
from linkage.tables import log_entry, outbound_message, warning
from linkage.vocabulary import WarningStatus
from linkage.warnings.legal import Text
from tests.onrecord import put_warning
from tests.parts import Mosquitto, wait_until
from tests.test_deliver import Department, delivering
from tests.test_public_warnings import Desk, desk, find, text

__all__ = ["desk", "text"]
HOUR = timedelta(hours=1)


@pytest.fixture
def chores(record: Record, tmp_path: Path) -> WarningChores:
    return WarningChores(record, tmp_path, lambda: True)


def test_a_warning_that_ran_out_is_ended_at_its_second_and_told_once(
    record: Record, chores: WarningChores
) -> None:
    ends = put_ending(record)
    chores.turn(ends + timedelta(seconds=3))
    chores.turn(ends + timedelta(seconds=4))
    with record.read() as cx:
        row = cx.execute(select(warning)).one()
        told = cx.execute(select(log_entry).where(log_entry.c.action == Happening.EXPIRE)).all()
    assert (row.status, row.ended_at) == (WarningStatus.EXPIRED, ends)
    assert len(told) == 1
    assert "按常规时长计" in told[0].reason


def put_ending(record: Record) -> datetime:
    begins = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
    put_warning(record, ["320700"], at=begins, expires_at=begins + 24 * HOUR, end_assumed=True)
    return begins + 24 * HOUR


def test_what_was_signed_lies_on_disk_byte_for_byte(
    record: Record, chores: WarningChores, desk: Desk, text: Text, tmp_path: Path
) -> None:
    made = desk.out(text)
    chores.turn(desk.now)
    it = find(record, made)
    assert it.file == "warnings/32070041600000_20261122143000_0.xml"
    assert (tmp_path / it.file).read_bytes() == (it.xml or "").encode()
    assert [p.name for p in (tmp_path / "warnings").iterdir()] == [Path(it.file).name]


def test_a_disk_that_is_full_is_tried_again(
    record: Record, desk: Desk, text: Text, tmp_path: Path
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    made = desk.out(text)
    WarningChores(record, blocked, lambda: True).turn(desk.now)
    assert find(record, made).file is None
    WarningChores(record, tmp_path, lambda: True).turn(desk.now)
    assert find(record, made).file is not None


def test_the_screen_learns_when_the_broker_has_it(
    record: Record, chores: WarningChores, desk: Desk, text: Text
) -> None:
    made = desk.out(text)
    chores.turn(desk.now)
    assert find(record, made).published_at is None
    with record.write(desk.now + HOUR) as w:
        ids = list(w.cx.execute(select(outbound_message.c.id)).scalars())
        outbox.mark_sent(w, ids)
    chores.turn(desk.now + HOUR)
    assert find(record, made).published_at == desk.now + HOUR


def test_one_of_several_workers_does_it(record: Record, tmp_path: Path) -> None:
    ends = put_ending(record)
    assert ends
    WarningChores(record, tmp_path, lambda: False).look(0.0)
    with record.read() as cx:
        assert cx.execute(select(warning.c.status)).scalar_one() == WarningStatus.ACTIVE


def test_a_channel_that_listens_hears_what_was_signed_and_no_old_one(
    record: Record, desk: Desk, text: Text, mosquitto: Mosquitto, chores: WarningChores
) -> None:
    channel = Channel(mosquitto)
    made = desk.out(text)
    with delivering(record, mosquitto):
        wait_until(lambda: channel.heard, 15, "the warning")
    ((topic, payload, retained),) = channel.heard
    assert (topic, retained) == ("linkage/v1/warning/320700", False)
    assert payload == (find(record, made).xml or "").encode()
    channel.close()
    late = Channel(mosquitto, "late")
    chores.turn(desk.now)
    assert find(record, made).published_at is not None
    assert late.heard == []
    late.close()


class Channel(Department):
    """A public channel: a radio, a gateway of the telephone network."""

    topics = "linkage/v1/warning/#"
