"""Importing a roster: previewed, confirmed, and nothing saved that would leave nobody to call."""

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from linkage.beijing import BEIJING
from linkage.duty import edit
from linkage.duty.changing import last_change
from linkage.duty.listing import people, shifts
from linkage.duty.roster import on_post
from linkage.errors import NotAllowed, NotPermitted, Raced
from linkage.people import Actor
from linkage.record import Record
from linkage.response_vocabulary import Post
from linkage.tables import log_entry
from tests.patience import not_for_ever
from tests.rosters import (
    ALL,
    CHIEF,
    NOW,
    OTHERS,
    PEOPLE,
    RULES,
    book,
    imported,
    proposed,
    read,
    shift,
)

MONDAY = datetime(2026, 11, 23, 8, tzinfo=BEIJING)
HOURS = timedelta(hours=1)


def on_duty(record: Record, at: datetime) -> list[str]:
    with record.read() as cx:
        return [one.name for post in Post for one in on_post(cx, post, at)]


def test_nothing_is_saved_before_the_officer_confirms(record: Record) -> None:
    found = proposed(record, book(shift("11月23日")))
    assert (len(found.new_people), len(found.add), found.refusals) == (8, 4, ())
    assert on_duty(record, MONDAY) == []


def test_the_confirmed_roster_is_on_duty_from_its_first_minute(record: Record) -> None:
    imported(record, book(shift("11月23日"), shift("11月23日", "夜班", OTHERS)))
    assert on_duty(record, MONDAY - timedelta(seconds=1)) == []
    assert on_duty(record, MONDAY) == list(ALL)
    assert on_duty(record, MONDAY + 12 * HOURS) == list(OTHERS)


def test_the_same_file_again_changes_nothing(record: Record) -> None:
    data = book(shift("11月23日"))
    imported(record, data)
    again = proposed(record, data)
    assert (again.changes_something, again.same) == (False, 4)
    with pytest.raises(NotAllowed, match="没有要写入的内容"):
        imported(record, data)


def test_a_new_file_replaces_the_shifts_it_names_and_leaves_the_others(record: Record) -> None:
    imported(record, book(shift("11月23日"), shift("11月24日")))
    found = imported(record, book(shift("11月24日", people=OTHERS)))
    assert (len(found.add), len(found.remove)) == (4, 4)
    assert on_duty(record, MONDAY) == list(ALL)
    assert on_duty(record, MONDAY + 24 * HOURS) == list(OTHERS)


def test_what_another_changed_meanwhile_is_not_overwritten(record: Record) -> None:
    draft = read(book(shift("11月23日")))
    seen = edit.preview(record, draft, RULES, NOW)
    imported(record, book(shift("11月23日", people=OTHERS)))
    with pytest.raises(Raced, match="重新预览"):
        edit.take_import(record, CHIEF, draft, seen.digest, RULES, at=NOW)
    assert on_duty(record, MONDAY) == list(OTHERS)


def test_an_unknown_name_is_refused_with_the_nearest_one(record: Record) -> None:
    row = shift("11月23日", people=("值班员丙", *ALL[1:]))
    found = proposed(record, book(row, shift("11月24日")))
    assert found.refusals[0].words == (
        "排班 第 2 行 E 列“值班员”：人员里没有“值班员丙”；"
        "请在“人员”表加上并填联系方式，是否想写“值班员甲”"
    )
    assert {one.starts_at.astimezone(BEIJING).day for one in found.add} == {24}


def test_a_shift_that_would_reach_nobody_is_refused_with_hour_and_post(record: Record) -> None:
    row = shift("11月23日", people=(*ALL[:3], ""))
    found = proposed(record, book(row, shift("11月24日")))
    said = [one.words for one in found.refusals]
    assert len(said) == 3  # the three who would have stood there without a leader
    assert "11-23 08:00—20:00 带班领导空缺" in said[0]
    assert "排班 第 2 行" in said[0]
    assert {one.starts_at.astimezone(BEIJING).day for one in found.add} == {24}


def test_one_person_stands_on_one_post_at_a_time(record: Record) -> None:
    row = shift("11月23日", people=(*ALL[:3], ALL[0]))
    found = proposed(record, book(row))
    assert any("“值班员甲”同一时间已在第 2 行任当班值班员" in one.wrong for one in found.refusals)
    assert found.add == ()


def test_shifts_of_a_post_that_cross_are_refused_by_their_row(record: Record) -> None:
    rows = [shift("11月23日"), ("11月23日", None, "18:00", "22:00", *OTHERS)]
    found = proposed(record, book(*rows))
    assert {one.where.row for one in found.refusals} == {3}
    assert "与第 2 行的当班值班员（11-23 08:00—20:00）时间交错" in found.refusals[0].wrong
    assert len(found.add) == 4


def test_what_is_over_is_counted_and_not_brought_back(record: Record) -> None:
    found = proposed(record, book(shift("11月20日"), shift("11月23日")))
    assert (found.past, len(found.add), found.refusals) == (4, 4, ())


def test_whoever_is_on_duty_now_is_not_changed_by_a_file(record: Record) -> None:
    imported(record, book(shift("11月22日")))
    found = proposed(record, book(shift("11月22日", people=OTHERS)))
    assert found.add == ()
    assert "已由值班员甲当班" in found.refusals[0].wrong
    assert "换班" in found.refusals[0].remedy


def test_an_empty_cell_does_not_take_a_number_away(record: Record) -> None:
    imported(record, book(shift("11月23日")))
    people_now = (("值班员甲", "", "", "", "a@b.cn", ""),)
    imported(record, book(shift("11月24日"), people=people_now))
    with record.read() as cx:
        one = people(cx)["值班员甲"]
    assert (one.mobile, one.email) == ("13800000000", "a@b.cn")


def test_no_number_of_anybody_is_in_the_log(record: Record) -> None:
    imported(record, book(shift("11月23日")))
    imported(record, book(shift("11月24日"), people=(("值班员甲", "", "", 13911112222, "", ""),)))
    with record.read() as cx:
        log = [tuple(row) for row in cx.execute(select(log_entry))]
    assert "班表" not in str(log)
    assert "138000" not in str(log)
    assert "13911112222" not in str(log)
    assert "mobile" in str(log)


def test_only_leaders_change_the_roster(record: Record, officer: Actor) -> None:
    draft = read(book(shift("11月23日")))
    with pytest.raises(NotPermitted, match="排班"):
        edit.take_import(record, officer, draft, "", RULES, at=NOW)


def test_a_year_of_shifts_is_imported_in_seconds(record: Record) -> None:
    days = [MONDAY + timedelta(days=n) for n in range(300)]
    rows = [
        shift(f"{day:%Y-%m-%d}", name, who)
        for day in days
        for name, who in (("白班", ALL), ("夜班", OTHERS))
    ]
    with not_for_ever():
        found = imported(record, book(*rows))
    assert len(found.add) == 2400


def ready(record: Record) -> None:
    imported(
        record,
        book(
            shift("11月22日"),
            shift("11月22日", "夜班", OTHERS),
            shift("11月23日"),
            people=(*PEOPLE, ("替班", "", "", "13800000077", "", ""), ("哑", "", "", "", "", "w")),
        ),
    )


def shift_of(record: Record, name: str, at: datetime) -> int:
    with record.read() as cx:
        return next(one.id for one in shifts(cx, at, at + HOURS) if one.person.name == name)


def test_who_falls_ill_hands_the_running_shift_over_now(record: Record) -> None:
    ready(record)
    edit.replace(
        record, CHIEF, shift_of(record, "值班员甲", NOW), "替班", "突发疾病", RULES, at=NOW
    )
    assert on_duty(record, NOW - timedelta(seconds=1))[0] == "值班员甲"
    assert on_duty(record, NOW)[0] == "替班"
    assert on_duty(record, NOW + 6 * HOURS)[0] == "值班员乙"


def test_taking_away_the_only_leader_is_refused_with_the_hours(record: Record) -> None:
    ready(record)
    with pytest.raises(NotAllowed, match="11-23 08:00—20:00 带班领导空缺"):
        edit.remove(record, CHIEF, shift_of(record, "领导甲", MONDAY), "", RULES, at=NOW)
    assert on_duty(record, MONDAY) == list(ALL)


def test_an_old_hole_does_not_forbid_mending_another(record: Record) -> None:
    ready(record)
    span = (MONDAY + 12 * HOURS, MONDAY + 24 * HOURS)
    with pytest.raises(NotAllowed, match="副值班长空缺"):
        edit.add(record, CHIEF, span, {Post.OFFICER: ["值班员乙"]}, RULES, at=NOW)
    every = {post: [name] for post, name in zip(Post, OTHERS, strict=True)}
    edit.add(record, CHIEF, span, every, RULES, at=NOW)
    edit.add(record, CHIEF, span, {Post.OFFICER: ["替班"]}, RULES, at=NOW)
    assert on_duty(record, span[0])[:2] == ["值班员乙", "替班"]
    edit.remove(record, CHIEF, shift_of(record, "替班", span[0]), "", RULES, at=NOW)
    assert on_duty(record, span[0]) == list(OTHERS)


def test_the_last_change_is_taken_back(record: Record) -> None:
    ready(record)
    edit.replace(record, CHIEF, shift_of(record, "值班员甲", NOW), "替班", "", RULES, at=NOW)
    with record.read() as cx:
        last = last_change(cx)
    assert last is not None
    later = NOW + timedelta(minutes=5)
    edit.undo(record, CHIEF, last.id, RULES, at=later)
    assert on_duty(record, later)[0] == "值班员甲"
    with pytest.raises(Raced, match="又有了改动"):
        edit.undo(record, CHIEF, last.id, RULES, at=later)


def test_a_first_import_can_be_taken_back_whole(record: Record) -> None:
    ready(record)
    with record.read() as cx:
        last = last_change(cx)
    assert last is not None
    edit.undo(record, CHIEF, last.id, RULES, at=NOW)
    assert on_duty(record, NOW) == []
    with record.read() as cx:
        undone = last_change(cx)
    assert undone is not None
    edit.undo(record, CHIEF, undone.id, RULES, at=NOW)
    assert on_duty(record, NOW) == list(ALL)
    assert json.loads(undone.after) == {"shifts": []}


def test_somebody_new_is_entered_by_hand_and_numbers_are_checked(record: Record) -> None:
    with pytest.raises(NotAllowed, match="不是手机号（4 位数字）"):
        edit.enter_person(record, CHIEF, {"name": "新人", "mobile": "1380"}, at=NOW)
    with pytest.raises(NotAllowed, match="没有任何联系方式"):
        edit.enter_person(record, CHIEF, {"name": "新人"}, at=NOW)
    edit.enter_person(record, CHIEF, {"name": "新人", "mobile": "13800000001"}, at=NOW)
    edit.enter_person(record, CHIEF, {"name": "新人", "email": "a@b.cn"}, at=NOW)
    with record.read() as cx:
        one = people(cx)["新人"]
        log = str(list(cx.execute(select(log_entry.c.reason, log_entry.c.after))))
    assert (one.mobile, one.email) == ("13800000001", "a@b.cn")
    assert "13800000001" not in log
    assert "email" in log
