"""A roster workbook → who is on file and who is to be on which post; every doubt by its cell."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta

from linkage.beijing import BEIJING
from linkage.duty import cells
from linkage.duty.cells import BadCell, Cell
from linkage.duty.headings import (
    BY_LABEL,
    DATE,
    EMAIL,
    END,
    MOBILE,
    NAME,
    PEOPLE_COLUMNS,
    POST,
    ROSTER_COLUMNS,
    SHIFT,
    START,
    TELEPHONE,
    UNIT,
    WEBHOOK,
    Headed,
    head,
    is_people,
    is_roster,
    nearest,
    post_of,
)
from linkage.duty.lines import Draft, Line, PersonDraft, Refusal, ShiftDraft, Where
from linkage.duty.people import Person
from linkage.duty.rules import DutyRules
from linkage.duty.workbook import MAX_ROWS, read_book
from linkage.response_vocabulary import Post


def read_roster(data: bytes, rules: DutyRules, agencies: Mapping[str, str], today: date) -> Draft:
    """`agencies`: id → name, for the unit of a person. Raises BadCell about the file as a whole."""
    draft = Draft()
    known = False
    for sheet in read_book(data):
        headed = head(sheet)
        if headed is not None and is_roster(headed):
            _Rosters(headed, rules, today, draft).read()
        elif headed is not None and is_people(headed):
            _read_people(headed, agencies, draft)
        else:
            if sheet.rows:
                draft.notes.append(f"“{sheet.name}”没有可认的表头，未读")
            continue
        known = True
        if headed.cut_at is not None:
            where = Where(headed.name, headed.cut_at)
            wrong = f"从这一行起没有读：有内容的行超过 {MAX_ROWS} 行"
            draft.refusals.append(Refusal(where, wrong, "请删去无关的行，或分几个文件导入"))
        unseen = [row.number for row in headed.rows if row.number in sheet.hidden]
        if unseen:
            first = "、".join(map(str, unseen[:5])) + (" …" if len(unseen) > 5 else "")
            draft.notes.append(f"“{headed.name}”第 {first} 行是隐藏的，同样读入了，请核对")
        draft.notes.extend(f"“{headed.name}”{one.words}不认识，未读" for one in headed.unknown)
    if not known:
        raise BadCell(
            "没有找到排班表或人员表的表头",
            f"排班表要有“{'、'.join(ROSTER_COLUMNS)}”等列，人员表要有“{'、'.join(PEOPLE_COLUMNS)}”"
            "等列；可先下载模板",
        )
    return draft


def _read_people(sheet: Headed, agencies: Mapping[str, str], draft: Draft) -> None:
    first: dict[str, PersonDraft] = {}
    for row in sheet.rows:
        line = Line(sheet, row, draft)
        if line.is_empty:
            continue
        name = line.take(NAME, cells.as_name)
        unit = line.take(UNIT, lambda cell: _agency(cell, agencies))
        ways = {
            "telephone": line.take(TELEPHONE, cells.as_telephone),
            "mobile": line.take(MOBILE, cells.as_mobile),
            "email": line.take(EMAIL, cells.as_email),
            "webhook": line.take(WEBHOOK, cells.as_webhook),
        }
        if name is None or line.refused:
            continue
        filled = {key: value or "" for key, value in ways.items()}
        one = PersonDraft(
            line.at(NAME), Person(id=None, name=name, agency_id=unit or None, **filled)
        )
        before = first.setdefault(name, one)
        if before is not one:
            same = before.person == one.person
            wrong = f"“{name}”在第 {before.where.row} 行已写过" + (
                "" if same else "，号码或单位不同"
            )
            line.refuse(NAME, wrong, "删去重复的一行；真有同名的两人，请加单位区分，如 甲（消防）")
        elif not one.person.reachable:
            line.refuse(
                NAME, f"“{name}”没有任何联系方式", "手机、办公电话、邮箱、政务微信至少填一项"
            )
        else:
            draft.people.append(one)


def _agency(cell: Cell, agencies: Mapping[str, str]) -> str:
    """Its id; empty for the command centre."""
    said = cells.words(cell)
    if said in {"", "指挥中心", "应急指挥中心", "市应急指挥中心"}:
        return ""
    found = next((i for i, name in agencies.items() if said in {i, name}), None)
    if found is None:
        remedy = f"请写联动单位的简称，或留空表示指挥中心{nearest(said, agencies.values())}"
        raise BadCell(f"没有单位 {cells.shown(cell)}", remedy)
    return found


class _Rosters:
    """The rows of one sheet, one shift a row with a column for each post, or one person a row."""

    def __init__(self, sheet: Headed, rules: DutyRules, today: date, draft: Draft) -> None:
        self._sheet, self._rules, self._today, self._draft = sheet, rules, today, draft
        self._one_each = bool(sheet.of(POST) and sheet.of(NAME))
        self._seen: dict[object, int] = {}

    def read(self) -> None:
        for row in self._sheet.rows:
            line = Line(self._sheet, row, self._draft)
            if not line.is_empty:
                self._read(line)

    def _read(self, line: Line) -> None:
        day = line.take(DATE, lambda cell: cells.as_date(cell, self._today))
        hours = self._hours(line)
        named = list(self._one(line) if self._one_each else self._several(line))
        if day is None or hours is None:
            return
        midnight = datetime.combine(day, time(), BEIJING)
        start, end = midnight + hours[0], midnight + hours[1]
        if end <= start:
            end += timedelta(days=1)
        if end - start > timedelta(days=1):
            line.refuse(
                END, f"一班长 {(end - start).total_seconds() / 3600:g} 小时", "一班不超过 24 小时"
            )
            return
        if not named and not line.refused:
            line.refuse(DATE, "这一班一个人也没有写", "请填上各岗位的人，或删去这一行")
        if not self._one_each and self._repeats((start, end), line):
            return
        for where, post, name in named:
            if not self._one_each or not self._repeats((start, end, post, name), line):
                self._draft.shifts.append(ShiftDraft(where, post, name, start, end))

    def _repeats(self, what: object, line: Line) -> bool:
        first = self._seen.setdefault(what, line.number)
        if first == line.number:
            return False
        line.refuse(
            DATE, f"与第 {first} 行是同一班次", "删去重复的一行，几个人可写在同一格，用、分开"
        )
        return True

    def _hours(self, line: Line) -> tuple[timedelta, timedelta] | None:
        if line.filled(START) or line.filled(END):
            start, end = line.take(START, cells.as_clock), line.take(END, cells.as_clock)
            return None if start is None or end is None else (start, end)
        if not self._sheet.of(SHIFT):
            line.refuse(DATE, "看不出是哪一班", f"请填“{SHIFT}”，或填“{START}”和“{END}”")
            return None
        return line.take(SHIFT, self._shift)

    def _shift(self, cell: Cell) -> tuple[timedelta, timedelta]:
        said = cells.words(cell)
        plain = re.sub(r"\(.*\)", "", said).replace(" ", "")
        for one in self._rules.shifts:
            if plain in {one.name, one.name.removesuffix("班")}:
                return cells.as_clock(one.start), cells.as_clock(one.end)
        hours = cells.as_hours(said)
        if hours is None:
            names = [one.name for one in self._rules.shifts]
            remedy = f"应为{'、'.join(names)}，或写成 08:00-20:00{nearest(said, names)}"
            raise BadCell(f"没有班次 {cells.shown(cell)}", remedy)
        return hours

    def _one(self, line: Line) -> Iterator[tuple[Where, Post, str]]:
        post, name = line.take(POST, _post), line.take(NAME, cells.as_name)
        if post is not None and name is not None:
            yield line.at(NAME), post, name

    def _several(self, line: Line) -> Iterator[tuple[Where, Post, str]]:
        for column in self._sheet.of(*BY_LABEL):
            for name in line.read(column, cells.as_names) or ():
                yield line.place(column), BY_LABEL[column.field or ""], name


def _post(cell: Cell) -> Post:
    found = post_of(cells.words(cell))
    if found is None:
        known = "、".join(post.label for post in Post)
        raise BadCell(f"没有岗位 {cells.shown(cell)}", f"应为{known}")
    return found
