"""How far a message gets: each way to be cut off has its own name and its own remedy."""

from datetime import datetime, timedelta

import msgspec
import pytest

from linkage.intake.watch import Listening
from linkage.log import as_json
from linkage.own_state import (
    INGEST,
    WATCH,
    WHAT_TO_DO,
    Probe,
    Road,
    ServiceState,
    Watch,
    listening,
    note_probe,
    read_services,
    road,
    set_service,
    watch_of,
)
from linkage.record import Record

SECOND = timedelta(seconds=1)


def state(now: datetime, ago: int, **watch: object) -> ServiceState:
    detail = msgspec.to_builtins(Watch(**watch))  # type: ignore[arg-type]
    return ServiceState(now - ago * SECOND, detail)


@pytest.mark.parametrize(
    ("probe", "turn", "watch", "where"),
    [
        (2, 2, {"connected": True}, Road.WELL),
        (None, None, {}, Road.NEVER),
        (40, None, {}, Road.STUCK),
        (40, 40, {"connected": True}, Road.STUCK),
        (40, 2, {"connected": False}, Road.BROKER_AWAY),
        (40, 2, {"connected": True, "per_s": 800.0}, Road.BEHIND),
        (40, 2, {"connected": True}, Road.PROBE_LOST),
        (None, 2, {"connected": False}, Road.BROKER_AWAY),
    ],
)
def test_where_a_message_stops(
    now: datetime, probe: int | None, turn: int | None, watch: dict[str, object], where: Road
) -> None:
    """O10: broker unreachable, intake stuck and a lost probe are told apart."""
    services = {}
    if probe is not None:
        services[INGEST] = ServiceState(now - probe * SECOND, {})
    if turn is not None:
        services[WATCH] = state(now, turn, **watch)
    assert road(services, now) is where
    assert bool(WHAT_TO_DO[where]) is (where is not Road.WELL)


def probe(record: Record, at: datetime) -> None:
    with record.write(at) as w:
        note_probe(w, as_json(Probe(at - 0.01 * SECOND)).encode(), at, {"broker": "mosquitto"})


def test_the_probe_that_comes_back_says_how_long_we_heard_nobody(
    record: Record, now: datetime
) -> None:
    with record.write(now) as w:
        set_service(w, WATCH, now, msgspec.to_builtins(Watch(connected=True)))
    probe(record, now)
    with record.read() as cx:
        services = read_services(cx)
        assert listening(services, now + 5 * SECOND) == Listening()
        assert listening(services, now + 60 * SECOND) == Listening(now)
    back = now + 60 * SECOND
    probe(record, back)
    probe(record, back + 5 * SECOND)
    with record.read() as cx:
        services = read_services(cx)
    assert listening(services, back + 6 * SECOND) == Listening(now, back)


def test_without_a_watch_nothing_is_known_of_an_absence(record: Record, now: datetime) -> None:
    probe(record, now)
    with record.read() as cx:
        services = read_services(cx)
    assert watch_of(services) is None
    assert listening(services, now + 60 * SECOND) == Listening()


def test_a_foreign_probe_is_ignored(record: Record, now: datetime) -> None:
    with record.write(now) as w:
        note_probe(w, b"check", now, {})
    with record.read() as cx:
        assert read_services(cx) == {}
