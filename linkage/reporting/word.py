"""Blocks as a Word document, to be edited by the office that still wants to."""

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import singledispatchmethod
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

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

# The faces every Chinese office has; GB/T 9704-2012: 正文仿宋, 一级标题黑体, 标题宋体.
_TEXT, _HEAD, _TITLE = "仿宋", "黑体", "宋体"
_BODY, _TABLE, _TITLE_PT, _BANNER_PT = 16, 12, 22, 34
_RED = RGBColor(200, 16, 16)
# The same blocks make the same bytes: no time of now, neither in the text nor in the container.
_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
}


def document_word(title: str, blocks: Sequence[Block], *, above: Sequence[Block] = ()) -> bytes:
    """`above`: what stands over the title. Equal input makes equal bytes."""
    paper = _Paper()
    paper.document.core_properties.title = printable(title)[:200]
    for block in above:
        paper.put(block)
    paper.write(title, face=_TITLE, size=_TITLE_PT, align="center", bold=True)
    for block in blocks:
        paper.put(block)
    return paper.packed()


class _Paper:
    def __init__(self) -> None:
        self.document: Any = docx.Document()
        page = self.document.sections[0]
        page.page_width, page.page_height = Mm(210), Mm(297)
        page.left_margin, page.right_margin = Mm(28), Mm(26)
        page.top_margin, page.bottom_margin = Mm(37), Mm(35)
        properties = self.document.core_properties
        properties.author = ""
        properties.created = properties.modified = _NO_TIME
        _page_numbers(page.footer.paragraphs[0])

    @singledispatchmethod
    def put(self, block: Block) -> None:
        raise TypeError(block)

    @put.register
    def _(self, block: Heading) -> None:
        self.write(block.text, face=_HEAD).paragraph_format.keep_with_next = True

    @put.register
    def _(self, block: Line) -> None:
        for part in block.text.split("\n"):
            indent = Pt(2 * _BODY) if block.indent else None
            self.write(part, align=block.align).paragraph_format.first_line_indent = indent

    @put.register
    def _(self, block: Banner) -> None:
        self.write(block.text, face=_TITLE, size=_BANNER_PT, align="center", bold=True, colour=_RED)

    @put.register
    def _(self, block: Sides) -> None:
        written = self.write(f"{block.left}\t{block.right}")
        written.paragraph_format.tab_stops.add_tab_stop(Mm(156), 2)  # right-aligned

    @put.register
    def _(self, block: Rule) -> None:
        written = self.document.add_paragraph()
        written.paragraph_format.space_after = Pt(4)
        border = OxmlElement("w:pBdr")
        line = OxmlElement("w:bottom")
        for name, value in (
            ("val", "single"),
            ("sz", "18" if block.red else "6"),
            ("color", "C81010" if block.red else "000000"),
        ):
            line.set(qn(f"w:{name}"), value)
        border.append(line)
        written._p.get_or_add_pPr().append(border)  # noqa: SLF001 - python-docx has no borders

    @put.register
    def _(self, block: Pairs) -> None:
        self._table(block.rows, (0.26, 0.74))

    @put.register
    def _(self, block: Grid) -> None:
        count = len(block.heads)
        shares = tuple(block.widths) or (1 / count,) * count
        self._table([block.heads, *block.rows], shares, heads=True)

    def _table(
        self, rows: Sequence[Sequence[str]], shares: Sequence[float], *, heads: bool = False
    ) -> None:
        table = self.document.add_table(rows=0, cols=len(shares))
        table.style = "Table Grid"
        table.autofit = False
        for number, row in enumerate(rows):
            cells = table.add_row().cells
            for cell, text, share in zip(cells, row, shares, strict=True):
                cell.width = Mm(156 * share)
                face = _HEAD if heads and number == 0 else _TEXT
                _run(cell.paragraphs[0], text, face, _TABLE)
        self.document.add_paragraph()

    def write(
        self,
        text: str,
        *,
        face: str = _TEXT,
        size: int = _BODY,
        align: str = "left",
        bold: bool = False,
        colour: RGBColor | None = None,
    ) -> Any:
        written = self.document.add_paragraph()
        written.alignment = _ALIGN[align]
        written.paragraph_format.space_after = Pt(0)
        written.paragraph_format.line_spacing = 1.4
        # The tab is ours; one from outside became a space.
        for number, part in enumerate(text.split("\t")):
            if number:
                written.add_run().add_tab()
            run = _run(written, part, face, size)
            run.bold = bold
            if colour is not None:
                run.font.color.rgb = colour
        return written

    def packed(self) -> bytes:
        made = io.BytesIO()
        self.document.save(made)
        out = io.BytesIO()
        with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            for name in sorted(old.namelist()):
                new.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), old.read(name))
        return out.getvalue()


def _run(paragraph: Any, text: str, face: str, size: int) -> Any:
    run = paragraph.add_run(printable(text))
    run.font.size = Pt(size)
    run.font.name = face
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)  # noqa: SLF001
    return run


def _page_numbers(footer: Any) -> None:
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    footer.add_run("— ")
    run = footer.add_run()
    for kind, text in (("begin", None), (None, " PAGE "), ("end", None)):
        if kind is None:
            mark = OxmlElement("w:instrText")
            mark.text = text
        else:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        run._element.append(mark)  # noqa: SLF001 - python-docx has no fields
    footer.add_run(" —")
