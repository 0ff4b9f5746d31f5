"""Who is on duty, and whom an escalation reaches, step by step."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from linkage.duty.roster import Person, Standing, ladder, on_post
from linkage.duty_tables import person, shift
from linkage.record import Record
from linkage.response_vocabulary import Post

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
HOURS = timedelta(hours=1)


def put_on_duty(
    record: Record, post: Post, name: str, start: datetime, end: datetime, **changes: object
) -> int:
    with record.write(start) as w:
        person_id = w.next_id()
        ways = {"telephone": "", "mobile": "13800000001", "email": "", "webhook": ""}
        row = {"id": person_id, "name": name, "active": True, "changed_at": w.at}
        w.cx.execute(insert(person).values(**row | ways | changes))
        w.cx.execute(
            insert(shift).values(
                id=w.next_id(),
                post=post,
                person_id=person_id,
                starts_at=start,
                ends_at=end,
                set_by="test",
                set_at=w.at,
            )
        )
    return person_id


def test_the_one_on_post_changes_on_the_minute(record: Record) -> None:
    put_on_duty(record, Post.OFFICER, "值班员甲", NOW - 6 * HOURS, NOW)
    put_on_duty(record, Post.OFFICER, "值班员乙", NOW, NOW + 12 * HOURS)
    with record.read() as cx:
        before = on_post(cx, Post.OFFICER, NOW - timedelta(seconds=1))
        after = on_post(cx, Post.OFFICER, NOW)
    assert [one.name for one in before] == ["值班员甲"]
    assert [one.name for one in after] == ["值班员乙"]


def test_who_left_the_service_is_reached_no_more(record: Record) -> None:
    put_on_duty(record, Post.OFFICER, "值班员甲", NOW, NOW + HOURS, active=False)
    with record.read() as cx:
        assert on_post(cx, Post.OFFICER, NOW) == []


def test_the_ladder_goes_from_the_officer_up_to_the_leader(record: Record) -> None:
    put_on_duty(record, Post.LEADER, "带班领导甲", NOW, NOW + HOURS)
    put_on_duty(record, Post.OFFICER, "值班员甲", NOW, NOW + HOURS)
    with record.read() as cx:
        steps = ladder(cx, NOW)
    assert [post for post, _ in steps] == list(Post)
    assert [[one.name for one in people] for _, people in steps] == [
        ["值班员甲"],
        [],
        [],
        ["带班领导甲"],
    ]


def test_the_general_duty_office_answers_for_a_post_that_nobody_can_be_reached_on(
    record: Record,
) -> None:
    office = Person(id=None, name="总值班室", telephone="0518-00000000")
    put_on_duty(record, Post.CHIEF, "值班长甲", NOW, NOW + HOURS, mobile="")
    with record.read() as cx:
        steps = dict(ladder(cx, NOW, [Standing(post=Post.CHIEF, person=office)]))
    assert [one.name for one in steps[Post.CHIEF]] == ["值班长甲", "总值班室"]
    assert steps[Post.LEADER] == []
