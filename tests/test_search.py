"""查找: whatever an officer knows of an incident finds it, indexed or not, however old."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from ingest import indexing
from linkage.alerts import Point
from linkage.desk import incidents
from linkage.desk.find import find, search
from linkage.desk.search_hits import By
from linkage.desk.search_index import ALERTS, Mark, build, keep_up, marks
from linkage.desk.search_words import asked, fold, grams, grams_of_word
from linkage.people import Actor
from linkage.record import Record
from linkage.vocabulary import Role
from tests.builders import alert
from tests.onrecord import add_alert, put_incident
from tests.parts import wait_until

FULL_WIDTH = {half: half + 0xFEE0 for half in range(0x21, 0x7F)}
WIDE = "GA12".translate(FULL_WIDTH)
OFFICER = Actor("甲", Role.DUTY_OFFICER)
QUESTIONS = (
    "郁洲路",
    "5678",
    "苏ga12",
    WIDE,
    "相撞",
    "13912345678",
    "139 1234 5678",
    "+8613912345678",
)


def index(record: Record, at_once: int = 1000) -> None:
    while keep_up(record, at_once):
        pass


def call(ref: str = "J1", **facts: object) -> object:
    said = {"caller_phone": "13912345678", "plates": ("苏GA1234",), "text": "两辆轿车相撞"}
    return alert(source_ref=ref, **{**said, **facts})


def ids(record: Record, words: str, now: datetime, **options: bool) -> list[int]:
    return [one.incident.id for one in find(record, words, now, **options)]


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("words", QUESTIONS)
def test_it_is_found_before_and_after_it_is_indexed(
    record: Record, now: datetime, words: str, indexed: bool
) -> None:
    ours = put_incident(record, call())
    put_incident(record, alert(source_ref="J2", place="灌云", headline="跌倒", text="老人跌倒"))
    if indexed:
        index(record)
    assert ids(record, words, now + timedelta(days=1500)) == [ours]


def test_what_is_older_than_the_index_is_taken_in_a_little_at_a_time(
    record: Record, now: datetime
) -> None:
    old = [put_incident(record, call(f"J{n}")) for n in range(5)]
    keep_up(record, 2)
    new = put_incident(record, call("J9"))
    with record.read() as cx:
        assert marks(cx)[ALERTS].low > 0
    for _ in range(12):
        assert ids(record, "相撞", now) == sorted([*old, new], reverse=True)
        if not keep_up(record, 2):
            break
    with record.read() as cx:
        assert marks(cx)[ALERTS].low == 0
    assert not search(record, "相撞", now).cut


def test_a_place_put_right_by_an_officer_is_found_and_the_wrong_one_of_the_call_too(
    record: Record, now: datetime
) -> None:
    ours = put_incident(record, call(place="解放东路"))
    index(record)
    incidents.place_at(record, OFFICER, ours, 1, Point(119.2, 34.6), "瀛洲南路 18 号")
    assert ids(record, "瀛洲南路18号", now) == [ours]
    index(record)
    put_incident(record, alert(source_ref="J2"))
    index(record)
    assert ids(record, "瀛洲南路18号", now) == [ours]
    assert ids(record, "解放东路", now) == [ours]


def test_a_correction_that_is_corrected_leaves_no_false_trace(
    record: Record, now: datetime
) -> None:
    ours = put_incident(record, call(place="解放东路"))
    for version, place in ((1, "瀛洲南路"), (2, "凌州路")):
        incidents.place_at(record, OFFICER, ours, version, Point(119.2, 34.6), place)
        put_incident(record, alert(source_ref=f"N{version}"))
        index(record)
    assert ids(record, "凌州路", now) == [ours]
    assert ids(record, "瀛洲南路", now) == []


def test_a_statement_that_was_moved_is_found_under_the_incident_it_belongs_to(
    record: Record, now: datetime
) -> None:
    first, other = put_incident(record, call()), put_incident(record, alert(source_ref="J2"))
    add_alert(record, other, call("J3", text="罐车泄漏"))
    index(record)
    with record.write() as w:
        w.cx.execute(
            text("UPDATE incident_alert SET incident_id = :to WHERE incident_id = :from"),
            {"to": first, "from": other},
        )
    assert ids(record, "罐车泄漏", now) == [first]


def test_who_may_not_see_telephones_cannot_find_out_by_searching(
    record: Record, now: datetime
) -> None:
    put_incident(record, call())
    for _ in range(2):
        assert ids(record, "13912345678", now, personal=False) == []
        assert [one.by for one in find(record, "13912345678", now)] == [By.PHONE]
        index(record)


def test_the_newest_stand_first_and_more_is_said(record: Record, now: datetime) -> None:
    made = [put_incident(record, call(f"J{n}")) for n in range(7)]
    index(record)
    answer = search(record, "相撞", now, limit=5)
    assert [one.incident.id for one in answer.found] == made[:1:-1]
    assert answer.more


def test_a_single_letter_is_looked_for_lately(record: Record, now: datetime) -> None:
    ours = put_incident(record, call())
    index(record)
    assert ids(record, "撞", now) == [ours]


def test_two_words_must_both_be_said(record: Record, now: datetime) -> None:
    ours = put_incident(record, call(text="货车着火，司机受伤"))
    put_incident(record, call("J2", text="货车抛锚"))
    index(record)
    assert ids(record, "货车 受伤", now) == [ours]


@pytest.mark.parametrize(
    "words", ["%", "_", "\\", "'", '"', '" OR 1', "*", "NEAR(", "苏G'; --", "\0", "😀", "a" * 5000]
)
def test_no_question_breaks_the_search(record: Record, now: datetime, words: str) -> None:
    put_incident(record, alert(source_ref="J2", text="老人跌倒", headline="跌倒", place="灌云"))
    index(record)
    assert ids(record, words, now) == []


def test_two_who_index_at_once_index_nothing_twice(record: Record) -> None:
    for n in range(30):
        put_incident(record, call(f"J{n}"))
    workers = [threading.Thread(target=index, args=(record, 3)) for _ in range(3)]
    for each in workers:
        each.start()
    for each in workers:
        each.join(60)
    assert _entries(record) == 30


def test_it_is_built_anew_with_progress(record: Record, now: datetime) -> None:
    ours = put_incident(record, call())
    index(record)
    told: list[tuple[int, int]] = []
    assert build(record, lambda done, total: told.append((done, total))) == 1
    assert told[-1] == (1, 1)
    assert _entries(record) == 1
    assert ids(record, "相撞", now) == [ours]


def test_nothing_to_do_writes_nothing(record: Record) -> None:
    put_incident(record, call())
    index(record)
    with record.read() as cx:
        before = marks(cx)
    with record.write() as w:
        w.log.add("甲", "note", "另一件事", after={})
    assert keep_up(record) == 0
    with record.read() as cx:
        assert marks(cx) == before


def test_the_intake_keeps_it_up_by_itself(record: Record) -> None:
    stopping = threading.Event()
    thread = indexing.start(record, stopping)
    try:
        put_incident(record, call())
        wait_until(lambda: _entries(record) == 1, 20)
    finally:
        stopping.set()
        thread.join(10)


def test_a_word_is_under_the_grams_of_every_text_that_has_it() -> None:
    said = "海州区解放东路88号，苏G·A1234 货车，电话 0518-8541 2345，K872+300"
    whole = fold(said)
    for start in range(len(whole)):
        for end in range(start + 2, len(whole) + 1):
            assert grams_of_word(whole[start:end]) <= grams(whole)


def test_a_question_is_read_as_an_officer_types_it() -> None:
    assert asked("139 1234-5678") == ["13912345678"]
    assert asked("0518-8541".translate(FULL_WIDTH)) == ["05188541"]
    assert asked("东港 商城  东港") == ["东港", "商城"]
    assert asked("17 楼") == ["17", "楼"]
    assert Mark(0, 0).low == 0


def _entries(record: Record) -> int:
    with record.read() as cx:
        if cx.dialect.name == "sqlite":
            # A contentless table knows its rows only by what is looked for.
            ask = text("SELECT count(*) FROM search_gram WHERE search_gram MATCH '\"相撞\"'")
        else:
            ask = select(func.count()).select_from(text("search_gram"))
        return int(cx.execute(ask).scalar_one())
