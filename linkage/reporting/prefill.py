"""The elements as the record knows them at this moment; what it does not know says 待核."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, select

from linkage.areas import AREAS
from linkage.duty.roster import on_post
from linkage.kinds import Kind
from linkage.log import as_json
from linkage.personal import masked
from linkage.record import BEIJING
from linkage.reporting.elements import UNKNOWN, elements_of
from linkage.reporting.following import COUNTS
from linkage.reporting.limits import ReportLimits
from linkage.reporting.stated import stated
from linkage.response_tables import need
from linkage.response_vocabulary import NeedSort, NeedStatus, Post, ReportStage
from linkage.response_vocabulary import ReportElement as E
from linkage.tables import alert, assignment, incident_alert
from linkage.vocabulary import (
    RESPONSE_LEVELS,
    AssignmentRole,
    AssignmentStatus,
    Grade,
    IncidentStatus,
)

# Asked twice, in the words of another regulation.
_SAME = {E.UNACCOUNTED: E.MISSING, E.RELOCATED: E.EVACUATED}
_WORDS = 600  # of what the first source said
_NEEDS = 20
# The officer's own words; the record does not know better.
_THEIRS = frozenset({E.COURSE, E.CAUSE, E.SCOPE, E.TREND, E.LEADERS, E.REMARKS, E.REPORTER})


class Names(msgspec.Struct, frozen=True):
    """What sources and agencies are called, by id."""

    sources: Mapping[str, str] = {}
    agencies: Mapping[str, str] = {}

    def of(self, named: Mapping[str, str], ids: Iterable[str]) -> str:
        return "、".join(dict.fromkeys(named.get(one, one) for one in ids))


def prefill(
    cx: Connection,
    row: RowMapping | Mapping[str, Any],
    stage: ReportStage,
    *,
    limits: ReportLimits,
    names: Names,
    now: datetime,
    before: Mapping[str, str] | None = None,
    told_at: datetime | None = None,
) -> dict[str, str]:
    """`row` of `incident`; `before`: the elements of the report before, signed `told_at`, whose
    words go on where the record has nothing newer."""
    domain = limits.domain_of(row["event_code"])
    facts = stated(cx, row["id"])
    known = {**facts, **_known(cx, row, limits, names, now)}
    known[E.NATURE] = domain.name
    # What the officer has corrected since is not put back by what a source had said earlier.
    theirs = _THEIRS | (facts.keys() - stated(cx, row["id"], told_at).keys())
    filled = {}
    for element in elements_of(stage, domain.form):
        said = known.get(element, "")
        was = (before or {}).get(element.value, "")
        if was not in {"", UNKNOWN} and (element in theirs or not said):
            said = was if element is not E.CORRECTION else ""
        filled[element.value] = said or ("无" if element is E.CORRECTION else UNKNOWN)
    return filled


def _known(
    cx: Connection,
    row: RowMapping | Mapping[str, Any],
    limits: ReportLimits,
    names: Names,
    now: datetime,
) -> dict[E, str]:
    counts = {e: str(row[e.value]) for e in COUNTS if row[e.value] is not None}
    for element, same in _SAME.items():
        if same in counts:
            counts[element] = counts[same]
    officers = on_post(cx, Post.OFFICER, now)
    code = row["area_code"]
    return {
        **counts,
        E.RECEIVED_AT: when(row["opened_at"]),
        E.OCCURRED_AT: when(row["occurred_at"]),
        E.SOURCE: names.of(names.sources, msgspec.json.decode(row["source_ids"])),
        E.UNIT: limits.issuer.name,
        E.REPORTER: "、".join(one.name for one in officers),
        E.CONTACT: limits.issuer.contact,
        E.PLACE: masked(row["place"]),
        E.DIVISION: f"{AREAS.get(code, '')}（{code}）" if code else "",
        E.POSITION: _position(row),
        E.KIND: f"{Kind(row['kind']).label}（{row['event_code']}）",
        E.GRADE: _grade(row),
        E.RESPONSE: _response(row),
        E.COURSE: _course(cx, row),
        E.MEASURES: _measures(cx, row, names),
        E.SUPPORT: _support(cx, row),
        E.ATTACHMENTS: "无",
        E.OUTCOME: _outcome(row),
    }


def when(moment: datetime) -> str:
    """24-hour clock, Beijing: as reports write it."""
    here = moment.astimezone(BEIJING)
    return f"{here.year}年{here.month}月{here.day}日{here:%H时%M分}"


def _position(row: RowMapping | Mapping[str, Any]) -> str:
    if row["lon"] is None or row["lat"] is None:
        return ""
    return f"东经{row['lon']:.5f}°，北纬{row['lat']:.5f}°（CGCS2000）"


def _grade(row: RowMapping | Mapping[str, Any]) -> str:
    if row["grade"]:
        return f"{Grade(row['grade']).label}（已定级）"
    return f"{Grade(row['grade_proposed']).label}（初判）" if row["grade_proposed"] else ""


def _response(row: RowMapping | Mapping[str, Any]) -> str:
    level = row["response_level"]
    return f"已启动{RESPONSE_LEVELS[level]}应急响应" if level else "尚未启动应急响应"


def _course(cx: Connection, row: RowMapping | Mapping[str, Any]) -> str:
    """What the first source said, in its words."""
    query = (
        select(alert.c.text, alert.c.headline)
        .join(incident_alert, incident_alert.c.alert_id == alert.c.id)
        .where(incident_alert.c.incident_id == row["id"])
        .order_by(alert.c.id)
        .limit(1)
    )
    first = cx.execute(query).first()
    said = (first.text.strip() or first.headline.strip()) if first else row["headline"]
    said, place = masked(said), masked(row["place"]) or "（地点待核）"
    words = said[:_WORDS] + ("…" if len(said) > _WORDS else "")
    end = "" if words.endswith(("。", "！", "？", "…")) else "。"
    return f"{when(row['occurred_at'])}，{place}发生{Kind(row['kind']).label}。{words}{end}"


def _measures(cx: Connection, row: RowMapping | Mapping[str, Any], names: Names) -> str:
    orders = cx.execute(
        select(assignment)
        .where(assignment.c.incident_id == row["id"])
        .where(assignment.c.status != AssignmentStatus.CANCELLED.value)
        .order_by(assignment.c.id)
    )
    lines = []
    for one in orders.mappings():
        said = f"；反馈：{one['last_feedback']}" if one["last_feedback"] else ""
        who = names.of(names.agencies, [one["agency_id"]])
        role, stands = AssignmentRole(one["role"]), AssignmentStatus(one["status"])
        task = one["task"].rstrip("。；")
        lines.append(f"{who}（{role.label}，{stands.label}）：{task}{said or '。'}")
    if not lines:
        return ""
    return f"已向{len(lines)}个单位下达联动任务。\n" + "\n".join(lines)


def _support(cx: Connection, row: RowMapping | Mapping[str, Any]) -> str:
    """What is still asked for."""
    rows = cx.execute(
        select(need)
        .where(need.c.incident_id == row["id"], need.c.status == NeedStatus.ASKED.value)
        .order_by(need.c.id)
        .limit(_NEEDS)
    )
    return "；".join(
        f"{NeedSort(one['sort']).label}：{one['what']}"
        + (f"{one['amount']:g}{one['measure']}" if one["amount"] is not None else "")
        for one in rows.mappings()
    )


def _outcome(row: RowMapping | Mapping[str, Any]) -> str:
    if row["closed_at"] is None and row["resolved_at"] is None:
        return ""
    ended = row["closed_at"] or row["resolved_at"]
    return f"{IncidentStatus(row['status']).label}，{when(ended)}"


def encoded(elements: Mapping[str, str]) -> str:
    """As the column holds them."""
    return as_json(dict(elements))
