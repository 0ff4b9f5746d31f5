"""处置力量: where an agency's vehicles and crews are, as they report it."""

from sqlalchemy import insert, select, update

from linkage.record import Writing
from linkage.response.feedback import UnitReport
from linkage.tables import unit
from linkage.vocabulary import Outcome


def apply_unit(w: Writing, report: UnitReport) -> tuple[Outcome, str]:
    """Where a unit is and what it does: the newest report stands."""
    u = unit.c
    this = (u.agency_id == report.agency_id) & (u.unit_id == report.unit_id)
    known = w.cx.execute(select(u.reported_at).where(this)).scalar_one_or_none()
    at = w.at if report.at is None or report.at > w.at else report.at
    if known is not None and at <= known:
        return Outcome.DUPLICATE, "已有更新的力量动态。"
    values = {
        "label": report.label,
        "state": report.state,
        "lon": report.point.lon if report.point else None,
        "lat": report.point.lat if report.point else None,
        "assignment_id": report.assignment_id,
        "reported_at": at,
        "revision": w.next_revision(),
    }
    if known is None:
        keys = {"agency_id": report.agency_id, "unit_id": report.unit_id}
        w.cx.execute(insert(unit).values(**keys, **values))
    else:
        w.cx.execute(update(unit).where(this).values(**values))
    return Outcome.STORED, ""
