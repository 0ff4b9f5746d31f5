"""多手段 on the screen: who must be called, what came of it, and how each agency was told."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from linkage.means import sending
from linkage.means.calls import calls_due
from linkage.own_state import INGEST, set_service
from linkage.people import Actor
from linkage.record import Record
from linkage.response import responses
from linkage.response.tasks import read_tasks_of
from linkage.response_vocabulary import Means
from linkage.vocabulary import AssignmentStatus, Role
from tests.builders import alert
from tests.desk import DATA, LEAD, OFFICER, incident_row, order
from tests.onrecord import put_incident
from tests.screens import desk_on, field, keys, opened, press, shown
from tests.test_notices import REACHED


@pytest.fixture
def record(fresh_sqlite: Callable[[], Record], monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    record = fresh_sqlite()
    monkeypatch.setenv("LINKAGE_CONTACTS", str(Path(DATA) / "demo" / "contacts.toml"))
    with desk_on(record, monkeypatch):
        yield record
    record.close()


@pytest.fixture
def incident(record: Record) -> int:
    return put_incident(record, alert(place="海州区郁洲路口"))


def issued(record: Record, incident_id: int, *agencies: str, ago_s: int = 100) -> list[int]:
    """Orders of so long ago, while the broker was well; the first one leads."""
    at = datetime.now(UTC) - timedelta(seconds=ago_s)
    with record.write(at) as w:
        set_service(w, INGEST, datetime.now(UTC), {"round_trip_ms": 3})
    orders = [
        order(agency, *([LEAD] if number == 0 else [])) for number, agency in enumerate(agencies)
    ]
    version = incident_row(record, incident_id).version
    return responses.issue(record, OFFICER, incident_id, version, orders, agencies=REACHED, at=at)


def due(record: Record) -> int:
    with record.read() as cx:
        return len(calls_due(cx, datetime.now(UTC)))


def call_key(screen: AppTest, what: str, page: str = "responses") -> str:
    (key,) = [b.key for b in screen.button if b.key and b.key.startswith(f"{page}_call_{what}_")]
    return key


def test_who_has_not_signed_stands_on_the_list_with_the_number(
    record: Record, incident: int
) -> None:
    issued(record, incident, "fire")
    text = shown(opened("responses"))
    assert "电话名单 1" in text
    assert REACHED["fire"].telephone.replace("-", "\\-") in text or "0518" in text
    assert "消防值班室" in text


def test_while_the_broker_is_away_the_list_says_so_and_stands_at_once(
    record: Record, incident: int
) -> None:
    """Loss of the network once froze dispatch for 21 s: the screen says whom to call."""
    version = incident_row(record, incident).version
    responses.issue(record, OFFICER, incident, version, [order("fire", LEAD)], agencies=REACHED)
    text = shown(opened("responses"))
    assert "断网时的电话名单 1" in text
    assert "请逐一电话下达" in text


def test_nobody_answers_and_the_list_comes_back_later(record: Record, incident: int) -> None:
    (task,) = issued(record, incident, "fire")
    screen = opened("responses")
    press(screen, call_key(screen, "no_answer"))
    assert due(record) == 0
    assert "电话名单" not in shown(opened("responses"))
    screen = press(opened("responses"), f"responses_task_open_{task}")
    assert "无人接听" in shown(screen)


def test_reached_and_signed_is_one_click(record: Record, incident: int) -> None:
    issued(record, incident, "fire")
    screen = opened("responses")
    field(screen, "text_input", "responses_call_said").set_value("值班长接，已派两车")
    press(screen, call_key(screen, "signed"))
    (task,) = read_tasks_of(record, incident)
    assert task.status is AssignmentStatus.ACKNOWLEDGED
    assert task.last_feedback == "值班长接，已派两车"
    assert due(record) == 0


def test_a_task_shows_every_means_with_its_state_and_delay(record: Record, incident: int) -> None:
    (task,) = issued(record, incident, "fire", ago_s=40)
    at = datetime.now(UTC)
    with record.read() as cx:
        seen = sending.look(cx, at, {Means.SMS: 3}, REACHED, broker_away=False)
    with record.write(at) as w:
        (taken,) = sending.claim(w, seen)
        made = sending.Attempt(at=at, took_ms=120, worked=True, detail="短信网关已受理")
        sending.settle(w, taken, made)
    text = shown(press(opened("responses"), f"responses_task_open_{task}"))
    assert "系统直连" in text
    assert "短信" in text
    assert "下达后 4" in text
    assert "短信网关已受理" in text
    assert "电子邮件" in text


def test_what_failed_for_good_can_be_sent_again(record: Record, incident: int) -> None:
    (task,) = issued(record, incident, "fire", ago_s=40)
    at = datetime.now(UTC)
    with record.read() as cx:
        seen = sending.look(cx, at, {Means.SMS: 3}, REACHED, broker_away=False)
    with record.write(at) as w:
        (taken,) = sending.claim(w, seen)
        made = sending.Attempt(at=at, took_ms=9, worked=False, detail="号码不存在", retry=False)
        sending.settle(w, taken, made)
    screen = press(opened("responses"), f"responses_task_open_{task}")
    assert "号码不存在" in shown(screen)
    press(screen, f"responses_means_again_{taken.id}")
    with record.read() as cx:
        seen = sending.look(cx, datetime.now(UTC), {Means.SMS: 3}, REACHED, broker_away=False)
    assert len(seen.due) == 1


def test_the_incident_shows_its_own_calls_only(record: Record, incident: int) -> None:
    other = put_incident(record, alert(source_ref="J2", place="连云区海棠路"))
    issued(record, incident, "fire")
    issued(record, other, "health")
    text = shown(opened("incident", incident=str(incident)))
    assert "电话名单 1" in text
    assert "电话名单 2" in shown(opened("responses"))


def test_a_department_and_an_analyst_call_nobody(
    record: Record, incident: int, fire_officer: Actor
) -> None:
    issued(record, incident, "fire")
    for who in (fire_officer, Actor("戊", Role.ANALYST)):
        screen = opened("responses", who)
        assert "电话名单" not in shown(screen)
        assert not [key for key in keys(screen) if "_call_" in key]
