"""What 事件处置 and 联动任务 read: nothing missing, nothing of another incident, nothing late."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from linkage.alerts import Casualties, Point, Shape
from linkage.desk.facts import read_incidents
from linkage.desk.find import find, incident_id_of, newest_ended, numbers, worst_open
from linkage.desk.queries import Case, read_case, read_payload
from linkage.desk.search_hits import By
from linkage.kinds import Kind
from linkage.log import as_json
from linkage.record import Record
from linkage.response.tasks import ended_tasks, live_tasks, read_tasks_of
from linkage.tables import outbound_message
from linkage.vocabulary import (
    AssignmentStatus,
    IncidentStatus,
    LinkKind,
    LinkState,
    Severity,
    ShapeNote,
    WarningStatus,
)
from tests.builders import CALL, alert
from tests.onrecord import add_alert, put_incident, put_link, put_task, put_warning


def case_of(record: Record, incident_id: int, now: datetime) -> Case:
    found = read_case(record, incident_id, now)
    assert found is not None
    return found


def test_an_incident_is_read_whole(record: Record, now: datetime) -> None:
    ours = put_incident(record, alert(casualties=Casualties(injured=2)))
    fire = alert(source_id="119-cad", source_ref="F9", text="货车起火", plates=("苏GA1234",))
    add_alert(record, ours, fire, payload=b"\xbb\xf0")
    put_incident(record, alert(source_ref="J2", place="灌云县伊山镇"))

    case = case_of(record, ours, now)

    assert case.incident.kind is Kind.TRAFFIC_ACCIDENT
    assert case.incident.number == "20261122-0001"
    assert case.incident.point == Point(119.17, 34.6)
    assert case.incident.casualties.injured == 2
    assert case.incident.casualties.deaths is None, "not stated is not zero"
    assert case.incident.stamps == {IncidentStatus.RECEIVED: CALL.occurred_at}
    assert [s.source_id for s in case.said] == ["110-cad", "119-cad"]
    opened, joined = case.said
    assert opened.score is None
    assert opened.reasons == ()
    assert joined.score == 7.5
    assert joined.reasons == (("相距 120 米", 4.0), ("相隔 3 分钟", 3.5))
    assert joined.plates == ("苏GA1234",)
    kept = read_payload(record, joined.inbound_id)
    assert kept is not None
    assert kept.payload == b"\xbb\xf0"
    assert [line.action for line in case.log] == ["open"]


def test_an_incident_that_is_not_there_is_none(record: Record, now: datetime) -> None:
    assert read_case(record, 404, now) is None
    assert read_payload(record, 404) is None
    with record.read() as cx:
        assert read_incidents(cx, []) == []


def test_links_are_seen_from_both_ends(record: Record, now: datetime) -> None:
    first = put_incident(record)
    second = put_incident(record, alert(source_ref="J2"))
    put_link(record, second, first, LinkKind.PROPOSED, LinkState.OPEN, score=5.0, at=now)

    (mine,) = case_of(record, first, now).links
    (theirs,) = case_of(record, second, now).links

    assert (mine.other.id, mine.later) == (second, False)
    assert (theirs.other.id, theirs.later) == (first, True)
    assert theirs.score == 5.0


def test_a_merged_incident_names_the_one_to_go_on_with(record: Record, now: datetime) -> None:
    main = put_incident(record)
    merged = put_incident(record, alert(source_ref="J2"), status="merged", merged_into=main)
    assert case_of(record, merged, now).merged_into == "20261122-0001"
    assert case_of(record, main, now).merged_into is None


def test_a_warning_shows_where_it_covers_and_only_there(record: Record, now: datetime) -> None:
    here = put_incident(record)
    soon = {"expires_at": now + timedelta(hours=3), "at": now}
    city = put_warning(record, ["320700000000"], **soon)
    put_warning(record, ["320722"], **soon)
    put_warning(record, ["320706"], exercise=True, **soon)
    put_warning(record, ["320706"], status=WarningStatus.CANCELLED, **soon)
    put_warning(record, ["320706"], expires_at=now, at=now)
    assert [w.id for w in case_of(record, here, now).warnings] == [city]


def test_a_warning_with_an_outline_shows_inside_it_and_only_there(
    record: Record, now: datetime
) -> None:
    here = put_incident(record)  # 119.17, 34.6
    soon = {"expires_at": now + timedelta(hours=3), "at": now}
    ring = ((119.1, 34.5), (119.3, 34.5), (119.1, 34.7), (119.1, 34.5))
    shapes = {
        "round it": [Shape(119.2, 34.55, ring=ring)],
        "5 km": [Shape(119.2, 34.6, km=5.0)],
        "1 km": [Shape(119.2, 34.6, km=1.0)],
        "elsewhere": [Shape(119.2, 34.6, ring=tuple((x + 0.5, y) for x, y in ring))],
        "its middle only": [Shape(119.17, 34.6, note=ShapeNote.CROSSING)],
    }
    put = {name: put_warning(record, [], shapes=as_json(s), **soon) for name, s in shapes.items()}
    found = {w.id for w in case_of(record, here, now).warnings}
    assert found == {put["round it"], put["5 km"]}


def test_live_tasks_are_those_somebody_still_owes_us(record: Record, now: datetime) -> None:
    ours = put_incident(record)
    silent = put_task(record, ours, "health", at=now)
    refused = put_task(record, ours, "transport", status=AssignmentStatus.DECLINED, at=now)
    done = put_task(record, ours, "fire", status=AssignmentStatus.COMPLETED, at=now)
    closed = put_incident(record, alert(source_ref="J2"), status="closed")
    old = put_task(record, closed, "police", status=AssignmentStatus.DECLINED, at=now)

    told = put_task(record, closed, "weather", role="inform", at=now)

    assert [t.id for t in live_tasks(record)] == [silent, refused]
    assert [t.id for t in ended_tasks(record)] == [told, old, done]
    assert [t.id for t in ended_tasks(record, limit=1)] == [told]
    assert [t.id for t in read_tasks_of(record, ours)] == [silent, refused, done]
    first = live_tasks(record)[0]
    assert first.incident_number == "20261122-0001"
    assert first.incident_place == CALL.place


def test_an_order_that_has_not_left_says_since_when_and_why(record: Record, now: datetime) -> None:
    ours = put_incident(record)
    task = put_task(record, ours, "health", at=now)
    assert live_tasks(record)[0].unsent_since is None
    for minutes in (1, 0):
        with record.write(at=now + timedelta(minutes=minutes)) as w:
            w.cx.execute(
                insert(outbound_message).values(
                    id=w.next_id(),
                    assignment_id=task,
                    agency_id="health",
                    topic="linkage/v1/assignment/health",
                    payload=b"{}",
                    retain=False,
                    created_at=w.at,
                    attempts=2,
                    last_error="消息代理未连接",
                )
            )
    (waiting,) = live_tasks(record)
    assert (waiting.unsent_since, waiting.unsent_error) == (now, "消息代理未连接")


def test_worst_first_then_unclaimed_then_newest(record: Record) -> None:
    later = CALL.occurred_at + timedelta(minutes=1)
    put_incident(record, alert(severity=Severity.MINOR), headline="轻")
    worst = alert(source_ref="J2", severity=Severity.EXTREME)
    put_incident(record, worst, headline="重，有人", claimed_by="甲")
    worst = alert(source_ref="J3", severity=Severity.EXTREME)
    put_incident(record, worst, headline="重，早")
    worst = alert(source_ref="J4", severity=Severity.EXTREME, occurred_at=later)
    put_incident(record, worst, headline="重，新")
    put_incident(record, alert(source_ref="J5"), headline="已办结", status="closed")
    assert [it.headline for it in worst_open(record)] == ["重，新", "重，早", "重，有人", "轻"]
    assert [it.headline for it in newest_ended(record)] == ["已办结"]


def test_an_exercise_crowds_no_real_incident_out_of_the_list(record: Record, now: datetime) -> None:
    for n in range(4):
        said = alert(headline="练", source_ref=f"D{n}", exercise=True, severity=Severity.EXTREME)
        put_incident(record, said)
    put_incident(record, alert(headline="真", source_ref="R1", severity=Severity.MINOR), at=now)
    assert [it.headline for it in worst_open(record, limit=2)] == ["真", "练"]


def test_a_link_may_carry_the_number_or_the_id(record: Record) -> None:
    ours = put_incident(record)
    assert incident_id_of(record, "20261122-0001") == ours
    assert incident_id_of(record, " 202611220001 ") == ours
    assert incident_id_of(record, str(ours)) == ours
    for nonsense in ("20261122-0002", "x", "", "' OR 1=1 --", "9" * 40):
        assert incident_id_of(record, nonsense) is None


@pytest.mark.parametrize(
    ("words", "by"),
    [
        ("1", "编号"),
        ("0001", "编号"),
        ("1122-1", "编号"),
        ("20261122-0001", "编号"),
        ("郁洲路", "地点或标题"),
        ("139 1234-5678", "电话"),
        ("5678123", None),
        ("苏ga12", "车牌"),
        ("两辆轿车", "来报原文"),
        ("100%", "来报原文"),
        ("10_%", "来报原文"),
        ("苏g·A12 34", "车牌"),
        ("13912", "电话"),
        ("139", None),
        ("相撞 郁洲", "地点或标题"),
        ("'; DROP TABLE incident; --", None),
    ],
)
def test_an_incident_is_found_by_what_the_officer_knows(
    record: Record, now: datetime, words: str, by: str | None
) -> None:
    ours = put_incident(
        record,
        alert(caller_phone="13912345678", plates=("苏GA1234",), text="两辆轿车相撞，100%受损"),
    )
    put_incident(record, alert(source_ref="J2", place="灌云", headline="跌倒", text="老人跌倒"))
    found = find(record, words, now)
    assert [(f.incident.id, f.by.label) for f in found] == ([] if by is None else [(ours, by)])


def test_a_search_for_nothing_finds_nothing(record: Record, now: datetime) -> None:
    assert find(record, "  ", now) == []
    assert find(record, "郁洲路", now) == []


def test_only_a_short_number_is_one_of_lately(record: Record) -> None:
    put_incident(record)
    years_later = CALL.occurred_at + timedelta(days=900)
    assert find(record, "0001", years_later) == []
    assert [f.by for f in find(record, "20261122-0001", years_later)] == [By.NUMBER]
    assert [f.by for f in find(record, "郁洲路", years_later)] == [By.PLACE]


def test_what_was_split_off_later_hides_nothing(record: Record, now: datetime) -> None:
    ours = put_incident(record)
    old = alert(source_ref="J2", occurred_at=CALL.occurred_at - timedelta(days=2), place="灌云")
    put_incident(record, old)
    assert [f.incident.id for f in find(record, "郁洲路", now)] == [ours]


def test_a_short_number_means_the_newest_days_first() -> None:
    today = datetime(2026, 3, 1, tzinfo=UTC).date()
    assert numbers("17", today)[:2] == ["20260301-0017", "20260228-0017"]
    assert numbers("1231-5", today) == ["20261231-0005", "20251231-0005"]
    assert numbers("郁洲路", today) == []
