"""Excel: the incidents of a selection, with their sums, the question and the dictionary."""

from contextlib import ExitStack
from itertools import chain, islice
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from sqlalchemy import Connection

from linkage.beijing import date_second
from linkage.figures.export import Extract, Format, Order, begin, incidents, values
from linkage.figures.export_columns import COLUMNS, Type, Value
from linkage.figures.response_times import ResponseTimes, response_times
from linkage.figures.spreadsheet import harmless
from linkage.figures.statistics import WEEKDAYS, Dimension, Figures, figures
from linkage.record import Record

# Excel ends at 1,048,576 rows; a longer export goes on in the next sheet.
ROWS_PER_SHEET = 1_000_000
DETAIL = "事件明细"
_WIDTHS = {Type.TEXT: 24, Type.CODE: 12, Type.COUNT: 9, Type.DEGREES: 11, Type.MOMENT: 20}
_BOLD = Font(bold=True)
_HEAD = PatternFill("solid", fgColor="DDE5EE")
_WRAP = Alignment(wrap_text=True, vertical="top")


def export_excel(record: Record, order: Order, file: IO[bytes]) -> Extract:
    """Write the workbook to `file`. The rows go through temporary files, not through memory."""
    with ExitStack() as stack:
        cx, extract = begin(record, order, Format.EXCEL, stack)
        sums = figures(cx, extract.cut, order.selection, order.source_names)
        times = response_times(cx, order.selection, order.at)
        book = Workbook(write_only=True)
        _about(book, extract, order, sums)
        _detail(book, cx, order)
        _sums(book, sums)
        _hours(book, sums)
        _times(book, times)
        _dictionary(book)
        book.save(file)
    return extract


def _sheet(book: Any, title: str, widths: list[int]) -> Any:
    sheet = book.create_sheet(title)
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    return sheet


def _cell(sheet: Any, value: Value, number_format: str = "") -> Any:
    if value is None:
        return None
    cell = WriteOnlyCell(sheet, harmless(value) if isinstance(value, str) else value)
    if isinstance(value, str):
        cell.data_type = "s"  # never a formula, whatever it begins with
    if number_format:
        cell.number_format = number_format
    return cell


def _plain(sheet: Any, value: Value) -> Any:
    """A value as it is, where no style is needed: a quarter of the time of a cell of its own."""
    if not isinstance(value, str):
        return value  # openpyxl gives a moment its date format
    # openpyxl would take these for an error of Excel's, as it takes = for a formula.
    return _cell(sheet, value) if value.startswith("#") else harmless(value)


def _heads(sheet: Any, *names: str) -> list[Any]:
    cells = []
    for name in names:
        cell = _cell(sheet, name)
        cell.font, cell.fill, cell.alignment = _BOLD, _HEAD, _WRAP
        cells.append(cell)
    return cells


def _about(book: Any, extract: Extract, order: Order, sums: Figures) -> None:
    sheet = _sheet(book, "说明", [20, 90])
    share = sums.effective_share
    facts: list[tuple[str, Value]] = [
        ("问题", extract.question),
        ("数据截至", date_second(extract.cut.at)),
        ("数据修订号", extract.cut.revision),
        ("数据性质", "演练数据，不得与实战数据合并" if order.selection.exercise else "实战数据"),
        ("事件数", extract.rows),
        ("其中有坐标", extract.located),
        ("其中无坐标", extract.rows - extract.located),
        ("并案后不计", sums.merged),
        ("系统故障（另计）", extract.faults),
        ("有效警情", sums.effective),
        ("有效率", f"{share:.1%}" if share is not None else "无事件"),
        ("导出人", str(order.actor)),
        ("导出用途", order.why.strip()),
        ("个人信息", "不含报警人信息；文字中的电话、证件号和写明的姓名已脱敏"),
        ("时间", "一律为北京时间"),
    ]
    for name, value in facts:
        cell = _cell(sheet, value)
        cell.alignment = _WRAP
        sheet.append([*_heads(sheet, name), cell])


def _detail(book: Any, cx: Connection, order: Order) -> None:
    rows = incidents(cx, order.selection)
    number = 1
    first = next(rows, None)
    while True:
        title = DETAIL if number == 1 else f"{DETAIL}{number}"
        sheet = _sheet(book, title, [_WIDTHS[column.type] for column in COLUMNS])
        sheet.freeze_panes = "B2"
        sheet.append(_heads(sheet, *(column.heading for column in COLUMNS)))
        written = 1
        for row in islice(chain([first] if first else [], rows), ROWS_PER_SHEET):
            sheet.append([_plain(sheet, value) for value in values(row, order.source_names)])
            written += 1
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{written}"
        first = next(rows, None)
        if first is None:
            return
        number += 1


def _sums(book: Any, sums: Figures) -> None:
    sheet = _sheet(book, "汇总", [20, 24, 10, 10, 10])
    sheet.freeze_panes = "A2"
    sheet.append(_heads(sheet, "维度", "项目", "起数", "占比", "上期起数"))
    for dimension, lines in sums.tables.items():
        for line in lines:
            share = line.count / sums.total if sums.total else None
            cells: list[Value] = [dimension.label, line.label, line.count]
            sheet.append(
                [
                    *(_cell(sheet, value) for value in cells),
                    _cell(sheet, share, "0.0%"),
                    _cell(sheet, line.previous),
                ]
            )
        sheet.append([_cell(sheet, v) for v in (dimension.label, "合计", sums.total)])


def _hours(book: Any, sums: Figures) -> None:
    sheet = _sheet(book, "时段分布", [10] + [6] * 25)
    sheet.freeze_panes = "B2"
    sheet.append(_heads(sheet, "星期", *(f"{hour} 时" for hour in range(24)), "合计"))
    for day, counts in zip(WEEKDAYS, sums.by_hour, strict=True):
        sheet.append([_cell(sheet, day), *(_cell(sheet, n) for n in (*counts, sum(counts)))])
    totals = [sum(column) for column in zip(*sums.by_hour, strict=True)]
    sheet.append([_cell(sheet, "合计"), *(_cell(sheet, n) for n in (*totals, sum(totals)))])


def _times(book: Any, times: ResponseTimes) -> None:
    sheet = _sheet(book, "响应时间", [14, 10, 10, 10, 10, 12, 12, 16, 10])
    sheet.freeze_panes = "A2"
    heads = ("环节", "样本数", "缺时刻", "时刻颠倒", "P50（秒）", "P90（秒）", "均值（秒）")
    sheet.append(_heads(sheet, *heads, "时长区间", "次数"))
    for t in times.stages:
        mean = round(t.mean, 1) if t.mean is not None else None
        start: list[Value] = [t.stage.label, t.n, t.missing, t.impossible, t.p50, t.p90, mean]
        for bucket, count in zip(t.stage.buckets(), t.shares, strict=True):
            said: list[Value] = [*start, bucket, count]
            sheet.append([_cell(sheet, value) for value in said])


def _dictionary(book: Any) -> None:
    sheet = _sheet(book, "数据字典", [16, 20, 60, 80])
    sheet.freeze_panes = "A2"
    sheet.append(_heads(sheet, "字段", "类型", "含义", "取值"))
    for column in COLUMNS:
        said = (column.heading, column.type.value, column.meaning, column.values)
        cells = [_cell(sheet, text) for text in said]
        for cell in cells:
            cell.alignment = _WRAP
        sheet.append(cells)
    for dimension in Dimension:
        sheet.append([_cell(sheet, t) for t in (dimension.label, "汇总维度", _MEANING[dimension])])


_MEANING = {
    Dimension.KIND: "平台统一类别；上期为紧邻的等长时段",
    Dimension.DISTRICT: "按坐标落区；无坐标或在市域外的列为未定区县",
    Dimension.SOURCE: "按首个报告的系统计，每起事件只计一次",
    Dimension.SEVERITY: "来源报的最高危害程度",
    Dimension.GRADE: "只计人工确认的等级",
    Dimension.RESPONSE: "已启动的响应等级",
    Dimension.STATUS: "导出时的处置状态",
    Dimension.HOUR: "建立时间所在的钟点",
    Dimension.DAY: "建立时间所在的日期",
}
