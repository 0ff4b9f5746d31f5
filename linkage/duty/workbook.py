"""An Excel file from outside → its filled rows. Whatever it holds, it cannot harm or hang us."""

import re
import zlib
from collections.abc import Iterator
from io import BytesIO
from itertools import repeat
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

import msgspec
from defusedxml.ElementTree import fromstring
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from linkage.duty.cells import BadCell, Cell

# A roster of a year is 100 KB; unpacked a workbook is ten times its size, a bomb a thousand times.
MAX_BYTES = 5_000_000
MAX_UNPACKED = 60_000_000
MAX_PARTS = 1_000
# Two shifts a day for seven years. Empty rows that only carry a format do not count.
MAX_ROWS = 5_000
MAX_SCANNED = 300_000
MAX_COLUMNS = 40
MAX_SHEETS = 20
_ZIP, _OLE = b"PK\x03\x04", bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MERGE = re.compile(
    rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"'
)
_HIDDEN = re.compile(rb'<(?:\w+:)?row\b(?=[^>]*\bhidden="(?:1|true)")[^>]*\br="(\d{1,7})"')
_MAX_MERGES = 20_000
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
# What reading a broken workbook raises: openpyxl trusts that the parts of a file fit together.
_BROKEN = (
    BadZipFile,
    InvalidFileException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    OSError,
    RuntimeError,
    ArithmeticError,
    zlib.error,
)
AS_XLSX = "请用 Excel 或 WPS 打开后另存为“Excel 工作簿（.xlsx）”"


# (row, column) → (row, column), from 1.
Merges = dict[tuple[int, int], tuple[int, int]]


class Row(msgspec.Struct, frozen=True):
    """`uncalculated`: columns (from 0) that hold a formula without its result."""

    number: int
    cells: tuple[Cell, ...]
    uncalculated: frozenset[int] = frozenset()


class Sheet(msgspec.Struct, frozen=True):
    """Rows that hold something. `cut_at`: the row from which on nothing was read any more.
    `hidden`: rows that are read though nobody sees them in Excel."""

    name: str
    rows: tuple[Row, ...]
    cut_at: int | None = None
    hidden: frozenset[int] = frozenset()


def read_book(data: bytes) -> list[Sheet]:
    """Raises BadCell about the file as a whole."""
    _refuse_what_is_none(data)
    try:
        merged, hidden, reckoned = _marks(data)
        values = load_workbook(BytesIO(data), read_only=True, data_only=True)
        formulas = load_workbook(BytesIO(data), read_only=True) if reckoned else values
        return [
            msgspec.structs.replace(
                _sheet(
                    name, values[name], formulas[name] if reckoned else None, merged.get(name, {})
                ),
                hidden=hidden.get(name, frozenset()),
            )
            for name in values.sheetnames[:MAX_SHEETS]
            if hasattr(values[name], "iter_rows")  # a sheet that is only a chart has no rows
        ]
    except BadCell:
        raise
    except _BROKEN as why:
        raise BadCell("文件已损坏，或不是完整的 Excel 工作簿", AS_XLSX) from why


def _refuse_what_is_none(data: bytes) -> None:
    if not data:
        raise BadCell("文件是空的", "请重新选择班表文件")
    if len(data) > MAX_BYTES:
        size = f"{len(data) / 1e6:.1f} MB，超过 {MAX_BYTES / 1e6:.0f} MB"
        raise BadCell(f"文件 {size}", "请另存为只含人员和排班的新工作簿")
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise BadCell("文件设有打开密码", "请在 Excel 里取消密码后另存")
        raise BadCell("这是旧版 .xls（或 .et）文件", AS_XLSX)
    if not data.startswith(_ZIP):
        raise BadCell("不是 Excel 工作簿", AS_XLSX)
    try:
        with ZipFile(BytesIO(data)) as parts:
            listed = parts.infolist()
    except _BROKEN as why:
        raise BadCell("文件已损坏，或没有传完整", "请重新选择文件") from why
    unpacked = sum(part.file_size for part in listed)
    if len(listed) > MAX_PARTS or unpacked > MAX_UNPACKED:
        size = f"展开后 {unpacked / 1e6:.0f} MB，超过 {MAX_UNPACKED / 1e6:.0f} MB"
        raise BadCell(f"文件{size}，不像班表", "请另存为只含人员和排班的新工作簿")
    if any(part.flag_bits & 1 for part in listed):
        raise BadCell("文件设有密码", "请取消密码后另存")
    if "xl/workbook.xml" not in {part.filename for part in listed}:
        raise BadCell("是压缩包，但不是 Excel 工作簿", AS_XLSX)


def _marks(data: bytes) -> tuple[dict[str, Merges], dict[str, frozenset[int]], bool]:
    """Sheet → every covered cell (row, column) → the cell whose value stands for all of them;
    sheet → hidden rows; and whether any cell of the file is a formula."""
    found: dict[str, Merges] = {}
    hidden: dict[str, frozenset[int]] = {}
    reckoned = False
    with ZipFile(BytesIO(data)) as parts:
        for name, part in _parts(parts):
            covered: Merges = {}
            text = parts.read(part)
            reckoned = reckoned or _FORMULA.search(text) is not None
            for first, top, last, bottom in _MERGE.findall(text):
                left, right = _column(first), min(_column(last), MAX_COLUMNS)
                rows = range(int(top), min(int(bottom), MAX_SCANNED) + 1)
                if len(covered) + len(rows) * max(0, right - left + 1) > _MAX_MERGES:
                    break
                corner = int(top), left
                covered |= {(row, col): corner for row in rows for col in range(left, right + 1)}
            found[name] = covered
            hidden[name] = frozenset(map(int, _HIDDEN.findall(text)))
    return found, hidden, reckoned


def _parts(parts: ZipFile) -> Iterator[tuple[str, str]]:
    """Every sheet's name with the part of the archive that holds it. ECMA-376 part 1, 18.2."""
    links = {
        one.get("Id"): one.get("Target", "")
        for one in fromstring(parts.read("xl/_rels/workbook.xml.rels"))
    }
    for one in fromstring(parts.read("xl/workbook.xml")).iter():
        if one.tag.endswith("}sheet"):
            link = next((v for k, v in one.attrib.items() if k.endswith("}id")), "")
            target = links.get(link, "")
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if path in parts.namelist():
                yield one.get("name", ""), path


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheet(name: str, values: Any, formulas: Any | None, merged: Merges) -> Sheet:
    """`formulas`: the same sheet with the formulas themselves; None where there are none."""
    rows: list[Row] = []
    corners: dict[tuple[int, int], Cell] = {}
    wanted = set(merged.values())
    both = zip(_lines(values), _lines(formulas) if formulas else repeat(()), strict=False)
    for number, (held, written) in enumerate(both, start=1):
        cells: list[Cell] = [c.value if c.data_type != "e" else "#错误" for c in held]
        missing = {
            place
            for place, cell in enumerate(written)
            if cell.data_type == "f" and (place >= len(cells) or cells[place] is None)
        }
        for place in range(len(cells)) if merged else ():
            at = (number, place + 1)
            if at in wanted:
                corners[at] = cells[place]
            elif cells[place] is None and at in merged:
                cells[place] = corners.get(merged[at])
        if missing or any(_filled(value) for value in cells):
            if len(rows) >= MAX_ROWS:
                return Sheet(name, tuple(rows), number)
            rows.append(Row(number, tuple(cells), frozenset(missing)))
    return Sheet(name, tuple(rows))


def _lines(sheet: Any) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()  # what the file says of its size may be a lie
    found: Iterator[tuple[Any, ...]] = sheet.iter_rows(max_row=MAX_SCANNED, max_col=MAX_COLUMNS)
    return found


def _filled(value: Cell) -> bool:
    return value is not None and bool(str(value).strip())


def letter(place: int) -> str:
    """The name of a column, from 0."""
    return str(get_column_letter(place + 1))
