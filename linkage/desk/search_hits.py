"""The incidents in which some words were said, newest report first; read only as far as asked."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, select, text

from linkage.desk.search_index import ALERTS, INCIDENTS, TEXTS, Mark, fields, marks
from linkage.desk.search_words import GAP, PHONE_PART, fold, grams_of_word, number_of
from linkage.search_tables import search_again
from linkage.tables import alert, incident, incident_alert
from linkage.vocabulary import Labelled

# Rows read and compared in one step.
_STEP = 300
# Of what is not indexed so many are read, the newest: a tenth of a second for 5,000.
SCAN_MOST = 50_000
# A single letter stands under no gram: it is looked for in so many reports.
LETTER_MOST = 5_000
# PostgreSQL: what is said often is found among so many newest rows; what is not there is rare
# enough for the list under its grams. Its own guess at which of the two is worth it is often wrong.
_NEWEST = 10_000


class By(Labelled):
    """What of an incident matched."""

    NUMBER = "number", "编号"
    PHONE = "phone", "电话"
    PLATE = "plate", "车牌"
    PLACE = "place", "地点或标题"
    TEXT = "text", "来报原文"
    REFERENCE = "reference", "来源单号"


class Hits:
    """Iterate: (id of an incident, what matched). `words` are folded; all must be in one report.

    `cut`, once iterated: there are rows that nobody looked at.
    """

    def __init__(self, cx: Connection, words: Sequence[str], *, personal: bool) -> None:
        self._cx, self._words, self._personal = cx, words, personal
        self.cut = False

    def __iter__(self) -> Iterator[tuple[int, By]]:
        if not self._words:
            return
        seen: set[int] = set()
        for incident_id, by in self._all():
            if incident_id not in seen:
                seen.add(incident_id)
                yield incident_id, by

    def _all(self) -> Iterator[tuple[int, By]]:
        grams = set().union(*map(grams_of_word, self._words))
        reached = marks(self._cx)
        of_alerts = reached.get(ALERTS, Mark(0, 0))
        yield from self._changed(reached.get(INCIDENTS, Mark(0, 0)))
        most = SCAN_MOST if grams else LETTER_MOST
        yield from self._scan(alert.c.id > of_alerts.high if grams else alert.c.id > 0, most)
        if not grams:
            return
        ids = _indexed(self._cx, grams)
        while step := list(islice(ids, _STEP)):
            yield from self._compare(step)
        if of_alerts.low:
            yield from self._scan(alert.c.id <= of_alerts.low, SCAN_MOST)

    def _scan(self, which: Any, most: int) -> Iterator[tuple[int, By]]:
        """What no list leads to is read, newest first."""
        below, left = None, most
        while left > 0:
            ask = _TEXTS_OF_INCIDENTS.where(which)
            if below is not None:
                ask = ask.where(alert.c.id < below)
            rows = self._cx.execute(ask.order_by(alert.c.id.desc()).limit(_STEP)).all()
            yield from self._matching(rows)
            if len(rows) < _STEP:
                return
            below, left = rows[-1].id, left - len(rows)
        self.cut = True

    def _changed(self, reached: Mark) -> Iterator[tuple[int, By]]:
        """Incidents touched since the index was kept up: an officer may have corrected one."""
        its = incident.c
        ask = select(its.id, its.headline, its.place).where(its.revision > reached.high)
        for row in self._cx.execute(ask.order_by(its.revision.desc()).limit(LETTER_MOST)):
            if self._all_in(fold(row.headline), fold(row.place)):
                yield row.id, By.PLACE

    def _compare(self, ids: list[int]) -> Iterator[tuple[int, By]]:
        rows = self._cx.execute(_TEXTS_OF_INCIDENTS.where(alert.c.id.in_(ids))).all()
        yield from self._matching(sorted(rows, key=lambda row: -row.id))
        known = {row.id for row in rows}
        if others := [one for one in ids if one not in known]:
            again = select(search_again).where(search_again.c.id.in_(others))
            for row in self._cx.execute(again.order_by(search_again.c.id.desc())):
                if self._all_in(*row.said.split(GAP)):
                    yield row.incident_id, By.PLACE

    def _matching(self, rows: Iterable[Any]) -> Iterator[tuple[int, By]]:
        for row in rows:
            if (by := self._matched(row)) is not None:
                yield row.incident_id, by

    def _matched(self, row: Any) -> By | None:
        headline, said, place, phone, *plates, reference = fields(row)
        if not self._personal:
            phone = ""
        parts = (
            (By.PHONE, (phone,)),
            (By.PLATE, plates),
            (By.PLACE, (place, headline)),
            (By.TEXT, (said,)),
            (By.REFERENCE, (reference,)),
        )
        matched = None
        for word in self._words:
            by = next((by for by, texts in parts if _stands(word, by, texts)), None)
            if by is None:
                return None
            matched = matched or by
        return matched

    def _all_in(self, *texts: str) -> bool:
        return all(any(word in one for one in texts) for word in self._words)


_TEXTS_OF_INCIDENTS: Select[Any] = select(*TEXTS, incident_alert.c.incident_id).join(
    incident_alert, incident_alert.c.alert_id == alert.c.id
)


def _stands(word: str, by: By, texts: Iterable[str]) -> bool:
    if by is By.PHONE and not (word.isdigit() and len(word) >= PHONE_PART):
        return False
    return any(word in one for one in texts)


def _indexed(cx: Connection, grams: set[str]) -> Iterator[int]:
    """Ids of rows under all of `grams`, newest first."""
    if cx.dialect.name == "sqlite":
        ask = text(
            "SELECT rowid FROM search_gram WHERE search_gram MATCH :grams ORDER BY rowid DESC"
        )
        yield from cx.execute(ask, {"grams": " ".join(f'"{one}"' for one in grams)}).scalars()
        return
    wanted = {"grams": sorted(set(map(number_of, grams))), "most": _NEWEST}
    lately = cx.execute(_PG_NEWEST, wanted).scalars().all()
    yield from lately
    below = lately[-1] if lately else None
    yield from (one for one in cx.execute(_PG_ALL, wanted).scalars() if not below or one < below)


_PG_NEWEST = text(
    "WITH newest AS MATERIALIZED (SELECT id, grams FROM search_gram ORDER BY id DESC LIMIT :most)"
    " SELECT id FROM newest WHERE grams @> CAST(:grams AS integer[]) ORDER BY id DESC"
)
_PG_ALL = text(
    "WITH hit AS MATERIALIZED"
    " (SELECT id FROM search_gram WHERE grams @> CAST(:grams AS integer[]))"
    " SELECT id FROM hit ORDER BY id DESC"
)
