"""值班 as the duty room uses it: begin without a roster, hand over, call the roll."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from linkage.beijing import BEIJING
from linkage.duty.listing import is_empty
from linkage.handover import signing
from linkage.people import Actor
from linkage.record import Record
from linkage.roll_call.rates import last_calls
from linkage.vocabulary import Role
from tests.onrecord import put_incident
from tests.rosters import ALL, OTHERS, book, imported
from tests.screens import desk_on, drawn, field, keys, opened, press, shown

LEAVES = Actor(ALL[0], Role.DUTY_OFFICER)
COMES = Actor(OTHERS[0], Role.DUTY_OFFICER)


@pytest.fixture
def record(fresh_sqlite: Callable[[], Record], monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    record = fresh_sqlite()
    with desk_on(record, monkeypatch):
        yield record
    record.close()


def roster_now(record: Record, change_in_min: float = 30) -> None:
    """Two shifts that change in half an hour, or changed some minutes ago."""
    now = datetime.now(UTC)
    change = (now + timedelta(minutes=change_in_min)).astimezone(BEIJING)
    rows = [
        (f"{start:%Y-%m-%d}", None, f"{start:%H:%M}", f"{end:%H:%M}", *who)
        for start, end, who in (
            (change - timedelta(hours=8), change, ALL),
            (change, change + timedelta(hours=8), OTHERS),
        )
    ]
    imported(record, book(*rows), change - timedelta(hours=8))


def test_without_a_roster_the_page_says_how_to_begin(record: Record) -> None:
    text = shown(opened("duty"))
    assert "还没有班表" in text
    assert "模板" in text
    assert "还没有点过名" in text


def test_the_numbers_of_who_is_on_duty_are_for_those_who_may_have_to_call(record: Record) -> None:
    roster_now(record)
    text = shown(opened("duty", Actor("研判员甲", Role.ANALYST)))
    assert "值班员甲" in text
    assert "13800000000" not in text
    assert "138****0000" in text
    assert "空班" in text  # nobody after the second shift
    assert "13800000000" in shown(opened("duty"))


def test_the_shift_is_handed_over_by_two_people(record: Record) -> None:
    roster_now(record)
    put_incident(record, at=datetime.now(UTC))
    screen = press(opened("duty", LEAVES), "duty_draw_up")
    assert "海州区郁洲路口" in shown(screen)
    screen = press(screen, "duty_give")
    assert "已交班签字" in shown(screen)
    screen = press(screen, "duty_take")
    assert "两个人" in shown(screen)
    screen = press(opened("duty", COMES), "duty_take")
    assert "交接完成" in shown(screen)
    with record.read() as cx:
        done = signing.recent(cx)[0]
    assert (done.given_by, done.taken_by) == (str(LEAVES), str(COMES))
    assert "duty_take" not in keys(screen)


def test_an_unsigned_change_is_in_red(record: Record) -> None:
    roster_now(record, change_in_min=-20)
    screen = press(opened("duty", COMES), "duty_draw_up")
    assert "过时未签" in shown(screen)


def test_a_note_is_written_down_and_struck(record: Record) -> None:
    roster_now(record)
    screen = opened("duty", LEAVES)
    field(screen, "text_area", "duty_note_text").input("备用电台送修")
    screen = press(screen, "duty_note_save")
    assert "备用电台送修" in shown(screen)
    strike = next(key for key in keys(screen) if key.startswith("duty_note_strike_"))
    assert "~~备用电台送修~~" in shown(press(screen, strike))


def test_an_officer_may_look_at_the_roster_and_not_change_it(record: Record, chief: Actor) -> None:
    roster_now(record)
    screen = opened("duty", LEAVES)
    assert screen.button(key="duty_undo").disabled
    assert screen.button(key="duty_replace").disabled
    assert "班表由值班长或指挥员改动" in shown(screen)
    assert not opened("duty", chief).button(key="duty_undo").disabled


def test_a_shift_is_exchanged_and_the_exchange_undone(record: Record, chief: Actor) -> None:
    roster_now(record)
    screen = opened("duty", chief)
    which = field(screen, "selectbox", "duty_change_which")
    which.select_index(0)
    field(screen, "selectbox", "duty_change_who").select(OTHERS[0])
    screen = press(screen, "duty_replace")
    assert "已换班" in shown(screen) or "同一时间" in shown(screen)
    screen = press(screen, "duty_undo")
    assert "已撤销" in shown(screen)


def test_the_file_is_previewed_before_it_is_taken(record: Record, chief: Actor) -> None:
    screen = opened("duty", chief)
    day = (datetime.now(BEIJING) + timedelta(days=1)).strftime("%m-%d")
    data = book((day, "白班", None, None, *ALL), (day, "夜班", None, None, *OTHERS[:3], "查无此人"))
    uploader = field(screen, "file_uploader", "duty_import_file")
    uploader.set_value(("班表.xlsx", data, "application/octet-stream"))
    screen = drawn(screen.run())
    with record.read() as cx:
        assert is_empty(cx)
    refused = next(t for t in screen.dataframe if "哪里不对" in t.value.columns).value
    assert "人员里没有“查无此人”" in refused["哪里不对"].tolist()[0]
    assert refused["行"].tolist()[0] == 3
    press(screen, "duty_import_confirm")
    with record.read() as cx:
        assert not is_empty(cx)


def test_the_roll_is_called_by_a_button_and_answered_by_telephone(record: Record) -> None:
    screen = press(opened("duty", LEAVES), "duty_call")
    assert "已向 19 家单位点名" in shown(screen)
    field(screen, "text_input", "duty_roll_note_by").input("值班室")
    screen = press(screen, "duty_roll_note_save")
    with record.read() as cx:
        call = last_calls(cx)[0]
    assert [one.answered_by for one in call.answered] == ["值班室"]


def test_every_page_says_who_is_on_duty(record: Record) -> None:
    assert "无人当班" not in shown(opened("responses"))  # nobody has entered a roster yet
    roster_now(record)
    text = shown(opened("responses", LEAVES))
    assert "值班员甲 · 班长甲" in text
    assert "班表：当班值班员" in text
    assert "没有这个姓名" in shown(opened("responses", Actor("过路", Role.DUTY_OFFICER)))
