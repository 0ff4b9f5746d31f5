"""The roll: what each of the nineteen systems says in the first minute and from time to time."""

import heapq
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from ingest.simulate.city import City, near
from ingest.simulate.statements import Desk, Step
from linkage.alerts import Alert, Casualties
from linkage.kinds import Kind
from linkage.vocabulary import Severity, WarningColour

# Seconds. All systems have spoken once within this time, whatever the speed.
FIRST_ROUND = 60.0
# A warning without an end is forgotten by its source: ours say how long they hold.
WARNING_HOLDS = timedelta(hours=12)


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """data/demo/roll.toml explains the fields. `every`: minutes."""

    source: str
    kind: Kind
    text: str
    every: float
    place: str = ""
    word: str | None = None
    headline: str = ""
    severity: Severity = Severity.MINOR
    colour: WarningColour | None = None
    injured: int | None = None
    trapped: int | None = None
    exercise: bool = False
    facts: dict[str, Any] = {}


class _Readings(msgspec.Struct, forbid_unknown_fields=True):
    reading: list[Reading]


def load_roll(demo: Path) -> list[Reading]:
    raw = tomllib.loads((demo / "roll.toml").read_text(encoding="utf-8"))
    return msgspec.convert(raw, _Readings).reading


class Roll:
    def __init__(
        self, readings: list[Reading], city: City, desk: Desk, rng: Random, speed: float
    ) -> None:
        self._readings = readings
        self._city = city
        self._desk = desk
        self._rng = rng
        self._speed = speed

    def from_(self, start: datetime) -> Iterator[Step]:
        """Endless: the first round within a minute, then each reading at its own pace."""
        gap = FIRST_ROUND / len(self._readings)
        waiting = [
            (start + timedelta(seconds=2 + gap * n), n, reading)
            for n, reading in enumerate(self._readings)
        ]
        while waiting:
            due, n, reading = heapq.heappop(waiting)
            yield self._desk.step(due, self._said(reading, due))
            minutes = reading.every * self._rng.uniform(0.7, 1.3) / self._speed
            heapq.heappush(waiting, (due + timedelta(minutes=minutes), n, reading))

    def _said(self, reading: Reading, at: datetime) -> Alert:
        place = self._city.named(reading.place) if reading.place else None
        stated: dict[str, Any] = {
            "word": reading.word,
            "text": reading.text,
            "severity": reading.severity,
            "exercise": reading.exercise,
            "facts": reading.facts,
            "casualties": Casualties(injured=reading.injured, trapped=reading.trapped),
            "headline": reading.headline or f"{reading.place}{reading.kind.label}",
            "area_code": place.area if place else "320700",
        }
        if place:
            stated |= {"place": place.name, "point": near(place.point, self._rng)}
        if reading.colour:
            stated |= {
                "warning_colour": reading.colour,
                "expires_at": (at + WARNING_HOLDS).replace(microsecond=0),
                "area_codes": ("320700",),
            }
        return self._desk.says(reading.source, reading.kind, at, **stated)
