"""One number for what the rules made of the messages: the same messages, the same number.

Over every incident: which statements it holds and why, kind, place, times, state, people, and how
it stands to others. Independent of ids, incident numbers, the order of rows and the database. What
was graded, claimed or ordered by people is not in it, nor what we found wrong with ourselves: that
hangs on the hour and not on the messages.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from linkage.alerts import Casualties
from linkage.kinds import Kind
from linkage.log import as_json
from linkage.tables import alert, incident, incident_alert, incident_link

# An incident's own number in the words of another's score card.
_NUMBER = re.compile(r"\b\d{8}-\d{4,}\b")
_FACTS = (
    *("kind", "event_code", "status", "headline", "place", "lon", "lat", "position_note"),
    *("area_code", "severity", "fire_alarm_level", "hazmat", *Casualties.__struct_fields__),
    *("alert_count", "source_ids", "occurred_at", "opened_at", "last_alert_at", "closed_at"),
    *("disposition", "exercise"),
)
_SAID = ("source_id", "source_ref", "revision")


class Hashed(msgspec.Struct, frozen=True):
    """How many incidents, and the hash of them all."""

    incidents: int
    hash: str


def incident_hash(cx: Connection) -> Hashed:
    """Reads every incident once; 80 bytes of memory each."""
    prints: list[bytes] = []
    first_words: dict[int, str] = {}
    for incident_id, members in groupby(_members(cx), key=attrgetter("incident_id")):
        rows = list(members)
        said = sorted(_said(row) for row in rows)
        first_words[incident_id] = said[0]
        facts = {name: _plain(getattr(rows[0], name)) for name in _FACTS}
        prints.append(_print([facts, said]))
    for link in cx.execute(select(incident_link)):
        ends = [first_words.get(i, "") for i in (link.from_id, link.to_id)]
        prints.append(_print([link.kind, link.state, link.score, _card(link.reasons), *ends]))
    whole = sha256(b"".join(sorted(prints))).hexdigest()
    return Hashed(len(first_words), whole)


def _members(cx: Connection) -> Iterator[Row[Any]]:
    columns = (
        incident_alert.c.incident_id,
        incident_alert.c.score,
        incident_alert.c.reasons,
        *(alert.c[name] for name in _SAID),
        *(incident.c[name] for name in _FACTS),
    )
    yield from cx.execution_options(yield_per=1000).execute(
        select(*columns)
        .join_from(incident_alert, alert, alert.c.id == incident_alert.c.alert_id)
        .join(incident, incident.c.id == incident_alert.c.incident_id)
        .where(incident.c.kind != Kind.SYSTEM_FAULT._value_)
        .order_by(incident_alert.c.incident_id, alert.c.id)
    )


def _said(row: Row[Any]) -> str:
    key = [getattr(row, name) for name in _SAID]
    return as_json([*key, row.score, _card(row.reasons)])


def _card(reasons: str | None) -> str | None:
    return None if reasons is None else _NUMBER.sub("#", reasons)


def _plain(value: Any) -> Any:
    # A time as text: both databases give it in their own zone.
    return value.timestamp() if hasattr(value, "timestamp") else value


def _print(value: Any) -> bytes:
    return sha256(as_json(value).encode()).digest()
