"""The province's receipts on the wire: read strictly, taken once; forged ones refused and said."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from ingest.holding import Holding
from ingest.lanes import AGENCIES, STRANGERS, lanes_of
from ingest.receive import understand
from ingest.registry import read_registry
from ingest.reporting import read_receipt
from ingest.simulate.line import Line
from ingest.simulate.province import Province, keep_answering, load_manner
from ingest.wire import Message
from linkage.alerts import Classified, Impostor, Unreadable
from linkage.people import Actor
from linkage.record import Record
from linkage.reporting.exchange import RECEIPT_TOPIC, ReportMessage
from linkage.reporting.reports import Report, chain_of
from linkage.reporting.sending import resend
from linkage.response_vocabulary import ReportElement as E
from linkage.response_vocabulary import ReportStatus
from linkage.settings import load_settings
from linkage.tables import inbound_message
from linkage.vocabulary import Channel, Outcome, Role
from tests.parts import Mosquitto, wait_until
from tests.reporting import fill, one, put_grave, signed
from tests.running import running_ingest

DEMO = Path(__file__).parents[1] / "data" / "demo"
REGISTRY = read_registry(load_settings({}))
TOPIC = RECEIPT_TOPIC.format("js-province")
GOOD = {"report": 7, "number": "连应急报〔2026〕第1号", "status": "received", "by": "省值班室"}


def raw(**changes: Any) -> bytes:
    return msgspec.json.encode({k: v for k, v in {**GOOD, **changes}.items() if v is not None})


def test_a_receipt_is_read() -> None:
    read = read_receipt(raw(at="2026-11-22T15:00:00+08:00"), "js-province")
    assert (read.report_id, read.status, read.by) == (7, "received", "省值班室")
    assert read.at == datetime(2026, 11, 22, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("payload", "field", "says"),
    [
        (raw(report=None), "report", "缺少"),
        (raw(report="七"), "report", "report"),
        (raw(number=None), "number", "文号"),
        (raw(status="ok"), "status", "received、returned"),
        (raw(status="returned"), "reason", "写明理由"),
        (raw(at="2026-11-22 15:00"), "at", "时差"),
        (b"", None, "空报文"),
        (b"[1]", None, ""),
        (b"\xff\xfe", None, "UTF-8"),
        (b"{" + b" " * 70_000, None, "上限"),
    ],
)
def test_what_breaks_the_contract_is_refused_naming_the_field(
    payload: bytes, field: str | None, says: str
) -> None:
    with pytest.raises(Unreadable) as refused:
        read_receipt(payload, "js-province")
    assert refused.value.field == field
    assert says in refused.value.reason


def test_who_says_to_be_another_than_the_topic_is_an_impostor() -> None:
    with pytest.raises(Impostor):
        read_receipt(raw(authority="zj-province"), "js-province")


def test_a_classified_receipt_leaves_no_text() -> None:
    with pytest.raises(Classified):
        read_receipt(raw(SFBM="涉密"), "js-province")


def heard(topic: str, payload: bytes = raw()) -> Any:
    message = Message(mid=1, topic=topic.encode(), payload=payload, retained=False)
    return understand(message, REGISTRY, datetime(2026, 11, 22, tzinfo=UTC), Holding()).content


def test_a_topic_of_nobody_we_report_to_is_refused() -> None:
    assert "report_limits.toml" in heard("linkage/v1/report-receipt/zj-province").reason
    assert "多出一级" in heard(f"{TOPIC}/more").reason
    assert "主题" in heard("linkage/v1/report_receipt/js-province").reason


def test_the_agencies_lane_hears_the_province_and_strangers_are_heard_too() -> None:
    lanes = lanes_of(REGISTRY)
    assert TOPIC in lanes[AGENCIES].topics
    assert "linkage/+/report-receipt/#" in lanes[STRANGERS].topics


@pytest.fixture
def province(mosquitto: Mosquitto) -> Iterator[None]:
    """The simulated centre at its usual work, faster than people."""
    settings = load_settings({"LINKAGE_MQTT_URL": mosquitto.url})
    played, ended = Province(load_manner(DEMO), pace=60), threading.Event()
    line = Line(settings, "province", (played.topic,), played.heard)
    line.open()
    wait_until(line.client.is_connected, 30, "the province")
    thread = threading.Thread(target=keep_answering, args=(played, line.say, ended))
    thread.start()
    yield
    ended.set()
    thread.join(30)
    line.close()


def test_from_three_dead_to_the_provinces_receipt_with_every_real_part(
    mosquitto: Mosquitto, database_url: str, tmp_path: Path, province: None
) -> None:
    """Opened by the running intake, signed, sent, returned once for a missing element, corrected,
    its receipt lost once and given at the second time."""
    officer, chief = Actor("甲", Role.DUTY_OFFICER), Actor("丙", Role.DUTY_CHIEF)
    record = Record(database_url)
    now = datetime.now(UTC)
    it = put_grave(record, at=now)

    def chain(status: ReportStatus, count: int) -> list[Report]:
        with record.read() as cx:
            found = chain_of(cx, it)
        return found if len(found) == count and found[-1].status is status else []

    with running_ingest(mosquitto, database_url, tmp_path):
        wait_until(lambda: chain(ReportStatus.DRAFT, 1), 30, "the draft")
        draft = chain(ReportStatus.DRAFT, 1)[0]
        signed(record, draft.id, officer, chief, datetime.now(UTC))
        wait_until(lambda: chain(ReportStatus.DRAFT, 2), 30, "the return, and the next draft")
        first, second = chain(ReportStatus.DRAFT, 2)
        assert first.status is ReportStatus.REFUSED
        assert "起因" in (first.receipt or "")
        fill(record, officer, second.id, {E.CAUSE: "转弯侧翻"}, datetime.now(UTC))
        signed(record, second.id, officer, chief, datetime.now(UTC))
        wait_until(lambda: chain(ReportStatus.SENT, 2), 30, "the second report to go")
        resend_when_sent(record, officer, second.id)
        wait_until(lambda: chain(ReportStatus.RECEIVED, 2), 30, "the receipt")
        forge(mosquitto, {"report": first.id, "number": "假〔2026〕第1号", "status": "received"})
        wait_until(lambda: refusals(record), 30, "the forged one to be refused")
    assert "文号" in refusals(record)[0]
    record.close()


def resend_when_sent(record: Record, officer: Actor, report_id: int) -> None:
    sent = one(record, report_id)
    resend(record, officer, report_id, sent.version)


def refusals(record: Record) -> list[str]:
    query = select(inbound_message.c.reason).where(
        inbound_message.c.channel == Channel.REPORT_RECEIPT.value,
        inbound_message.c.outcome == Outcome.REJECTED.value,
    )
    with record.read() as cx:
        return list(cx.execute(query).scalars())


def forge(mosquitto: Mosquitto, receipt: dict[str, Any]) -> None:
    """A stranger on the province's topic."""
    line = Line(load_settings({"LINKAGE_MQTT_URL": mosquitto.url}), "forger", (), lambda *_: None)
    line.open()
    wait_until(line.client.is_connected, 30, "the forger")
    line.client.publish(TOPIC, msgspec.json.encode(receipt), qos=1).wait_for_publish(30)
    line.close()


def test_the_simulated_province_answers_the_same_report_the_same_way() -> None:
    manner = msgspec.structs.replace(load_manner(DEMO), loses_receipt_of=2, answers_after_s=0)
    played = Province(manner)
    message = ReportMessage(**_MESSAGE)

    def told(**changes: Any) -> list[dict[str, Any]]:
        sent = msgspec.structs.replace(message, **changes)
        played.heard(played.topic, msgspec.json.encode(sent))
        return [msgspec.json.decode(said) for _, said in played.turn(float("inf"))]

    first = told()
    assert first[0]["status"] == "returned"
    assert "起因" in first[0]["reason"]
    assert told()[0]["status"] == "returned"
    assert told(id=2) == [], "lost"
    assert told(id=2)[0]["status"] == "received"
    with pytest.raises(ValueError, match="不是报给"):
        told(authority="zj-province")


_AT = datetime(2026, 11, 22, 7, tzinfo=UTC)
_NONE = ("event_id", "event_code", "level", "response_level", "occurred_at", "received_at")
_MESSAGE: dict[str, Any] = {
    **dict.fromkeys((*_NONE, "position", "casualties", "follows", "telephoned_at")),
    **dict.fromkeys(("due_at", "late_reason")),
    **dict.fromkeys(("measures", "elements", "changes", "attachments"), ()),
    "id": 1,
    "number": "连应急报〔2026〕第1号",
    "report_type": "first",
    "report_type_label": "首报",
    "seq": 0,
    "authority": "js-province",
    "issuer": "市指挥中心",
    "region_code": "320700000000",
    "title": "报告",
    "summary": "苯罐车侧翻",
    "basis": "三人死亡",
    "signed_by": "丙",
    "signed_at": _AT,
    "exercise": False,
}
