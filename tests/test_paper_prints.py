"""Printed by a click: the sheet of an incident, the board of open orders."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pypdfium2
import pytest
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from dashboard import prints
from linkage.actions import Action
from linkage.errors import NotAllowed, NotPermitted
from linkage.paper.prints import Form, Names, Printed, print_incident, print_orders
from linkage.people import Actor
from linkage.record import Record
from linkage.tables import log_entry
from tests.builders import CALL
from tests.desk import AGENCIES, issue, order
from tests.onrecord import add_alert, put_incident
from tests.screens import desk_on, opened, shown
from tests.test_paper_board import FACTS, HOSTILE

NAMES = Names({one: s.name for one, s in FACTS.sources.items()}, AGENCIES, FACTS.clocks)
MINUTE = timedelta(minutes=1)
CALLER = msgspec.structs.replace(CALL, caller_name="张三丰", caller_phone="13912345678")


def text_of(paper: Printed) -> str:
    with pypdfium2.PdfDocument(paper.content) as opened_:
        pages = [page.get_textpage().get_text_range() for page in opened_]
    return "".join(pages).replace("\r\n", "")


def pages_of(paper: Printed) -> int:
    with pypdfium2.PdfDocument(paper.content) as opened_:
        return len(opened_)


def logged(record: Record) -> list[Any]:
    which = select(log_entry).where(log_entry.c.action.in_([Action.PRINT, Action.UNMASK]))
    with record.read() as cx:
        return list(cx.execute(which.order_by(log_entry.c.id)).all())


def test_the_sheet_says_where_what_who_and_by_when(
    record: Record, now: datetime, officer: Actor
) -> None:
    about = put_incident(record, CALLER)
    issue(record, about, order("fire"), order("health"), at=now)
    paper = print_incident(record, officer, about, Form.PDF, NAMES, at=now + 2 * MINUTE)
    said = text_of(paper)
    assert pages_of(paper) == 1
    assert paper.name.startswith("事件单-2026")
    for words in (
        "WGS-84",
        "北纬",
        "消防（配合）",
        "超时1分0秒未签收",
        "来报原话（1 条）",
        "第 1 页",
    ):
        assert words in said


def test_who_called_is_masked_unless_the_officer_asks_and_both_are_logged(
    record: Record, now: datetime, officer: Actor, analyst: Actor
) -> None:
    about = put_incident(record, CALLER)
    masked = text_of(print_incident(record, officer, about, Form.PDF, NAMES, at=now))
    assert "13912345678" not in masked
    assert "张** 139****5678" in masked
    page = print_incident(record, officer, about, Form.HTML, NAMES, personal=True, at=now)
    assert "张三丰 13912345678" in page.content.decode()
    with pytest.raises(NotPermitted):
        print_incident(record, analyst, about, Form.PDF, NAMES, personal=True, at=now)
    print_incident(record, analyst, about, Form.PDF, NAMES, at=now)
    assert [entry.reason for entry in logged(record)] == [
        "打印事件单",
        "打印事件单，含报警人信息",
        "打印事件单",
    ]


def test_the_sheet_never_takes_a_third_page(record: Record, now: datetime, officer: Actor) -> None:
    """A night of reports, a wall of text in each, nineteen departments."""
    about = put_incident(record, msgspec.structs.replace(CALLER, place=HOSTILE * 30))
    wall = "罐车侧翻，液氯泄漏，下风向居民正在疏散。" * 60
    for n in range(60):
        add_alert(
            record,
            about,
            msgspec.structs.replace(
                CALL, source_ref=f"r{n}", headline=HOSTILE * 20, text=wall + HOSTILE
            ),
        )
    issue(record, about, *(order(one, task=wall[:900]) for one in AGENCIES), at=now)
    paper = print_incident(record, officer, about, Form.PDF, NAMES, at=now + MINUTE)
    assert pages_of(paper) == 2
    assert "条来报未列" in text_of(paper)
    page = print_incident(record, officer, about, Form.HTML, NAMES, at=now + MINUTE)
    whole = page.content.decode()
    assert "<script" not in whole
    assert "未列" not in whole


def test_a_department_prints_its_own_orders_and_no_sheet(
    record: Record, now: datetime, officer: Actor, fire_officer: Actor
) -> None:
    about = put_incident(record)
    issue(record, about, order("fire"), order("health"), at=now)
    own = print_orders(record, fire_officer, Form.HTML, NAMES, at=now).content.decode()
    assert "消防" in own
    assert "卫生" not in own
    every = print_orders(record, officer, Form.HTML, NAMES, at=now).content.decode()
    assert "卫生" in every
    assert "签收人" in every
    with pytest.raises(NotAllowed):
        print_incident(record, fire_officer, about, Form.PDF, NAMES, at=now)
    assert len(logged(record)) == 2  # what was refused is not logged as printed


def test_an_exercise_says_so_on_every_paper(record: Record, now: datetime, officer: Actor) -> None:
    about = put_incident(record, msgspec.structs.replace(CALL, exercise=True))
    issue(record, about, order("fire"), at=now)
    sheet = print_incident(record, officer, about, Form.PDF, NAMES, at=now)
    assert "【演练】" in text_of(sheet)
    assert sheet.name.startswith("演练-")
    assert "【演练】" in text_of(print_orders(record, officer, Form.PDF, NAMES, at=now))


def test_the_door_hands_out_what_was_offered_and_nothing_else(
    record: Record, officer: Actor, analyst: Actor
) -> None:
    about = put_incident(record, CALLER)
    assert fetched("/api/print/guess").status_code == 410
    answer = fetched(
        prints._PAPERS.offer(
            Form.PDF, lambda: print_incident(record, officer, about, Form.PDF, NAMES)
        )
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    refused = prints._PAPERS.offer(
        Form.PDF, lambda: print_incident(record, analyst, about, Form.PDF, NAMES, personal=True)
    )
    assert fetched(refused).status_code == 403


def fetched(address: str) -> Response:
    ticket = address.rsplit("/", 1)[1]
    return prints.hand_out(Request({"type": "http", "path_params": {"ticket": ticket}}))


def test_both_pages_offer_the_paper(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    about = put_incident(record)
    with desk_on(record, monkeypatch):
        sheet = opened("incident", incident=str(about))
        assert "PDF 至多两页" in shown(sheet)
        board = opened("responses")
        assert "留有签收人、时间、备注栏" in shown(board)
