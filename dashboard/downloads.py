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

from dashboard import refusals
from linkage.access.sitting import Sitting
from linkage.errors import NotAllowed, NotPermitted
from linkage.figures.area_export import AreaOrder, export_area
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
    order: Order | AreaOrder
    format: Format
    until: float


class Offers:
    """What pages offered, by ticket. A ticket is a secret of the browser it was given to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offers: OrderedDict[str, Offer] = OrderedDict()

    def make(
        self, record: Record, order: Order | AreaOrder, format_: Format, now: float | None = None
    ) -> str:
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


def address(record: Record, order: Order | AreaOrder, format_: Format) -> str:
    """Where the browser finds the file that is offered herewith."""
    return f"{base()}/api/export/{_OFFERS.make(record, order, format_)}"


def routes() -> list[BaseRoute]:
    export = Route("/api/export/{ticket}", download)
    return [Mount(base(), routes=[export])] if base() else [export]


def download(request: Request) -> Response:
    """Not async: it waits for the database, so it runs in a thread of its own."""
    offer = _OFFERS.take(request.path_params["ticket"])
    if offer is None:
        return PlainTextResponse("下载链接已过期，请回到原来的页面重新导出。", 410)
    order = msgspec.structs.replace(offer.order, at=datetime.now(UTC))
    try:
        return _file(offer.record, order, offer.format)
    except NotPermitted as why:
        noted_at(request, offer.record, why)
        return PlainTextResponse(str(why), 403)
    except NotAllowed as why:
        return PlainTextResponse(str(why), 400)
    except UNAVAILABLE:
        return PlainTextResponse("数据库暂时连不上，没有导出。请稍候重试。", 503)


def noted_at(request: Request, record: Record, why: NotPermitted) -> None:
    found = request.scope.get("sitting")
    if isinstance(found, Sitting):
        refusals.note(record, found, why, request.url.path.rsplit("/", 1)[0])


def _file(record: Record, order: Order | AreaOrder, format_: Format) -> Response:
    if isinstance(order, AreaOrder):
        name, body = export_area(record, order, format_)
        return Response(body, 200, _headers(name), _MEDIA[format_])
    headers = _headers(file_name(order.selection, format_))
    if format_ is Format.EXCEL:
        handle, path = tempfile.mkstemp(suffix=".xlsx")
        with os.fdopen(handle, "wb") as file:
            export_excel(record, order, file)
        gone = BackgroundTask(Path(path).unlink, missing_ok=True)
        return FileResponse(path, 200, headers, _MEDIA[format_], background=gone)
    pieces = (export_csv if format_ is Format.CSV else export_geojson)(record, order)
    return StreamingResponse(pieces, 200, headers, _MEDIA[format_])


def _headers(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "no-store",
    }


def base() -> str:
    """What stands before every address of ours, behind a proxy: "" or "/linkage"."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""
