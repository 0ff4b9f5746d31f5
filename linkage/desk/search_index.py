"""The index of the search: kept up a moment after the intake, built anew by a command.

The intake writes nothing for it. `keep_up` takes in what has come since, in one short transaction
of its own; what it has not taken in yet, linkage/desk/find.py reads directly, so nothing is ever
missing from a search.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, delete, func, insert, select, text, update

from linkage.desk.search_words import GAP, fold, grams, number_of
from linkage.record import Record, Writing
from linkage.search_tables import search_again, search_mark
from linkage.tables import alert, incident, incident_alert, ledger

# So many rows hold up the intake for less than a tenth of a second.
AT_ONCE = 1000
ALERTS, INCIDENTS = "alerts", "incidents"
Row = Any


class Mark(msgspec.Struct, frozen=True):
    """Indexed is what lies above `low` and up to `high`."""

    low: int
    high: int


class Batch(msgspec.Struct, frozen=True):
    """`said`: id of an alert → its row of TEXTS. `again`: id of an incident → its words, folded."""

    name: str
    was: Mark | None
    becomes: Mark
    said: dict[int, Row] = {}
    again: dict[int, str] = {}


def marks(cx: Connection) -> dict[str, Mark]:
    return {row.name: Mark(row.low, row.high) for row in cx.execute(select(search_mark))}


def keep_up(record: Record, at_once: int = AT_ONCE) -> int:
    """Take in the newest that is not indexed, or else some of what is older; how many rows were
    looked at. 0: all is indexed."""
    with record.read() as cx:
        batches = [one for one in (_alerts(cx, at_once), _incidents(cx, at_once)) if one]
    if not batches:
        return 0
    # The work is done before the transaction begins: others wait for that one.
    sqlite = record.engine.dialect.name == "sqlite"
    entries = {one.name: [_entry(key, said, sqlite) for key, said in _said(one)] for one in batches}
    with record.write() as w:
        now_so = marks(w.cx)
        for batch in batches:
            if now_so.get(batch.name) == batch.was:  # else another process was faster
                _write(w, batch, entries[batch.name])
    return sum(max(1, len(one.said) + len(one.again)) for one in batches)


def build(record: Record, tell: Callable[[int, int], None] = lambda *_: None) -> int:
    """Index all there is from nothing; `tell` hears how much is done, of how much."""
    with record.write() as w:
        w.cx.execute(text("DROP TABLE search_gram"))
        for statement in MADE_BY[w.cx.dialect.name]:
            w.cx.execute(text(statement))
        w.cx.execute(delete(search_mark))
        w.cx.execute(delete(search_again))
    with record.read() as cx:
        total = int(cx.execute(select(func.count()).select_from(alert)).scalar_one())
    done = 0
    while took := keep_up(record, 2 * AT_ONCE):
        done = min(total, done + took)
        tell(done, total)
    return total


# As in migration 0004.
MADE_BY = {
    "sqlite": (
        (
            "CREATE VIRTUAL TABLE search_gram USING"
            " fts5(grams, content='', detail='none', columnsize=0, tokenize='ascii')"
        ),
    ),
    "postgresql": (
        "CREATE TABLE search_gram (id bigint PRIMARY KEY, grams integer[] NOT NULL)",
        "CREATE INDEX ix_search_gram_grams ON search_gram USING gin (grams)",
    ),
}

TEXTS = (
    alert.c.id,
    alert.c.headline,
    alert.c.text,
    alert.c.place,
    alert.c.caller_phone,
    alert.c.plates,
    alert.c.source_ref,
)


def fields(row: Row) -> Iterator[str]:
    """What is searched of one alert."""
    plates = msgspec.json.decode(row.plates) if row.plates else ()
    told = (row.headline, row.text, row.place, row.caller_phone, *plates, row.source_ref)
    return map(fold, told)


def _alerts(cx: Connection, at_once: int) -> Batch | None:
    was = marks(cx).get(ALERTS)
    newest = int(cx.execute(select(ledger.c.last_id)).scalar_one())
    mark = was or Mark(newest, newest)
    rows, becomes = _page(cx, select(*TEXTS), alert.c.id, mark, newest, at_once)
    if was and not rows and becomes.low == was.low:
        return None
    return Batch(ALERTS, was, becomes, {row.id: row for row in rows})


def _incidents(cx: Connection, at_once: int) -> Batch | None:
    was = marks(cx).get(INCIDENTS)
    newest = int(cx.execute(select(ledger.c.revision)).scalar_one())
    mark = was or Mark(newest, newest)
    its = incident.c
    ask = select(its.id, its.revision.label("at"), its.headline, its.place)
    rows, becomes = _page(cx, ask, its.revision, mark, newest, at_once)
    again = _unsaid(cx, rows)
    # A mark that only moves is worth no transaction of its own: those rows are read directly.
    if was and becomes.low == was.low and not again and len(rows) < at_once // 2:
        return None
    return Batch(INCIDENTS, was, becomes, again=again)


def _page(  # noqa: PLR0917
    cx: Connection, ask: Select[Any], by: Any, mark: Mark, newest: int, at_once: int
) -> tuple[Sequence[Row], Mark]:
    """The rows above the mark, lowest first; where there are none, those below, highest first."""
    rows = cx.execute(ask.where(by > mark.high, by <= newest).order_by(by).limit(at_once)).all()
    if rows:
        return rows, Mark(mark.low, newest if len(rows) < at_once else _at(rows[-1]))
    if not mark.low:
        return rows, mark
    rows = cx.execute(ask.where(by <= mark.low).order_by(by.desc()).limit(at_once)).all()
    return rows, Mark(0 if len(rows) < at_once else _at(rows[-1]) - 1, mark.high)


def _at(row: Row) -> int:
    """Where a row stands: an incident by its revision, an alert by its id."""
    return int(getattr(row, "at", row.id))


def _unsaid(cx: Connection, rows: Sequence[Row]) -> dict[int, str]:
    """Of these incidents the words that none of their alerts has."""
    if not rows:
        return {}
    ids = [row.id for row in rows]
    told: dict[int, list[str]] = {}
    ask = (
        select(incident_alert.c.incident_id, alert.c.headline, alert.c.place)
        .join(alert, alert.c.id == incident_alert.c.alert_id)
        .where(incident_alert.c.incident_id.in_(ids))
    )
    for row in cx.execute(ask):
        told.setdefault(row.incident_id, []).extend((row.headline, row.place))
    kept = {
        row.incident_id: row.said
        for row in cx.execute(
            select(search_again).where(search_again.c.incident_id.in_(ids)).order_by("id")
        )
    }
    found = {}
    for row in rows:
        said = told.get(row.id, ())
        if row.headline in said and (not row.place or row.place in said):
            continue
        words = f"{fold(row.headline)}{GAP}{fold(row.place)}"
        if kept.get(row.id) != words:
            found[row.id] = words
    return found


def _said(batch: Batch) -> Iterator[tuple[int, Sequence[str]]]:
    """Ids and texts, in the order in which FTS5 likes them; an incident's entry has no id yet."""
    yield from ((key, list(fields(batch.said[key]))) for key in sorted(batch.said))
    yield from ((0, said.split(GAP)) for said in batch.again.values())


def _entry(key: int, said: Sequence[str], sqlite: bool) -> tuple[int, Any]:
    found = grams(*said)
    return key, " ".join(found) if sqlite else sorted(set(map(number_of, found)))


def _write(w: Writing, batch: Batch, entries: list[tuple[int, Any]]) -> None:
    if batch.again:
        # What was corrected again leads nowhere: its grams stay, and find no row.
        before = search_again.c.incident_id.in_(list(batch.again))
        w.cx.execute(delete(search_again).where(before))
        rows: list[dict[str, Any]] = [
            {"id": w.next_id(), "incident_id": incident_id, "said": said}
            for incident_id, said in batch.again.items()
        ]
        w.cx.execute(insert(search_again), rows)
        entries = [(row["id"], entry) for row, (_, entry) in zip(rows, entries, strict=True)]
    if entries:
        w.cx.exec_driver_sql(_PUT[w.sqlite], entries)
    values = {"low": batch.becomes.low, "high": batch.becomes.high}
    if batch.was is None:
        w.cx.execute(insert(search_mark).values(name=batch.name, **values))
    else:
        w.cx.execute(update(search_mark).where(search_mark.c.name == batch.name).values(**values))


_PUT = {
    True: "INSERT INTO search_gram (rowid, grams) VALUES (?, ?)",
    False: "INSERT INTO search_gram (id, grams) VALUES (%s, %s)",
}
