"""处置力量 and 监管车辆: where they are, as they report it. The newest report stands."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, ColumnElement, String, any_, bindparam, func, select

from linkage.log import as_json
from linkage.record import Writing
from linkage.response.feedback import UnitReport
from linkage.tables import unit
from linkage.vocabulary import Outcome

Key = tuple[str, str]  # agency, unit
# As long ago as an alarm's time is believed (linkage.intake.device_alarms).
LONG_AGO = timedelta(days=7)


class Last(NamedTuple):
    """Where a unit was last known to be, and when."""

    at: datetime
    lon: float | None
    lat: float | None


class Units:
    """The unit reports of one batch: read once, judged in order of arrival, written once.

    A thousand vehicles report twice a minute: a statement for each would be half of the intake.
    """

    def __init__(self, w: Writing, reports: Iterable[UnitReport]) -> None:
        self._w = w
        self._newest: dict[Key, Last] = {}
        self._changed: dict[Key, tuple[Any, ...]] = {}
        ids = {report.unit_id for report in reports}
        if ids:
            u = unit.c
            columns = (u.agency_id, u.unit_id, u.reported_at, u.lon, u.lat)
            rows = w.cx.execute(select(*columns).where(_among(w, ids)))
            self._newest = {(agency, name): Last(*last) for agency, name, *last in rows}

    def take(self, report: UnitReport) -> tuple[Outcome, str]:
        """Where a unit is and what it does. One of those the batch was opened with."""
        w, key = self._w, (report.agency_id, report.unit_id)
        known = self._newest.get(key)
        at = report.at
        if at is None or at > w.at or (report.live and w.at - at > LONG_AGO):
            at = w.at  # by our clock what comes later is later, in one batch too
        if known is not None and (at < known.at or at == known.at != w.at):
            return Outcome.DUPLICATE, "已有更新的力量动态。"
        point = report.point
        newest = Last(at, point.lon if point else None, point.lat if point else None)
        if report.lost and known is not None and known.lon is not None:
            newest = known
        self._newest[key] = newest
        # The columns in order, but the revision: a unit that reports twice is written once.
        self._changed[key] = (
            *key,
            report.label,
            report.state,
            newest.lon,
            newest.lat,
            report.assignment_id,
            report.heading,
            report.speed_kmh,
            report.watched,
            report.hazmat,
            report.cargo,
            w.moment(newest.at),
        )
        return Outcome.STORED, ""

    def write(self) -> None:
        if self._changed:
            w = self._w
            rows = [(*row, w.next_revision()) for row in self._changed.values()]
            w.cx.exec_driver_sql(_upsert(w.sqlite), rows)


_KEYS = ("agency_id", "unit_id")


@cache
def _upsert(sqlite: bool) -> str:
    names = [c.name for c in unit.c]
    marks = ", ".join(["?" if sqlite else "%s"] * len(names))
    sets = ", ".join(f"{name} = excluded.{name}" for name in names if name not in _KEYS)
    into = f"INSERT INTO unit ({', '.join(names)}) VALUES ({marks})"
    return f"{into} ON CONFLICT ({', '.join(_KEYS)}) DO UPDATE SET {sets}"


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
