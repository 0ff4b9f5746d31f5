"""演练的情景: while an exercise runs, its scenario is told over the exercise level of each topic.

At work in one worker at a time, beside delivery. The story depends on nothing but the exercise's
own start, so that a worker who takes over tells it from the beginning with the very same bytes:
what was told already is a duplicate.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from msgspec.structs import replace

from ingest.exercise_topic import EXERCISE
from ingest.registry import ROOT
from ingest.simulate.city import City
from ingest.simulate.feed import payload_of
from ingest.simulate.line import Line
from ingest.simulate.scenario import Player, load_scenario
from ingest.simulate.statements import Desk, Step
from linkage.errors import BadConfig
from linkage.exercise.exercises import Exercise, read_running
from linkage.record import UNAVAILABLE, Record
from linkage.settings import Settings
from linkage.sources import Source

LOOK_EVERY_S = 1.0
Say = Callable[[str, bytes], None]
log = logging.getLogger(__name__)


def steps_of(one: Exercise, demo: Path, sources: Mapping[str, Source]) -> Iterator[Step]:
    """Everything that the exercise says, in order. Raises BadConfig."""
    scenario = load_scenario(demo, one.scenario)
    dice = Random(f"{one.id}/scenario")  # noqa: S311 - a play
    desk = Desk(sources, one.started_at)
    player = Player(scenario, one.started_at, City(demo), desk, dice, one.speed)
    for step in player.steps():
        alert = None if step.alert is None else replace(step.alert, exercise=True)
        yield replace(step, alert=alert)


class ExercisePlayer:
    def __init__(
        self, record: Record, demo: Path, sources: Callable[[], Mapping[str, Source]], say: Say
    ) -> None:
        self._record, self._demo = record, demo
        self._sources, self._say = sources, say
        self._of: int | None = None
        self._waiting: list[Step] = []

    def look(self, now: datetime) -> int:
        """Say what is due; returns how much that was."""
        one = read_running(self._record)
        if one is None or not one.scenario:
            self._of, self._waiting = None, []
            return 0
        if one.id != self._of:
            self._of, self._waiting = one.id, self._begun(one)
        due = [step for step in self._waiting if step.due <= now]
        self._waiting = self._waiting[len(due) :]
        for step in due:
            source = self._sources()[step.source_id]
            self._say(f"{ROOT}/alert/{source.id}/{EXERCISE}", payload_of(step, source))
        return len(due)

    def _begun(self, one: Exercise) -> list[Step]:
        try:
            steps = sorted(steps_of(one, self._demo, self._sources()))
        except BadConfig as why:
            log.warning("演练“%s”的情景放不了：%s", one.name, why)
            return []
        log.info("演练“%s”开始：%d 条报文，速度 ×%g", one.name, len(steps), one.speed)
        return steps


def start(
    settings: Settings,
    record: Record,
    sources: Callable[[], Mapping[str, Source]],
    stopping: threading.Event,
) -> threading.Thread:
    """Play whatever exercise is running until `stopping`."""

    def work() -> None:
        line = Line(settings, f"{settings.ingest_id}-exercise", (), lambda _topic, _payload: None)
        player = ExercisePlayer(record, settings.tables / "demo", sources, line.say)
        line.open()
        try:
            while not stopping.wait(LOOK_EVERY_S):
                try:
                    player.look(datetime.now(UTC))
                except UNAVAILABLE:
                    log.warning("数据库连不上，演练的情景稍后接着放")
        finally:
            line.close()

    thread = threading.Thread(target=work, name="exercise", daemon=True)
    thread.start()
    return thread
