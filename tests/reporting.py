"""A reportable incident and its reports, for the tests of reporting and of its page."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from linkage.alerts import Casualties
from linkage.people import Actor
from linkage.record import Record
from linkage.reporting import flow
from linkage.reporting.keeping import ReportKeeper
from linkage.reporting.limits import load_report_limits
from linkage.reporting.prefill import Names
from linkage.reporting.reports import Report, read_report
from linkage.vocabulary import Grade
from tests.builders import alert
from tests.onrecord import put_incident

LIMITS = load_report_limits(Path(__file__).parents[1] / "data" / "report_limits.toml")
NAMES = Names({"110-cad": "110接处警系统"}, {"fire": "市消防救援支队"})
THREE_DEAD = alert(casualties=Casualties(deaths=3, poisoned=1), headline="苯罐车侧翻泄漏")


def put_grave(record: Record, **columns: Any) -> int:
    """A tanker with three dead: reportable by its figures alone."""
    columns.setdefault("deaths", 3)
    columns.setdefault("poisoned", 1)
    columns.setdefault("grade_proposed", Grade.CONSIDERABLE)
    ref = columns.get("number", columns.get("event_code", "J1"))
    return put_incident(record, msgspec.structs.replace(THREE_DEAD, source_ref=ref), **columns)


def keeper(record: Record) -> ReportKeeper:
    return ReportKeeper(record, LIMITS, NAMES)


def one(record: Record, report_id: int) -> Report:
    with record.read() as cx:
        found = read_report(cx, report_id)
    assert found is not None
    return found


def fill(
    record: Record, actor: Actor, report_id: int, said: Mapping[str, str], at: datetime
) -> None:
    now = one(record, report_id)
    flow.save(record, actor, now.id, now.version, {**now.elements, **said}, limits=LIMITS, at=at)


def signed(  # noqa: PLR0917
    record: Record,
    report_id: int,
    officer: Actor,
    chief: Actor,
    at: datetime,
    late_reason: str = "",
) -> Report:
    """Submitted by the officer and signed by the chief at once."""
    now = one(record, report_id)
    flow.submit(record, officer, now.id, now.version, at=at)
    flow.sign(record, chief, now.id, now.version + 1, limits=LIMITS, late_reason=late_reason, at=at)
    return one(record, report_id)
