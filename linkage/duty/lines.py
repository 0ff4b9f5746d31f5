"""One row of a roster, cell by cell: what it says, and every doubt by its place. Pure."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import msgspec

from linkage.duty import cells
from linkage.duty.cells import BadCell, Cell
from linkage.duty.headings import Column, Headed
from linkage.duty.people import Person
from linkage.duty.workbook import Row
from linkage.response_vocabulary import Post

T = TypeVar("T")


class Where(msgspec.Struct, frozen=True):
    """A cell, as a person finds it. `row` 0: the sheet as a whole."""

    sheet: str
    row: int
    column: str = ""


class Refusal(msgspec.Struct, frozen=True):
    where: Where
    wrong: str
    remedy: str

    @property
    def words(self) -> str:
        at = self.where
        row = f"第 {at.row} 行" if at.row else ""
        return f"{at.sheet} {row} {at.column}：{self.wrong}；{self.remedy}".replace("  ", " ")


class PersonDraft(msgspec.Struct, frozen=True):
    where: Where
    person: Person


class ShiftDraft(msgspec.Struct, frozen=True):
    where: Where
    post: Post
    name: str
    starts_at: datetime
    ends_at: datetime


class Draft(msgspec.Struct):
    """What a file says, before it is held against the record. `notes`: what was passed over."""

    people: list[PersonDraft] = []
    shifts: list[ShiftDraft] = []
    refusals: list[Refusal] = []
    notes: list[str] = []


class Line:
    """One row, cell by cell; what cannot be read is refused by its place."""

    def __init__(self, sheet: Headed, row: Row, draft: Draft) -> None:
        self._sheet, self._row, self._draft = sheet, row, draft
        self.refused = False

    @property
    def is_empty(self) -> bool:
        known = [one.place for one in self._sheet.columns if one.field is not None]
        return not any(cells.words(self._cell(place)) for place in known) and not (
            self._row.uncalculated & set(known)
        )

    def _cell(self, place: int) -> Cell:
        return self._row.cells[place] if place < len(self._row.cells) else None

    @property
    def number(self) -> int:
        return self._row.number

    def place(self, column: Column) -> Where:
        return Where(self._sheet.name, self._row.number, column.words)

    def at(self, field: str) -> Where:
        column = next(iter(self._sheet.of(field)), None)
        return self.place(column) if column else Where(self._sheet.name, self._row.number)

    def filled(self, field: str) -> bool:
        return any(cells.words(self._cell(one.place)) for one in self._sheet.of(field))

    def take(self, field: str, read: Callable[[Cell], T]) -> T | None:
        """The field as `read` reads it; None where there is no such column or it is refused."""
        column = next(iter(self._sheet.of(field)), None)
        return None if column is None else self.read(column, read)

    def read(self, column: Column, read: Callable[[Cell], T]) -> T | None:
        try:
            return read(self._calculated(column.place))
        except BadCell as why:
            self.refused = True
            self._draft.refusals.append(Refusal(self.place(column), why.wrong, why.remedy))
            return None

    def _calculated(self, place: int) -> Cell:
        if place in self._row.uncalculated:
            raise BadCell("公式没有计算结果", "请在 Excel 里打开保存一次，或粘贴为数值")
        return self._cell(place)

    def refuse(self, field: str, wrong: str, remedy: str) -> None:
        self.refused = True
        self._draft.refusals.append(Refusal(self.at(field), wrong, remedy))
