"""拒收报文 on the screen: found by reason, looked at, tried, put right, set aside."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from ingest.errands import LOOK_EVERY_S, Errands
from linkage.figures.refusals import RefusalState
from linkage.intake.errands import ErrandState, finish, last_reload, pending
from linkage.people import Actor
from linkage.record import Record
from linkage.tables import alert, inbound_message
from tests import screens
from tests.mending import REGISTRY, SETTINGS, Desk, call, reading_as
from tests.screens import desk_on, drawn, field, keys, press, shown

HOSTILE = "<img src=x onerror=alert(1)> **粗** ${alert(1)} `x`"
BAD_TIME = {"BJSJ": "昨天下午"}


@pytest.fixture
def record(fresh_sqlite: Callable[[], Record], monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    """What differs between the two databases is tested below the screen."""
    record = fresh_sqlite()
    st.cache_data.clear()
    with desk_on(record, monkeypatch):
        yield record
    record.close()


@pytest.fixture
def desk(record: Record, now: datetime) -> Desk:
    return Desk(record, now)


def opened(page: str, sits: Actor | None = None, **query: str) -> AppTest:
    """With the bytes uncovered, where whoever sits there may see them."""
    screen = screens.opened(page, sits, **query)
    for key in sorted(k for k in keys(screen) if k.startswith("uncover_")):
        press(screen, key)
    return screen


def raw(screen: AppTest) -> list[str]:
    """The payload as text and as bytes, as HTML."""
    return [e.proto.body for e in screen.get("html") if "<pre" in e.proto.body]


def carried_out(desk: Desk, screen: AppTest) -> AppTest:
    """The intake does what waits; the screen looks again."""
    errands = Errands(desk.workplace(), SETTINGS, desk.use)
    clock = LOOK_EVERY_S
    while errands.look(clock):
        pass
    errands.look(clock)
    return drawn(screen.run())


def only_refused(desk: Desk, payload: bytes) -> int:
    desk.send(payload)
    with desk.record.read() as cx:
        return int(cx.execute(select(inbound_message.c.id)).scalars().one())


def test_refusals_stand_by_reason_with_their_number(desk: Desk) -> None:
    desk.send(call("A1", **BAD_TIME), call("A2", BJSJ="刚才"), b"{")
    screen = opened("intake")
    labels = [b.label for b in screen.button if str(b.key).startswith("intake_open_")]
    assert labels == ["2 条", "1 条"]
    assert "共 3 条，2 种原因" in shown(screen)
    assert "BJSJ：时间 '刚才' 不合约定" in shown(screen)


def test_a_reason_opens_its_messages_and_goes_back(desk: Desk) -> None:
    desk.send(call("A1", **BAD_TIME), call("A2", BJSJ="刚才"), b"{")
    screen = opened("intake")
    first = next(b.key for b in screen.button if str(b.key).startswith("intake_open_"))
    screen = press(screen, str(first))
    assert len([k for k in keys(screen) if k.startswith("intake_message_")]) == 2
    screen = press(screen, "intake_back")
    assert "共 3 条，2 种原因" in shown(screen)


def test_they_are_sifted_by_source_state_and_time_and_paged(desk: Desk) -> None:
    desk.send(*(call(f"A{n}", **BAD_TIME) for n in range(12)))
    desk.send(b"{", topic="linkage/v1/alert/water")
    screen = opened("intake")
    screen.toggle(key="intake_each").set_value(True).run()
    assert "共 13 条" in shown(screen)
    screen.number_input(key="intake_page").set_value(2).run()
    assert len([k for k in keys(screen) if k.startswith("intake_message_")]) == 3
    # A shorter list than the page that was open must not be an error.
    screen.selectbox(key="intake_source").select("water").run()
    assert "共 1 条" in shown(drawn(screen))
    screen.segmented_control(key="intake_state").set_value(RefusalState.ASIDE).run()
    assert "没有“不再处理”的报文" in shown(drawn(screen))


def test_one_message_shows_its_bytes_and_nothing_else_happens(desk: Desk) -> None:
    number = only_refused(desk, call("A1", BJNR=HOSTILE, **BAD_TIME))
    screen = opened("intake", message=str(number))
    text, pairs = raw(screen)
    assert "&lt;img src=x" in text
    assert "<img" not in text
    assert "<mark>&quot;BJSJ&quot;:&quot;昨天下午&quot;</mark>" in text
    assert "000000  7b 22" in pairs
    assert "字段 BJSJ" in shown(screen)
    assert "linkage/v1/alert/110-cad" in shown(screen)


def test_a_message_opened_by_its_address_stands_above_the_systems(desk: Desk) -> None:
    """Whoever was sent the address must not look for it below nineteen rows."""
    number = only_refused(desk, call("A1", **BAD_TIME))

    def order(screen: AppTest) -> list[str]:
        html = [e.proto.body for e in screen.get("html")]
        words = {"<pre class='raw text'>": "message", "civil-defence": "systems"}
        return [what for body in html for word, what in words.items() if word in body]

    assert order(opened("intake", message=str(number))) == ["message", "systems"]
    screen = opened("intake")
    first = next(b.key for b in screen.button if str(b.key).startswith("intake_open_"))
    press(screen, str(first))
    uncover = next(k for k in keys(screen) if k.startswith("uncover_"))
    assert order(press(screen, uncover)) == ["systems", "message"]


@pytest.mark.parametrize("asked", ["7", "9" * 30, "x"])
def test_an_address_that_names_no_message_says_so(record: Record, asked: str) -> None:
    said = shown(opened("intake", message=asked))
    assert ("没有编号为" in said) is asked.isdigit()


def test_the_byte_that_is_no_character_is_marked(desk: Desk) -> None:
    payload = Path("tests/fixtures/110-cad/gbk-where-utf8-is-agreed.json").read_bytes()
    screen = opened("intake", message=str(only_refused(desk, payload)))
    as_gbk, as_agreed, pairs = raw(screen)
    marked = pairs.split("<mark>")[1][:2]
    assert int(marked, 16) == payload[154]
    assert "<mark>\ufffd</mark>" in as_agreed
    # What they meant can be read, and is not believed before somebody has looked.
    assert [tab.label for tab in screen.tabs][:2] == ["按 gb18030 读", "原文（utf-8）"]
    assert "\ufffd" not in as_gbk
    assert "按 gb18030 每个字节都读得出" in shown(screen)


def test_a_classified_message_says_why_it_is_not_there(desk: Desk, chief: Actor) -> None:
    screen = opened("intake", chief, message=str(only_refused(desk, call("A1", SFBM="1"))))
    assert "按规定未留存内容" in shown(screen)
    assert raw(screen) == []
    assert not {"intake_preview", "intake_set_aside"} & keys(screen)


def test_who_may_change_nothing_sees_no_personal_data(
    desk: Desk, analyst: Actor, fire_officer: Actor
) -> None:
    number = only_refused(desk, call("A1", **BAD_TIME))
    for who in (analyst, fire_officer):
        screen = opened("intake", who, message=str(number))
        assert raw(screen) == []
        assert "只有值班员、值班长、指挥员可以查看" in shown(screen)
        assert "intake_preview" not in keys(screen)


def test_the_chief_puts_a_message_right_sees_what_it_becomes_and_takes_it_in(
    desk: Desk, chief: Actor
) -> None:
    number = only_refused(desk, call("A1", **BAD_TIME))
    screen = opened("intake", chief, message=str(number))
    field(screen, "text_area", "intake_text_").set_value(call("A1").decode())
    screen = press(screen, "intake_preview_edited")
    screen = carried_out(desk, screen)
    assert "立为新事件" in shown(screen)
    assert "没有写入" in shown(screen)
    with desk.record.read() as cx:
        assert cx.execute(select(alert)).all() == []
    screen = carried_out(desk, press(screen, "intake_redrive"))
    assert re.search(r"改正后重新接入为 \d+：已入库，事件 20261122\\-0001", shown(screen))
    assert "intake_preview" not in keys(screen)
    with desk.record.read() as cx:
        assert cx.execute(select(alert.c.source_ref)).scalars().all() == ["A1"]


def test_an_officer_may_drive_again_and_not_change_words(desk: Desk, officer: Actor) -> None:
    number = only_refused(desk, call("A1", **BAD_TIME))
    screen = opened("intake", officer, message=str(number))
    assert not screen.text_area
    assert "改正报文由值班长或指挥员执行" in shown(screen)
    screen = carried_out(desk, press(screen, "intake_preview"))
    assert "仍不能接入" in shown(screen)
    assert "intake_redrive" not in keys(screen)


def test_text_in_the_wrong_character_set_is_taken_in_without_typing(
    desk: Desk, chief: Actor
) -> None:
    payload = Path("tests/fixtures/110-cad/gbk-where-utf8-is-agreed.json").read_bytes()
    screen = opened("intake", chief, message=str(only_refused(desk, payload)))
    way = field(screen, "segmented_control", "intake_way_")
    assert way.value == "gb18030"
    screen = carried_out(desk, press(screen, "intake_preview_edited"))
    screen = carried_out(desk, press(screen, "intake_redrive"))
    with desk.record.read() as cx:
        kept = cx.execute(select(inbound_message.c.payload).order_by(inbound_message.c.id))
        before, after = kept.scalars().all()
    assert before == payload
    assert after.decode() == payload.decode("gb18030")


def test_nothing_changed_is_said_and_nothing_sent(desk: Desk, chief: Actor) -> None:
    number = only_refused(desk, call("A1", **BAD_TIME))
    screen = press(opened("intake", chief, message=str(number)), "intake_preview_edited")
    assert "没有改动" in shown(screen)


def test_bytes_are_changed_as_pairs_and_a_slip_names_its_line(desk: Desk, chief: Actor) -> None:
    number = only_refused(desk, b"\x7e\x00\x01{")
    screen = opened("intake", chief, message=str(number))
    pairs = field(screen, "text_area", "intake_text_")
    assert pairs.value == "7e 00 01 7b"
    pairs.set_value("7e 00\n0x 7b")
    screen = press(screen, "intake_preview_edited")
    assert "第 2 行的“0x”不是一个字节" in shown(screen)


def test_all_of_a_reason_are_tried_confirmed_and_taken_in(
    desk: Desk, officer: Actor, tmp_path: Path
) -> None:
    desk.send(*(call(f"A{n}", BJSJ="2026/08/06 15:10:02") for n in range(3)))
    screen = opened("intake", officer)
    first = next(b.key for b in screen.button if str(b.key).startswith("intake_open_"))
    screen = press(screen, str(first))
    form = 'time_format = "YYYY-MM-DD hh:mm:ss"'
    desk.registry = reading_as(REGISTRY, tmp_path, form, form.replace("-", "/"))
    screen = carried_out(desk, press(screen, "intake_preview_all"))
    assert screen.button(key="intake_redrive").disabled, "many need a second word"
    screen.checkbox(key="intake_redrive_sure").check().run()
    screen = carried_out(desk, press(screen, "intake_redrive"))
    assert "没有待处理的拒收报文" in shown(screen)
    with desk.record.read() as cx:
        assert len(cx.execute(select(alert)).all()) == 3


def test_a_message_is_set_aside_with_its_reason_and_taken_up_again(
    desk: Desk, officer: Actor
) -> None:
    number = only_refused(desk, call("A1", **BAD_TIME))
    screen = opened("intake", officer, message=str(number))
    screen = press(screen, "intake_set_aside")
    assert "请写明不再处理的原因" in shown(screen)
    field(screen, "text_input", "intake_aside_note").set_value("厂家联调数据")
    screen = press(screen, "intake_set_aside")
    assert "决定不再处理：厂家联调数据" in shown(screen)
    screen = press(screen, "intake_take_up")
    assert "intake_preview" in keys(screen)


def test_a_number_that_nobody_has_is_said(record: Record) -> None:
    assert "没有编号为 99 的拒收报文" in shown(opened("intake", message="99"))


def test_a_corrected_file_is_tried_and_taken_into_use_from_the_screen(
    desk: Desk, chief: Actor, officer: Actor
) -> None:
    desk.send(call("A1"), call("A2", **BAD_TIME))
    screen = opened("intake", chief)
    screen = carried_out(desk, press(screen, "intake_dry_disk"))
    assert "两份配置读出的结果完全相同" in shown(screen)
    screen = carried_out(desk, press(screen, "intake_reload"))
    assert "接入进程已换用新的" in shown(screen)
    assert opened("intake", officer).button(key="intake_reload").disabled


def test_the_screen_reads_the_file_anew_after_each_reload(
    record: Record, chief: Actor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The same system changed twice: both answers are alike, the file is not."""
    file = tmp_path / "sources.toml"
    was = Path("sources.toml").read_text("utf-8")
    water = f'name = "{REGISTRY.sources["water"].name}"'
    file.write_text(was, "utf-8")
    monkeypatch.setenv("LINKAGE_SOURCES", str(file))
    screen = opened("intake", chief)
    for name in ("水情遥测一", "水情遥测二"):
        file.write_text(was.replace(water, f'name = "{name}"', 1), "utf-8")
        screen = press(screen, "intake_reload")
        with record.read() as cx:
            (asked,) = pending(cx, last_reload(cx))
        answer = {"sources": 19, "added": [], "removed": [], "changed": ["water"]}
        with record.write() as w:
            finish(w, asked.id, ErrandState.DONE, answer)
        assert name in shown(drawn(screen.run()))


def test_an_upload_is_asked_for_before_it_is_tried(record: Record, chief: Actor) -> None:
    screen = press(opened("intake", chief), "intake_dry_upload")
    assert "请先上传" in shown(screen)
