"""What is noticed of a source beside its alerts, and that nothing is written while all is well."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Row, event, select

from ingest.feedback import read_feedback
from ingest.holding import Holding
from ingest.receive import understand
from ingest.registry import read_registry, read_rules
from ingest.wire import Message
from linkage.alerts import Impostor, Point, Unreadable
from linkage.datum import Datum, from_wgs84
from linkage.desk.live import open_incidents
from linkage.figures.kept import imbalances
from linkage.intake.arrivals import Arrival, Receipt
from linkage.intake.take_in import Intake
from linkage.intake_tables import source_quality
from linkage.record import Record
from linkage.settings import load_settings
from linkage.tables import alert as alert_table
from linkage.tables import inbound_message, incident, log_entry
from linkage.vocabulary import Outcome
from tests.builders import alert
from tests.test_intake import RULES, arrival, rows, take

ROOT = Path(__file__).parents[1]
SETTINGS = load_settings({})
REGISTRY = read_registry(SETTINGS)
FIXTURES = ROOT / "tests" / "fixtures"


@pytest.fixture
def intake(record: Record) -> Intake:
    return Intake(record, read_rules(SETTINGS, REGISTRY))


def come(payload: bytes, topic: str, now: datetime, *, retained: bool = False) -> Arrival:
    """What came over the wire, as the intake sees it."""
    message = Message(1, topic.encode(), payload, retained)
    return understand(message, REGISTRY, now, Holding())


def send(intake: Intake, path: str, now: datetime, **how: Any) -> Receipt:
    topic = f"linkage/v1/alert/{path.split('/', maxsplit=1)[0]}"
    return intake.take_in([come((FIXTURES / path).read_bytes(), topic, now, **how)], now)[0]


def noticed(record: Record) -> dict[tuple[str, str], Row[Any]]:
    with record.read() as cx:
        return {(r.channel, r.source_id): r for r in cx.execute(select(source_quality))}


def logged(record: Record, action: str) -> list[Row[Any]]:
    return [row for row in rows(record, log_entry) if row.action == action]


# ── doubtful fields ──


def test_a_call_with_a_field_that_cannot_be_read_is_taken_and_the_field_noted(
    intake: Intake, record: Record, now: datetime
) -> None:
    """P06: 数人 is no number of people: the call comes in, the field does not."""
    receipt = send(intake, "119-cad/trapped-not-a-number.json", now)
    assert receipt.status is Outcome.STORED
    assert receipt.reason == "BKRS：人数应为非负整数，收到 '数人'"
    (one,) = rows(record, incident)
    assert one.trapped is None
    seen = noticed(record)["alert", "119-cad"]
    assert (seen.noted, seen.last_note, seen.claims) == (1, receipt.reason, 0)
    with record.read() as cx:
        assert imbalances(cx) == []


def test_a_good_call_leaves_no_note(intake: Intake, record: Record, now: datetime) -> None:
    send(intake, "110-cad/tanker-overturned.json", now)
    assert noticed(record) == {}


def test_the_same_doubtful_call_again_is_one_call_and_one_note(
    intake: Intake, record: Record, now: datetime
) -> None:
    """P28, P29: a record without a number has one made of its content."""
    first, again = (send(intake, "119-cad/no-number.json", now) for _ in range(2))
    assert (first.status, again.status) == (Outcome.STORED, Outcome.DUPLICATE)
    assert first.incident == again.incident
    assert str(rows(record, alert_table)[0].source_ref).startswith("无编号-")
    assert noticed(record)["alert", "119-cad"].noted == 1


# ── who speaks ──


def test_a_payload_that_says_it_is_another_is_a_security_event(
    intake: Intake, record: Record, now: datetime
) -> None:
    """T02: refused, counted with who it was and whom it claimed, and in the log."""
    receipt = send(intake, "110-cad/claims-to-be-119.json", now)
    assert receipt.status is Outcome.REJECTED
    assert rows(record, incident) == []
    seen = noticed(record)["alert", "110-cad"]
    assert (seen.claims, seen.last_claim) == (1, "'119-cad'")
    (entry,) = logged(record, "security")
    assert entry.actor == "source:110-cad"
    assert "119-cad" in entry.reason


def test_feedback_in_anothers_name_is_a_security_event_too(
    intake: Intake, record: Record, now: datetime
) -> None:
    """T02: an agency's topic, another agency's name in the payload."""
    payload = b'{"agency":"110","assignment":1,"revision":1,"status":"acknowledged"}'
    with pytest.raises(Impostor):
        read_feedback(payload, REGISTRY.agencies["119"])
    intake.take_in([come(payload, "linkage/v1/feedback/119", now)], now)
    assert noticed(record)["feedback", "119"].claims == 1
    assert logged(record, "security")[0].actor == "agency:119"


def test_a_flood_of_false_names_is_one_entry_a_batch(
    intake: Intake, record: Record, now: datetime
) -> None:
    payload = (FIXTURES / "110-cad/claims-to-be-119.json").read_bytes()
    intake.take_in([come(payload, "linkage/v1/alert/110-cad", now)] * 50, now)
    assert noticed(record)["alert", "110-cad"].claims == 50
    (entry,) = logged(record, "security")
    assert "50 条" in entry.reason


# ── clocks ──


def late_by(seconds: float, count: int, now: datetime, first: int = 0) -> list[Arrival]:
    at = now - timedelta(seconds=seconds)
    return [
        arrival(alert(source_ref=f"J{first + n}", sent_at=at, occurred_at=at), now)
        for n in range(count)
    ]


def test_a_clock_that_is_wrong_is_noticed_by_the_median_and_told_once(
    intake: Intake, record: Record, now: datetime
) -> None:
    """T23: ten minutes ahead; one message that queued for an hour changes nothing."""
    intake.take_in(late_by(3600, 1, now, first=90) + late_by(-600, 6, now), now)
    seen = noticed(record)["alert", "110-cad"]
    assert seen.skew_s == -600
    (entry,) = logged(record, "doubt")
    assert entry.reason == "来源时钟快 600 秒"
    for minute in range(1, 4):
        at = now + timedelta(minutes=minute)
        intake.take_in(late_by(-600, 3, at, first=minute * 10), at)
    assert len(logged(record, "doubt")) == 1


def test_a_clock_that_was_put_right_is_cleared_also_after_a_restart(
    record: Record, intake: Intake, now: datetime
) -> None:
    intake.take_in(late_by(-600, 6, now), now)
    again = Intake(record, RULES)
    again.take_in(late_by(1, 6, now, first=20), now)
    assert noticed(record)["alert", "110-cad"].skew_s is None


@pytest.mark.parametrize("seconds", [-59, 0, 30, 119])
def test_a_little_delay_is_no_wrong_clock(
    intake: Intake, record: Record, now: datetime, seconds: float
) -> None:
    intake.take_in(late_by(seconds, 20, now), now)
    assert noticed(record) == {}


def test_our_own_clock_that_steps_back_makes_no_negative_times(
    intake: Intake, record: Record, now: datetime
) -> None:
    """T24: an hour back: later changes stay later, numbers are not given twice."""
    first = alert(source_ref="A")
    intake.take_in([arrival(first, now)], now)
    back = now - timedelta(hours=1)
    intake.take_in([arrival(replace(first, revision=2, text="续"), back)], back)
    intake.take_in(
        [arrival(alert(source_ref="B", point=Point(118.75, 34.54), place="东海"), back)], back
    )
    one, other = rows(record, incident)
    assert one.changed_at == one.last_alert_at == one.opened_at
    assert one.number != other.number


# ── datum ──


def test_a_source_whose_datum_is_wrong_is_named_and_cleared_when_right_again(
    intake: Intake, record: Record, now: datetime
) -> None:
    """P22: 122 is declared WGS-84 here and sends GCJ-02; twenty joint events tell it."""
    rules = replace(RULES, datums={"110-cad": "gcj02", "119-cad": "wgs84", "122-cad": "wgs84"})
    intake = Intake(record, rules)

    def together(n: int, wrong: bool) -> None:
        spot = (118.7 + (n % 7) * 0.11, 34.2 + n * 0.009)
        sent = from_wgs84(Datum.GCJ02, *spot) if wrong else spot
        at = now + timedelta(minutes=n)
        first = ("110-cad", "119-cad")[n % 2]
        plate = (f"苏G{n:05}",)
        common: dict[str, Any] = {"plates": plate, "place": "", "occurred_at": at}
        opens = alert(source_id=first, source_ref=f"A{n}", point=Point(*spot), **common)
        joins = alert(
            source_id="122-cad",
            source_ref=f"B{n}",
            point=Point(*sent),
            references=((first, f"A{n}"),),
            **common,
        )
        take(intake, at, opens)
        take(intake, at, joins)

    for n in range(20):
        together(n, wrong=True)
    take(intake, now + timedelta(hours=2))
    seen = noticed(record)["alert", "122-cad"]
    assert seen.datum_seems == "gcj02"
    assert 450 < seen.datum_off_m < 600
    assert "坐标疑为 GCJ-02" in logged(record, "doubt")[0].reason
    assert ("alert", "110-cad") not in noticed(record)
    for n in range(20, 80):
        together(n, wrong=False)
    take(intake, now + timedelta(hours=9))
    assert noticed(record)["alert", "122-cad"].datum_seems is None


# ── replays ──


def test_a_retained_old_message_is_late_and_not_new(
    intake: Intake, record: Record, now: datetime
) -> None:
    """T04: the broker kept it, we never saw it, it is seven hours old: taken, told as late."""
    old = alert(occurred_at=now - timedelta(hours=7))
    (receipt,) = intake.take_in([arrival(old, now, retained=True)], now)
    assert receipt.status is Outcome.STORED
    assert "迟到" in str(receipt.reason)
    assert noticed(record)["alert", "110-cad"].late == 1
    with record.read() as cx:
        assert [row.told_late for row in open_incidents(cx)] == [True]


def test_an_old_event_that_is_told_now_is_new(
    intake: Intake, record: Record, now: datetime
) -> None:
    """T04: late is what the broker replays; what a system tells only now must ring."""
    take(intake, now, alert(occurred_at=now - timedelta(hours=7)))
    with record.read() as cx:
        assert [row.told_late for row in open_incidents(cx)] == [False]


def test_a_retained_message_a_hundred_times_is_one_incident(
    intake: Intake, record: Record, now: datetime
) -> None:
    """T05: each reconnect brings it again."""
    kept = arrival(alert(occurred_at=now - timedelta(hours=7)), now, retained=True)
    for _ in range(100):
        intake.take_in([kept], now)
    (one,) = rows(record, incident)
    assert one.alert_count == 1
    assert len(rows(record, inbound_message)) == 100
    assert noticed(record)["alert", "110-cad"].late == 1


def test_a_captured_message_a_day_later_is_a_duplicate(
    intake: Intake, record: Record, now: datetime
) -> None:
    """T25: the same bytes, whenever they come."""
    first = send(intake, "110-cad/tanker-overturned.json", now)
    again = send(intake, "110-cad/tanker-overturned.json", now + timedelta(days=1))
    assert (first.status, again.status) == (Outcome.STORED, Outcome.DUPLICATE)
    assert len(rows(record, incident)) == 1


# ── cost and undoing ──


@pytest.fixture
def statements(record: Record) -> Iterator[list[str]]:
    said: list[str] = []

    def heard(*args: Any) -> None:
        said.append(args[2])

    event.listen(record.engine, "before_cursor_execute", heard)
    yield said
    event.remove(record.engine, "before_cursor_execute", heard)


def test_while_all_is_well_no_statement_is_spent_on_it(
    intake: Intake, now: datetime, statements: list[str]
) -> None:
    take(intake, now, alert(source_ref="A"))
    statements.clear()
    intake.take_in(late_by(3, 40, now), now)
    assert [s for s in statements if "source_quality" in s] == []


def test_what_was_noticed_in_a_batch_that_was_undone_is_not_counted(
    record: Record, intake: Intake, now: datetime
) -> None:
    why = Impostor("'119-cad'", "110-cad", "source")

    def undone() -> None:
        with intake.batch(now) as (_, batch):
            batch.take([arrival(why, now)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    intake.take_in([arrival(why, now)], now)
    assert noticed(record)["alert", "110-cad"].claims == 1


def test_a_plain_refusal_is_no_security_event(
    intake: Intake, record: Record, now: datetime
) -> None:
    take(intake, now, Unreadable("读不懂"))
    assert noticed(record) == {}
