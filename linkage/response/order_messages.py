"""What an agency is told on the wire: one order, and the list of all that is open for it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import RowMapping, select, update

from linkage.alerts import NOBODY, Casualties, Point
from linkage.beijing import beijing
from linkage.datum import from_wgs84
from linkage.exercise.marking import marked
from linkage.kinds import Kind
from linkage.means.choices import arrange
from linkage.record import Writing
from linkage.response.agencies import Agency
from linkage.response.moves import LIVE
from linkage.response.orders import (
    OPEN_TOPIC,
    ORDER_TOPIC,
    IncidentBrief,
    OpenList,
    OpenRef,
    OrderMessage,
    Where,
)
from linkage.response.outbox import Posted, enqueue_each
from linkage.tables import assignment, incident
from linkage.vocabulary import (
    FIRE_ALARM_LEVELS,
    OPEN_STATUSES,
    RESPONSE_LEVELS,
    AssignmentRole,
    AssignmentStatus,
    Grade,
    Severity,
)

_encode = msgspec.json.Encoder().encode
# A broker cuts off who sends more than its limit (256 KiB with us), and we would try for ever.
MAX_LIST_BYTES = 180_000
# A withdrawal that nobody has confirmed for so long is history.
UNREAD_FOR = timedelta(days=2)
MOST_UNREAD = 500
# A centimetre; more digits only look exact.
_DIGITS = 7


def tell(
    w: Writing, assignment_id: int, agency: Agency, *, anew: bool = True, chased: bool = False
) -> None:
    """Enqueue the order as it now stands, and the new list of what is open for the agency.

    `anew`: a receipt is awaited anew. `chased`: an officer reminds, so the other means go at once.
    """
    tell_each(w, {assignment_id: agency}, anew=anew, chased=chased)


def tell_each(
    w: Writing, orders: Mapping[int, Agency], *, anew: bool = True, chased: bool = False
) -> None:
    """`tell` of several at once: assignment → its agency. The statements do not grow with them."""
    if not orders:
        return
    which = assignment.c.id.in_(list(orders))
    if anew:
        told = {"told_at": w.at, "delivered_at": None, "undelivered_at": None}
        w.cx.execute(update(assignment).where(which).values(told))
    rows = _rows(w, which)
    sent = [(row, orders[row["id"]]) for row in rows]
    enqueue_each(w, [_posted(row, agency) for row, agency in sent])
    arrange(w, sent, chased=chased)
    tell_open(w, *{agency.id: agency for agency in orders.values()}.values())


def _posted(row: RowMapping, agency: Agency) -> Posted:
    return Posted(
        agency_id=agency.id,
        topic=ORDER_TOPIC.format(agency.id),
        payload=_encode(_message(row, agency)),
        assignment_id=row["id"],
        exercise=row["exercise"],
    )


def tell_open(w: Writing, *agencies: Agency) -> None:
    """Enqueue the retained list: who was away reconnects and sees exactly what is open."""
    if not agencies:
        return
    live = [status.value for status in AssignmentStatus if status in LIVE]
    theirs = assignment.c.agency_id.in_([agency.id for agency in agencies])
    rows: defaultdict[str, list[RowMapping]] = defaultdict(list)
    # Who was only informed of what has ended since has nothing open, answered or not.
    going_on = incident.c.status.in_(OPEN_STATUSES)
    for row in _rows(w, theirs & assignment.c.status.in_(live) & going_on):
        rows[row["agency_id"]].append(row)
    unread = _unread(w, agencies)
    posted = []
    for agency in agencies:
        listed = _open_list(w, agency, rows[agency.id], unread[agency.id])
        topic = OPEN_TOPIC.format(agency.id)
        posted.append(
            Posted(agency_id=agency.id, topic=topic, payload=_encode(listed), retain=True)
        )
    enqueue_each(w, posted)


def _open_list(
    w: Writing, agency: Agency, rows: list[RowMapping], unread: list[OpenRef]
) -> OpenList:
    orders, size = [], 0
    for row in rows:
        order = _message(row, agency)
        size += len(_encode(order))
        if size > MAX_LIST_BYTES:
            break
        orders.append(order)
    return OpenList(
        agency=agency.id,
        at=beijing(w.at),
        assignments=orders,
        others=[OpenRef(row["id"], row["revision"]) for row in rows[len(orders) :]],
        cancelled=unread[:MOST_UNREAD],
    )


def _unread(w: Writing, agencies: Sequence[Agency]) -> Mapping[str, list[OpenRef]]:
    """Withdrawals that each agency has not confirmed."""
    a = assignment.c
    rows = select(a.agency_id, a.id, a.revision).where(
        a.agency_id.in_([agency.id for agency in agencies]),
        a.status == AssignmentStatus.CANCELLED.value,
        a.cancel_read_at.is_(None),
        a.cancelled_at > w.at - UNREAD_FOR,
    )
    found: defaultdict[str, list[OpenRef]] = defaultdict(list)
    for agency_id, *order in w.cx.execute(rows.order_by(a.exercise, a.id)):
        found[agency_id].append(OpenRef(*order))
    return found


def _rows(w: Writing, which: Any) -> list[RowMapping]:
    columns = [c.label(f"incident_{c.name}") for c in incident.columns]
    query = (
        select(assignment, *columns)
        .join(incident, incident.c.id == assignment.c.incident_id)
        .where(which)
        .order_by(assignment.c.exercise, assignment.c.id)  # what is real is never crowded out
    )
    return list(w.cx.execute(query).mappings())


def _message(row: RowMapping, agency: Agency) -> OrderMessage:
    role = AssignmentRole(row["role"])
    cancelled = row["status"] == AssignmentStatus.CANCELLED
    return OrderMessage(
        id=row["id"],
        revision=row["revision"],
        status=AssignmentStatus.CANCELLED if cancelled else AssignmentStatus.ISSUED,
        role=role,
        role_label=role.label,
        # In words too: a department's system may show nothing of the flag.
        task=marked(row["task"], exercise=row["exercise"]),
        reason=row["reason"],
        incident=_brief(row),
        where=_where(row, agency),
        issued_by=row["issued_by"],
        issued_at=beijing(row["issued_at"]),
        acknowledge_due_at=_beijing_or_none(row["acknowledge_due_at"]),
        on_scene_due_at=_beijing_or_none(row["on_scene_due_at"]),
        report_due_at=_beijing_or_none(row["report_due_at"]),
        exercise=row["exercise"],
    )


def _brief(row: RowMapping) -> IncidentBrief:
    kind = Kind(row["incident_kind"])
    people = Casualties(**{name: row[f"incident_{name}"] for name in Casualties.__struct_fields__})
    return IncidentBrief(
        number=row["incident_number"],
        kind=kind.value,
        kind_label=kind.label,
        event_code=row["incident_event_code"],
        headline=marked(row["incident_headline"], exercise=row["incident_exercise"]),
        place=row["incident_place"],
        level="，".join(_levels(row)),
        hazmat=row["incident_hazmat"],
        casualties=None if people == NOBODY else people,
        occurred_at=beijing(row["incident_occurred_at"]),
    )


def _levels(row: RowMapping) -> Iterable[str]:
    """The scales stay apart and each is called by its name."""
    if row["incident_grade"]:
        yield f"事件等级：{Grade(row['incident_grade']).label}"
    if row["incident_response_level"]:
        yield f"响应等级：{RESPONSE_LEVELS[row['incident_response_level']]}"
    if row["incident_fire_alarm_level"]:
        level = row["incident_fire_alarm_level"]
        yield f"火警等级：{FIRE_ALARM_LEVELS.get(level, level)}"
    yield f"危害程度：{Severity(row['incident_severity']).label}"


def _where(row: RowMapping, agency: Agency) -> Where | None:
    lon, lat = row["incident_lon"], row["incident_lat"]
    if lon is None or lat is None:
        return None
    x, y = from_wgs84(agency.datum, lon, lat)
    return Where(
        wgs84=Point(round(lon, _DIGITS), round(lat, _DIGITS)),
        own=Point(round(x, _DIGITS), round(y, _DIGITS)),
        datum=agency.datum,
    )


def _beijing_or_none(moment: datetime | None) -> datetime | None:
    return None if moment is None else beijing(moment)
