"""零报告 and 值班日报: what a day was like, generated from the record; a person signs it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, RowMapping, func, select

from linkage.actions import Action
from linkage.duty.roster import on_post
from linkage.duty_tables import report
from linkage.errors import NotAllowed
from linkage.kinds import Kind
from linkage.people import Actor, permit
from linkage.record import BEIJING, Record, Writing
from linkage.reporting.drafts import RULE, Due, insert_draft
from linkage.reporting.limits import Day, ReportLimits
from linkage.reporting.prefill import encoded, when
from linkage.response_vocabulary import Post, ReportStage, ReportStatus
from linkage.response_vocabulary import ReportElement as E
from linkage.tables import alert, incident, log_entry, warning
from linkage.vocabulary import Grade, IncidentStatus, WarningColour

DAY = timedelta(days=1)
# Named one by one; the others are counted.
_NAMED = 12


def make_day(
    record: Record,
    actor: Actor,
    stage: ReportStage,
    *,
    limits: ReportLimits,
    day: date | None = None,
    at: datetime | None = None,
) -> int:
    """The draft for the 24 hours until the figures of `day` (today) are closed, or until now.
    Returns its id.

    Raises NotAllowed where it is there already: one is corrected in its draft, or explained in
    the next.
    """
    permit(actor, Action.COMPOSE_REPORT)
    if stage not in limits.days:
        raise NotAllowed(f"{stage.label}不是按日的报告，请在事件下起草。")
    with record.write(at) as w:
        of, day = limits.days[stage], day or w.at.astimezone(BEIJING).date()
        if of.closes(day) - DAY > w.at:
            raise NotAllowed(f"{day:%m月%d日}的统计时段还没有开始，不能生成。")
        if _ends(w.cx, stage, of.due(day), withdrawn=False):
            raise NotAllowed(f"{day:%m月%d日}的{stage.label}已经有了，请在列表中查看或修改。")
        return _open_day(w, of, day, limits, str(actor))


def open_days(record: Record, limits: ReportLimits, now: datetime) -> list[int]:
    """The drafts that the hour asks for and nobody has made. Returns their ids.

    Only of the day that was closed last: who was away for a week owes one, not seven. A day that
    had ended before this record began is nobody's; one that a leader has withdrawn stays so.
    """
    with record.read() as cx:
        wanted = [one for one in limits.days.values() if _is_owed(cx, one, now)]
    if not wanted:
        return []
    with record.write(now) as w:
        return [
            _open_day(w, one, one.last_closed(w.at), limits, RULE)
            for one in wanted
            if _is_owed(w.cx, one, w.at)
        ]


def _is_owed(cx: Connection, of: Day, now: datetime) -> bool:
    day = of.last_closed(now)
    if _ends(cx, of.stage, of.due(day), withdrawn=True):
        return False
    began = cx.execute(select(log_entry.c.at).order_by(log_entry.c.id).limit(1)).scalar()
    return began is not None and began < of.closes(day)


def _open_day(w: Writing, of: Day, day: date, limits: ReportLimits, by: str) -> int:
    closes, due = of.closes(day), of.due(day)
    # One that was made before its figures were closed leaves its last hours to the next.
    since = min([closes - DAY, *_ends(w.cx, of.stage, due - DAY, withdrawn=False)])
    until = min(closes, w.at)
    elements = day_elements(w.cx, of.stage, since, until, w.at)
    basis = f"{of.stage.label}，{due.month}月{due.day}日{of.due_at}前报。依据：{of.clause}"
    return insert_draft(
        w,
        Due(stage=of.stage, basis=basis, runs_from=until, written_due_at=due),
        authority=limits.rules.authority,
        domain="other" if "other" in limits.domains else next(iter(limits.domains)),
        serial=0,
        elements=encoded(elements),
        by=by,
    )


def _ends(
    cx: Connection, stage: ReportStage, due_at: datetime, *, withdrawn: bool
) -> list[datetime]:
    """Until when the reports of that due time tell; empty: there is none."""
    query = select(report.c.runs_from).where(
        report.c.stage == stage.value, report.c.written_due_at == due_at
    )
    if not withdrawn:
        query = query.where(report.c.status != ReportStatus.WITHDRAWN.value)
    return list(cx.execute(query).scalars())


def day_elements(
    cx: Connection, stage: ReportStage, since: datetime, until: datetime, now: datetime
) -> dict[str, str]:
    """What the record says of the span [since, until). Exercises are not counted."""
    opened = _opened(cx, since, until)
    grave = [row for row in opened if _is_grave(row)]
    going_on = cx.execute(
        select(func.count())
        .select_from(incident)
        .where(incident.c.exercise.is_(False), incident.c.closed_at.is_(None))
        .where(incident.c.status.not_in([s.value for s in _ENDS]), incident.c.opened_at < until)
    ).scalar_one()
    brief = stage is ReportStage.BRIEF
    listed = opened if brief else grave
    overview = (
        f"接报{_alerts(cx, since, until)}条，新立事件{len(opened)}起（{_by_kind(opened)}），"
        if opened
        else "无新立事件，"
    ) + f"在办{going_on}起。"
    zero = "无较大以上突发事件。" if not grave else f"较大以上或有人员死亡、失踪的{len(grave)}起。"
    return {
        E.PERIOD: f"{when(since)}至{when(until)}",
        E.OVERVIEW: overview + zero + _people(opened),
        E.INCIDENTS: _list(listed) or "无",
        E.WARNINGS: _warnings(cx, since, until) or "无",
        E.ON_DUTY: _on_duty(cx, now),
        E.REMARKS: "无",
    }


_ENDS = (IncidentStatus.CLOSED, IncidentStatus.CANCELLED, IncidentStatus.MERGED)
_GRAVE = {Grade.EXCEPTIONAL.value, Grade.MAJOR.value, Grade.CONSIDERABLE.value}


def _opened(cx: Connection, since: datetime, until: datetime) -> Sequence[RowMapping]:
    untrue = [IncidentStatus.CANCELLED.value, IncidentStatus.MERGED.value]
    query = (
        select(incident)
        .where(incident.c.opened_at >= since, incident.c.opened_at < until)
        .where(incident.c.exercise.is_(False), incident.c.status.not_in(untrue))
        .where(incident.c.kind != Kind.SYSTEM_FAULT.value)
        .order_by(incident.c.severity_rank.desc(), incident.c.id)
    )
    return cx.execute(query).mappings().all()


def _is_grave(row: RowMapping) -> bool:
    grade = row["grade"] or row["grade_proposed"]
    return grade in _GRAVE or bool(row["deaths"] or row["missing"])


def _alerts(cx: Connection, since: datetime, until: datetime) -> int:
    query = (
        select(func.count())
        .select_from(alert)
        .where(alert.c.received_at >= since, alert.c.received_at < until)
        .where(alert.c.exercise.is_(False))
    )
    count: int = cx.execute(query).scalar_one()
    return count


def _by_kind(rows: Sequence[RowMapping]) -> str:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["kind"]] = counts.get(row["kind"], 0) + 1
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    said = "、".join(f"{Kind(kind).label}{count}" for kind, count in most[:6])
    return said + ("等" if len(most) > 6 else "")


def _people(rows: Sequence[RowMapping]) -> str:
    sums = [
        (word, sum(row[name] or 0 for row in rows))
        for word, name in (("死亡", "deaths"), ("失踪", "missing"), ("受伤", "injured"))
    ]
    said = "，".join(f"{word}{count}人" for word, count in sums if count)
    return f"共{said}。" if said else "无人员伤亡报告。"


def _list(rows: Sequence[RowMapping]) -> str:
    lines = []
    for row in rows[:_NAMED]:
        grade = row["grade"] or row["grade_proposed"]
        level = f"，{Grade(grade).label}" if grade else ""
        stands = IncidentStatus(row["status"]).label
        lines.append(
            f"{row['number']} {when(row['occurred_at'])} {row['place']}{Kind(row['kind']).label}"
            f"{level}，{stands}"
        )
    if len(rows) > _NAMED:
        lines.append(f"其余{len(rows) - _NAMED}起从略")
    return "\n".join(lines)


def _warnings(cx: Connection, since: datetime, until: datetime) -> str:
    query = (
        select(warning.c.headline, warning.c.colour, warning.c.effective_at)
        .where(warning.c.exercise.is_(False), warning.c.effective_at < until)
        .where(warning.c.expires_at >= since)
        .order_by(warning.c.id.desc())
        .limit(_NAMED)
    )
    return "\n".join(
        f"{when(row.effective_at)} {WarningColour(row.colour).label}：{row.headline}"
        for row in cx.execute(query)
    )


def _on_duty(cx: Connection, now: datetime) -> str:
    posts = [(post, on_post(cx, post, now)) for post in reversed(Post)]
    held = [
        f"{post.label}：{'、'.join(p.name for p in people)}" for post, people in posts if people
    ]
    return "；".join(held) or "未排班，待核"
