"""Which incident: from a link, from the words an officer types, or the worst of those open."""

import re
from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy import Connection, func, or_, select

from linkage.desk.facts import Incident, as_incident, read_incidents, rows_of
from linkage.record import BEIJING, Record
from linkage.tables import alert, incident, incident_alert
from linkage.vocabulary import OPEN_STATUSES

# A call comes back within weeks, not years; the window also keeps the search of a record of a
# million incidents within a second. A whole number of an incident is found whatever its age.
WINDOW = timedelta(days=30)
_WHOLE = re.compile(r"(\d{8})[-–—－]?(\d{4,})")
_DAY = re.compile(r"(\d{4})[-–—－](\d{1,4})")
_OF_DAY = re.compile(r"\d{1,4}")
# Shorter digit strings are house numbers; 5 is the length of a short service number.
_PHONE = re.compile(r"\+?\d[\d -]{4,}")


class Found(msgspec.Struct, frozen=True):
    """`by`: what matched, as the officer calls it."""

    incident: Incident
    by: str


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


def find(record: Record, words: str, now: datetime, *, limit: int = 30) -> list[Found]:
    """Incidents that match a number, place, telephone, plate or words of a report, newest first."""
    words = words.strip()
    if not words:
        return []
    with record.read() as cx:
        by: dict[int, str] = {}
        for what, ids in _matches(cx, words, now, limit):
            for each in ids:
                by.setdefault(each, what)
        found = read_incidents(cx, sorted(by, reverse=True)[:limit])
    return [Found(it, by[it.id]) for it in found]


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


def _matches(cx: Connection, words: str, now: datetime, limit: int) -> list[tuple[str, list[int]]]:
    i, a = incident.c, alert.c
    named = numbers(words, now.astimezone(BEIJING).date())
    by_number = [row.id for row in cx.execute(select(i.id).where(i.number.in_(named)))]
    if _WHOLE.fullmatch(words):
        return [("编号", by_number)]
    # Ids of all tables are one rising sequence, so an id range is a range of time. The lowest id,
    # not that of the oldest: what was split off is older than its id.
    first = cx.execute(select(func.min(i.id)).where(i.opened_at >= now - WINDOW)).scalar()
    if first is None:
        return [("编号", by_number)]

    def of_alerts(*which: object) -> list[int]:
        ask = (
            select(incident_alert.c.incident_id)
            .join(alert, a.id == incident_alert.c.alert_id)
            .where(a.id >= first, *which)  # type: ignore[arg-type]
            .order_by(a.id.desc())
            .limit(limit)
        )
        return [row.incident_id for row in cx.execute(ask)]

    found = [("编号", by_number)]
    if _PHONE.fullmatch(words):
        digits = re.sub(r"\D", "", words)
        found.append(("电话", of_alerts(a.caller_phone.contains(digits))))
    place = or_(
        i.place.icontains(words, autoescape=True), i.headline.icontains(words, autoescape=True)
    )
    ask = select(i.id).where(i.id >= first, place).order_by(i.id.desc()).limit(limit)
    found.append(("地点或标题", [row.id for row in cx.execute(ask)]))
    found.append(("车牌", of_alerts(a.plates.icontains(words, autoescape=True))))
    said = or_(a.text.icontains(words, autoescape=True), a.place.icontains(words, autoescape=True))
    found.append(("来报原文", of_alerts(said)))
    return found
