"""Writes are serial, whole or not at all, whatever the number of processes."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from linkage.intake_tables import service_state
from linkage.record import UNAVAILABLE, Record
from linkage.tables import incident_link, ledger, log_entry, unit
from linkage.verify import verify
from tests.parts import Postgres

# One process of two: every write takes an id and two revisions, and logs them.
WRITER = """
import sys
from linkage.record import Record
record = Record(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for n in range(40):
    with record.write() as w:
        first, second = w.next_revision(), w.next_revision()
        w.log.add(sys.argv[2], "note", str(n), after=[w.next_id(), first, second])
"""


def _entries(record: Record) -> list[list[int]]:
    import msgspec

    with record.read() as cx:
        rows = cx.execute(select(log_entry.c.after).order_by(log_entry.c.id)).scalars()
        return [msgspec.json.decode(row) for row in rows]


def test_two_processes_write_one_after_the_other(record: Record, database_url: str) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, database_url, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("甲", "乙")
    ]
    for writer in writers:
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.communicate("go\n", timeout=60)
        assert writer.returncode == 0
    written = _entries(record)
    assert len(written) == 80
    revisions = [revision for entry in written for revision in entry[1:]]
    assert revisions == list(range(1, 161)), "revisions are consecutive, in commit order"
    ids = [entry[0] for entry in written]
    assert len(set(ids)) == 80
    assert [f for f in verify(record) if f.fault] == []


def test_threads_of_one_process_wait_their_turn(record: Record) -> None:
    start = Barrier(4)

    def write() -> None:
        start.wait()
        for _ in range(20):
            with record.write() as w:
                w.log.add("甲", "note", "", after=[w.next_id(), w.next_revision()])

    threads = [Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [entry[1] for entry in _entries(record)] == list(range(1, 81))
    assert [f for f in verify(record) if f.fault] == []


def _write_and_fail(record: Record) -> None:
    with record.write() as w:
        w.next_id()
        w.next_revision()
        w.next_number()
        w.log.add("甲", "note", "不应留下", after={})
        w.cx.execute(insert(service_state).values(name="x", at=w.at, detail="{}"))
        raise LookupError("halfway")


def test_a_failed_write_leaves_nothing(record: Record) -> None:
    with record.read() as cx:
        before = cx.execute(select(ledger)).one()
    with pytest.raises(LookupError, match="halfway"):
        _write_and_fail(record)
    with record.read() as cx:
        assert cx.execute(select(ledger)).one() == before
        assert cx.execute(select(func.count()).select_from(log_entry)).scalar_one() == 0
        assert cx.execute(select(func.count()).select_from(service_state)).scalar_one() == 0
    with record.write() as w:
        assert (w.next_id(), w.revision) == (1, 0)


def test_a_reader_does_not_wait_for_a_writer(record: Record) -> None:
    with record.write() as w:
        w.next_revision()
        w.finish()
        with record.read() as cx:
            assert cx.execute(select(ledger.c.revision)).scalar_one() == 0


def test_numbers_begin_anew_each_beijing_day(record: Record) -> None:
    evening = datetime(2026, 11, 22, 15, 59, tzinfo=UTC)  # 23:59 in Beijing
    with record.write(at=evening) as w:
        assert [w.next_number(), w.next_number()] == ["20261122-0001", "20261122-0002"]
    with record.write(at=evening + timedelta(minutes=1)) as w:
        assert w.next_number() == "20261123-0001"


def test_a_clock_that_steps_back_gives_no_number_twice(record: Record) -> None:
    midnight = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
    numbers = []
    for at in (midnight, midnight - timedelta(seconds=5), midnight + timedelta(seconds=5)):
        with record.write(at=at) as w:
            numbers.append(w.next_number())
    assert numbers == ["20261123-0001", "20261123-0002", "20261123-0003"]


def test_a_day_of_more_than_9999_incidents_goes_on_counting(record: Record, now: datetime) -> None:
    with record.write(at=now) as w:
        numbers = [w.next_number() for _ in range(10_001)]
    assert numbers[-1] == "20261122-10001"


def test_rows_appended_straight_to_the_driver_read_back_the_same(
    record: Record, now: datetime
) -> None:
    with record.write(at=now) as w:
        w.append(service_state, [("它", w.moment(now), '{"a":"值"}')])
        no_details = (None, None, None, None, False, False, None)  # assignment to cargo
        crew = ("fire", "E1", "云台1车", "出动", 119.2, *no_details, w.moment(now), 3)
        w.append(unit, [crew])
        w.append(incident_link, [])
    with record.read() as cx:
        assert cx.execute(select(service_state)).one() == ("它", now, '{"a":"值"}')
        assert cx.execute(select(unit.c.lon, unit.c.lat, unit.c.reported_at)).one() == (
            119.2,
            None,
            now,
        )


def test_times_come_back_aware_and_exact(record: Record) -> None:
    moments = [
        datetime(2026, 11, 22, 6, 30, tzinfo=UTC),
        datetime(2026, 11, 22, 6, 30, 0, 1, tzinfo=UTC),
        datetime.fromisoformat("2026-11-22T14:30:00.999999+08:00"),
    ]
    for n, moment in enumerate(moments):
        with record.write() as w:
            w.cx.execute(insert(service_state).values(name=f"a{n}", at=moment, detail=""))
            w.append(service_state, [(f"b{n}", w.moment(moment), "")])
    with record.read() as cx:
        for n, moment in enumerate(moments):
            rows = select(service_state.c.at).where(service_state.c.name.in_([f"a{n}", f"b{n}"]))
            for at in cx.execute(rows).scalars():
                assert at == moment
                assert at.utcoffset() == timedelta(0) or at.tzinfo is not None
            early = service_state.c.at < moment + timedelta(microseconds=1)
            found = cx.execute(rows.where(early, service_state.c.at >= moment)).all()
            assert len(found) == 2, "both ways of writing compare the same"


def test_a_database_that_is_away_says_so_and_comes_back(postgres: Postgres) -> None:
    away = Record("postgresql+psycopg://linkage@127.0.0.1:1/none")
    assert not away.reachable()
    with pytest.raises(UNAVAILABLE), away.write():
        pytest.fail("there is nothing to write to")
    away.close()
    there = Record(postgres.url("postgres"))
    assert there.reachable()
    postgres.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = 'postgres' AND pid <> pg_backend_pid()"
    )
    assert there.reachable(), "a connection that the server cut is replaced"
    there.close()


@pytest.mark.parametrize("count", [1, 50])
def test_a_row_the_database_refuses_is_refused_alike_alone_and_in_a_crowd(
    record: Record, now: datetime, count: int
) -> None:
    row = (1, now, "甲", "note", None, None, "", None, None, "h")

    def write() -> None:
        with record.write(now) as w:
            same = tuple(w.moment(v) if isinstance(v, datetime) else v for v in row)
            w.append(log_entry, [same] * (count + 1))  # one id twice

    with pytest.raises(IntegrityError):
        write()
