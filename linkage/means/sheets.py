"""纸质指令单: an order on one page, for who is handed it: a PDF, and HTML any browser prints."""

from datetime import datetime
from html import escape
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from linkage.desk.facts import rows_of
from linkage.exercise.marking import MARK
from linkage.kinds import Kind
from linkage.personal import masked
from linkage.record import BEIJING
from linkage.reporting.document import Block, Line, Pairs
from linkage.response_tables import notice
from linkage.tables import assignment, incident
from linkage.vocabulary import RESPONSE_LEVELS, AssignmentRole, AssignmentStatus, Grade

_STYLE = """
@page { size: A4; margin: 20mm }
body { font: 14pt/1.7 "Noto Serif CJK SC", "Songti SC", SimSun, serif; color: #000;
  background: #fff; max-width: 170mm; margin: 0 auto }
h1 { font-size: 22pt; text-align: center; letter-spacing: .2em; margin: 6mm 0 2mm }
p.number { text-align: center; margin: 0 0 6mm }
p.drill { text-align: center; font-size: 20pt; border: 1mm double #000 }
table { width: 100%; border-collapse: collapse }
th, td { border: .3mm solid #000; padding: 2mm 3mm; text-align: left; vertical-align: top }
th { width: 30mm; font-weight: 600; white-space: nowrap }
td.task { height: 60mm; white-space: pre-wrap; overflow-wrap: anywhere }
td { overflow-wrap: anywhere }
"""


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """`name`: of the file, ours throughout, without its ending. `day`: of its folder."""

    name: str
    day: str
    title: str
    subtitle: str
    rows: tuple[tuple[str, str], ...]
    exercise: bool

    def html(self) -> bytes:
        """Everything that came from outside is escaped; nothing is loaded from elsewhere."""
        return _page(self).encode()

    def pdf(self) -> bytes:
        # Its fonts would hold up each start of the intake by a fifth of a second.
        from linkage.reporting.pdf import document_pdf  # noqa: PLC0415

        drill = [Line(MARK, "center")] if self.exercise else []
        blocks: list[Block] = [Line(self.subtitle, "center"), Pairs(self.rows)]
        return document_pdf(self.title, blocks, above=drill)


def read_sheet(cx: Connection, notice_id: int, agency_name: str) -> Sheet | None:
    """The sheet of a notice, as its order stands now; None: there is no such notice."""
    c = notice.c
    names = ("id", "round", "agency_id", "assignment_id", "title", "text", "created_at")
    found = rows_of(cx, select(*(c[n] for n in names), c.exercise).where(c.id == notice_id))
    if not found:
        return None
    told = found[0]
    at = told["created_at"].astimezone(BEIJING)
    of = f"task-{told['assignment_id']}-v{told['round']}" if told["assignment_id"] else "notice"
    order = _order(cx, told["assignment_id"])
    rows = _rows(order, agency_name) if order else [("内容", told["text"])]
    title = "应急联动指令单" if order else told["title"]
    return Sheet(
        name=f"{at:%Y%m%d-%H%M%S}-{of}-{told['id']}",
        day=f"{at:%Y%m%d}",
        title=title,
        subtitle=told["title"],
        rows=tuple(rows),
        exercise=told["exercise"],
    )


def _order(cx: Connection, assignment_id: int | None) -> dict[str, Any] | None:
    names = ("number", "kind", "headline", "place", "response_level", "grade", "occurred_at")
    columns = [incident.c[name].label(f"incident_{name}") for name in names]
    query = (
        select(*assignment.c, *columns)
        .join(incident, incident.c.id == assignment.c.incident_id)
        .where(assignment.c.id == assignment_id)
    )
    rows = rows_of(cx, query) if assignment_id is not None else []
    return rows[0] if rows else None


def _rows(row: dict[str, Any], agency_name: str) -> list[tuple[str, str]]:
    kind = Kind(row["incident_kind"]).label
    scales = [
        f"事件等级{Grade(row['incident_grade']).label}" if row["incident_grade"] else "",
        f"响应等级{RESPONSE_LEVELS.get(row['incident_response_level'] or 0, '未启动')}",
    ]
    withdrawn = row["status"] == AssignmentStatus.CANCELLED
    role = AssignmentRole(row["role"]).label
    return [
        ("受令单位", f"{agency_name}（{role}）"),
        ("事件", f"{row['incident_number']}　{kind}　{_clock(row['incident_occurred_at'])}发生"),
        ("地点", masked(row["incident_place"]) or "待核实"),
        ("等级", "，".join(one for one in scales if one)),
        ("任务", ("本任务已撤销，请停止执行。\n原任务：" if withdrawn else "") + row["task"]),
        ("签收时限", _clock(row["acknowledge_due_at"]) or "不计时"),
        ("到场时限", _clock(row["on_scene_due_at"]) or "不计时"),
        ("反馈时限", _clock(row["report_due_at"]) or "不计时"),
        ("下达", f"{row['issued_by']}　{_clock(row['issued_at'])}"),
        ("任务编号", f"{row['id']}　第 {row['revision']} 版"),
        ("签收人", "　\n签收时间："),
    ]


def _page(sheet: Sheet) -> str:
    drill = "<p class=drill>演 练</p>" if sheet.exercise else ""
    body = "".join(
        f"<tr><th>{escape(name)}</th><td{' class=task' if name == '任务' else ''}>"
        f"{escape(value).replace(chr(10), '<br>')}</td></tr>"
        for name, value in sheet.rows
    )
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        f"<title>{escape(sheet.subtitle)}</title><style>{_STYLE}</style></head><body>{drill}"
        f"<h1>{escape(sheet.title)}</h1><p class=number>{escape(sheet.subtitle)}</p>"
        f"<table>{body}</table></body></html>\n"
    )


def _clock(at: datetime | None) -> str:
    return f"{at.astimezone(BEIJING):%Y年%m月%d日 %H:%M:%S}" if at else ""
