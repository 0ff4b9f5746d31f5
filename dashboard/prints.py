"""打印: the buttons of 事件处置 and 联动任务, and the route that hands out the paper.

GET  /api/print/{ticket}     the paper that a page offered; drawn when asked for
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from dashboard import desk, pressing
from dashboard.downloads import base, noted_at
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.desk.facts import Incident
from linkage.errors import NotAllowed, NotPermitted
from linkage.paper.prints import Form, Names, Printed, print_incident, print_orders
from linkage.record import UNAVAILABLE

# Every drawing of a page offers anew; the oldest offers go first.
MOST_OFFERS = 4_000
_MEDIA = {Form.PDF: "application/pdf", Form.HTML: "text/html; charset=utf-8"}

Draw = Callable[[], Printed]


class Papers:
    """What pages offered to print, by ticket: a secret of the browser it was given to. Who takes
    it is checked again and logged when it is drawn."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offers: OrderedDict[str, tuple[Form, Draw]] = OrderedDict()

    def offer(self, form: Form, draw: Draw) -> str:
        """The address at which the browser finds the paper."""
        ticket = secrets.token_urlsafe(24)
        with self._lock:
            self._offers[ticket] = form, draw
            while len(self._offers) > MOST_OFFERS:
                self._offers.popitem(last=False)
        return f"{base()}/api/print/{ticket}"

    def take(self, ticket: str) -> tuple[Form, Draw] | None:
        with self._lock:
            return self._offers.get(ticket)


_PAPERS = Papers()


def routes() -> list[BaseRoute]:
    paper = Route("/api/print/{ticket}", hand_out)
    return [Mount(base(), routes=[paper])] if base() else [paper]


def hand_out(request: Request) -> Response:
    """Not async: it waits for the database and draws, so it runs in a thread of its own."""
    offered = _PAPERS.take(request.path_params["ticket"])
    if offered is None:
        return PlainTextResponse("打印链接已失效，请回到原来的页面刷新后再点“打印”。", 410)
    form, draw = offered
    try:
        paper = draw()
    except NotPermitted as why:
        noted_at(request, desk.record(), why)
        return PlainTextResponse(str(why), 403)
    except NotAllowed as why:
        return PlainTextResponse(str(why), 400)
    except UNAVAILABLE:
        said = "数据库暂时连不上，没有打印。请稍候重试，或用磁盘上每 5 分钟一张的值守看板。"
        return PlainTextResponse(said, 503)
    headers = {
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(paper.name)}",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(paper.content, 200, headers, _MEDIA[form])


def incident_menu(it: Incident, seat: Seat) -> None:
    """The sheet of one incident."""
    if not seat.may(Action.PRINT):
        return
    with st.popover("打印", icon=":material/print:", key="incident_print_menu"):
        personal = seat.may(Action.UNMASK) and st.toggle(
            "含报警人姓名、电话",
            key=f"incident_print_personal_{it.id}",
            help="默认遮盖；带上的，处置记录里会写明是谁打印的",
        )
        for form in Form:
            draw = partial(
                print_incident,
                *(seat.record, seat.actor, it.id, form, _names(seat)),
                personal=personal,
            )
            _link("事件单", form, draw)
        st.caption("PDF 至多两页，放不下的注明条数；网页全列。每次打印都有记录。")


def orders_menu(seat: Seat) -> None:
    """Every open order, with room to write."""
    if not seat.may(Action.PRINT):
        return
    with st.popover("打印", icon=":material/print:", key="responses_print"):
        for form in Form:
            draw = partial(print_orders, seat.record, seat.actor, form, _names(seat))
            _link("未结任务看板", form, draw)
        st.caption("按单位列出全部未结任务，留有签收人、时间、备注栏；不受本页筛选影响。")


def _link(what: str, form: Form, draw: Draw) -> None:
    icon = ":material/picture_as_pdf:" if form is Form.PDF else ":material/web:"
    address = _PAPERS.offer(form, draw)
    st.link_button(f"{what}（{form.label}）", address, icon=icon, width="stretch")


def _names(seat: Seat) -> Names:
    sources = {one: seat.source(one) for one in seat.sources}
    return Names(sources, seat.agencies, pressing.clocks())
