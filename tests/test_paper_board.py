"""The paper board: work goes on by hand when everything is down."""

import os
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pypdfium2
import pytest
from sqlalchemy import update

from linkage.__main__ import main
from linkage.clocks.rule_file import read_clocks
from linkage.figures.intake_status import intake_status
from linkage.kinds import Kind
from linkage.own_state import read_service
from linkage.paper import board_folder
from linkage.paper.board import Board, Facts, read_board
from linkage.paper.board_folder import ANOTHER
from linkage.paper.board_sheet import MOST_ON_PAPER, board_page, board_pdf
from linkage.paper.keeping import AGAIN, BoardKeeper, service_name
from linkage.record import Record
from linkage.response.agencies import load_agencies
from linkage.settings import Settings, load_settings
from linkage.sources import load_sources
from linkage.tables import incident
from linkage.vocabulary import AssignmentStatus, Severity
from tests.browser import scene
from tests.desk import issue, order
from tests.onrecord import put_task
from tests.patience import not_for_ever
from tests.rosters import book, shift
from tests.rosters import imported as roster
from tests.test_housekeeping import City

DATA = Path(__file__).parents[1] / "data"
AGENCIES = load_agencies(DATA / "agencies.toml", DATA / "demo" / "contacts.toml")
SETTINGS = load_settings({})
FACTS = Facts(load_sources(SETTINGS.sources), AGENCIES, read_clocks(SETTINGS.tables, AGENCIES))
MINUTE = timedelta(minutes=1)
HOSTILE = "<script>alert(1)</script><img src=http://evil/x onerror=alert(2)>\u202e${alert(3)}"


def put(record: Record, at: datetime, **facts: Any) -> int:
    with record.write(at) as w:
        return scene.open_incident(w, at, **facts)


def drawn(record: Record, now: datetime) -> Board:
    with record.read() as cx:
        return read_board(cx, FACTS, now)


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as opened:
        return "\n".join(page.get_textpage().get_text_range() for page in opened)


def test_the_worst_open_incident_stands_first_and_an_exercise_last(
    record: Record, now: datetime
) -> None:
    put(record, now - 3 * MINUTE, headline="小事", severity=Severity.MINOR)
    put(record, now - 2 * MINUTE, headline="演练泄漏", severity=Severity.EXTREME, exercise=True)
    put(record, now - MINUTE, headline="大火", severity=Severity.SEVERE, claimed_by="甲（值班员）")
    board = drawn(record, now)
    assert [one.headline for one in board.incidents] == ["大火", "小事", "演练泄漏"]
    page, paper = board_page(board).decode(), text_of(board_pdf(board))
    for words in ("11月22日 14:30:00", "【演练】", "甲（值班员）", "未接手", "14:35"):
        assert words in page
        assert words in paper.replace("\r\n", "")
    assert "在办事件（2 起，重的在前，另有演练 1 起排在最后）" in page


def test_who_is_on_duty_stands_there_with_the_telephone(record: Record, now: datetime) -> None:
    roster(record, book(shift("2026-11-22")), now=now - timedelta(hours=1))
    page = board_page(drawn(record, now)).decode()
    assert "值班员甲" in page
    assert "13800000000" in page
    assert "含值班电话" in page
    assert AGENCIES["fire"].telephone in page


def test_open_orders_stand_by_department_with_room_to_write(record: Record, now: datetime) -> None:
    about = put(record, now - 20 * MINUTE, headline="大火")
    issue(record, about, order("fire"), order("health"), at=now - 10 * MINUTE)
    put_task(record, about, "transport", status=AssignmentStatus.DECLINED, at=now - 5 * MINUTE)
    put_task(record, about, "water", status=AssignmentStatus.COMPLETED, at=now - 5 * MINUTE)
    page = board_page(drawn(record, now)).decode()
    heads = re.findall(r"<h2>(\S+?)　值班电话", page)
    assert heads == ["交通", "消防", "卫生"]  # refused first
    assert "已退回，待改派" in page
    assert "超时9分0秒未签收" in page
    for column in ("签收人", "时间", "备注"):
        assert f"<th scope=col>{column}" in page


def test_what_does_not_work_is_said_on_the_paper(record: Record, now: datetime) -> None:
    board = drawn(record, now)
    assert any("接入从未启动" in one for one in board.troubles)
    about = put(record, now - 20 * MINUTE)
    issue(record, about, order("fire"), at=now - 10 * MINUTE)
    assert any("请电话通知：消防" in one for one in drawn(record, now).troubles)


def test_hostile_text_stays_text_and_the_page_asks_nobody(record: Record, now: datetime) -> None:
    about = put(record, now, headline=HOSTILE, place=HOSTILE, claimed_by=HOSTILE)
    put_task(record, about, "fire", task=HOSTILE, at=now)
    page = board_page(drawn(record, now)).decode()
    assert "<script" not in page
    assert "<img" not in page
    assert re.search(r"""(src|href|url)\s*[=(]""", re.sub(r"&lt;.*?&gt;", "", page)) is None
    assert "default-src 'none'" in page
    assert b"%PDF" in board_pdf(drawn(record, now))[:8]


def test_a_caller_in_a_headline_is_masked(record: Record, now: datetime) -> None:
    put(record, now, headline="报警人: 张三丰 13912345678 称有人落水")
    page = board_page(drawn(record, now)).decode()
    assert "13912345678" not in page
    assert "139****5678" in page


def test_five_thousand_open_incidents_are_drawn_in_seconds(
    fresh_sqlite: Callable[[], Record], now: datetime
) -> None:
    kept = fresh_sqlite()
    with kept.write(now) as w:
        for n in range(5_000):
            scene.open_incident(w, now - n * MINUTE, kind=Kind.FIRE, headline=f"第 {n} 起火情")
    board = drawn(kept, now)
    with not_for_ever():  # measured 2 s
        page, paper = board_page(board).decode(), text_of(board_pdf(board))
    assert page.count("起火情") == 5_000
    assert f"另有 {5_000 - MOST_ON_PAPER} 起未列，见 HTML" in paper.replace("\r\n", "")
    kept.close()


@pytest.fixture
def house(tmp_path: Path, database_url: str) -> Settings:
    return msgspec.structs.replace(SETTINGS, database_url=database_url, data=tmp_path)


@pytest.fixture
def here(house: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LINKAGE_DATABASE_URL", house.database_url)
    monkeypatch.setenv("LINKAGE_DATA", str(house.data))
    return house.data / "board"


def test_the_board_is_written_by_command(here: Path, record: Record, now: datetime) -> None:
    put(record, now, headline="大火")
    assert main(["board"]) == 0
    assert {f.name for f in here.iterdir()} == {"board.html", "board.pdf", "earlier", ".lock"}
    assert "大火" in (here / "board.html").read_text("utf-8")
    assert "大火" in text_of((here / "board.pdf").read_bytes())
    assert len(list((here / "earlier").iterdir())) == 2


def test_a_day_of_boards_is_kept_and_nothing_of_others_is_touched(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    for hours in (1, 23, 25, 300):
        board_folder.keep(tmp_path, b"x", now - timedelta(hours=hours), "html")
    foreign = [tmp_path / "earlier" / "notes.html", tmp_path / "plan.pdf"]
    dead = tmp_path / ".board.pdf.0123abcd"
    for file in (*foreign, dead):
        file.write_bytes(b"y")
    os.utime(dead, (now.timestamp() - 3_600,) * 2)
    assert board_folder.prune(tmp_path, now) == 3
    assert len(list((tmp_path / "earlier").iterdir())) == 3
    assert all(file.exists() for file in foreign)


def test_two_who_would_draw_it_do_not_fight(
    here: Path, house: Settings, record: Record, now: datetime
) -> None:
    put(record, now)
    with board_folder.held(here):
        assert main(["board", "--if-older", "0"]) == ANOTHER
    assert BoardKeeper(house, record).look(datetime.now(UTC))
    assert not BoardKeeper(house, record).look(datetime.now(UTC))  # the other finds it fresh


def test_the_screens_draw_it_only_when_the_intake_does_not(house: Settings, record: Record) -> None:
    now = datetime.now(UTC)
    screens = BoardKeeper(house, record, MINUTE)
    assert not screens.look(now)  # the intake has its time
    assert screens.look(now + 2 * MINUTE)


def test_a_disk_that_fails_is_told_with_what_to_do_and_so_is_its_end(
    house: Settings, record: Record, now: datetime
) -> None:
    """The paper of last resort is not found missing when it is needed."""
    blocked = house.data / "board"
    blocked.write_text("a file where the folder should be")
    keeper = BoardKeeper(house, record)
    start = datetime.now(UTC)
    assert not keeper.look(start)
    with record.read() as cx:
        status = intake_status(cx, FACTS.sources, list(AGENCIES), start)
    (told,) = [one for one in status.services if one.name == service_name()]
    assert "有同名文件占着目录的位置" in told.detail["error"]
    city = City(record, datetime.now(UTC))
    city.go(MINUTE)
    assert any("值守看板写不出" in said for said in city.said())
    blocked.unlink()
    assert keeper.look(start + AGAIN + MINUTE)
    with record.read() as cx:
        state = read_service(cx, service_name())
    assert state is not None
    assert state.detail["error"] == ""
    written = state.detail["drawn"]
    shutil.rmtree(house.data / "board")
    blocked.write_text("again")
    assert not keeper.look(start + timedelta(hours=1))
    with record.read() as cx:
        again = read_service(cx, service_name())
    assert again is not None
    assert again.detail["error"]
    assert again.detail["drawn"] == written, "how old the last paper is"
    blocked.unlink()
    assert keeper.look(start + timedelta(hours=1) + AGAIN + MINUTE)
    city.go(2 * MINUTE)
    assert any("值守看板已能写出" in said for said in city.said())


def test_an_incident_that_ended_leaves_the_board(record: Record, now: datetime) -> None:
    about = put(record, now, headline="大火")
    with record.write(now) as w:
        w.cx.execute(update(incident).where(incident.c.id == about).values(status="closed"))
    assert drawn(record, now).incidents == []
    assert "没有在办事件" in board_page(drawn(record, now)).decode()
