"""The roster as an Excel file: the empty form to fill in, or one with people and shifts in it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from linkage.duty.headings import BY_LABEL, DATE, END, PEOPLE_COLUMNS, SHIFT, START
from linkage.duty.rules import WEEKDAYS, DutyRules
from linkage.figures.spreadsheet import harmless
from linkage.response_vocabulary import Post

ROSTER, PEOPLE, NOTES = "排班", "人员", "填表说明"
_COLUMNS = (DATE, SHIFT, START, END, *(post.label for post in Post))
_DAYS = 14
_HEAD = PatternFill("solid", fgColor="DDE5EE")

# A row of the roster: the day, the name of the shift, who is on which post.
Line = tuple[date, str, Mapping[Post, Sequence[str]]]


def empty_form(rules: DutyRules, first: date) -> bytes:
    """Two weeks from `first` on, with dates and shifts filled in and nobody on them."""
    days = [first + timedelta(days=n) for n in range(_DAYS)]
    return workbook([(day, shift.name, {}) for day in days for shift in rules.shifts], (), rules)


def workbook(lines: Iterable[Line], people: Iterable[Sequence[str]], rules: DutyRules) -> bytes:
    """`people`: rows in the order of PEOPLE_COLUMNS."""
    book = Workbook()
    roster: Any = book.active
    roster.title = ROSTER
    _heads(roster, _COLUMNS, [18, 10, 9, 9, 20, 20, 20, 20])
    for day, shift, posts in lines:
        names = ["、".join(posts.get(BY_LABEL[label], ())) for label in _COLUMNS[4:]]
        said = f"{day:%Y-%m-%d} {WEEKDAYS[day.weekday()]}"
        roster.append([said, harmless(shift), "", "", *map(harmless, names)])
    table = book.create_sheet(PEOPLE)
    _heads(table, PEOPLE_COLUMNS, [16, 14, 20, 18, 28, 20])
    for row in people:
        table.append([harmless(text) for text in row])
        for cell in table[table.max_row]:
            cell.number_format = "@"  # a long number stays a text
    notes = book.create_sheet(NOTES)
    notes.column_dimensions["A"].width = 100
    for text in _notes(rules):
        notes.append([text])
        notes.cell(notes.max_row, 1).alignment = Alignment(wrap_text=True, vertical="top")
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _heads(sheet: Any, names: Sequence[str], widths: Sequence[int]) -> None:
    sheet.append(list(names))
    sheet.freeze_panes = "A2"
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
        cell = sheet.cell(1, number)
        cell.font, cell.fill = Font(bold=True), _HEAD


def _notes(rules: DutyRules) -> list[str]:
    hours = "，".join(f"{one.name} {one.start}—{one.end}" for one in rules.shifts)
    posts = "、".join(post.label for post in rules.posts.must_be_filled)
    return [
        f"“{ROSTER}”：一行一班。日期可写 2026-11-23、11月23日，可带星期；同一格几个人用、分开。",
        f"“班次”写 {hours}；另有钟点的，填“开始”“结束”（可写 24:00、次日08:00），以所填为准。",
        f"每班 {posts} 都要有联系得上的人，否则升级上报会落空，这一班不予导入。",
        f"“{PEOPLE}”：手机、办公电话、邮箱、政务微信至少填一项；已登记的人可以不再写，空格不改原有号码。",
        "“单位”写联动单位简称；指挥中心的人留空。",
        "导入先出预览：列出要改什么、哪几格有误；确认之后才写入。文件里没有写到的班次保持不变。",
    ]
