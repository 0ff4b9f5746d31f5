"""An hour at the desk: intake, officers and agencies on one record, and the books at its end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from linkage.alerts import Alert, Casualties, Point
from linkage.desk import incidents, merging
from linkage.errors import NotAllowed
from linkage.intake.arrivals import Arrival
from linkage.intake.intake_rules import IntakeRules
from linkage.intake.take_in import Intake
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.plan.grading import load_grading
from linkage.record import Record
from linkage.response import responses
from linkage.response.agencies import load_agencies
from linkage.response.feedback import Feedback
from linkage.response.orders import Order
from linkage.tables import incident, incident_link
from linkage.verify import verify
from linkage.vocabulary import (
    AssignmentRole,
    AssignmentStatus,
    Channel,
    Disposition,
    IncidentStatus,
    LinkKind,
    LinkState,
)
from tests.builders import alert
from tests.onrecord import put_link

DATA = Path(__file__).parents[1] / "data"
AGENCIES = load_agencies(DATA / "agencies.toml")
RULES = IntakeRules(agencies=AGENCIES, grading=load_grading(DATA / "grading.toml"), broker_note={})
Say = Callable[..., int]


@pytest.fixture
def say(record: Record) -> Say:
    """A source or an agency says something at a moment; gives the incident it went to."""
    intake, serial = Intake(record, RULES), count()

    def say(at: datetime, content: Alert | Feedback, agency_id: str = "") -> int:
        channel = Channel.ALERT if isinstance(content, Alert) else Channel.FEEDBACK
        source_id = content.source_id if isinstance(content, Alert) else agency_id
        intake.take_in(
            [
                Arrival(
                    channel=channel,
                    source_id=source_id,
                    topic=f"linkage/v1/{channel}/{source_id}",
                    payload=b"%d" % next(serial),
                    received_at=at,
                    retained=False,
                    content=content,
                )
            ],
            at,
        )
        with record.read() as cx:
            newest = select(incident.c.id).order_by(incident.c.revision.desc()).limit(1)
            return int(cx.execute(newest).scalar_one())

    return say


def row_of(record: Record, incident_id: int) -> Any:
    with record.read() as cx:
        return cx.execute(select(incident).where(incident.c.id == incident_id)).one()


def test_a_merge_by_hand_an_answer_a_split_and_the_books_balance(
    record: Record, say: Say, officer: Actor, chief: Actor, now: datetime
) -> None:
    minute = timedelta(minutes=1)
    crash = say(now, alert())
    # Said by the hospital, two kilometres off: nothing tells the rule that it is the same.
    hurt = alert(
        source_id="120-cad",
        source_ref="E1",
        kind=Kind.INJURY,
        event_code="19000",
        occurred_at=now,
        point=Point(119.20, 34.62),
        place="新建中路",
        headline="一人受伤",
        text="有人受伤",
        casualties=Casualties(injured=1),
    )
    other = say(now + minute, hurt)
    assert other != crash, "too far for a machine to decide"
    link = merging.merge(
        record, officer, other, crash, "120 报错位置", agencies=AGENCIES, at=now + 2 * minute
    )

    # The hospital's update follows its record to where the officer put it.
    more = alert(
        **{name: getattr(hurt, name) for name in ("source_id", "source_ref", "kind", "place")},
        point=hurt.point,
        revision=2,
        casualties=Casualties(injured=3),
    )
    assert say(now + 3 * minute, more) == crash
    assert row_of(record, crash).injured == 3

    order = Order(agency_id="fire", role=AssignmentRole.LEAD, task="破拆救人", reason="有人被困")
    (task,) = responses.issue(
        record,
        officer,
        crash,
        row_of(record, crash).version,
        [order],
        agencies=AGENCIES,
        at=now + 4 * minute,
    )
    said = Feedback(assignment_id=task, revision=1, status=AssignmentStatus.ACKNOWLEDGED)
    assert say(now + 5 * minute, said, "fire") == crash
    assert row_of(record, crash).status == IncidentStatus.ACKNOWLEDGED

    with pytest.raises(NotAllowed, match=f"{AGENCIES['fire'].name}的联动任务尚未办结"):
        incidents.close(
            record,
            chief,
            crash,
            row_of(record, crash).version,
            Disposition.HANDLED,
            agencies=AGENCIES,
        )

    # They were two after all: the hospital's words go home, the fire brigade stays.
    merging.undo(record, officer, link, "核实为两起", agencies=AGENCIES, at=now + 6 * minute)
    assert row_of(record, other).injured == 3
    assert row_of(record, crash).injured is None
    assert row_of(record, crash).status == IncidentStatus.ACKNOWLEDGED
    assert row_of(record, other).status == IncidentStatus.RECEIVED
    assert [finding for finding in verify(record) if finding.fault] == []


def test_what_an_officer_refused_stays_apart_when_more_is_said(
    record: Record, say: Say, officer: Actor, now: datetime
) -> None:
    far = Point(119.30, 34.70)
    first = say(now, alert())
    second = say(now, alert(source_id="122-cad", source_ref="T1", point=far, place="开发区"))
    proposed = put_link(record, second, first, LinkKind.PROPOSED, LinkState.OPEN)
    merging.refuse(record, officer, proposed, "两处")
    again = alert(source_id="122-cad", source_ref="T1", revision=2, point=far, place="开发区")
    assert say(now + timedelta(minutes=1), again) == second
    with record.read() as cx:
        links = cx.execute(select(incident_link.c.state)).scalars().all()
    assert links == [LinkState.REFUSED]
