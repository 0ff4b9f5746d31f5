"""导出: the incidents of a selection as CSV, Excel or GeoJSON, read from one cut, logged, streamed.

Every export first checks who asks and writes a log entry with how many rows and what for. Nothing
of a caller is in it, and numbers of persons inside texts are masked.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from typing import IO, Any

import msgspec
from sqlalchemy import Connection, Row, func, select

from linkage.actions import Action
from linkage.errors import NotAllowed
from linkage.figures.export_columns import COLUMNS, Names, Value
from linkage.figures.selection import Cut, Selection, conditions, snapshot
from linkage.figures.spreadsheet import harmless
from linkage.people import Actor, permit
from linkage.record import BEIJING, Record
from linkage.tables import incident
from linkage.vocabulary import Labelled

# Rows fetched at once: the memory an export takes, whatever its length.
_AT_ONCE = 2_000
_encode = msgspec.json.Encoder().encode


class Format(Labelled):
    CSV = "csv", "CSV 表格"
    EXCEL = "xlsx", "Excel 工作簿"
    GEOJSON = "geojson", "GeoJSON 点位"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants what, and what for. `why` goes to the log."""

    actor: Actor
    why: str
    selection: Selection
    source_names: Mapping[str, str]
    at: datetime


class Extract(msgspec.Struct, frozen=True, kw_only=True):
    """What is being exported: the question, the cut, and how many rows."""

    question: str
    cut: Cut
    rows: int
    located: int
    faults: int  # our own findings, which are no rows unless the question names them


def begin(record: Record, order: Order, format_: Format, stack: ExitStack) -> tuple[Any, Extract]:
    """Check, open the snapshot on `stack`, count, log. Returns the connection and the extract.

    Raises NotPermitted or NotAllowed; then nothing was logged and nothing may be handed out.
    """
    permit(order.actor, Action.EXPORT)
    why = order.why.strip()
    if not why:
        raise NotAllowed("请写明导出用途：每次导出都要留下谁、何时、为何、多少行。")
    cx, cut = stack.enter_context(snapshot(record, order.at))
    count = select(func.count(), func.count(incident.c.lon)).where(*conditions(order.selection))
    rows, located = cx.execute(count).one()
    own = select(func.count()).where(*conditions(order.selection.faults()))
    extract = Extract(
        question=order.selection.question(order.source_names),
        cut=cut,
        rows=rows,
        located=located,
        faults=cx.execute(own).scalar_one(),
    )
    with record.write(order.at) as w:
        w.log.add(
            str(order.actor),
            Action.EXPORT,
            why,
            after={
                "format": format_.value,
                "rows": rows,
                "question": extract.question,
                "revision": cut.revision,
            },
        )
    return cx, extract


def export_csv(record: Record, order: Order) -> Iterator[bytes]:
    """UTF-8 with BOM, so that Excel reads the Chinese; the first line is the headings."""
    stack = ExitStack()
    cx, _ = begin(record, order, Format.CSV, stack)
    return _csv(cx, order, stack)


def export_geojson(record: Record, order: Order) -> Iterator[bytes]:
    """RFC 7946 in WGS-84. Incidents without a position are only counted, in `unlocated`."""
    stack = ExitStack()
    cx, extract = begin(record, order, Format.GEOJSON, stack)
    return _geojson(cx, extract, order, stack)


def file_name(selection: Selection, format_: Format) -> str:
    """With the period in it, in Beijing time, and whether it is an exercise."""
    first, last = (
        at.astimezone(BEIJING).strftime("%Y%m%d-%H%M") for at in (selection.since, selection.until)
    )
    mark = "演练_" if selection.exercise else ""
    return f"联动事件_{mark}{first}_{last}.{format_.value}"


def incidents(cx: Connection, selection: Selection) -> Iterator[Row[Any]]:
    """Row by row, in the order they were opened; memory does not grow with their number."""
    query = (
        select(incident).where(*conditions(selection)).order_by(incident.c.opened_at, incident.c.id)
    )
    yield from cx.execution_options(yield_per=_AT_ONCE).execute(query)


def as_text(value: Value) -> str:
    """As CSV shows it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return harmless(value) if isinstance(value, str) else str(value)


def values(row: Row[Any], names: Names) -> list[Value]:
    return [column.read(row, names) for column in COLUMNS]


def _csv(cx: Connection, order: Order, stack: ExitStack) -> Iterator[bytes]:
    with stack:
        text = io.StringIO(newline="")
        lines = csv.writer(text, lineterminator="\r\n")
        lines.writerow([harmless(column.heading) for column in COLUMNS])
        yield b"\xef\xbb\xbf" + _taken(text)
        for number, row in enumerate(incidents(cx, order.selection), start=1):
            lines.writerow(map(as_text, values(row, order.source_names)))
            if number % _AT_ONCE == 0:
                yield _taken(text)
        yield _taken(text)


def _taken(text: IO[str]) -> bytes:
    text.seek(0)
    taken = text.read().encode("utf-8", "replace")
    text.seek(0)
    text.truncate()
    return taken


def _geojson(cx: Connection, extract: Extract, order: Order, stack: ExitStack) -> Iterator[bytes]:
    with stack:
        head = {
            "type": "FeatureCollection",
            "name": "联动事件",
            "question": extract.question,
            "cut": str(extract.cut),
            "revision": extract.cut.revision,
            "exercise": order.selection.exercise,
            "total": extract.rows,
            "located": extract.located,
            "unlocated": extract.rows - extract.located,
            "system_faults": extract.faults,
        }
        yield _encode(head)[:-1] + b',"features":['
        comma = b""
        for row in incidents(cx, order.selection):
            if row.lon is not None:
                yield comma + _encode(_feature(row, order.source_names))
                comma = b",\n"
        yield b"]}\n"


def _feature(row: Row[Any], names: Names) -> dict[str, Any]:
    said = {
        column.heading: as_text(value) if isinstance(value, datetime) else value
        for column, value in zip(COLUMNS, values(row, names), strict=True)
    }
    return {
        "type": "Feature",
        "id": row.id,
        "geometry": {"type": "Point", "coordinates": [row.lon, row.lat]},
        "properties": said,
    }
