"""What sources have stated beyond the counts of people, by the element of a report it answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from linkage.alerts import NOBODY
from linkage.desk.fact_labels import in_words
from linkage.reporting.document import printable
from linkage.reporting.elements import WHOLE
from linkage.response_vocabulary import ReportElement as E
from linkage.tables import alert, incident_alert

_ANSWERS: dict[str, tuple[E, ...]] = {
    "loss_10k_yuan": (E.LOSS, E.FIRST_LOSS, E.DIRECT_LOSS),
    "in_danger": (E.AT_RISK,),
    "enterprise": (E.FIRM,),
    "unit_name": (E.FIRM,),
    "people_hit": (E.AFFECTED,),
    "rooms_fallen": (E.HOUSES_DOWN,),
    "species": (E.SPECIES,),
    "sick_head": (E.HEADS,),
    "dead_head": (E.DEAD_HEADS,),
    "flock_head": (E.HERD,),
    "symptom": (E.SYMPTOMS,),
}
# Together they are 影响范围.
_SCOPE = (
    *("area_ha", "area_m2", "users_affected", "outage_h", "load_cut_percent", "load_mw"),
    *("stations_down", "road", "road_blocked", "closed_km", "cut_h", "rail_stop_h", "stranded"),
)
_LONGEST = 300


def stated(cx: Connection, incident_id: int, since: datetime | None = None) -> dict[E, str]:
    """The newest word on each; only of what came after `since`, if given."""
    query = (
        select(alert.c.facts)
        .join(incident_alert, incident_alert.c.alert_id == alert.c.id)
        .where(incident_alert.c.incident_id == incident_id, alert.c.facts.is_not(None))
        .order_by(alert.c.received_at, alert.c.id)
    )
    if since is not None:
        query = query.where(alert.c.received_at > since)
    facts: dict[str, Any] = {}
    for text in cx.execute(query).scalars():
        facts |= msgspec.json.decode(text)
    return _answers(facts)


def _answers(facts: Mapping[str, Any]) -> dict[E, str]:
    found: dict[E, str] = {}
    for name, elements in _ANSWERS.items():
        said = _plain(facts.get(name))
        for element in elements:
            if said and (element not in WHOLE or (said.isascii() and said.isdecimal())):
                found.setdefault(element, said)
    scope = in_words({name: facts[name] for name in _SCOPE if name in facts}, NOBODY)
    if scope:
        found[E.SCOPE] = printable("，".join(scope))[:_LONGEST]
    return found


def _plain(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return printable(str(value)).strip()[:_LONGEST]
