"""What arrives is kept, counted, placed and logged, once; whatever comes, in whatever order."""

from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Row, func, select

from linkage.alerts import Alert, Classified, Point, Unreadable
from linkage.intake.arrivals import Arrival, Content, Receipt, Several
from linkage.intake.intake_rules import IntakeRules
from linkage.intake.take_in import Intake
from linkage.intake_tables import source_state
from linkage.kinds import Kind
from linkage.plan.grading import load_grading
from linkage.record import Record
from linkage.response.agencies import load_agencies
from linkage.tables import alert as alert_table
from linkage.tables import (
    inbound_message,
    incident,
    incident_alert,
    incident_link,
    log_entry,
)
from linkage.tables import warning as warning_table
from linkage.vocabulary import Channel, MessageKind, Outcome, WarningColour
from tests.builders import alert

RULES = IntakeRules(
    agencies=load_agencies(Path("data/agencies.toml")),
    grading=load_grading(Path("data/grading.toml")),
    broker_note={"broker": "mosquitto", "durable": True},
)
_serial = count()


@pytest.fixture
def intake(record: Record) -> Intake:
    return Intake(record, RULES)


def arrival(content: Content, at: datetime, **changes: Any) -> Arrival:
    """One payload, different from all others unless `payload` says which it is."""
    source_id = content.source_id if isinstance(content, Alert) else "110-cad"
    fields: dict[str, Any] = {
        "channel": Channel.ALERT,
        "source_id": source_id,
        "topic": f"linkage/v1/alert/{source_id}",
        "payload": b"payload %d" % next(_serial),
        "received_at": at,
        "retained": False,
        "content": content,
    }
    return Arrival(**(fields | changes))


def take(intake: Intake, at: datetime, *contents: Content) -> list[Receipt]:
    return intake.take_in([arrival(each, at) for each in contents], at)


def rows(record: Record, table: Any) -> list[Row[Any]]:
    with record.read() as cx:
        return list(cx.execute(select(table).order_by(table.c.id)).all())


def test_a_call_becomes_an_incident_with_a_number_to_read_aloud(
    intake: Intake, record: Record, now: datetime
) -> None:
    (receipt,) = take(intake, now, alert())
    assert (receipt.status, receipt.incident) == (Outcome.STORED, "20261122-0001")
    (one,) = rows(record, incident)
    assert (one.number, one.kind, one.alert_count, one.status, one.version) == (
        "20261122-0001",
        "traffic_accident",
        1,
        "received",
        1,
    )
    assert one.opened_at == now
    (message,) = rows(record, inbound_message)
    assert (message.outcome, message.incident_id) == ("stored", one.id)
    assert message.payload.startswith(b"payload")


def test_the_same_bytes_again_are_a_duplicate_and_change_nothing(
    intake: Intake, record: Record, now: datetime
) -> None:
    first = arrival(alert(), now)
    intake.take_in([first], now)
    (receipt,) = intake.take_in([first], now + timedelta(seconds=9))
    assert receipt.status is Outcome.DUPLICATE
    assert receipt.incident == "20261122-0001"
    assert len(rows(record, incident)) == len(rows(record, alert_table)) == 1
    assert len(rows(record, inbound_message)) == 2


def test_twice_in_one_batch_is_once(intake: Intake, record: Record, now: datetime) -> None:
    one = arrival(alert(), now)
    stored, duplicate = intake.take_in([one, one], now)
    assert (stored.status, duplicate.status) == (Outcome.STORED, Outcome.DUPLICATE)
    assert len(rows(record, incident)) == 1


def test_a_changed_statement_updates_its_incident(
    intake: Intake, record: Record, now: datetime
) -> None:
    take(intake, now, alert())
    (receipt,) = take(intake, now, alert(text="三人受伤"))
    assert receipt.status is Outcome.STORED
    (one,) = rows(record, incident)
    assert (one.alert_count, one.version) == (1, 2)
    assert [r.revision for r in rows(record, alert_table)] == [1, 2]


def test_two_changes_in_one_second_are_both_kept_and_the_later_stands(
    intake: Intake, record: Record, now: datetime
) -> None:
    take(intake, now, alert(revision=3))
    (receipt,) = take(intake, now, alert(revision=3, hazmat=True))
    assert receipt.status is Outcome.STORED
    (one,) = rows(record, incident)
    assert one.hazmat
    assert [a.revision for a in rows(record, alert_table)] == [3, 4]


def test_an_old_revision_with_other_words_does_not_rewrite_history(
    intake: Intake, record: Record, now: datetime
) -> None:
    take(intake, now, alert(revision=3), alert(revision=7))
    (receipt,) = take(intake, now, alert(revision=3, text="别的内容"))
    assert receipt.status is Outcome.DUPLICATE
    assert "旧版本" in str(receipt.reason)


def test_an_old_revision_that_comes_late_is_kept_but_changes_nothing(
    intake: Intake, record: Record, now: datetime
) -> None:
    take(intake, now, alert(revision=3, headline="新"))
    take(intake, now, alert(revision=1, hazmat=True))
    (one,) = rows(record, incident)
    assert not one.hazmat
    assert len(rows(record, alert_table)) == 2


def test_what_cannot_be_read_is_kept_with_its_reason(
    intake: Intake, record: Record, now: datetime
) -> None:
    good, bad = take(intake, now, alert(), Unreadable("缺少接警单编号", "JJDBH"))
    assert (good.status, bad.status) == (Outcome.STORED, Outcome.REJECTED)
    message = rows(record, inbound_message)[1]
    assert (message.outcome, message.reason, message.field) == (
        "rejected",
        "缺少接警单编号",
        "JJDBH",
    )
    assert message.payload


def test_classified_text_is_refused_and_not_kept(
    intake: Intake, record: Record, now: datetime
) -> None:
    secret = arrival(Classified("标注涉密，未保存正文"), now, payload="机密★行动".encode())
    (receipt,) = intake.take_in([secret], now)
    assert receipt.status is Outcome.REJECTED
    (message,) = rows(record, inbound_message)
    assert message.payload == b""


def test_the_books_balance_for_every_source(intake: Intake, record: Record, now: datetime) -> None:
    one = arrival(alert(), now)
    other = arrival(alert(source_id="119-cad", source_ref="F1", kind=Kind.FIRE), now)
    bad = arrival(Unreadable("坏"), now)
    intake.take_in([one, one, other, bad], now)
    intake.take_in([one], now)
    with record.read() as cx:
        for state in cx.execute(select(source_state)):
            assert state.received == state.stored + state.duplicate + state.rejected
            counted = cx.execute(
                select(func.count()).where(inbound_message.c.source_id == state.source_id)
            ).scalar_one()
            assert counted == state.received
    with record.read() as cx:
        police = cx.execute(select(source_state).where(source_state.c.source_id == "110-cad")).one()
    assert (police.received, police.stored, police.duplicate, police.rejected) == (4, 1, 2, 1)


def test_the_second_report_of_one_crash_joins_the_first_with_a_score_card(
    intake: Intake, record: Record, now: datetime
) -> None:
    near = alert(source_id="122-cad", source_ref="T1", point=Point(119.1703, 34.6002))
    take(intake, now, alert(plates=("苏G12345",)))
    take(intake, now, replace(near, plates=("苏G12345",)))
    (one,) = rows(record, incident)
    assert (one.alert_count, one.source_ids) == (2, '["110-cad","122-cad"]')
    with record.read() as cx:
        member = cx.execute(select(incident_alert).where(incident_alert.c.score.is_not(None))).one()
    assert "苏G12345" in member.reasons


def test_two_reports_of_one_crash_in_one_batch_are_one_incident(
    intake: Intake, record: Record, now: datetime
) -> None:
    near = alert(source_id="122-cad", source_ref="T1", plates=("苏G12345",))
    take(intake, now, alert(plates=("苏G12345",)), near)
    assert len(rows(record, incident)) == 1


def test_two_fires_a_street_and_an_hour_apart_are_two(
    intake: Intake, record: Record, now: datetime
) -> None:
    fire = {"kind": Kind.FIRE, "headline": "民房起火", "source_id": "119-cad"}
    take(intake, now, alert(source_ref="F1", **fire))
    later = now + timedelta(hours=1)
    other = alert(
        source_ref="F2", occurred_at=later, point=Point(119.175, 34.602), place="苍梧路", **fire
    )
    take(intake, later, other)
    assert len(rows(record, incident)) == 2


def test_a_likely_but_uncertain_match_stays_apart_and_is_proposed(
    intake: Intake, record: Record, now: datetime
) -> None:
    """Whatever the rule proposes has an incident of its own until an officer says otherwise."""
    take(intake, now, alert())
    for n in range(12):
        far = Point(119.17 + n * 0.0008, 34.6)
        take(intake, now, alert(source_id="122-cad", source_ref=f"T{n}", point=far, place="某路"))
    links = [link for link in rows(record, incident_link) if link.kind == "proposed"]
    ids = {one.id for one in rows(record, incident)}
    assert {link.from_id for link in links} <= ids
    assert all(link.state == "open" for link in links)


def test_an_exercise_never_meets_the_real_thing(
    intake: Intake, record: Record, now: datetime
) -> None:
    take(intake, now, alert(), alert(source_id="122-cad", source_ref="T1", exercise=True))
    assert sorted(one.exercise for one in rows(record, incident)) == [False, True]


def test_a_warning_is_shown_beside_incidents_and_is_none(
    intake: Intake, record: Record, now: datetime
) -> None:
    blue = alert(
        source_id="weather",
        source_ref="W1",
        kind=Kind.TYPHOON,
        warning_colour=WarningColour.BLUE,
        area_codes=("320700",),
    )
    take(intake, now, blue)
    yellow = replace(
        blue,
        source_ref="W2",
        warning_colour=WarningColour.YELLOW,
        message_kind=MessageKind.UPDATE,
        references=(("weather", "W1"),),
    )
    (receipt,) = take(intake, now, yellow)
    assert (receipt.status, receipt.incident) == (Outcome.STORED, None)
    assert rows(record, incident) == []
    assert [(w.colour, w.status) for w in rows(record, warning_table)] == [
        ("blue", "superseded"),
        ("yellow", "active"),
    ]


@pytest.mark.parametrize(
    ("kind", "status"),
    [(MessageKind.UPDATE, "superseded"), (MessageKind.CANCEL, "cancelled")],
)
def test_a_warning_that_comes_after_what_ends_it_does_not_come_to_life(
    intake: Intake, record: Record, now: datetime, kind: MessageKind, status: str
) -> None:
    blue = alert(source_id="weather", source_ref="W1", warning_colour=WarningColour.BLUE)
    ending = replace(blue, source_ref="W2", message_kind=kind, references=(("weather", "W1"),))
    take(intake, now, ending)
    (receipt,) = take(intake, now, blue)
    assert receipt.status is Outcome.STORED
    found = [(w.source_ref, w.status) for w in rows(record, warning_table)]
    assert ("W1", "active") not in found
    assert ("W1", status) in found


def test_a_call_that_its_source_withdraws_is_cancelled_if_nobody_else_reported_it(
    intake: Intake, record: Record, now: datetime
) -> None:
    take(intake, now, alert())
    take(intake, now, alert(message_kind=MessageKind.CANCEL))
    (one,) = rows(record, incident)
    assert (one.status, one.disposition) == ("cancelled", "false_alarm")


def test_a_cancel_that_comes_before_its_call_is_not_undone_by_the_call(
    intake: Intake, record: Record, now: datetime
) -> None:
    take(intake, now, alert(revision=2, message_kind=MessageKind.CANCEL))
    take(intake, now, alert(revision=1))
    (one,) = rows(record, incident)
    assert one.status == "cancelled"


def test_a_restart_knows_what_was_open(intake: Intake, record: Record, now: datetime) -> None:
    take(intake, now, alert(plates=("苏G12345",)))
    anew = Intake(record, RULES)
    take(anew, now, alert(source_id="122-cad", source_ref="T1", plates=("苏G12345",)))
    assert len(rows(record, incident)) == 1


def test_what_an_officer_closed_takes_no_new_call(
    intake: Intake, record: Record, now: datetime
) -> None:
    take(intake, now, alert(plates=("苏G12345",)))
    with record.write(now) as w:
        w.cx.execute(
            incident.update().values(status="closed", revision=w.next_revision(), closed_at=now)
        )
    take(intake, now, alert(source_id="122-cad", source_ref="T1", plates=("苏G12345",)))
    assert len(rows(record, incident)) == 2


def test_a_batch_that_fails_leaves_nothing_behind(
    intake: Intake, record: Record, now: datetime
) -> None:
    spoilt = alert(source_ref="J2", facts={"bad": object()})
    with pytest.raises(TypeError):
        take(intake, now, alert(), spoilt)
    assert rows(record, inbound_message) == []
    (receipt,) = take(intake, now, alert())
    assert receipt.incident == "20261122-0001", "the number was not used up either"


def test_every_change_of_the_record_is_in_the_log(
    intake: Intake, record: Record, now: datetime
) -> None:
    take(intake, now, alert(), alert(source_ref="J2", kind=Kind.FIRE, place="新浦大街"))
    assert [e.action for e in rows(record, log_entry)] == ["open", "open"]
    assert {e.actor for e in rows(record, log_entry)} == {"source:110-cad"}


def test_hundreds_at_once_take_no_more_statements_than_one(
    intake: Intake, record: Record, now: datetime
) -> None:
    from sqlalchemy import event

    statements: list[str] = []
    event.listen(
        record.engine, "before_cursor_execute", lambda *a: statements.append(a[2]), named=False
    )
    take(intake, now, alert(source_ref="A"))
    alone = len(statements)
    statements.clear()
    many = [
        alert(source_ref=f"B{n}", point=Point(118.6 + n * 0.002, 34.6), place=f"{n}号")
        for n in range(300)
    ]
    take(intake, now, *many)
    assert len(statements) <= alone + 3


def test_each_record_of_a_list_has_a_receipt_of_its_own(intake: Intake, now: datetime) -> None:
    """A system that sent three and waits for three numbers is told of each."""
    one, two = alert(source_ref="L1"), alert(source_ref="L2", place="连云区墟沟")
    several = Several((one, Unreadable("缺少编号", "ref"), two))
    told = take(intake, now, several)
    assert [(r.source_ref, r.status) for r in told] == [
        ("L1", Outcome.STORED),
        ("L2", Outcome.STORED),
        (None, Outcome.REJECTED),
    ]
    assert told[0].incident is not None
    assert "第 2 段：缺少编号" in (told[2].reason or "")
    again = take(intake, now, Several((one, two)))
    assert [(r.source_ref, r.status) for r in again] == [
        ("L1", Outcome.DUPLICATE),
        ("L2", Outcome.DUPLICATE),
    ]
