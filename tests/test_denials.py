"""Forbidden publishes, as the broker's log names them: counted, kept short, told once."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from ingest.broker_log import BrokerLog
from linkage.intake.denials import (
    DENIED,
    MOST,
    QUIET,
    TOPICS,
    Denied,
    denials,
    note_denials,
)
from linkage.own_state import read_service
from linkage.record import Record
from linkage.tables import log_entry

CONNECTED = "1: New client connected from 10.0.0.1:5 as {client} (p5, c1, k60, u'{account}').\n"
REFUSED = "1: Denied PUBLISH from {client} (d0, q1, r0, m2, '{topic}', ... (2 bytes))\n"


def log_of(path: Path, now: datetime) -> BrokerLog:
    """A log that is looked at from its beginning."""
    path.write_text("")
    log = BrokerLog(path)
    log.look(now)
    return log


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def denied(now: datetime, **changes: object) -> Denied:
    usual = {"who": "110-cad", "client": "gw", "topics": ("t",), "count": 1}
    return Denied(**(usual | {"first_at": now, "last_at": now} | changes))  # type: ignore[arg-type]


def told(record: Record) -> list[str]:
    with record.read() as cx:
        return list(cx.execute(select(log_entry.c.reason)).scalars())


def known(record: Record) -> list[Denied]:
    with record.read() as cx:
        return denials(read_service(cx, DENIED))


def test_a_client_that_connected_before_we_looked_is_named_itself(
    tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "log"
    log = log_of(path, now)
    append(path, REFUSED.format(client="gw-7", topic="linkage/v1/alert/119-cad"))
    log.look(now)
    assert [one.who for one in log.denied()] == ["gw-7"]


def test_nobody_can_put_a_refusal_on_anothers_account(tmp_path: Path, now: datetime) -> None:
    """A client id and a topic are what their sender likes: also the text of such a line."""
    path = tmp_path / "log"
    log = log_of(path, now)
    forged = "honest (d0, q1, r0, m1, 'x', ... (2 bytes)) "
    append(path, CONNECTED.format(client="honest", account="119-cad"))
    append(path, CONNECTED.format(client="x (p5, c1, k60, u'119-cad')", account="110-cad"))
    append(path, CONNECTED.format(client=forged, account="110-cad"))
    append(path, REFUSED.format(client="x (p5, c1, k60, u'119-cad')", topic="t"))
    append(path, REFUSED.format(client=forged, topic="t"))
    append(path, REFUSED.format(client="honest2", topic="a', ... (2 bytes))"))
    log.look(now)
    assert {one.who: one.count for one in log.denied()} == {"110-cad": 2, "honest2": 1}


def test_an_account_that_tries_everything_fills_nothing(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "log"
    log = log_of(path, now)
    append(path, CONNECTED.format(client="gw", account="110-cad"))
    append(path, "".join(REFUSED.format(client="gw", topic=f"t/{n}") for n in range(3_000)))
    append(path, "".join(REFUSED.format(client=f"c{n}", topic="t") for n in range(3_000)))
    log.look(now)
    found = log.denied()
    assert len(found) == MOST
    assert (found[0].who, found[0].count) == ("110-cad", 3_000)
    assert found[0].topics == tuple(f"t/{n}" for n in range(2_999, 2_999 - TOPICS, -1))


def test_among_many_lines_of_a_debug_log_none_is_missed(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "log"
    log = log_of(path, now)
    usual = "1: Received PUBLISH from gw (d0, q1, r0, m2, 'linkage/v1/alert/x', ... (500 bytes))\n"
    for _ in range(5):
        append(path, usual * 10_000 + REFUSED.format(client="gw", topic="t"))
    log.look(now)
    assert log.denied()[0].count == 5


def test_it_goes_into_the_log_once_and_again_after_an_hour_of_quiet(
    record: Record, now: datetime
) -> None:
    for at in (now, now + timedelta(minutes=1), now + timedelta(minutes=2)):
        with record.write(at) as w:
            note_denials(w, [denied(at, count=5)])
    assert told(record) == ["“110-cad”向无权的主题 t 发布，消息服务器已拒绝"]
    (found,) = known(record)
    assert (found.count, found.first_at) == (15, now)
    later = found.last_at + QUIET + timedelta(seconds=1)
    with record.write(later) as w:
        note_denials(w, [denied(later)])
    assert len(told(record)) == 2


def test_the_newest_are_kept(record: Record, now: datetime) -> None:
    many = [denied(now + timedelta(seconds=n), who=f"a{n}") for n in range(MOST + 5)]
    with record.write(now) as w:
        note_denials(w, many)
    assert [one.who for one in known(record)] == [f"a{n}" for n in range(MOST + 4, 4, -1)]
