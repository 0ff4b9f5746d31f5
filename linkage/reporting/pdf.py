"""Blocks as a PDF with its Chinese fonts inside: it prints on a machine that has none."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, singledispatchmethod

import pylopdf_fonts_zh_cn as chinese
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from linkage.reporting.document import (
    Banner,
    Block,
    Grid,
    Heading,
    Line,
    Pairs,
    Rule,
    Sides,
    printable,
)
from linkage.reporting.typeset import lines_of

# GB/T 9704-2012 党政机关公文格式: A4, a wide left margin for the binding; 红头 in red.
_MARGINS_MM = (28.0, 30.0, 26.0)  # left, top, right
_FOOT_MM = 25.0
_RED = (200, 16, 16)
_BLACK = (0, 0, 0)
_GREY = (140, 140, 140)
# Points, and the height of a line in mm.
_BODY, _BODY_MM = 14, 8.6
_TABLE, _TABLE_MM = 11, 6.6
_TITLE, _TITLE_MM = 20, 11.5
_BANNER, _BANNER_MM = 30, 17.0
_LABEL_SHARE = 0.26
_PAD_MM = 1.8
# Four lines of a table, which stay together.
_SHORT_MM = 4 * _TABLE_MM + 2 * _PAD_MM
# The same blocks make the same bytes, so no time of now stands in the file.
_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def document_pdf(title: str, blocks: Sequence[Block], *, above: Sequence[Block] = ()) -> bytes:
    """`above`: what stands over the title. Equal input makes equal bytes."""
    paper = _Paper()
    for block in above:
        paper.put(block)
    paper.title_lines(title)
    for block in blocks:
        paper.put(block)
    return bytes(paper.output())


@cache
def _signs() -> frozenset[int]:
    """The signs that both fonts can draw."""
    fonts = (TTFont(path) for path in (chinese.serif_path(), chinese.sans_path()))
    return frozenset.intersection(*(frozenset(font.getBestCmap()) for font in fonts))


class _Paper(FPDF):
    def __init__(self) -> None:
        super().__init__(format="A4")
        self.set_creation_date(_NO_TIME)
        self.set_margins(*_MARGINS_MM)
        self.set_auto_page_break(True, _FOOT_MM)
        self.c_margin = 0
        self.add_font("text", "", chinese.serif_path())
        self.add_font("head", "", chinese.sans_path())
        self._drawn = _signs()
        self.add_page()

    def footer(self) -> None:
        self.set_y(-_FOOT_MM + 6)
        self.set_font("text", size=_TABLE)
        self.set_text_color(*_BLACK)
        self.cell(0, _TABLE_MM, f"— {self.page_no()} —", align="C")

    def title_lines(self, title: str) -> None:
        self.set_title(printable(title))
        self.ln(_TABLE_MM / 2)
        self.set_font("head", size=_TITLE)
        for line in self._broken(title, self.epw):
            self._line(line, _TITLE_MM, "C")
        self.ln(_TABLE_MM / 2)

    @singledispatchmethod
    def put(self, block: Block) -> None:
        raise TypeError(block)

    @put.register
    def _(self, block: Heading) -> None:
        self.set_font("head", size=_BODY)
        if self.will_page_break(3 * _BODY_MM):  # never alone at the foot of a page
            self.add_page()
        for line in self._broken(block.text, self.epw):
            self._line(line, _BODY_MM, "L")

    @put.register
    def _(self, block: Line) -> None:
        self.set_font("text", size=_BODY)
        text = "　　" + block.text.replace("\n", "\n　　") if block.indent else block.text
        for line in self._broken(text, self.epw):
            self._line(line, _BODY_MM, block.align[0].upper())

    @put.register
    def _(self, block: Banner) -> None:
        self.set_font("head", size=_BANNER)
        self.set_text_color(*_RED)
        for line in self._broken(block.text, self.epw):
            self._line(line, _BANNER_MM, "C")
        self.set_text_color(*_BLACK)

    @put.register
    def _(self, block: Sides) -> None:
        self.set_font("text", size=_BODY)
        left, right = self._shown(block.left), self._shown(block.right)
        if self.get_string_width(left) + self.get_string_width(right) > self.epw - _BODY_MM:
            self.put(Line(left))
            self.put(Line(right, "right"))
            return
        self.cell(self.epw / 2, _BODY_MM, left)
        self._line(right, _BODY_MM, "R")

    @put.register
    def _(self, block: Rule) -> None:
        y = self.get_y() + 1.5
        self.set_draw_color(*(_RED if block.red else _BLACK))
        self.set_line_width(0.7 if block.red else 0.25)
        self.line(self.l_margin, y, self.w - self.r_margin, y)
        self.set_y(y + 2.5)

    @put.register
    def _(self, block: Pairs) -> None:
        for row in block.rows:
            self._row(row, (_LABEL_SHARE, 1 - _LABEL_SHARE), head=False)
        self.ln(_TABLE_MM / 2)

    @put.register
    def _(self, block: Grid) -> None:
        count = len(block.heads)
        shares = tuple(block.widths) or (1 / count,) * count
        over = self._height(block.heads, shares)
        page = self.page_break_trigger - self.t_margin - over
        # The heads never stand alone at the foot of a page.
        first = self._height(block.rows[0], shares) if block.rows else 0
        if self.will_page_break(over + (first if first <= page else _SHORT_MM)):
            self.add_page()
        self._row(block.heads, shares, head=True)
        for row in block.rows:
            height = self._height(row, shares)
            if height <= page and self.will_page_break(height):
                self.add_page()
                self._row(block.heads, shares, head=True)
            self._row(row, shares, head=False)
        self.ln(_TABLE_MM / 2)

    def _row(self, cells: Sequence[str], shares: Sequence[float], *, head: bool) -> None:
        """One ruled row; what is longer than a page goes on, ruled, on the next."""
        self.set_font("head" if head else "text", size=_TABLE)
        columns = self._columns(cells, shares)
        while any(columns):
            room = self.page_break_trigger - self.get_y() - 2 * _PAD_MM
            fit = int(room // _TABLE_MM)
            longest = max(len(lines) for lines in columns)
            if fit < 1 or (fit < longest <= 4):  # a short row stays whole
                self.add_page()
                continue
            self._part([lines[:fit] for lines in columns], shares)
            columns = [lines[fit:] for lines in columns]

    def _part(self, columns: list[list[str]], shares: Sequence[float]) -> None:
        top, height = self.get_y(), self._tall(columns)
        self.set_draw_color(*_GREY)
        self.set_line_width(0.2)
        left = self.l_margin
        for lines, share in zip(columns, shares, strict=True):
            self.rect(left, top, self.epw * share, height)
            for number, line in enumerate(lines):
                self.set_xy(left + _PAD_MM, top + _PAD_MM + number * _TABLE_MM)
                self.cell(self.epw * share - 2 * _PAD_MM, _TABLE_MM, line)
            left += self.epw * share
        self.set_xy(self.l_margin, top + height)

    def _height(self, cells: Sequence[str], shares: Sequence[float]) -> float:
        self.set_font("text", size=_TABLE)
        return self._tall(self._columns(cells, shares))

    def _columns(self, cells: Sequence[str], shares: Sequence[float]) -> list[list[str]]:
        return [
            self._broken(cell, self.epw * share - 2 * _PAD_MM)
            for cell, share in zip(cells, shares, strict=True)
        ]

    @staticmethod
    def _tall(columns: list[list[str]]) -> float:
        return max(len(lines) for lines in columns) * _TABLE_MM + 2 * _PAD_MM

    def _broken(self, text: str, width: float) -> list[str]:
        return lines_of(self._shown(text), width, self.get_string_width)

    def _shown(self, text: str) -> str:
        # What the fonts do not have is seen to be there.
        return "".join(c if c == "\n" or ord(c) in self._drawn else "□" for c in printable(text))

    def _line(self, line: str, height: float, align: str) -> None:
        self.cell(0, height, line, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
