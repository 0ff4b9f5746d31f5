"""The watch beside the messages: a silence is one incident of its own, and ends by itself."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from ingest.holding import Holding
from ingest.housekeeping import Housekeeping
from ingest.receive import understand
from ingest.registry import read_registry, read_rules
from ingest.wire import Message
from linkage.desk.freshness import freshness
from linkage.desk.incidents import claim
from linkage.figures.intake_status import intake_status
from linkage.intake.arrivals import Arrival
from linkage.intake.own_alerts import read_finding
from linkage.intake.take_in import Intake
from linkage.intake_tables import fragment
from linkage.log import as_json
from linkage.own_state import BROKER, Probe, read_services, set_service, watch_of
from linkage.people import Actor
from linkage.record import Record
from linkage.settings import load_settings
from linkage.sources import OURSELVES
from linkage.tables import alert, inbound_message, incident, incident_link
from linkage.verify import verify
from linkage.vocabulary import Channel
from tests.past import put_incident, put_message

SETTINGS = load_settings({})
REGISTRY = read_registry(SETTINGS)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
EVERYBODY = tuple(REGISTRY.sources)


class City:
    """Sources that beat, a probe that goes round, and the watch, on a clock of the test's own."""

    def __init__(self, record: Record, now: datetime) -> None:
        self.record, self.now = record, now
        self.intake = Intake(record, read_rules(SETTINGS, REGISTRY))
        self.clients: dict[str, str] = {}
        self.connected = self.leads = True
        self.start()

    def start(self) -> None:
        """Our process begins anew."""
        self.watch = Housekeeping(
            self.record,
            self.intake,
            lambda: REGISTRY,
            lambda: self.connected,
            leads=lambda: self.leads,
            clients=lambda _: self.clients,
        )

    def go(
        self,
        length: timedelta,
        *,
        alive: tuple[str, ...] = EVERYBODY,
        probe: bool = True,
        watch: bool = True,
    ) -> None:
        """`length` of time in turns of five seconds: who is `alive` beats every half minute."""
        for turn in range(round(length / (5 * SECOND))):
            self.now += 5 * SECOND
            arrivals = [self.beat(name) for name in alive if turn % 6 == 0]
            if probe:
                arrivals.append(self._probe())
            if arrivals:
                self.intake.take_in(arrivals, self.now)
            if watch:
                self.watch.tick(self.now)

    def beat(self, source_id: str, payload: bytes = b"1", *, retained: bool = False) -> Arrival:
        topic = f"linkage/v1/heartbeat/{source_id}".encode()
        message = Message(1, topic, payload, retained)
        return understand(message, REGISTRY, self.now, Holding())

    def _probe(self) -> Arrival:
        sent = as_json(Probe(self.now - 0.01 * SECOND)).encode()
        topic = f"linkage/v1/probe/{REGISTRY.ingest_id}"
        return Arrival(
            channel=Channel.PROBE,
            source_id=REGISTRY.ingest_id,
            topic=topic,
            payload=sent,
            received_at=self.now,
            retained=False,
            content=None,
        )

    def incidents(self) -> list[Any]:
        with self.record.read() as cx:
            return list(cx.execute(select(incident).order_by(incident.c.id)).all())

    def silent(self) -> list[str]:
        with self.record.read() as cx:
            return [one.id for one in freshness(cx, REGISTRY.sources, self.now).silent]

    def said(self) -> list[str]:
        with self.record.read() as cx:
            rows = select(alert.c.headline).where(alert.c.source_id == OURSELVES)
            return list(cx.execute(rows.order_by(alert.c.id)).scalars())


def but(*names: str) -> tuple[str, ...]:
    return tuple(one for one in EVERYBODY if one not in names)


@pytest.fixture
def city(record: Record, now: datetime) -> City:
    city = City(record, now)
    city.go(2 * MINUTE)
    return city


def test_nobody_is_missed_before_the_first_word(record: Record, now: datetime) -> None:
    """A fresh install is not nineteen incidents."""
    city = City(record, now)
    city.go(20 * MINUTE, alive=())
    assert city.silent() == []
    assert city.incidents() == []


def test_a_call_system_that_falls_silent_is_a_severe_incident_of_its_own(city: City) -> None:
    city.go(2 * MINUTE, alive=but("110-cad"))
    assert city.silent() == []
    city.go(10 * SECOND, alive=but("110-cad"))
    assert city.silent() == ["110-cad"]
    (found,) = city.incidents()
    assert (found.kind, found.severity, found.event_code) == ("system_fault", "severe", "19000")
    assert found.headline.startswith("接入系统 110 接处警 失联 2 分 ")
    assert (found.place, found.lon, found.position_note) == ("", None, "nowhere")
    assert found.grade_proposed is None
    with city.record.read() as cx:
        (text,) = cx.execute(select(alert.c.text)).scalars()
        status = intake_status(cx, REGISTRY.sources, [], city.now)
    assert "请电话联系市公安局指挥中心值班室" in text
    assert "应至少每 2 分钟来一报，宽限 30 秒" in text
    assert OURSELVES not in status.strangers
    assert status.ours.stored == 1


def test_a_department_that_falls_silent_is_less_than_severe(city: City) -> None:
    city.go(8 * MINUTE, alive=but("water"))
    (found,) = city.incidents()
    assert found.severity == "moderate"


def test_it_is_told_again_as_it_grows_and_closed_by_itself_when_it_is_over(city: City) -> None:
    city.go(14 * MINUTE, alive=but("water"))
    assert len(city.said()) == 2, "not every five seconds"
    city.go(MINUTE)
    (found,) = city.incidents()
    assert found.headline.startswith("接入系统 水利水文 已恢复（失联 14 分") or (
        "已恢复（失联 14 分" in found.headline
    )
    assert found.status == "received"
    city.go(6 * MINUTE)
    (found,) = city.incidents()
    assert (found.status, found.disposition) == ("closed", "handled")
    with city.record.read() as cx:
        assert [one.fault for one in verify_all(city.record)] == [None] * 6
        assert watch_of(read_services(cx)).spells == {}  # type: ignore[union-attr]


def verify_all(record: Record) -> list[Any]:
    return list(verify(record))


def test_what_a_person_has_taken_in_hand_is_hers_to_close(city: City, officer: Actor) -> None:
    city.go(5 * MINUTE, alive=but("110-cad"))
    (found,) = city.incidents()
    claim(city.record, officer, found.id, at=city.now)
    city.go(10 * MINUTE)
    (found,) = city.incidents()
    assert "已恢复" in found.headline
    assert found.status == "received"


def test_a_source_that_comes_and_goes_is_one_incident(city: City) -> None:
    for _ in range(6):
        city.go(3 * MINUTE, alive=but("110-cad"))
        city.go(MINUTE)
    assert len(city.incidents()) == 1
    city.go(7 * MINUTE)
    (found,) = city.incidents()
    assert found.status == "closed"


def test_a_last_will_is_red_at_once_and_an_incident_after_the_grace(city: City) -> None:
    """T19: the last will marks the source offline."""
    city.intake.take_in([city.beat("110-cad", b'{"state":"offline"}')], city.now)
    assert city.silent() == ["110-cad"]
    city.go(30 * SECOND, alive=but("110-cad"))
    assert city.incidents() == []
    city.go(15 * SECOND, alive=but("110-cad"))
    (found,) = city.incidents()
    assert "失联" in found.headline
    city.intake.take_in([city.beat("110-cad")], city.now + SECOND)
    assert city.silent() == []


def test_a_program_that_is_started_anew_is_no_incident(city: City) -> None:
    city.intake.take_in([city.beat("110-cad", b"offline")], city.now)
    city.go(10 * SECOND, alive=but("110-cad"))
    city.go(10 * MINUTE)
    assert city.incidents() == []


def test_a_retained_heartbeat_is_no_sign_of_life_nor_of_death(city: City) -> None:
    """T04: what the broker has kept is a replay."""
    city.go(3 * MINUTE, alive=but("110-cad"))
    assert city.silent() == ["110-cad"]
    city.intake.take_in([city.beat("110-cad", retained=True)], city.now)
    assert city.silent() == ["110-cad"]
    city.intake.take_in([city.beat("119-cad", b"offline", retained=True)], city.now)
    assert city.silent() == ["110-cad"]
    assert [one.fault for one in verify_all(city.record)] == [None] * 6


def test_a_retained_word_of_before_the_first_contact_connects_nobody(
    record: Record, now: datetime
) -> None:
    city = City(record, now)
    city.intake.take_in([city.beat("110-cad", retained=True)], now)
    city.go(20 * MINUTE, alive=())
    assert city.silent() == []
    with record.read() as cx:
        assert "110 接处警" in freshness(cx, REGISTRY.sources, city.now).never


def test_when_the_broker_is_away_there_is_one_incident_and_nobody_is_blamed(city: City) -> None:
    """T16: broker stopped for ten minutes."""
    city.connected = False
    city.go(10 * MINUTE, alive=(), probe=False)
    (found,) = city.incidents()
    assert found.severity == "severe"
    assert found.headline.startswith("全部接入中断（消息服务器不可达）")
    assert city.silent() == []
    city.connected = True
    city.go(2 * MINUTE, alive=())
    (found,) = city.incidents()
    assert "全部接入已恢复（中断 10 分" in found.headline
    assert city.silent() == [], "they have their time again"
    city.go(10 * MINUTE)
    (found,) = city.incidents()
    assert found.status == "closed"


def test_an_absence_of_ours_is_told_when_we_are_back(city: City) -> None:
    city.now += 40 * MINUTE
    city.start()
    city.go(2 * MINUTE, alive=but("water"))
    (found,) = city.incidents()
    assert found.severity == "moderate", "it is over: nobody is woken"
    assert "全部接入已恢复（中断 40 分" in found.headline
    city.go(5 * MINUTE, alive=but("water"))
    assert [one.headline[:4] for one in city.incidents()] == ["全部接入", "接入系统"]


def test_a_restart_of_a_moment_is_no_incident(city: City) -> None:
    city.now += 30 * SECOND
    city.start()
    city.go(10 * MINUTE)
    assert city.incidents() == []


def test_when_the_line_to_all_is_cut_there_is_one_incident(city: City) -> None:
    """The broker is well and hears nobody."""
    city.go(12 * MINUTE, alive=())
    (found,) = city.incidents()
    assert found.headline.startswith("全部 19 个接入系统都没有报文")
    city.go(MINUTE, alive=("fire",))
    city.go(MINUTE, alive=("fire", "110-cad"))
    assert len(city.incidents()) == 1, "the others have their time again"


def test_a_finding_is_kept_and_read_again_as_it_was(city: City) -> None:
    city.go(5 * MINUTE, alive=but("110-cad"))
    with city.record.read() as cx:
        kept = cx.execute(
            select(inbound_message).where(inbound_message.c.source_id == OURSELVES)
        ).one()
        row = cx.execute(select(alert).where(alert.c.source_id == OURSELVES)).one()
    again = read_finding(kept.payload)
    assert (again.source_ref, again.headline, again.text) == (
        row.source_ref,
        row.headline,
        row.text,
    )


def test_nobody_else_speaks_in_our_name(city: City) -> None:
    """T02: identity comes from the topic, and ours is nobody's."""
    forged = Message(1, b"linkage/v1/alert/linkage", b'{"ref":"silent/110-cad"}', retained=False)
    city.intake.take_in([understand(forged, REGISTRY, city.now, Holding())], city.now)
    assert city.incidents() == []
    with city.record.read() as cx:
        assert intake_status(cx, REGISTRY.sources, [], city.now).ours.rejected == 1


def test_our_faults_join_no_callers_incident(city: City) -> None:
    with city.record.write(city.now) as w:
        put_incident(w, city.now)
    city.go(5 * MINUTE, alive=but("110-cad", "119-cad"))
    assert len(city.incidents()) == 3
    with city.record.read() as cx:
        assert cx.execute(select(incident_link)).all() == []


def test_what_the_broker_drops_is_told(city: City) -> None:
    """T18: the broker's counter of dropped messages is watched."""
    for count in (7, 7, 9):
        with city.record.write(city.now) as w:
            set_service(w, BROKER, city.now, {"dropped": count})
        city.go(10 * SECOND)
    (found,) = city.incidents()
    assert found.headline.startswith("消息服务器丢弃了报文（累计 9 条）")


def test_a_client_that_flaps_is_named(city: City) -> None:
    """T13, T21: more than three connects a minute."""
    city.clients = {"gateway-7": "一分钟内连接 9 次，同名客户端互相顶替"}
    city.go(10 * SECOND)
    (found,) = city.incidents()
    assert "客户端 gateway-7 反复连接" in found.headline
    assert found.severity == "minor"


def test_of_several_processes_only_the_leading_one_keeps_watch(city: City) -> None:
    city.leads = False
    city.go(10 * MINUTE, alive=but("110-cad"))
    assert city.incidents() == []
    city.leads = True
    city.go(10 * SECOND, alive=but("110-cad"))
    assert len(city.incidents()) == 1


def test_a_half_that_waits_in_vain_is_given_up(city: City) -> None:
    with city.record.write(city.now) as w:
        message = put_message(w, "fire", city.now)
        row = {"source_id": "fire", "stream": "g", "key": "", "data": b"##", "since": city.now}
        w.cx.execute(fragment.insert().values(**row, inbound_id=message))
    city.go(90 * SECOND)
    with city.record.read() as cx:
        assert cx.execute(select(fragment)).all() == []
        kept = cx.execute(select(inbound_message).where(inbound_message.c.id == message)).one()
    assert kept.outcome == "rejected"


def test_a_storm_turns_the_meter_on_and_its_end_is_remembered(city: City) -> None:
    with city.record.write(city.now) as w:
        for _ in range(14):
            put_incident(w, city.now)
    city.go(10 * SECOND)
    with city.record.read() as cx:
        state = freshness(cx, REGISTRY.sources, city.now)
    assert state.flood is not None
    assert (state.flood.on, state.flood.rate) == (True, 14.0)
    city.go(11 * MINUTE)
    with city.record.read() as cx:
        kept = watch_of(read_services(cx))
    assert kept is not None
    assert not kept.flood.on  # type: ignore[union-attr]
    assert [one.peak for one in kept.floods] == [14.0]
    assert [one.fault for one in verify_all(city.record)] == [None] * 6


def test_a_fault_of_the_watch_does_not_reach_the_intake(
    record: Record, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Any:
        raise ZeroDivisionError

    watch = Housekeeping(record, Intake(record, read_rules(SETTINGS, REGISTRY)), broken, bool)
    watch.tick(now)
    assert "巡查出错" in caplog.text
