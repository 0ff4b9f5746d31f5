"""Reaching an agency that does not answer: arranged with the order, sent in turn, ended by it."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from ingest.means.adapters import make_adapters
from ingest.means.outcome import Adapter, Failed, Sent
from ingest.means.sender import AT_ONCE_EACH, Sender
from ingest.simulate.gateways import Fault, Inbox, gateways
from linkage.errors import NotAllowed, NotPermitted, Raced
from linkage.means import calls, notices, sending
from linkage.means.listing import Listed, notices_of
from linkage.own_state import INGEST, set_service
from linkage.people import Actor
from linkage.record import Record
from linkage.response import responses
from linkage.response.agencies import load_agencies
from linkage.response_tables import notice, notice_attempt
from linkage.response_vocabulary import About, CallResult, Means, NoticeStatus
from linkage.settings import load_settings
from linkage.tables import assignment, log_entry, outbound_message
from linkage.verify import verify
from linkage.vocabulary import AssignmentStatus
from tests.builders import alert
from tests.desk import DATA, LEAD, OFFICER, incident_row, order, say
from tests.onrecord import put_incident
from tests.parts import Mosquitto, wait_until
from tests.running import running_ingest

S, N = AssignmentStatus, NoticeStatus
REACHED = load_agencies(DATA / "agencies.toml", DATA / "demo" / "contacts.toml")


@pytest.fixture
def incident(record: Record, now: datetime) -> int:
    return put_incident(record, alert(), at=now)


def broker_is_well(record: Record, at: datetime) -> None:
    with record.write(at) as w:
        set_service(w, INGEST, at, {"round_trip_ms": 3})


def issue(record: Record, incident_id: int, at: datetime, *, well: bool = True, **more: Any) -> int:
    """An order to the fire brigade, which leads; returns the task."""
    if well:
        broker_is_well(record, at)
    version = incident_row(record, incident_id).version
    (task_id,) = responses.issue(
        record,
        OFFICER,
        incident_id,
        version,
        [order(more.pop("agency", "fire"), more.pop("role", LEAD), **more)],
        agencies=REACHED,
        at=at,
    )
    return task_id


def listed(record: Record, task_id: int) -> dict[Means, Listed]:
    """The newest notice of each means."""
    with record.read() as cx:
        found = notices_of(cx, [task_id]).get(task_id, [])
    return {one.means: one for one in sorted(found, key=lambda one: one.id)}


def told(record: Record, task_id: int) -> list[str]:
    with record.read() as cx:
        query = select(log_entry.c.reason).where(
            log_entry.c.assignment_id == task_id, log_entry.c.action == "notice"
        )
        return list(cx.execute(query.order_by(log_entry.c.id)).scalars())


class Played:
    """An adapter that does as it is told, and remembers."""

    def __init__(self, *answers: Sent | Failed) -> None:
        self.answers = list(answers)
        self.sent: list[sending.Outgoing] = []

    def send(self, one: sending.Outgoing) -> Sent | Failed:
        self.sent.append(one)
        return self.answers.pop(0) if self.answers else Sent("已受理")


def turn(record: Record, adapters: Mapping[Means, Adapter], at: datetime) -> None:
    """One look of the sender at `at`, with everything it began brought to its end."""
    sender = Sender(record, adapters, lambda: REACHED, clock=lambda: at)
    sender.turn(at)
    sender.wait(10)


def arrived(record: Record, task_id: int, at: datetime) -> None:
    """The broker has the order and the agency's system says so."""
    with record.write(at) as w:
        w.cx.execute(
            update(outbound_message)
            .where(outbound_message.c.assignment_id == task_id)
            .values(sent_at=at)
        )
        w.cx.execute(update(assignment).where(assignment.c.id == task_id).values(delivered_at=at))


def test_an_order_arranges_its_other_means_with_their_reasons(
    record: Record, incident: int, now: datetime
) -> None:
    task = issue(record, incident, now)
    found = listed(record, task)
    assert set(found) == {Means.WEBHOOK, Means.SMS, Means.TELEPHONE, Means.SHEET, Means.EMAIL}
    assert found[Means.SMS].not_before == now + timedelta(seconds=30)
    assert found[Means.SMS].status is N.WAITING
    (words,) = told(record, task)
    assert "短信：30 秒未签收时" in words
    faults = [found.fault for found in verify(record) if found.fault]
    assert not [fault for fault in faults if "未记账" not in fault], "the chain holds"


def test_nothing_is_sent_to_who_signs_in_time(record: Record, incident: int, now: datetime) -> None:
    task, sms = issue(record, incident, now), Played()
    arrived(record, task, now)
    say(record, "fire", task, S.ACKNOWLEDGED, now + timedelta(seconds=25))
    turn(record, {Means.SMS: sms}, now + timedelta(seconds=90))
    assert sms.sent == []
    assert {one.status for one in listed(record, task).values()} == {N.VOID}
    assert any("不必再发" in words for words in told(record, task))


def test_who_does_not_sign_is_told_by_one_means_after_the_other(
    record: Record, incident: int, now: datetime
) -> None:
    """K02: delivered but nobody answers: the system's receipt stops no clock of a person's."""
    task, sms, chat, mail = issue(record, incident, now), Played(), Played(), Played()
    arrived(record, task, now)
    every = {Means.SMS: sms, Means.WEBHOOK: chat, Means.EMAIL: mail}
    turn(record, every, now + timedelta(seconds=19))
    assert (chat.sent, sms.sent) == ([], [])
    turn(record, every, now + timedelta(seconds=21))
    turn(record, every, now + timedelta(seconds=31))
    assert (len(chat.sent), len(sms.sent), len(mail.sent)) == (1, 1, 0)
    assert "到场处置并报告" in sms.sent[0].text
    assert sms.sent[0].address == REACHED["fire"].sms
    assert listed(record, task)[Means.SMS].status is N.SENT


def test_a_system_that_is_offline_is_replaced_before_the_minute(
    record: Record, incident: int, now: datetime
) -> None:
    """K01: department offline: known within seconds, the second means at 60 s at the latest."""
    task, sms, chat = issue(record, incident, now), Played(), Played()
    turn(record, {Means.SMS: sms, Means.WEBHOOK: chat}, now + timedelta(seconds=10))
    assert len(chat.sent) == 1, "the order has not even reached the broker"
    assert sms.sent == [], "one at a time"
    turn(record, {Means.SMS: sms}, now + timedelta(seconds=31))
    assert len(sms.sent) == 1
    words = told(record, task)
    assert any("提前：指令 10 秒未送到消息服务器" in one for one in words)


def test_with_the_broker_away_other_means_take_over_at_once(
    record: Record, incident: int, now: datetime
) -> None:
    """K01: the broker is down when the order is given."""
    task, sms = issue(record, incident, now, well=False), Played()
    turn(record, {Means.SMS: sms}, now)
    assert len(sms.sent) == 1
    assert "消息服务器中断" in told(record, task)[0]
    with record.read() as cx:
        assert [call.agency_id for call in calls.calls_due(cx, now)] == ["fire"]


def test_when_one_means_fails_the_next_takes_over_at_once(
    record: Record, incident: int, now: datetime
) -> None:
    task = issue(record, incident, now)
    arrived(record, task, now)
    chat, sms = Played(Failed("政务微信超时")), Played()
    every = {Means.SMS: sms, Means.WEBHOOK: chat}
    turn(record, every, now + timedelta(seconds=21))
    assert sms.sent == []
    turn(record, every, now + timedelta(seconds=22))
    assert len(sms.sent) == 1
    assert any("短信提前：政务微信未送达" in words for words in told(record, task))


def test_a_gateway_that_is_away_is_tried_again_later_and_later(
    record: Record, incident: int, now: datetime
) -> None:
    task = issue(record, incident, now)
    arrived(record, task, now)
    sms = Played(*[Failed("短信网关连接失败") for _ in range(3)])
    at = now + timedelta(seconds=30)
    for _ in range(3):
        turn(record, {Means.SMS: sms}, at)
        (again,) = [listed(record, task)[Means.SMS]]
        assert again.status is N.WAITING
        assert again.retry_at is not None
        turn(record, {Means.SMS: sms}, at)  # not before its time
        at = max(again.retry_at, at) + timedelta(seconds=1)
    assert len(sms.sent) == 3
    turn(record, {Means.SMS: sms}, at)
    done = listed(record, task)[Means.SMS]
    assert (done.status, done.attempts) == (N.SENT, 4)
    assert [one.worked for one in done.tries] == [False, False, False, True]
    assert done.delay_s is not None
    assert len([one for one in told(record, task) if "短信第" in one]) == 4, "each on the timeline"


def test_retries_double_up_to_five_minutes_and_never_stop_within_the_day() -> None:
    spans = [int(sending.back_off(n).total_seconds()) for n in (1, 2, 3, 7, 8, 300)]
    assert spans == [5, 10, 20, 300, 300, 300]


def test_what_a_person_must_mend_is_not_tried_again(
    record: Record, incident: int, now: datetime, officer: Actor
) -> None:
    task, sms = issue(record, incident, now), Played(Failed("号码不存在", retry=False))
    arrived(record, task, now)
    turn(record, {Means.SMS: sms}, now + timedelta(seconds=31))
    turn(record, {Means.SMS: sms}, now + timedelta(hours=1))
    assert len(sms.sent) == 1
    failed = listed(record, task)[Means.SMS]
    assert (failed.status, failed.result) == (N.FAILED, "号码不存在")
    calls.again(record, officer, failed.id, agencies=REACHED, at=now + timedelta(hours=1))
    turn(record, {Means.SMS: sms}, now + timedelta(hours=1))
    assert len(sms.sent) == 2


def test_a_means_that_nobody_set_up_says_so(
    record: Record, incident: int, now: datetime, tmp_path: Path
) -> None:
    settings = load_settings({"LINKAGE_DATA": str(tmp_path)})
    adapters = make_adapters(settings, record, lambda: REACHED)
    task = issue(record, incident, now)
    turn(record, adapters, now + timedelta(seconds=40))
    found = listed(record, task)
    assert found[Means.SMS].status is N.FAILED
    assert "未配置" in (found[Means.SMS].result or "")


def test_an_order_sheet_lies_on_disk_whole_and_escaped(
    record: Record, incident: int, now: datetime, tmp_path: Path
) -> None:
    """K14: a task text with markup stays text on paper too."""
    settings = load_settings({"LINKAGE_DATA": str(tmp_path)})
    adapters = make_adapters(settings, record, lambda: REACHED)
    task = issue(record, incident, now, task="<script>alert(1)</script>\n第二行")
    turn(record, adapters, now + timedelta(seconds=200))
    (file,) = (tmp_path / "sheets").rglob("*.html")
    assert file.name.startswith("20261122-1430")
    assert f"task-{task}-v1" in file.name
    page = file.read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>第二行" in page
    assert "应急联动指令单" in page
    assert "<script" not in page
    sheet = listed(record, task)[Means.SHEET]
    assert sheet.status is N.SENT
    printed = file.with_suffix(".pdf")
    assert str(printed.relative_to(tmp_path)) in (sheet.result or "")
    assert printed.read_bytes().startswith(b"%PDF-")
    assert {one.suffix for one in file.parent.iterdir()} == {".html", ".pdf"}


def test_a_disk_that_cannot_be_written_is_told(
    record: Record, incident: int, now: datetime, tmp_path: Path
) -> None:
    (tmp_path / "sheets").write_text("a file in the way", encoding="utf-8")
    settings = load_settings({"LINKAGE_DATA": str(tmp_path)})
    task = issue(record, incident, now)
    adapters = make_adapters(settings, record, lambda: REACHED)
    turn(record, adapters, now + timedelta(seconds=200))
    assert "写不进" in (listed(record, task)[Means.SHEET].result or "")


def test_a_changed_order_voids_what_waits_of_the_old_one(
    record: Record, incident: int, now: datetime
) -> None:
    task, later = issue(record, incident, now), now + timedelta(seconds=10)
    responses.reissue(
        record, OFFICER, task, 1, order("fire", LEAD, task="改到东门"), agencies=REACHED, at=later
    )
    with record.read() as cx:
        every = notices_of(cx, [task])[task]
    assert {one.status for one in every if one.round == 1} == {N.VOID}
    assert {one.status for one in every if one.round == 2} == {N.WAITING}


def test_who_was_told_by_message_is_told_of_the_withdrawal_by_message_at_once(
    record: Record, incident: int, now: datetime
) -> None:
    """K10: each department is informed of a cancellation, by the means that told it to go."""
    task, sms = issue(record, incident, now), Played()
    arrived(record, task, now)
    turn(record, {Means.SMS: sms}, now + timedelta(seconds=31))
    later = now + timedelta(seconds=40)
    responses.cancel(record, OFFICER, task, 1, "误报", agencies=REACHED, at=later)
    turn(record, {Means.SMS: sms}, later)
    assert len(sms.sent) == 2
    assert "任务已撤销" in sms.sent[1].text
    assert "撤销" in sms.sent[1].title


def test_chasing_sends_what_waits_now_and_no_message_twice_within_a_minute(
    record: Record, incident: int, now: datetime
) -> None:
    task, sms = issue(record, incident, now), Played()
    arrived(record, task, now)
    for seconds in (5, 6, 7):
        at = now + timedelta(seconds=seconds)
        responses.chase(record, OFFICER, task, 1, agencies=REACHED, at=at)
        turn(record, {Means.SMS: sms}, at)
    assert len(sms.sent) == 1
    at = now + timedelta(seconds=90)
    responses.chase(record, OFFICER, task, 1, agencies=REACHED, at=at)
    turn(record, {Means.SMS: sms}, at)
    assert len(sms.sent) == 2


def test_an_exercise_says_so_first_in_every_text(record: Record, now: datetime) -> None:
    drill = put_incident(record, alert(exercise=True), at=now, exercise=True)
    task, sms = issue(record, drill, now), Played()
    turn(record, {Means.SMS: sms}, now + timedelta(seconds=31))
    assert sms.sent[0].title.startswith("【演练】")
    assert sms.sent[0].text.startswith("【演练】")
    assert task


def test_two_senders_at_once_send_one_message(record: Record, incident: int, now: datetime) -> None:
    """K11: a fail-over leaves two senders for a moment: the row is claimed before it goes."""
    task = issue(record, incident, now)
    arrived(record, task, now)
    at = now + timedelta(seconds=31)
    with record.read() as cx:
        seen = sending.look(cx, at, {Means.SMS: 3}, REACHED, broker_away=False)
    with record.write(at) as w:
        first = sending.claim(w, seen)
    with record.write(at) as w:
        second = sending.claim(w, seen)
    assert (len(first), len(second)) == (1, 0)


def test_a_sender_that_died_in_the_act_is_followed_by_one_that_sends(
    record: Record, incident: int, now: datetime
) -> None:
    """K11: kill -9 between claim and note: sent at least once, and said that it may be twice."""
    task, sms = issue(record, incident, now), Played()
    arrived(record, task, now)
    at = now + timedelta(seconds=31)
    with record.read() as cx:
        seen = sending.look(cx, at, {Means.SMS: 3}, REACHED, broker_away=False)
    with record.write(at) as w:
        assert sending.claim(w, seen)
    turn(record, {Means.SMS: sms}, at + timedelta(seconds=5))
    assert sms.sent == []
    turn(record, {Means.SMS: sms}, at + sending.LEASE + timedelta(seconds=1))
    assert len(sms.sent) == 1
    assert sms.sent[0].attempts == 2
    assert "短信第 1 次：发送进程中途停止，是否送出不明，再发一次" in told(record, task)
    with record.read() as cx:
        tries = cx.execute(select(notice_attempt.c.worked).order_by(notice_attempt.c.id))
        assert list(tries.scalars()) == [False, True]


def test_a_gateway_slower_than_the_lease_gets_the_message_once(
    record: Record, incident: int, now: datetime
) -> None:
    """K11: a long text in many parts through a slow gateway is still under way after a minute."""
    task, goes_on = issue(record, incident, now), threading.Event()
    arrived(record, task, now)

    class Slow(Played):
        def send(self, one: sending.Outgoing) -> Sent | Failed:
            made = super().send(one)
            goes_on.wait(10)
            return made

    sms, at = Slow(), now + timedelta(seconds=31)
    sender = Sender(record, {Means.SMS: sms}, lambda: REACHED)
    assert sender.turn(at) == 1
    later = at + sending.LEASE + timedelta(seconds=1)
    assert sender.turn(later) == 0
    goes_on.set()
    sender.wait(10)
    assert len(sms.sent) == 1
    assert listed(record, task)[Means.SMS].status is N.SENT


def test_our_clock_put_back_holds_up_no_message(
    record: Record, incident: int, now: datetime
) -> None:
    """T24: put back an hour, nobody waits for that hour: neither a first try nor the next one."""
    task, sms = issue(record, incident, now), Played(Failed("网关无应答"))
    arrived(record, task, now)
    back = now - timedelta(hours=1)
    turn(record, {Means.SMS: sms}, back)
    assert len(sms.sent) == 1
    assert any("本机时钟被调回" in line for line in told(record, task))
    with record.write(now) as w:  # it failed before the clock was put back
        w.cx.execute(update(notice).values(retry_at=now + timedelta(minutes=5)))
    turn(record, {Means.SMS: sms}, back + timedelta(seconds=1))
    assert len(sms.sent) == 2
    assert listed(record, task)[Means.SMS].status is N.SENT


@pytest.mark.parametrize("said", ["编号 7\x00b", "编号 7\ud800b"])
def test_a_gateways_hostile_words_do_not_stop_the_sender(
    record: Record, incident: int, now: datetime, said: str
) -> None:
    """A number that no database takes: the message went, and must not go again each minute."""
    task = issue(record, incident, now)
    arrived(record, task, now)
    turn(record, {Means.SMS: Played(Sent(said))}, now + timedelta(seconds=31))
    sms = listed(record, task)[Means.SMS]
    assert sms.status is N.SENT
    assert sms.result == "编号 7b"


def test_a_message_that_went_while_the_agency_signed_is_told_as_sent(
    record: Record, incident: int, now: datetime
) -> None:
    task = issue(record, incident, now)
    arrived(record, task, now)

    class Slow(Played):
        def send(self, one: sending.Outgoing) -> Sent | Failed:
            say(record, "fire", task, S.ACKNOWLEDGED, now + timedelta(seconds=31))
            return super().send(one)

    turn(record, {Means.SMS: Slow()}, now + timedelta(seconds=31))
    assert listed(record, task)[Means.SMS].status is N.SENT


def test_a_dead_gateway_holds_up_its_own_means_only(
    record: Record, incident: int, now: datetime, tmp_path: Path
) -> None:
    tasks = [
        issue(record, incident, now, agency=agency, role=order(agency).role)
        for agency in ("fire", "health", "transport", "environment", "water")
    ]
    inbox = Inbox({"sms": Fault.BLACK_HOLE})
    with at_gateways(inbox, record, tmp_path) as adapters:
        sender = Sender(record, adapters, lambda: REACHED)
        at = now + timedelta(seconds=70)
        sender.turn(at)
        sender.turn(at)
        wait_until(lambda: len(inbox.received) >= AT_ONCE_EACH, 5, "the other means")
        assert inbox.tried <= AT_ONCE_EACH * 2 + len(tasks)
    assert all(one.means != "sms" for one in inbox.received)


@contextmanager
def at_gateways(inbox: Inbox, record: Record, folder: Path) -> Iterator[dict[Means, Adapter]]:
    with gateways(inbox) as ports:
        settings = load_settings({"LINKAGE_GATEWAYS": str(gateway_file(folder, *ports))})
        yield make_adapters(settings, record, lambda: REACHED)


def gateway_file(folder: Path, http: int, smtp: int) -> Path:
    """The demonstration's, at these ports."""
    text = (DATA / "demo" / "gateways.toml").read_text(encoding="utf-8")
    file = folder / "gateways.toml"
    file.write_text(text.replace("18590", str(http)).replace("18591", str(smtp)))
    return file


class Somebody(msgspec.Struct, frozen=True, kw_only=True):
    id: int = 5
    name: str = "值班长"
    agency_id: str | None = None
    telephone: str = ""
    mobile: str = ""
    email: str = ""
    webhook: str = ""


def reach(record: Record, who: Somebody, now: datetime) -> list[int]:
    with record.write(now) as w:
        return notices.reach_person(
            w, who, about=About.FIRING, about_id=9, round=1, title="超时升级", text="消防未签收"
        )


def test_a_person_is_reached_by_every_means_there_is_best_first(
    record: Record, now: datetime
) -> None:
    who = Somebody(mobile="00000000001", email="a@example.invalid", webhook="chief")
    ids = reach(record, who, now)
    with record.read() as cx:
        rows = cx.execute(select(notice).where(notice.c.id.in_(ids)).order_by(notice.c.id)).all()
    assert [row.means for row in rows] == ["sms", "webhook", "telephone", "email"]
    assert {row.not_before for row in rows} == {now}


def test_a_person_without_any_number_is_nobody_reached(record: Record, now: datetime) -> None:
    """The caller must go on to the next: silence here once sent a page to the directors."""
    assert reach(record, Somebody(), now) == []
    assert reach(record, Somebody(mobile="  "), now) == []


def test_what_need_not_be_said_any_more_is_voided_once(record: Record, now: datetime) -> None:
    reach(record, Somebody(mobile="00000000001", email="a@example.invalid"), now)
    with record.write(now) as w:
        assert notices.void(w, About.FIRING, 9, "已接手") == 3
    with record.write(now) as w:
        assert notices.void(w, About.FIRING, 9, "已接手") == 0


def due(record: Record, now: datetime) -> list[calls.Call]:
    with record.read() as cx:
        return calls.calls_due(cx, now)


def test_who_must_be_called_stands_on_the_list_until_somebody_has_called(
    record: Record, incident: int, now: datetime, officer: Actor, other_officer: Actor
) -> None:
    task, later = issue(record, incident, now), now + timedelta(seconds=61)
    arrived(record, task, now)
    assert due(record, now) == []
    (call,) = due(record, later)
    assert (call.address, call.attempts) == (REACHED["fire"].telephone, 0)
    calls.note_call(record, officer, call.id, 0, CallResult.NO_ANSWER, at=later)
    assert due(record, later) == []
    (call,) = due(record, later + calls.CALL_AGAIN)
    assert call.attempts == 1
    assert call.result == CallResult.NO_ANSWER.label
    with pytest.raises(Raced, match="甲"):
        calls.note_call(record, other_officer, call.id, 0, CallResult.REACHED, at=later)
    calls.note_call(
        record, other_officer, call.id, 1, CallResult.REACHED, words="已派两车", at=later
    )
    assert due(record, later + timedelta(hours=1)) == []
    made = listed(record, task)[Means.TELEPHONE]
    assert (made.status, made.attempts) == (N.DONE, 2)
    assert [one.worked for one in made.tries] == [False, True]
    with record.read() as cx:
        status = cx.execute(select(assignment.c.status)).scalar_one()
    assert status == S.ISSUED, "to be told is not to sign"


def test_a_wrong_number_leaves_the_list_and_says_so(
    record: Record, incident: int, now: datetime, officer: Actor
) -> None:
    task, later = issue(record, incident, now), now + timedelta(seconds=61)
    (call,) = due(record, later)
    calls.note_call(record, officer, call.id, 0, CallResult.WRONG_NUMBER, at=later)
    assert listed(record, task)[Means.TELEPHONE].status is N.FAILED


def test_a_call_that_nobody_needs_any_more_cannot_be_noted(
    record: Record, incident: int, now: datetime, officer: Actor
) -> None:
    task, later = issue(record, incident, now), now + timedelta(seconds=61)
    (call,) = due(record, later)
    say(record, "fire", task, S.ACKNOWLEDGED, later)
    turn(record, {}, later)
    with pytest.raises(Raced, match="不必再打"):
        calls.note_call(record, officer, call.id, 0, CallResult.REACHED, at=later)


def test_an_analyst_notes_no_call_and_what_still_waits_is_not_sent_again(
    record: Record, incident: int, now: datetime, officer: Actor, analyst: Actor
) -> None:
    task = issue(record, incident, now)
    one = listed(record, task)[Means.TELEPHONE]
    with pytest.raises(NotPermitted):
        calls.note_call(record, analyst, one.id, 0, CallResult.REACHED, at=now)
    with pytest.raises(NotAllowed, match="还在等待"):
        calls.again(record, officer, one.id, agencies=REACHED, at=now)
    with pytest.raises(NotAllowed, match="没有编号为"):
        calls.again(record, officer, 10**9, agencies=REACHED, at=now)


def test_no_number_stands_in_the_log(record: Record, incident: int, now: datetime) -> None:
    task = issue(record, incident, now)
    arrived(record, task, now)
    sms = Played(Failed("号码 13800138000 停机", retry=False))
    turn(record, {Means.SMS: sms}, now + timedelta(seconds=31))
    every = " ".join(told(record, task))
    assert "13800138000" not in every
    assert "138****8000" in every
    assert REACHED["fire"].sms not in every


def test_issuing_takes_no_longer_when_every_gateway_and_the_broker_are_dead(
    record: Record, incident: int, now: datetime, tmp_path: Path
) -> None:
    """Loss of the network once froze dispatch for 21 s: no call is on the officer's path."""
    inbox = Inbox({"sms": Fault.BLACK_HOLE, "webhook": Fault.BLACK_HOLE, "email": Fault.BLACK_HOLE})
    with at_gateways(inbox, record, tmp_path) as adapters:
        first = issue(record, incident, now, well=False)
        sender = Sender(record, adapters, lambda: REACHED)
        sender.turn(now)
        wait_until(lambda: inbox.tried >= 2, 5, "the gateways to hang")
        other = put_incident(record, alert(source_ref="J2"), at=now)
        second = issue(record, other, now, well=False, agency="health")
        listed(record, second)
        due(record, now)
        # It hangs as long as before: nobody waited for its end.
        assert listed(record, first)[Means.SMS].status is N.WAITING


def test_a_stopped_broker_is_known_and_other_means_take_over_by_themselves(
    mosquitto: Mosquitto, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K01: the real intake, a real broker that stops: the short message goes without anybody."""
    inbox, record = Inbox(), Record(database_url)
    with gateways(inbox) as (http, smtp):
        monkeypatch.setenv("LINKAGE_GATEWAYS", str(gateway_file(tmp_path, http, smtp)))
        monkeypatch.setenv("LINKAGE_CONTACTS", str(DATA / "demo" / "contacts.toml"))
        with running_ingest(mosquitto, database_url, tmp_path):
            mosquitto.kill()
            at = datetime.now(UTC)
            task = issue(record, put_incident(record, alert(), at=at), at, well=False)
            wait_until(lambda: any(m.means == "sms" for m in inbox.received), 30, "the message")
            sms = wait_until(lambda: sent(record, task, Means.SMS), 10, "its note")
    assert sms.delay_s is not None
    assert sms.delay_s < 30
    record.close()


def sent(record: Record, task: int, means: Means) -> Listed | None:
    found = listed(record, task)[means]
    return found if found.status is N.SENT else None
