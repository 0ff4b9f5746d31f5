"""Blocks as a PDF with its Chinese fonts inside: it prints on a machine that has none."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, singledispatchmethod

import msgspec
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

_RED = (200, 16, 16)
_BLACK = (0, 0, 0)
_GREY = (140, 140, 140)


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How a paper is set: millimetres, and points for sizes of letters.

    As it is: GB/T 9704-2012 党政机关公文格式, A4 with a wide left margin for the binding.
    `foot`: what stands beside the page's number.
    """

    landscape: bool = False
    margins: tuple[float, float, float] = (28.0, 30.0, 26.0)  # left, top, right
    foot_mm: float = 25.0
    body: float = 14
    body_mm: float = 8.6
    table: float = 11
    table_mm: float = 6.6
    title: float = 20
    title_mm: float = 11.5
    banner: float = 30
    banner_mm: float = 17.0
    pad_mm: float = 1.8
    label: float = 0.26  # the share of the page that the labels of Pairs take
    foot: str = ""


OFFICIAL = Layout()
# The same blocks make the same bytes, so no time of now stands in the file.
_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def document_pdf(
    title: str,
    blocks: Sequence[Block],
    *,
    above: Sequence[Block] = (),
    layout: Layout = OFFICIAL,
) -> bytes:
    """`above`: what stands over the title. Equal input makes equal bytes."""
    return set_paper(title, blocks, above=above, layout=layout).file()


def set_paper(
    title: str,
    blocks: Sequence[Block],
    *,
    above: Sequence[Block] = (),
    layout: Layout = OFFICIAL,
) -> "Paper":
    """The pages before they become a file: how many there are is known sooner and cheaper."""
    paper = Paper(layout)
    for block in above:
        paper.put(block)
    paper.title_lines(title)
    for block in blocks:
        paper.put(block)
    return paper


@cache
def _signs() -> frozenset[int]:
    """The signs that both fonts can draw."""
    fonts = (TTFont(path) for path in (chinese.serif_path(), chinese.sans_path()))
    return frozenset.intersection(*(frozenset(font.getBestCmap()) for font in fonts))


class Paper(FPDF):
    def __init__(self, layout: Layout) -> None:
        super().__init__("landscape" if layout.landscape else "portrait", format="A4")
        self._of = layout
        self.set_creation_date(_NO_TIME)
        self.set_margins(*layout.margins)
        self.set_auto_page_break(True, layout.foot_mm)
        self.c_margin = 0
        self.add_font("text", "", chinese.serif_path())
        self.add_font("head", "", chinese.sans_path())
        self._drawn = _signs()
        self.add_page()

    def file(self) -> bytes:
        return bytes(self.output())

    def footer(self) -> None:
        of = self._of
        self.set_y(-of.foot_mm + min(6.0, of.foot_mm / 4))
        self.set_font("text", size=of.table)
        self.set_text_color(*_BLACK)
        if of.foot:
            number = f"第 {self.page_no()} 页　共 {self.str_alias_nb_pages} 页"
            self.cell(0, of.table_mm, f"{self._shown(of.foot)}　　{number}", align="C")
        else:
            self.cell(0, of.table_mm, f"— {self.page_no()} —", align="C")

    def title_lines(self, title: str) -> None:
        self.set_title(printable(title))
        self.ln(self._of.table_mm / 2)
        self.set_font("head", size=self._of.title)
        for line in self._broken(title, self.epw):
            self._line(line, self._of.title_mm, "C")
        self.ln(self._of.table_mm / 2)

    @singledispatchmethod
    def put(self, block: Block) -> None:
        raise TypeError(block)

    @put.register
    def _(self, block: Heading) -> None:
        self.set_font("head", size=self._of.body)
        if self.will_page_break(3 * self._of.body_mm):  # never alone at the foot of a page
            self.add_page()
        for line in self._broken(block.text, self.epw):
            self._line(line, self._of.body_mm, "L")

    @put.register
    def _(self, block: Line) -> None:
        self.set_font("text", size=self._of.body)
        text = "　　" + block.text.replace("\n", "\n　　") if block.indent else block.text
        for line in self._broken(text, self.epw):
            self._line(line, self._of.body_mm, block.align[0].upper())

    @put.register
    def _(self, block: Banner) -> None:
        self.set_font("head", size=self._of.banner)
        self.set_text_color(*_RED)
        for line in self._broken(block.text, self.epw):
            self._line(line, self._of.banner_mm, "C")
        self.set_text_color(*_BLACK)

    @put.register
    def _(self, block: Sides) -> None:
        self.set_font("text", size=self._of.body)
        left, right = self._shown(block.left), self._shown(block.right)
        if self.get_string_width(left) + self.get_string_width(right) > self.epw - self._of.body_mm:
            self.put(Line(left))
            self.put(Line(right, "right"))
            return
        self.cell(self.epw / 2, self._of.body_mm, left)
        self._line(right, self._of.body_mm, "R")

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
            self._row(row, (self._of.label, 1 - self._of.label), head=False)
        self.ln(self._of.table_mm / 2)

    @put.register
    def _(self, block: Grid) -> None:
        count = len(block.heads)
        shares = tuple(block.widths) or (1 / count,) * count
        over = self._height(block.heads, shares)
        page = self.page_break_trigger - self.t_margin - over
        # The heads never stand alone at the foot of a page.
        first = self._height(block.rows[0], shares) if block.rows else 0
        # Four lines of a table stay together.
        short = 4 * self._of.table_mm + 2 * self._of.pad_mm
        if self.will_page_break(over + (first if first <= page else short)):
            self.add_page()
        self._row(block.heads, shares, head=True)
        for row in block.rows:
            height = self._height(row, shares)
            if height <= page and self.will_page_break(height):
                self.add_page()
                self._row(block.heads, shares, head=True)
            self._row(row, shares, head=False)
        self.ln(self._of.table_mm / 2)

    def _row(self, cells: Sequence[str], shares: Sequence[float], *, head: bool) -> None:
        """One ruled row; what is longer than a page goes on, ruled, on the next."""
        self.set_font("head" if head else "text", size=self._of.table)
        columns = self._columns(cells, shares)
        while any(columns):
            room = self.page_break_trigger - self.get_y() - 2 * self._of.pad_mm
            fit = int(room // self._of.table_mm)
            longest = max(len(lines) for lines in columns)
            if fit < 1 or (fit < longest <= 4):  # a short row stays whole
                self.add_page()
                continue
            self._part([lines[:fit] for lines in columns], shares)
            columns = [lines[fit:] for lines in columns]

    def _part(self, columns: list[list[str]], shares: Sequence[float]) -> None:
        of, top, height = self._of, self.get_y(), self._tall(columns)
        self.set_draw_color(*_GREY)
        self.set_line_width(0.2)
        left = self.l_margin
        for lines, share in zip(columns, shares, strict=True):
            self.rect(left, top, self.epw * share, height)
            for number, line in enumerate(lines):
                self.set_xy(left + of.pad_mm, top + of.pad_mm + number * of.table_mm)
                self.cell(self.epw * share - 2 * of.pad_mm, of.table_mm, line)
            left += self.epw * share
        self.set_xy(self.l_margin, top + height)

    def _height(self, cells: Sequence[str], shares: Sequence[float]) -> float:
        self.set_font("text", size=self._of.table)
        return self._tall(self._columns(cells, shares))

    def _columns(self, cells: Sequence[str], shares: Sequence[float]) -> list[list[str]]:
        return [
            self._broken(cell, self.epw * share - 2 * self._of.pad_mm)
            for cell, share in zip(cells, shares, strict=True)
        ]

    def _tall(self, columns: list[list[str]]) -> float:
        return max(len(lines) for lines in columns) * self._of.table_mm + 2 * self._of.pad_mm

    def _broken(self, text: str, width: float) -> list[str]:
        return lines_of(self._shown(text), width, self.get_string_width)

    def _shown(self, text: str) -> str:
        # What the fonts do not have is seen to be there.
        return "".join(c if c == "\n" or ord(c) in self._drawn else "□" for c in printable(text))

    def _line(self, line: str, height: float, align: str) -> None:
        self.cell(0, height, line, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
