"""A scenario: a day told as a timeline in data/demo/<name>.toml, played from its `begin_at`."""

import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from ingest.simulate.city import City, near
from ingest.simulate.roll import WARNING_HOLDS
from ingest.simulate.statements import Desk, Step
from linkage.alerts import Alert, Casualties
from linkage.errors import BadConfig
from linkage.exercise.scenarios import stories
from linkage.kinds import Kind
from linkage.vocabulary import MessageKind, Severity, WarningColour

# Seconds. What came before the beginning is told at once, one statement after the other.
_PRELUDE_GAP = 0.4


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step; data/demo/typhoon.toml explains the fields. `at`, `happened`: "HH:MM"."""

    at: str
    source: str
    kind: Kind = Kind.OTHER
    text: str = ""
    raw: str = ""
    repeat: str = ""
    areas: tuple[str, ...] = ("320700",)
    happened: str = ""
    name: str = ""
    follows: str = ""
    again: str = ""
    word: str | None = None
    place: str = ""
    headline: str = ""
    severity: Severity = Severity.MINOR
    colour: WarningColour | None = None
    message_kind: MessageKind = MessageKind.ALERT
    hazmat: bool = False
    plates: tuple[str, ...] = ()
    deaths: int | None = None
    trapped: int | None = None
    injured: int | None = None
    critical: int | None = None
    poisoned: int | None = None
    evacuated: int | None = None
    exercise: bool = False
    facts: dict[str, Any] = {}
    expect: str = ""

    @property
    def casualties(self) -> Casualties:
        return Casualties(
            deaths=self.deaths,
            trapped=self.trapped,
            injured=self.injured,
            critical=self.critical,
            poisoned=self.poisoned,
            evacuated=self.evacuated,
        )


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    begin_at: str
    step: list[Told]


def load_scenario(demo: Path, name: str) -> Scenario:
    """Raises BadConfig where there is no such scenario, or a step names one that is not there."""
    path = demo / f"{name}.toml"
    if not path.is_file() or "/" in name:
        known = "、".join(story.id for story in stories(demo))
        raise BadConfig(str(path), "scenario", "没有这个情景", f"可用：{known}")
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        scenario = msgspec.convert(raw, Scenario)
    except msgspec.ValidationError as why:
        raise BadConfig(path.name, "step", str(why), "请对照文件开头的说明改正") from why
    names = {step.name for step in scenario.step}
    for step in scenario.step:
        for earlier in (step.follows, step.again, step.repeat):
            if earlier and earlier not in names:
                raise BadConfig(
                    path.name, f"step {step.at}", f"没有名为“{earlier}”的步骤", "请改为已有的 name"
                )
    return scenario


def seconds_of(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


class Player:
    """Turns the story's clock into ours: what was before `begin_at` lies in the true past."""

    def __init__(  # noqa: PLR0917 - the five things a story needs
        self, scenario: Scenario, start: datetime, city: City, desk: Desk, rng: Random, speed: float
    ) -> None:
        self._scenario = scenario
        self._start = start
        self._city = city
        self._desk = desk
        self._rng = rng
        self._speed = speed
        self._begin = seconds_of(scenario.begin_at)
        self._said: dict[str, Alert] = {}

    def steps(self) -> Iterator[Step]:
        for number, told in enumerate(sorted(self._scenario.step, key=lambda s: s.at)):
            due = max(self._clock(told.at), self._start + timedelta(seconds=_PRELUDE_GAP * number))
            if told.raw:
                yield self._desk.broken(due, told.source, told.raw)
                continue
            alert = self._said[told.repeat] if told.repeat else self._alert(told, due)
            if told.name:
                self._said[told.name] = alert
            yield self._desk.step(due, alert)

    def _clock(self, clock: str) -> datetime:
        after = seconds_of(clock) - self._begin
        return self._start + timedelta(seconds=after / self._speed if after > 0 else after)

    def _alert(self, told: Told, due: datetime) -> Alert:
        stated: dict[str, Any] = {
            "text": told.text,
            "headline": told.headline or f"{told.place}{told.kind.label}",
            "severity": told.severity,
            "message_kind": told.message_kind,
            "casualties": told.casualties,
            "plates": told.plates,
            "hazmat": told.hazmat,
            "exercise": told.exercise,
            "facts": told.facts,
            # It is sent now, also where it tells of this morning.
            "sent_at": due.replace(microsecond=0),
            "word": told.word,
        }
        if told.place:
            place = self._city.named(told.place)
            stated |= {
                "place": place.name,
                "point": near(place.point, self._rng),
                "area_code": place.area,
            }
        if told.colour:
            ends = due + WARNING_HOLDS
            stated |= {
                "warning_colour": told.colour,
                "expires_at": ends.replace(microsecond=0),
                "area_codes": told.areas,
            }
        if told.follows:
            earlier = self._said[told.follows]
            stated["references"] = ((earlier.source_id, earlier.source_ref),)
        happened = self._clock(told.happened or told.at)
        if told.again:
            first = self._said[told.again]
            stated |= {"source_ref": first.source_ref, "message_kind": MessageKind.UPDATE}
            happened = first.occurred_at
        return self._desk.says(told.source, told.kind, happened, **stated)
