"""Exports go out by a route of their own, in pieces: a page would hold the whole file in memory.

GET  /api/export/{ticket}     the file that a page offered to its browser a moment ago
"""

import os
import secrets
import tempfile
import threading
import time
from collections import OrderedDict
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import msgspec
import streamlit as st
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route

from linkage.errors import NotAllowed, NotPermitted
from linkage.figures.export import Format, Order, export_csv, export_geojson, file_name
from linkage.figures.workbook import export_excel
from linkage.record import UNAVAILABLE, Record

# Time to read the page, write the purpose down again and click.
LIFE_S = 600
# Every drawing of the page offers anew; the oldest offers go first.
MOST_OFFERS = 600
_MEDIA = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.GEOJSON: "application/geo+json",
}


class Offer(msgspec.Struct, frozen=True):
    record: Record
    order: Order
    format: Format
    until: float


class Offers:
    """What pages offered, by ticket. A ticket is a secret of the browser it was given to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offers: OrderedDict[str, Offer] = OrderedDict()

    def make(self, record: Record, order: Order, format_: Format, now: float | None = None) -> str:
        ticket = secrets.token_urlsafe(24)
        until = (time.time() if now is None else now) + LIFE_S
        with self._lock:
            self._offers[ticket] = Offer(record, order, format_, until)
            while len(self._offers) > MOST_OFFERS:
                self._offers.popitem(last=False)
        return ticket

    def take(self, ticket: str, now: float | None = None) -> Offer | None:
        """The offer, as often as it is asked for in its time: every time is logged."""
        with self._lock:
            offer = self._offers.get(ticket)
        at = time.time() if now is None else now
        return offer if offer and at < offer.until else None


_OFFERS = Offers()


def address(record: Record, order: Order, format_: Format) -> str:
    """Where the browser finds the file that is offered herewith."""
    return f"{base()}/api/export/{_OFFERS.make(record, order, format_)}"


def routes() -> list[BaseRoute]:
    export = Route("/api/export/{ticket}", download)
    return [Mount(base(), routes=[export])] if base() else [export]


def download(request: Request) -> Response:
    """Not async: it waits for the database, so it runs in a thread of its own."""
    offer = _OFFERS.take(request.path_params["ticket"])
    if offer is None:
        return PlainTextResponse("下载链接已过期，请回到“统计研判”重新导出。", 410)
    order = msgspec.structs.replace(offer.order, at=datetime.now(UTC))
    try:
        return _file(offer.record, order, offer.format)
    except NotPermitted as why:
        return PlainTextResponse(str(why), 403)
    except NotAllowed as why:
        return PlainTextResponse(str(why), 400)
    except UNAVAILABLE:
        return PlainTextResponse("数据库暂时连不上，没有导出。请稍候重试。", 503)


def _file(record: Record, order: Order, format_: Format) -> Response:
    name = file_name(order.selection, format_)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "no-store",
    }
    if format_ is Format.EXCEL:
        handle, path = tempfile.mkstemp(suffix=".xlsx")
        with os.fdopen(handle, "wb") as file:
            export_excel(record, order, file)
        gone = BackgroundTask(Path(path).unlink, missing_ok=True)
        return FileResponse(path, 200, headers, _MEDIA[format_], background=gone)
    pieces = (export_csv if format_ is Format.CSV else export_geojson)(record, order)
    return StreamingResponse(pieces, 200, headers, _MEDIA[format_])


def base() -> str:
    """What stands before every address of ours, behind a proxy: "" or "/linkage"."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""
