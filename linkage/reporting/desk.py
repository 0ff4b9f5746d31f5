"""What the page 信息报送 shows: the list, and one report with the one before it."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from sqlalchemy import select

from linkage.record import Record
from linkage.reporting.elements import Difference
from linkage.reporting.lateness import next_due
from linkage.reporting.limits import ReportLimits
from linkage.reporting.reports import (
    Report,
    chain_of,
    open_reports,
    read_report,
    settled_reports,
    signed_before,
)
from linkage.reporting.sending import changes_of
from linkage.tables import incident

_FAR = datetime.max.replace(tzinfo=UTC)


class Opened(msgspec.Struct, frozen=True):
    """`before`: the last signed report about the same incident; `chain`: all of them."""

    report: Report
    before: Report | None
    changes: Sequence[Difference]
    chain: Sequence[Report]


def waiting_reports(record: Record) -> list[Report]:
    """What is due next comes first; then what waits for a receipt."""
    with record.read() as cx:
        found = open_reports(cx)
    return sorted(found, key=lambda one: (next_due(one) or _FAR, one.id))


def done_reports(record: Record) -> list[Report]:
    with record.read() as cx:
        return settled_reports(cx)


def of_incident(record: Record, number: str) -> list[Report]:
    """All about the incident of this number, oldest first; empty where there is no such number."""
    with record.read() as cx:
        found = cx.execute(select(incident.c.id).where(incident.c.number == number)).scalar()
        return [] if found is None else chain_of(cx, found)


def opened(record: Record, report_id: int, limits: ReportLimits) -> Opened | None:
    with record.read() as cx:
        one = read_report(cx, report_id)
        if one is None:
            return None
        chain = [one] if one.incident_id is None else chain_of(cx, one.incident_id)
    before = signed_before(chain, one)
    return Opened(one, before, changes_of(one, before, limits), chain)
