"""零报告 and 值班日报: what a day was like, generated from the record; a person signs it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, RowMapping, func, select

from linkage.actions import Action
from linkage.duty.roster import on_post
from linkage.errors import NotAllowed
from linkage.kinds import Kind
from linkage.people import Actor, permit
from linkage.record import BEIJING, Record
from linkage.reporting.drafts import Due, insert_draft, is_there
from linkage.reporting.limits import ReportLimits
from linkage.reporting.prefill import encoded, when
from linkage.response_vocabulary import Post, ReportStage
from linkage.response_vocabulary import ReportElement as E
from linkage.tables import alert, incident, warning
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
    """The draft for the 24 hours that end at the daily time of `day` (today). Returns its id.

    Raises NotAllowed where it is there already: one is corrected in its draft, or explained in
    the next.
    """
    permit(actor, Action.COMPOSE_REPORT)
    if stage not in {ReportStage.ZERO, ReportStage.BRIEF}:
        raise NotAllowed(f"{stage.label}不是按日的报告，请在事件下起草。")
    with record.write(at) as w:
        due = datetime.combine(day or w.at.astimezone(BEIJING).date(), limits.rules.daily, BEIJING)
        if due - DAY > w.at:
            raise NotAllowed(f"{due:%m月%d日}的统计时段还没有开始，不能生成。")
        if is_there(w, stage, due):
            raise NotAllowed(f"{due:%m月%d日}的{stage.label}已经有了，请在列表中查看或修改。")
        elements = day_elements(w.cx, stage, due - DAY, min(due, w.at), w.at)
        basis = f"{stage.label}，每日{limits.rules.daily_at}前。{limits.rules.basis}"
        return insert_draft(
            w,
            Due(stage=stage, basis=basis, runs_from=min(due, w.at), written_due_at=due),
            authority=limits.rules.authority,
            domain="other" if "other" in limits.domains else next(iter(limits.domains)),
            serial=0,
            elements=encoded(elements),
            by=str(actor),
        )


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
