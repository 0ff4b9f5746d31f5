"""Who has which open incident, and what they last did to it: read for linkage/desk/claims.py."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, select

from linkage.access_tables import account, sign_in
from linkage.desk.claims import Claim, ClaimRule
from linkage.tables import incident, log_entry
from linkage.vocabulary import OPEN_STATUSES, Severity

# Who left longer ago has left no claim behind that is not long idle.
LOOK_BACK = timedelta(days=7)
_ACTED = (
    select(func.max(log_entry.c.at))
    .where(
        log_entry.c.incident_id == incident.c.id,
        log_entry.c.actor == incident.c.claimed_by,
    )
    .scalar_subquery()
)
_CLAIMS: Select[Any] = select(
    incident.c.id,
    incident.c.severity,
    incident.c.claimed_by,
    incident.c.claimed_at,
    _ACTED.label("acted_at"),
).where(incident.c.claimed_by.is_not(None), incident.c.claimed_at.is_not(None))


def open_claims(cx: Connection, rule: ClaimRule, now: datetime) -> dict[int, Claim]:
    """By the id of the incident."""
    is_open = incident.c.status.in_([status.value for status in OPEN_STATUSES])
    return _read(cx, cx.execute(_CLAIMS.where(is_open)), rule, now)


def claim_of(cx: Connection, incident_id: int, rule: ClaimRule, now: datetime) -> Claim | None:
    found = _read(cx, cx.execute(_CLAIMS.where(incident.c.id == incident_id)), rule, now)
    return found.get(incident_id)


def _read(cx: Connection, rows: Iterable[Any], rule: ClaimRule, now: datetime) -> dict[int, Claim]:
    left = _left(cx, rule, now)
    return {
        row.id: Claim(
            by=row.claimed_by,
            severity=Severity(row.severity),
            claimed_at=row.claimed_at,
            acted_at=row.acted_at,
            left_at=left.get(row.claimed_by.partition("（")[0]),
        )
        for row in rows
    }


def _left(cx: Connection, rule: ClaimRule, now: datetime) -> dict[str, datetime]:
    """By name: when who sits nowhere any more got up; of whoever was ever signed in."""
    its = sign_in.c
    stays = select(account.c.name, account.c.cast, its.ended_at, its.ends_at, its.seen_at).join(
        account, account.c.id == its.account_id
    )
    stays = stays.where(its.ends_at > now - LOOK_BACK)
    lately: dict[str, datetime] = {}
    for row in cx.execute(stays):
        # The demonstration's people stay at their desks.
        unattended = None if row.cast else row.seen_at + rule.unattended
        ended = min(filter(None, (row.ended_at, row.ends_at, unattended)))
        lately[row.name] = max(ended, lately.get(row.name, ended))
    return {name: ended for name, ended in lately.items() if ended <= now}
