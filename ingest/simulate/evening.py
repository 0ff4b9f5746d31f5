"""A normal evening of the city: seeded calls as they come in. Same seed and start, same evening."""

import heapq
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec

from ingest.simulate.city import City, Place, in_words, near
from ingest.simulate.statements import Desk, Step
from linkage.alerts import Alert, Casualties
from linkage.kinds import Kind
from linkage.record import BEIJING
from linkage.vocabulary import MessageKind, Severity


class Call(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of call; data/demo/evening.toml explains the fields."""

    kind: Kind
    share: float
    told: str
    texts: list[str]
    also: dict[str, float] = {}
    called: dict[str, str] = {}
    again: float = 0.0
    update: float = 0.0
    severity: Severity = Severity.MINOR
    injured: tuple[int, int] | None = None
    trapped: tuple[int, int] | None = None


class Evening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    calls_per_day: int
    hours: list[float]
    words: dict[str, list[str]]
    call: list[Call]


def load_evening(demo: Path) -> Evening:
    raw = tomllib.loads((demo / "evening.toml").read_text(encoding="utf-8"))
    return msgspec.convert(raw, Evening)


class Event(NamedTuple):
    """What truly happened, of which every system tells its part."""

    call: Call
    happened: datetime
    place: Place
    counts: dict[str, int]


class Caller:
    """Turns the table of calls into what each system says of one event."""

    def __init__(self, evening: Evening, city: City, desk: Desk, rng: Random, speed: float) -> None:
        self._evening = evening
        self._city = city
        self._desk = desk
        self._rng = rng
        self._speed = speed
        self._shares = [call.share for call in evening.call]

    def evening_from(self, start: datetime) -> Iterator[Step]:
        """Endless. `speed` makes the gaps shorter; every time stated is a wall-clock time."""
        waiting: list[Step] = []
        at = start
        while True:
            at += self._gap(at)
            while waiting and waiting[0].due <= at:
                yield heapq.heappop(waiting)
            call = self._rng.choices(self._evening.call, self._shares)[0]
            for step in self.event(call, at):
                heapq.heappush(waiting, step)

    def _gap(self, at: datetime) -> timedelta:
        hours = self._evening.hours
        busy = hours[at.astimezone(BEIJING).hour] * len(hours) / sum(hours)
        per_second = self._evening.calls_per_day * busy / 86_400
        return timedelta(seconds=self._rng.expovariate(per_second) / self._speed)

    def event(self, call: Call, at: datetime) -> list[Step]:
        """All that is said of one event which happened shortly before `at`."""
        rng = self._rng
        place = self._city.anywhere(rng)
        happened = at - self._later(5, 90)
        counts = {
            name: rng.randint(*span)
            for name, span in (("injured", call.injured), ("trapped", call.trapped))
            if span
        }
        event = Event(call, happened, place, counts)
        first = self._statement(event, call.told, at)
        steps = [self._desk.step(at, first)]
        for source_id, probability in call.also.items():
            if rng.random() < probability:
                later = at + self._later(15, 180)
                steps.append(self._desk.step(later, self._statement(event, source_id, later)))
        if rng.random() < call.again:
            later = at + self._later(20, 240)
            steps.append(self._desk.step(later, self._statement(event, call.told, later)))
        if rng.random() < call.update:
            later = at + self._later(180, 600)
            steps.append(self._desk.step(later, self._update(call, first, later)))
        return steps

    def _later(self, least: float, most: float) -> timedelta:
        return timedelta(seconds=self._rng.uniform(least, most) / self._speed)

    def _statement(self, event: Event, source_id: str, due: datetime) -> Alert:
        rng, call, place = self._rng, event.call, event.place
        words = {name: rng.choice(options) for name, options in self._evening.words.items()}
        return self._desk.says(
            source_id,
            call.kind,
            # Every witness looks at another clock.
            event.happened + self._later(0, 5),
            word=call.called.get(source_id),
            sent_at=due.replace(microsecond=0),
            place=in_words(place, rng),
            point=near(place.point, rng),
            area_code=place.area,
            severity=call.severity,
            text=rng.choice(call.texts).format(**words, **event.counts),
            headline=f"{place.name}{call.kind.label}",
            casualties=Casualties(**event.counts),
            # Numbers that no telephone has.
            caller_phone=f"1000000{rng.randrange(10_000):04d}",
        )

    def _update(self, call: Call, first: Alert, at: datetime) -> Alert:
        """The same record once more, when the crew has looked."""
        hurt = first.casualties.injured
        news: dict[str, Any] = {}
        if hurt is not None:
            told = f"现场核实{hurt + 1}人受伤，已送医"
            news["casualties"] = msgspec.structs.replace(first.casualties, injured=hurt + 1)
        else:
            told = "明火已扑灭，正在清理" if call.kind is Kind.FIRE else "现场已控制"
        return msgspec.structs.replace(
            first,
            text=f"{first.text}续报：{told}。",
            message_kind=MessageKind.UPDATE,
            sent_at=at.replace(microsecond=0),
            **news,
        )
