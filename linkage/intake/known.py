"""What the sources of a batch have said before, and what they refer to."""

from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import ARRAY, ColumnElement, Connection, String, any_, bindparam, func, select

from linkage.alerts import CONFIRMED, Alert
from linkage.log import as_json
from linkage.tables import alert, incident, incident_alert

Key = tuple[str, str]  # source_id, source_ref
# … and whether it is an exercise: one that uses a real record's number says nothing about it.
RecordKey = tuple[str, str, bool]
A_TIME = 10**9  # a revision above it is a time of change in seconds, or finer
MOST_AT_ONCE = 60


class Statement(msgspec.Struct, gc=False):
    """All revisions of one record of one source. `incident_id` is None for a warning."""

    incident_id: int | None
    newest: int
    digests: dict[int, str]  # revision → digest of its payload


def known_statements(
    cx: Connection, alerts: Iterable[Alert]
) -> tuple[dict[RecordKey, Statement], dict[int, str]]:
    """What was said before, and the numbers of the incidents it belongs to."""
    refs = set()
    for one in alerts:
        refs.add(one.source_ref)
        refs.update(ref for _, ref in one.references)
    if not refs:
        return {}, {}
    a = alert.c
    rows = cx.execute(
        select(
            a.source_id,
            a.source_ref,
            a.exercise,
            a.revision,
            a.digest,
            incident_alert.c.incident_id,
            incident.c.number,
        )
        .join_from(alert, incident_alert, incident_alert.c.alert_id == a.id, isouter=True)
        .join(incident, incident.c.id == incident_alert.c.incident_id, isouter=True)
        .where(_among(cx, refs))
    )
    known: dict[RecordKey, Statement] = {}
    numbers: dict[int, str] = {}
    for source_id, source_ref, exercise, revision, digest, incident_id, number in rows:
        record = (source_id, source_ref, exercise)
        remember(known, record, revision, digest, incident_id)
        if number is not None:
            numbers[incident_id] = number
    return known, numbers


def _among(cx: Connection, refs: set[str]) -> ColumnElement[bool]:
    """One parameter for the whole list: hundreds of them cost more than the look-up itself."""
    if cx.dialect.name == "sqlite":
        listed = func.json_each(as_json(sorted(refs))).table_valued("value")
        return alert.c.source_ref.in_(select(listed.c.value))
    return alert.c.source_ref == any_(bindparam("refs", list(refs), ARRAY(String)))


def remember(
    known: dict[RecordKey, Statement],
    record: RecordKey,
    revision: int,
    digest: str,
    incident_id: int | None,
) -> None:
    statement = known.get(record)
    if statement is None:
        known[record] = Statement(incident_id, revision, {revision: digest})
        return
    statement.digests[revision] = digest
    statement.incident_id = statement.incident_id or incident_id
    statement.newest = max(statement.newest, revision)


def own_record(alert: Alert) -> RecordKey:
    return alert.source_id, alert.source_ref, alert.exercise


def beside(known: Mapping[RecordKey, Statement], alert: Alert, revision: int) -> int:
    """The revision under which it is kept where an exercise and the real work share a number."""
    other = known.get((alert.source_id, alert.source_ref, not alert.exercise))
    if other is None or revision not in other.digests:
        return revision
    own = known.get(own_record(alert))
    return max(other.newest, own.newest if own else 0) + 1


def numbered(alert: Alert, said: Statement) -> int:
    """The revision of a statement that is not the first of its record."""
    stated, newest = alert.revision, said.newest
    if stated is None and newest >= CONFIRMED:
        return max((one for one in said.digests if one < CONFIRMED), default=0) + 1
    if stated is None or stated in {newest, CONFIRMED} or _at_once(stated, said):
        return max(newest + 1, stated or 0)
    return stated


def _at_once(stated: int, said: Statement) -> bool:
    """Whether the newest is of the same second, or minute where a source writes no seconds.

    Several changes have one time stamp then: each stands one above the other, and the later
    arrival is the later one.
    """
    several = range(stated, said.newest + 1)
    return (
        stated >= A_TIME
        and len(several) <= MOST_AT_ONCE
        and all(n in said.digests for n in several)
    )


def said_before(alert: Alert, said: Statement, print_: str) -> str | None:
    """Why a statement is nothing new; None when it is."""
    if print_ in said.digests.values():
        return "与已入库报文内容相同"
    stated = alert.revision
    if stated is None or stated not in said.digests:
        return None
    if stated in {said.newest, CONFIRMED} or _at_once(stated, said):
        return None
    return "该记录的旧版本已入库，内容不同；现行版本更新，旧版本不再改写"
