"""值守看板, set: the same blocks for the PDF and for the HTML."""

from collections.abc import Iterator
from datetime import datetime

from linkage.beijing import beijing, date_second, day_minute
from linkage.exercise.marking import mark, marked
from linkage.paper import open_orders
from linkage.paper.board import Board, OpenIncident
from linkage.paper.board_folder import EVERY
from linkage.paper.open_orders import ROOM
from linkage.paper.page import document_page
from linkage.personal import masked
from linkage.reporting.document import Banner, Block, Grid, Heading, Line, Pairs, Rule
from linkage.reporting.pdf import Layout, document_pdf
from linkage.vocabulary import RESPONSE_LEVELS

# What a person can hold in one hand; a PDF of five thousand lines is a hundred sheets. The HTML
# has every one.
MOST_ON_PAPER = 300
TITLE = "值守看板（系统中断时照此手工值守）"
_LONGEST = 60
_INCIDENTS = ("编号", "类别", "程度 · 等级", "地点与概况", "状态", "接手人", "立案", "手工记录")
_WIDTHS = (0.11, 0.09, 0.1, 0.29, 0.07, 0.11, 0.08, 0.15)


def layout(drawn_at: datetime) -> Layout:
    """Landscape and small: rows of eight columns, with room to write."""
    return Layout(
        landscape=True,
        margins=(12.0, 12.0, 12.0),
        foot_mm=14.0,
        body=11,
        body_mm=6.2,
        table=9,
        table_mm=4.6,
        title=16,
        title_mm=9.0,
        banner=28,
        banner_mm=13.0,
        pad_mm=1.0,
        label=0.18,
        foot=_foot(drawn_at),
    )


def board_pdf(board: Board) -> bytes:
    made = _blocks(board, MOST_ON_PAPER)
    return document_pdf(TITLE, list(made), above=_above(board), layout=layout(board.drawn_at))


def board_page(board: Board) -> bytes:
    return document_page(
        TITLE,
        list(_blocks(board, None)),
        above=_above(board),
        landscape=True,
        foot=_foot(board.drawn_at),
    )


def _foot(drawn_at: datetime) -> str:
    return f"值守看板　绘制于 {date_second(drawn_at)}"


def _above(board: Board) -> list[Block]:
    return [Banner(f"绘制于 {beijing(board.drawn_at):%m月%d日 %H:%M:%S}")]


def _blocks(board: Board, most: int | None) -> Iterator[Block]:
    after = beijing(board.drawn_at + EVERY)
    yield Line(
        f"每 {EVERY.seconds // 60} 分钟重绘一次，下一张应在 {after:%H:%M} 前后；过了这个时刻还是"
        "这一张，说明系统已经中断，从绘制时刻起的变化请手工补记。",
        "center",
    )
    yield Line(
        "含值班电话，离开系统也要能打得通，所以不遮；限值班室内部使用，用后收存，不得外传。",
        "center",
    )
    yield Rule()
    yield from _troubles(board)
    yield from _duty(board)
    yield from _calls(board, most)
    yield from _incidents(board, most)
    yield Heading(f"未结任务（{len(board.owed)} 项，按单位，最急的在前）")
    yield from open_orders.blocks(board.owed, board.agencies, board.drawn_at, most)
    yield from _warnings(board)
    yield from _telephones(board)


def _troubles(board: Board) -> Iterator[Block]:
    yield Heading("系统和手段的故障")
    if not board.troubles:
        yield Line("绘制时各系统、各手段正常。")
    yield from (Line(f"★ {trouble}") for trouble in board.troubles)


def _duty(board: Board) -> Iterator[Block]:
    yield Heading("当前值班")
    rows = []
    for post, people in board.duty:
        told = [
            f"{one.name}　{'　'.join(filter(None, (one.mobile, one.telephone))) or '没有电话'}"
            for one in people
        ]
        rows.append((post.label, "\n".join(told) or "无人在岗"))
    yield Pairs(rows)


def _calls(board: Board, most: int | None) -> Iterator[Block]:
    if not board.calls:
        return
    yield Heading(f"待打的电话（{len(board.calls)} 个）")
    rows = []
    for call in board.calls[:most]:
        known = board.agencies.get(call.agency_id or "")
        who = call.person_name or (known.name if known else call.agency_id) or ""
        about = marked(call.title, exercise=call.exercise)
        rows.append((who, call.address, masked(about), ROOM))
    yield Grid(("打给", "电话", "事由", "结果、时间"), rows, (0.16, 0.16, 0.43, 0.25))
    yield from _rest(len(board.calls), most, "个")


def _incidents(board: Board, most: int | None) -> Iterator[Block]:
    real = [one for one in board.incidents if not one.exercise]
    drills = len(board.incidents) - len(real)
    also = f"，另有演练 {drills} 起排在最后" if drills else ""
    yield Heading(f"在办事件（{len(real)} 起，重的在前{also}）")
    if not board.incidents:
        yield Line("没有在办事件。")
        return
    rows = [_row(one) for one in board.incidents[:most]]
    yield Grid(_INCIDENTS, rows, _WIDTHS)
    yield from _rest(len(board.incidents), most, "起")


def _row(one: OpenIncident) -> tuple[str, ...]:
    levels = [one.severity.label, one.grade.label if one.grade else ""]
    if one.response_level is not None:
        levels.append(f"{RESPONSE_LEVELS.get(one.response_level, '')}响应")
    what = one.headline if one.place in one.headline else f"{one.place}　{one.headline}"
    return (
        f"{mark(exercise=one.exercise)}{one.number}",
        one.kind.label,
        " · ".join(filter(None, levels)),
        _short(masked(what)),
        one.status.label,
        one.claimed_by or "未接手",
        day_minute(one.opened_at),
        "",
    )


def _warnings(board: Board) -> Iterator[Block]:
    yield Heading("生效中的预警")
    if not board.warnings:
        yield Line("没有生效中的预警。")
    for one in board.warnings[:MOST_ON_PAPER]:
        yield Line(f"{one.title}　{_short(one.place)}　至 {day_minute(one.expires_at)}")
    yield from _rest(len(board.warnings), MOST_ON_PAPER, "条")


def _telephones(board: Board) -> Iterator[Block]:
    yield Heading("联动单位值班电话")
    known = list(board.agencies.values())
    cells = [(one.name, one.telephone or "未登记") for one in known]
    if len(cells) % 2:
        cells.append(("", ""))
    half = len(cells) // 2
    rows = [(*left, *right) for left, right in zip(cells[:half], cells[half:], strict=True)]
    yield Grid(("单位", "值班电话", "单位", "值班电话"), rows, (0.2, 0.3, 0.2, 0.3))


def _rest(count: int, most: int | None, unit: str) -> Iterator[Block]:
    if most is not None and count > most:
        yield Line(f"另有 {count - most} {unit}未列，见 HTML（board.html）。")


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else f"{flat[:_LONGEST]}…"
