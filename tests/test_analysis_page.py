"""统计研判 as an analyst uses it: figures that agree from view to view, and files to take along."""

import asyncio
import csv
import io
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import streamlit as st
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from dashboard import charts, density, downloads
from dashboard.figure_tables import change, folded, length
from linkage.figures.density import Cell, Density
from linkage.figures.export import Format, Order
from linkage.figures.selection import Selection
from linkage.figures.statistics import Line
from linkage.people import Actor
from linkage.record import Record
from linkage.vocabulary import Role
from tests.past import put_assignment, put_incident
from tests.screens import desk_on, drawn, opened, shown

HOUR = timedelta(hours=1)


@pytest.fixture
def record(fresh_sqlite: Callable[[], Record], monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    """What differs between the two databases is tested below the screen."""
    record = fresh_sqlite()
    st.cache_data.clear()
    with desk_on(record, monkeypatch):
        yield record
    record.close()


@pytest.fixture
def evening(record: Record) -> Record:
    now = datetime.now(UTC)
    with record.write(now) as w:
        first = put_incident(w, now - HOUR, sources=["119-cad", "110-cad"])
        put_incident(w, now - HOUR, kind="invalid_call")
        put_incident(w, now - 2 * HOUR, kind="traffic_accident", area_code="320703")
        put_incident(w, now - 2 * HOUR, lon=None, lat=None, area_code=None)
        put_incident(w, now - 2 * HOUR, exercise=True)
        put_incident(w, now - 3 * 24 * HOUR)
        put_assignment(w, first, now - HOUR, acknowledged_at=42, acknowledge_due_at=60)
    return record


def tables(screen: AppTest) -> str:
    return "\n".join(element.proto.body for element in screen.get("html"))


def metric(screen: AppTest, label: str) -> str:
    return next(m.value for m in screen.metric if m.label == label)


def view(screen: AppTest, name: str) -> AppTest:
    return drawn(screen.segmented_control(key="analysis_view").set_value(name).run())


def pick(screen: AppTest, key: str, value: object) -> AppTest:
    return drawn(screen.segmented_control(key=key).set_value(value).run())


def test_an_empty_record_says_what_to_try(record: Record) -> None:
    screen = opened("analysis")
    assert "没有事件：可放宽时段" in shown(screen)
    assert metric(screen, "事件") == "0"
    assert metric(screen, "有效率") == "–"


def test_the_totals_agree_in_every_table(evening: Record) -> None:
    screen = opened("analysis")
    assert metric(screen, "事件") == "4"
    assert metric(screen, "有效率") == "75.0%"
    feet = re.findall(r"<tfoot>.*?</tfoot>", tables(screen))
    assert len(feet) == 7
    assert all(">4<" in foot for foot in feet)


def test_the_screen_says_what_was_asked_and_of_which_cut(evening: Record) -> None:
    said = shown(opened("analysis")).replace("\\", "")
    assert "实战数据（不含演练）" in said
    assert "修订号 7" in said


def test_an_exercise_stands_alone_and_is_marked(evening: Record) -> None:
    screen = pick(opened("analysis"), "analysis_nature", "演练")
    assert metric(screen, "事件") == "1"
    assert "以下全部为演练数据" in shown(screen)


def test_choosing_narrows_and_the_period_widens(evening: Record) -> None:
    screen = opened("analysis")
    screen = pick(screen, "analysis_period", "week")
    assert metric(screen, "事件") == "5"
    drawn(screen.selectbox(key="analysis_kind").select("fire").run())
    assert metric(screen, "事件") == "3"
    drawn(screen.selectbox(key="analysis_source").select("110-cad").run())
    assert metric(screen, "事件") == "1"


def test_the_cut_stays_until_the_analyst_refreshes(evening: Record) -> None:
    screen = opened("analysis")
    with evening.write() as w:
        put_incident(w, datetime.now(UTC) - HOUR)
    assert metric(view(screen, "接入系统"), "事件") == "4"
    screen.session_state["analysis_at"] += timedelta(seconds=1)  # a moment later
    assert metric(drawn(screen.run()), "事件") == "5"


def test_days_chosen_by_hand(evening: Record) -> None:
    screen = pick(opened("analysis"), "analysis_period", "custom")
    assert metric(screen, "事件") == "5"
    day = (datetime.now(UTC) - 30 * 24 * HOUR).date()
    drawn(screen.date_input(key="analysis_days").set_value((day, day)).run())
    assert metric(screen, "事件") == "0"


def test_response_times_with_buckets_and_target(evening: Record) -> None:
    html = tables(view(opened("analysis"), "响应时间"))
    assert "下达→签收" in html
    assert "30–60 秒" in html
    assert "100.0%（1/1）" in html


def test_the_map_accounts_for_every_incident(evening: Record) -> None:
    screen = view(opened("analysis"), "空间分布")
    assert len(screen.get("deck_gl_json_chart")) == 1
    assert "图上 3 起 ＋ 坐标在市域外或存疑 0 起 ＋ 待定位 1 起 ＝ 4 起" in shown(screen)
    assert "海州区" in tables(screen)


def test_no_file_without_a_purpose(evening: Record) -> None:
    screen = view(opened("analysis", Actor("戊", Role.ANALYST)), "导出")
    assert [link.proto.disabled for link in screen.get("link_button")] == [True] * 3
    drawn(screen.text_input(key="analysis_why").input("周报").run())
    links = screen.get("link_button")
    assert [link.proto.disabled for link in links] == [False] * 3
    assert all(link.proto.url.startswith("/api/export/") for link in links)


class Answer:
    """What a browser gets from the door."""

    def __init__(self) -> None:
        self.status_code = 0
        self.headers: dict[str, str] = {}
        self.content = b""

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status_code = message["status"]
            self.headers = {k.decode(): v.decode() for k, v in message["headers"]}
        else:
            self.content += message.get("body", b"")


Door = Callable[[str], Answer]


@pytest.fixture
def door() -> Door:
    app = Starlette(routes=downloads.routes())

    async def receive() -> Any:
        await asyncio.Event().wait()  # the browser stays until it has everything

    def get(path: str) -> Answer:
        answer = Answer()
        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
        # In a thread of its own: the browser of other tests keeps a loop running in this one.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, app(scope, receive, answer.send)).result()
        return answer

    return get


def order(sits: Actor, why: str = "周报") -> Order:
    now = datetime.now(UTC)
    selection = Selection(since=now - 24 * HOUR, until=now)
    return Order(actor=sits, why=why, selection=selection, source_names={}, at=now)


@pytest.mark.parametrize("form", list(Format))
def test_the_offered_file_comes_with_its_name(
    evening: Record, door: Door, analyst: Actor, form: Format
) -> None:
    answer = door(downloads.address(evening, order(analyst), form))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].endswith(f".{form.value}")
    if form is Format.CSV:
        text = answer.content.decode("utf-8-sig")
        assert len(list(csv.reader(io.StringIO(text)))) == 5


def test_a_door_opens_to_a_ticket_only(
    evening: Record, door: Door, analyst: Actor, fire_officer: Actor
) -> None:
    assert door("/api/export/guess").status_code == 410
    assert door(downloads.address(evening, order(fire_officer), Format.CSV)).status_code == 403
    assert door(downloads.address(evening, order(analyst, ""), Format.CSV)).status_code == 400


def test_an_offer_ends_and_old_ones_make_room(evening: Record, analyst: Actor) -> None:
    offers = downloads.Offers()
    ticket = offers.make(evening, order(analyst), Format.CSV, now=1_000)
    assert offers.take(ticket, now=1_000 + downloads.LIFE_S - 1)
    assert offers.take(ticket, now=1_000 + downloads.LIFE_S) is None
    first = offers.make(evening, order(analyst), Format.CSV)
    for _ in range(downloads.MOST_OFFERS):
        offers.make(evening, order(analyst), Format.CSV)
    assert offers.take(first) is None


def test_without_the_database_the_door_says_so(
    fresh_sqlite: Callable[[], Record], door: Door, analyst: Actor, tmp_path: object
) -> None:
    away = Record(f"sqlite:///{tmp_path}/nowhere/linkage.db")
    answer = door(downloads.address(away, order(analyst), Format.CSV))
    assert answer.status_code == 503
    assert "数据库暂时连不上" in answer.content.decode()


def test_every_text_of_a_table_is_escaped() -> None:
    evil = "<script>alert(1)</script>'\"&"
    line = Line("x", evil, 1, 2)
    drawings = [
        charts.tally(evil, [line], note=evil),
        charts.heat(evil, [evil], [[1] + [0] * 23], note=evil),
        charts.columns(evil, [line], note=evil),
        charts.legend([evil] * 5),
        charts.table(evil, [evil], [[charts.text(evil)]], note=evil),
    ]
    for html in drawings:
        assert "<script" not in html
        assert "alert(1)" in html
        assert "'\"&<" not in html


def test_small_kinds_are_summed_up_not_dropped() -> None:
    lines = [Line(str(n), f"第{n}类", 100 - n, n) for n in range(20)]
    shown_lines = folded(lines)
    assert len(shown_lines) == 13
    assert shown_lines[-1].label == "其余 8 类"
    assert sum(line.count for line in shown_lines) == sum(line.count for line in lines)
    assert sum(line.previous or 0 for line in shown_lines) == sum(range(20))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "–"), (0, "0 秒"), (59.4, "59 秒"), (750, "12 分 30 秒"), (3900, "1 时 05 分")],
)
def test_a_length_in_its_two_largest_units(seconds: float | None, said: str) -> None:
    assert length(seconds) == said


def test_change_against_nothing_is_no_change() -> None:
    assert change(5, 0) is None
    assert change(118, 100) == "+18.0 % 环比"


@pytest.mark.parametrize("fullest", [0.04, 1, 3, 16, 999, 10**7])
def test_the_classes_of_the_map_are_round_and_rise(fullest: float) -> None:
    inner = density.edges(fullest)
    assert len(inner) == 4
    assert list(inner) == sorted(set(inner))


def test_the_map_carries_squares_and_asks_nothing_of_others() -> None:
    found = Density(
        size_km=1.0,
        cells=(Cell(119.1, 34.5, 16), Cell(119.2, 34.6, 1)),
        counted=17,
        elsewhere=0,
        unlocated=0,
    )
    text = density.deck(found, density.palette()).to_json()
    assert '"n": 16' in text
    assert "http" not in text
    assert "carto" not in text.lower()
    names = density.legend(found, density.palette().classes).names
    assert names == ("0–1", "1–2", "2–5", "5–10", ">10 起/平方公里")
