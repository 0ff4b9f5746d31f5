"""Opening a draft: by the rule, within seconds of what makes it due; by an officer, any time."""

from datetime import datetime

import msgspec
from sqlalchemy import RowMapping, insert

from linkage.actions import Action
from linkage.desk.amend import find_incident
from linkage.duty_tables import report
from linkage.errors import NotAllowed
from linkage.log import as_json
from linkage.people import Actor, permit
from linkage.record import Record, Writing
from linkage.reporting.limits import ReportLimits
from linkage.reporting.prefill import Names, encoded, prefill
from linkage.reporting.reports import Report, chain_of
from linkage.response_vocabulary import ReportStage, ReportStatus
from linkage.vocabulary import Grade, IncidentStatus

RULE = "rule:report"
ENDED = (IncidentStatus.RESOLVED, IncidentStatus.CLOSED, IncidentStatus.CANCELLED)


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft is opened with. None: that limit does not run."""

    stage: ReportStage
    basis: str
    runs_from: datetime
    telephone_due_at: datetime | None = None
    written_due_at: datetime | None = None
    legal_due_at: datetime | None = None


def compose(
    record: Record,
    actor: Actor,
    incident_id: int,
    stage: ReportStage,
    *,
    limits: ReportLimits,
    names: Names,
    at: datetime | None = None,
) -> int:
    """An officer reports what no rule asks for, or sooner than it does. Returns the report's id."""
    permit(actor, Action.COMPOSE_REPORT)
    with record.write(at) as w:
        row = find_incident(w, incident_id)
        if row["merged_into"] is not None:
            into = find_incident(w, row["merged_into"])["number"]
            raise NotAllowed(f"{row['number']} 已合并到 {into}，请在 {into} 下起草。")
        chain = chain_of(w.cx, incident_id)
        _refuse_out_of_turn(chain, stage)
        if stage is ReportStage.FINAL:
            refuse_unended(row)
        basis = f"{actor}起草"
        return open_draft(
            w, row, chain, Due(stage=stage, basis=basis, runs_from=w.at), limits, names, str(actor)
        )


def _refuse_out_of_turn(chain: list[Report], stage: ReportStage) -> None:
    waiting = next((one for one in chain if one.is_open), None)
    if waiting is not None:
        raise NotAllowed(
            f"这起事件的{waiting.name}还是“{waiting.status.label}”，请先在其上修改或签发。"
        )
    signed = [one for one in chain if one.signed_at is not None]
    if stage is ReportStage.FIRST and signed:
        raise NotAllowed("首报已经签发；新情况、更正请起草续报，已签发的不能改动。")
    if stage in {ReportStage.FOLLOW_UP, ReportStage.FINAL} and not signed:
        raise NotAllowed("还没有签发过首报，请先报首报。")
    if stage not in {ReportStage.FIRST, ReportStage.FOLLOW_UP, ReportStage.FINAL}:
        raise NotAllowed(f"{stage.label}不属于某一起事件，请在“零报告与日报”中生成。")


def refuse_unended(row: RowMapping) -> None:
    """终报 tells the outcome: it waits for the end, and does not go out on what was re-opened."""
    status = IncidentStatus(row["status"])
    if status not in ENDED:
        raise NotAllowed(
            f"{row['number']} 现为“{status.label}”，处置结束后才报终报；"
            "现在的新情况请报续报（终报已经起草的，先由值班长撤下）。"
        )


def open_draft(  # noqa: PLR0917
    w: Writing,
    row: RowMapping,
    chain: list[Report],
    due: Due,
    limits: ReportLimits,
    names: Names,
    by: str = RULE,
) -> int:
    """Insert the draft of an incident, filled with what the record knows."""
    signed = [one for one in chain if one.signed_at is not None]
    before = signed[-1] if signed else None
    serial = 1 + sum(one.stage is ReportStage.FOLLOW_UP for one in chain)
    elements = prefill(
        w.cx,
        row,
        due.stage,
        limits=limits,
        names=names,
        now=w.at,
        before=before.elements if before else None,
        told_at=before.signed_at if before else None,
    )
    return insert_draft(
        w,
        due,
        authority=limits.rules.authority,
        domain=limits.domain_of(row["event_code"]).id,
        serial=serial if due.stage is ReportStage.FOLLOW_UP else 0,
        elements=encoded(elements),
        by=by,
        incident_id=row["id"],
        grade=row["grade"] or row["grade_proposed"],
        exercise=row["exercise"],
    )


def insert_draft(
    w: Writing,
    due: Due,
    *,
    authority: str,
    domain: str,
    serial: int,
    elements: str,
    by: str,
    incident_id: int | None = None,
    grade: Grade | None = None,
    exercise: bool = False,
) -> int:
    report_id = w.next_id()
    w.cx.execute(
        insert(report).values(
            id=report_id,
            incident_id=incident_id,
            authority=authority,
            domain=domain,
            stage=due.stage.value,
            serial=serial,
            status=ReportStatus.DRAFT.value,
            elements=elements,
            basis=due.basis,
            runs_from=due.runs_from,
            telephone_due_at=due.telephone_due_at,
            written_due_at=due.written_due_at,
            legal_due_at=due.legal_due_at,
            written_by=by,
            written_at=w.at,
            authors=as_json([] if by == RULE else [by.rpartition("（")[0]]),
            grade=grade,
            resends=0,
            exercise=exercise,
            changed_at=w.at,
            version=1,
        )
    )
    after = {"report": report_id, "status": ReportStatus.DRAFT}
    w.log.add(
        by,
        Action.COMPOSE_REPORT,
        f"{due.stage.label}草稿：{due.basis}",
        incident_id=incident_id,
        after={**after, "written_due_at": due.written_due_at},
    )
    return report_id
