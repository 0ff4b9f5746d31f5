"""Which incident: from a link, from the words an officer types, or the worst of those open.

A search goes through the whole history: linkage/desk/search_index.py names the rows that can have
the words, and each is read and compared before it counts. What the index has not taken in yet is
read directly.
"""

import re
import unicodedata
from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy import select

from linkage.desk.facts import Incident, as_incident, read_incidents, rows_of
from linkage.desk.search_hits import By, Hits
from linkage.desk.search_words import asked
from linkage.record import BEIJING, Record
from linkage.tables import incident
from linkage.vocabulary import OPEN_STATUSES

# `17` alone means one of lately; a whole number is found whatever its age.
WINDOW = timedelta(days=30)
_WHOLE = re.compile(r"(\d{8})[-–—－]?(\d{4,})")
_DAY = re.compile(r"(\d{4})[-–—－](\d{1,4})")
_OF_DAY = re.compile(r"\d{1,4}")


class Found(msgspec.Struct, frozen=True):
    """`by`: what matched, as the officer calls it."""

    incident: Incident
    by: By


class Search(msgspec.Struct, frozen=True):
    """`more`: there are others, older ones. `cut`: of a part of the record that is not indexed
    yet only the newest were looked at (python -m linkage index)."""

    found: list[Found] = []
    more: bool = False
    cut: bool = False


def incident_id_of(record: Record, reference: str) -> int | None:
    """The id behind a link's `incident=`: a number as read aloud, or the id itself."""
    whole = _WHOLE.fullmatch(reference.strip())
    with record.read() as cx:
        if whole:
            number = f"{whole[1]}-{whole[2]}"
            by_number = select(incident.c.id).where(incident.c.number == number)
            if (found := cx.execute(by_number).scalar()) is not None:
                return int(found)
        # 18 digits fit a 64-bit id; longer ones would make the driver refuse.
        if not re.fullmatch(r"[0-9]{1,18}", reference.strip()):
            return None
        by_id = select(incident.c.id).where(incident.c.id == int(reference))
        found = cx.execute(by_id).scalar()
        return None if found is None else int(found)


def find(
    record: Record, words: str, now: datetime, *, limit: int = 30, personal: bool = True
) -> list[Found]:
    """Incidents that match a number, place, telephone, plate or words of a report, newest first.

    `personal`: look at telephones too; not for who may not see them.
    """
    return search(record, words, now, limit=limit, personal=personal).found


def search(
    record: Record, words: str, now: datetime, *, limit: int = 30, personal: bool = True
) -> Search:
    """As `find`, and whether there is more."""
    words = unicodedata.normalize("NFKC", words).strip()
    if not words:
        return Search()
    with record.read() as cx:
        named = numbers(words, now.astimezone(BEIJING).date())
        of_number = select(incident.c.id).where(incident.c.number.in_(named))
        by = dict.fromkeys(cx.execute(of_number).scalars(), By.NUMBER)
        hits = None if _WHOLE.fullmatch(words) else Hits(cx, asked(words), personal=personal)
        for incident_id, what in hits or ():
            by.setdefault(incident_id, what)
            if len(by) > limit:
                break
        # A number that was named stands first: nothing else was meant by it.
        order = sorted(by, key=lambda one: (by[one] is By.NUMBER, one), reverse=True)
        found = read_incidents(cx, order[:limit])
    return Search(
        found=[Found(it, by[it.id]) for it in found],
        more=len(by) > limit,
        cut=hits is not None and hits.cut,
    )


def worst_open(record: Record, *, limit: int = 60) -> list[Incident]:
    """Open incidents, worst first; of equals the unclaimed, then the newest. What is real comes
    before all that is practised: an exercise crowds nothing out of a list that ends."""
    c = incident.c
    order = (
        c.exercise,
        c.severity_rank.desc(),
        c.claimed_by.is_not(None),
        c.opened_at.desc(),
    )
    ask = select(incident).where(c.status.in_(OPEN_STATUSES)).order_by(*order).limit(limit)
    with record.read() as cx:
        return [as_incident(row) for row in rows_of(cx, ask)]


def newest_ended(record: Record, *, limit: int = 30) -> list[Incident]:
    """Closed, cancelled or merged ones, newest first."""
    # NOT IN walks the primary key backwards; IN would sort every closed incident there is.
    ask = (
        select(incident)
        .where(incident.c.status.not_in(OPEN_STATUSES))
        .order_by(incident.c.id.desc())
        .limit(limit)
    )
    with record.read() as cx:
        return [as_incident(row) for row in rows_of(cx, ask)]


def numbers(words: str, today: date) -> list[str]:
    """The incident numbers an officer may mean: `20261122-0017`, `1122-17` or `17`."""
    if whole := _WHOLE.fullmatch(words):
        return [f"{whole[1]}-{whole[2]}"]
    if day := _DAY.fullmatch(words):
        return [f"{year}{day[1]}-{int(day[2]):04d}" for year in (today.year, today.year - 1)]
    if _OF_DAY.fullmatch(words):
        days = [today - timedelta(days=n) for n in range(WINDOW.days + 1)]
        return [f"{day:%Y%m%d}-{int(words):04d}" for day in days]
    return []
