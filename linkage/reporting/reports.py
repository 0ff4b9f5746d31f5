"""Reports as they stand in the record: read, listed, numbered. Nothing is decided here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from linkage.duty_tables import report
from linkage.errors import NotAllowed, Raced
from linkage.record import BEIJING
from linkage.reporting.limits import Issuer
from linkage.response_vocabulary import ReportStage, ReportStatus
from linkage.tables import incident
from linkage.vocabulary import Grade

OPEN = frozenset({ReportStatus.DRAFT, ReportStatus.PENDING, ReportStatus.RETURNED})
_WAITING = tuple(s.value for s in (*OPEN, ReportStatus.SIGNED, ReportStatus.SENT))
# A list longer than this nobody reads; the older ones are found by their incident.
MOST = 300


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `report`. `incident_number` None: a zero report, a daily brief."""

    id: int
    incident_id: int | None
    incident_number: str | None
    incident_headline: str | None
    authority: str
    domain: str
    stage: ReportStage
    serial: int
    number: str | None
    status: ReportStatus
    elements: dict[str, str]
    basis: str
    runs_from: datetime
    telephone_due_at: datetime | None
    written_due_at: datetime | None
    legal_due_at: datetime | None
    telephoned_at: datetime | None
    telephoned_by: str | None
    telephone_note: str | None
    written_by: str
    written_at: datetime
    authors: tuple[str, ...]
    submitted_at: datetime | None
    signed_by: str | None
    signed_at: datetime | None
    returned_by: str | None
    returned_at: datetime | None
    return_reason: str | None
    sent_at: datetime | None
    received_at: datetime | None
    receipt: str | None
    grade: Grade | None
    outbound_id: int | None
    resent_at: datetime | None
    resends: int
    late_reason: str | None
    exercise: bool
    changed_at: datetime
    version: int

    @property
    def name(self) -> str:
        """首报, 续报2, 终报 …"""
        more = self.stage is ReportStage.FOLLOW_UP
        return f"{self.stage.label}{self.serial}" if more else self.stage.label

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


_QUERY = select(
    report,
    incident.c.number.label("incident_number"),
    incident.c.headline.label("incident_headline"),
).outerjoin(incident, incident.c.id == report.c.incident_id)


def _read(cx: Connection, query: Any) -> list[Report]:
    rows = cx.execute(query)
    names = [str(name) for name in rows.keys()]  # noqa: SIM118 - a Result is no dict
    found = []
    for row in rows:
        columns = dict(zip(names, row, strict=True))
        columns["authors"] = msgspec.json.decode(columns["authors"] or "[]")
        columns["elements"] = msgspec.json.decode(columns["elements"])
        found.append(msgspec.convert(columns, Report))
    return found


def read_report(cx: Connection, report_id: int) -> Report | None:
    return next(iter(_read(cx, _QUERY.where(report.c.id == report_id))), None)


def open_reports(cx: Connection) -> list[Report]:
    """Not signed yet, or signed without a receipt; what is due next comes first."""
    query = _QUERY.where(report.c.status.in_(_WAITING))
    return _read(cx, query.order_by(report.c.written_due_at, report.c.id).limit(MOST))


def open_report_count(cx: Connection) -> int:
    """All of them, however many are read."""
    query = select(func.count()).select_from(report).where(report.c.status.in_(_WAITING))
    return int(cx.execute(query).scalar_one())


def settled_reports(cx: Connection) -> list[Report]:
    """Received, returned by the authority, withdrawn; newest first."""
    done = [ReportStatus.RECEIVED, ReportStatus.REFUSED, ReportStatus.WITHDRAWN]
    query = _QUERY.where(report.c.status.in_([s.value for s in done]))
    return _read(cx, query.order_by(report.c.id.desc()).limit(MOST))


def chain_of(cx: Connection, incident_id: int) -> list[Report]:
    """All reports about an incident, and about those that were merged into it; oldest first."""
    # However often it was merged on: A into B, B into C.
    own = select(incident.c.id).where(incident.c.id == incident_id).cte(recursive=True)
    family = own.union(select(incident.c.id).where(incident.c.merged_into == own.c.id))
    of = report.c.incident_id.in_(select(family.c.id))
    return _read(cx, _QUERY.where(of).order_by(report.c.id))


def signed_before(chain: Sequence[Report], one: Report) -> Report | None:
    """The last signed report of the chain before `one`."""
    earlier = [r for r in chain if r.id < one.id and r.signed_at is not None]
    return earlier[-1] if earlier else None


def _by_status(one: Report) -> str | None:
    back = one.status in {ReportStatus.RETURNED, ReportStatus.WITHDRAWN}
    return one.returned_by if back else None


def as_seen(cx: Connection, report_id: int, version: int) -> Report:
    """Raises NotAllowed where there is none, Raced where somebody was faster: who and when."""
    found = read_report(cx, report_id)
    if found is None:
        raise NotAllowed(f"没有标识为 {report_id} 的报告，请刷新后重新选择。")
    if found.version != version:
        when = found.changed_at.astimezone(BEIJING).strftime("%H:%M:%S")
        who = found.signed_by or _by_status(found) or found.written_by
        raise Raced(
            f"这份{found.name}已于 {when} 变为“{found.status.label}”（{who}），"
            "您的操作未生效；请查看最新内容后再决定。"
        )
    return found


def next_number(cx: Connection, issuer: Issuer, one: Report, at: datetime) -> str:
    """连应急报〔2026〕第12号: counted per year and kind; exercises by themselves.

    Called under the ledger's lock, and no report is ever deleted: a number is given once.
    """
    year = at.astimezone(BEIJING).year
    begin = f"{issuer.word_of(one.stage, exercise=one.exercise)}〔{year}〕第"
    given = select(func.count()).select_from(report).where(report.c.number.like(f"{begin}%"))
    return f"{begin}{cx.execute(given).scalar_one() + 1}号"


def incident_numbered(cx: Connection, number: str) -> int:
    """Raises NotAllowed where no incident has the number."""
    query = select(incident.c.id).where(incident.c.number == number.strip())
    found = cx.execute(query).scalar()
    if found is None:
        raise NotAllowed(f"没有编号为“{number.strip()[:20]}”的事件，请核对，如 20260805-0003。")
    return int(found)
