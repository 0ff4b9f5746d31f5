"""Roster files for tests: as a duty room writes them, and as it should not."""

from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from linkage.duty.edit import preview, take_import
from linkage.duty.lines import Draft
from linkage.duty.propose import Proposal
from linkage.duty.read_roster import read_roster
from linkage.duty.rules import load_duty
from linkage.people import Actor
from linkage.record import Record
from linkage.vocabulary import Role

RULES = load_duty(Path(__file__).parents[1] / "data" / "duty.toml")
AGENCIES = {"fire": "消防", "health": "卫生"}
# A Sunday, 14:30 in Beijing.
NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
TODAY = date(2026, 11, 22)
CHIEF = Actor("丙", Role.DUTY_CHIEF)
HEADS = ("日期", "班次", "开始", "结束", "值班员", "副值班长", "值班长", "带班领导")
PEOPLE_HEADS = ("姓名", "单位", "办公电话", "手机", "邮箱", "政务微信")
PEOPLE: tuple[tuple[object, ...], ...] = tuple(
    (f"{post}{number}", "", "", 13800000000 + 10 * place + place_of, "", "")
    for place, post in enumerate(("值班员", "副班", "班长", "领导"))
    for place_of, number in enumerate("甲乙")
)
ALL = ("值班员甲", "副班甲", "班长甲", "领导甲")
OTHERS = ("值班员乙", "副班乙", "班长乙", "领导乙")


def book(
    *rows: tuple[Any, ...],
    heads: tuple[str, ...] = HEADS,
    people: tuple[tuple[Any, ...], ...] = PEOPLE,
    merge: tuple[str, ...] = (),
    titles: tuple[str, ...] = (),
) -> bytes:
    workbook = Workbook()
    sheet: Any = workbook.active
    sheet.title = "排班"
    for title in titles:
        sheet.append([title])
    sheet.append(list(heads))
    for row in rows:
        sheet.append(list(row))
    for span in merge:
        sheet.merge_cells(span)
    if people:
        table = workbook.create_sheet("人员")
        table.append(list(PEOPLE_HEADS))
        for one in people:
            table.append(list(one))
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


def shift(day: object, name: str = "白班", people: tuple[str, ...] = ALL) -> tuple[Any, ...]:
    return (day, name, None, None, *people)


def read(data: bytes) -> Draft:
    return read_roster(data, RULES, AGENCIES, TODAY)


def proposed(record: Record, data: bytes, now: datetime = NOW) -> Proposal:
    return preview(record, read(data), RULES, now)


def imported(record: Record, data: bytes, now: datetime = NOW) -> Proposal:
    draft = read(data)
    found = preview(record, draft, RULES, now)
    return take_import(record, CHIEF, draft, found.digest, RULES, at=now)
