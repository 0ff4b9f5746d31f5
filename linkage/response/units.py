"""处置力量 and 监管车辆: where they are, as they report it. The newest report stands."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, String, any_, bindparam, func, insert, select, update

from linkage.log import as_json
from linkage.record import Writing
from linkage.response.feedback import UnitReport
from linkage.tables import unit
from linkage.vocabulary import Outcome

Key = tuple[str, str]  # agency, unit


class Units:
    """The unit reports of one batch: read once, judged in order of arrival, written once.

    A thousand vehicles report twice a minute: a statement for each would be half of the intake.
    """

    def __init__(self, w: Writing, reports: Iterable[UnitReport]) -> None:
        self._w = w
        self._newest: dict[Key, datetime] = {}
        self._changed: dict[Key, dict[str, Any]] = {}
        self._known: set[Key] = set()
        ids = {report.unit_id for report in reports}
        if ids:
            u = unit.c
            rows = w.cx.execute(select(u.agency_id, u.unit_id, u.reported_at).where(_among(w, ids)))
            self._newest = {(agency, name): at for agency, name, at in rows}
            self._known = set(self._newest)

    def take(self, report: UnitReport) -> tuple[Outcome, str]:
        """Where a unit is and what it does. One of those the batch was opened with."""
        w, key = self._w, (report.agency_id, report.unit_id)
        known = self._newest.get(key)
        at = w.at if report.at is None or report.at > w.at else report.at
        if known is not None and at <= known:
            return Outcome.DUPLICATE, "已有更新的力量动态。"
        self._newest[key] = at
        point = report.point
        self._changed[key] = {
            "agency_id": report.agency_id,
            "unit_id": report.unit_id,
            "label": report.label,
            "state": report.state,
            "lon": point.lon if point else None,
            "lat": point.lat if point else None,
            "assignment_id": report.assignment_id,
            "heading": report.heading,
            "speed_kmh": report.speed_kmh,
            "watched": report.watched,
            "hazmat": report.hazmat,
            "cargo": report.cargo,
            "reported_at": at,
        }
        return Outcome.STORED, ""

    def write(self) -> None:
        if not self._changed:
            return
        w = self._w
        for values in self._changed.values():
            values["revision"] = w.next_revision()
        added = [row for key, row in self._changed.items() if key not in self._known]
        moved = [row for key, row in self._changed.items() if key in self._known]
        if added:
            w.cx.execute(insert(unit), added)
        if moved:
            w.cx.execute(_MOVE, [{f"new_{k}": v for k, v in row.items()} for row in moved])


_KEYS = ("agency_id", "unit_id")
_MOVE = (
    update(unit)
    .where(*(unit.c[name] == bindparam(f"new_{name}") for name in _KEYS))
    .values({c.name: bindparam(f"new_{c.name}") for c in unit.c if c.name not in _KEYS})
)


def apply_unit(w: Writing, report: UnitReport) -> tuple[Outcome, str]:
    """One report by itself."""
    units = Units(w, (report,))
    outcome = units.take(report)
    units.write()
    return outcome


def _among(w: Writing, ids: set[str]) -> ColumnElement[bool]:
    """One parameter for the whole list."""
    if w.sqlite:
        listed = func.json_each(as_json(sorted(ids))).table_valued("value")
        return unit.c.unit_id.in_(select(listed.c.value))
    return unit.c.unit_id == any_(bindparam("ids", sorted(ids), ARRAY(String)))
