"""What one system says, and when: the pieces every part of the demonstration is made of."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from linkage.alerts import Alert, Point
from linkage.errors import BadConfig
from linkage.kinds import Kind
from linkage.record import BEIJING
from linkage.source_tables import KindRule
from linkage.sources import Source
from linkage.vocabulary import Certainty, PositionNote, Urgency


class Step(msgspec.Struct, frozen=True, order=True):
    """One statement and the moment it leaves its system. `turn` keeps equal moments in order.

    `alert` is None where the system sends `raw`, which is no statement at all, or a station's
    `frame`.
    """

    due: datetime
    turn: int
    source_id: str
    alert: Alert | None
    raw: str = ""
    frame: bytes = b""


def rule_for(source: Source, kind: Kind, word: str | None = None) -> KindRule:
    """The entry of the source's own code table for one of our kinds. Raises BadConfig.

    `word`: theirs, where the table has several for the kind.
    """
    fitting = [rule for rule in source.kinds.values() if rule.kind is kind]
    for rule in fitting:
        if word in {None, rule.word}:
            return rule
    raise BadConfig(
        "sources.toml",
        f'source "{source.id}" kinds',
        f"演示数据要它报“{word or kind.label}”（{kind}），类别表里没有",
        "请在类别表中补上，或改 data/demo/ 下的演示数据",
    )


class Desk:
    """Numbers the statements of every source of one run, so that no two runs share a number."""

    def __init__(self, sources: Mapping[str, Source], start: datetime) -> None:
        self.sources = sources
        self._start = start
        self._given: dict[str, int] = {}
        self._turn = 0

    def number(self, source_id: str) -> str:
        given = self._given[source_id] = self._given.get(source_id, 0) + 1
        source = self.sources[source_id]
        if source.dialect == "cap":
            # The profile's identifier is a sender and a second: one warning a second.
            at = (self._start + timedelta(seconds=given)).astimezone(BEIJING)
            office = "332" if source_id == "water" else "416"
            return f"320700{office}00000_{at:%Y%m%d%H%M%S}"
        at = self._start.astimezone(BEIJING)
        return f"320700{at:%Y%m%d%H%M%S}{given:05d}"

    def step(self, due: datetime, alert: Alert) -> Step:
        self._turn += 1
        return Step(due, self._turn, alert.source_id, alert)

    def broken(self, due: datetime, source_id: str, raw: str) -> Step:
        self._turn += 1
        return Step(due, self._turn, source_id, None, raw)

    def frame(self, due: datetime, source_id: str, frame: bytes) -> Step:
        self._turn += 1
        return Step(due, self._turn, source_id, None, frame=frame)

    def says(self, source_id: str, kind: Kind, at: datetime, **stated: Any) -> Alert:
        """A statement of `source_id` that happened at `at`; `stated`: any field of an Alert.

        `word` picks among the source's entries for the kind.
        """
        rule = rule_for(self.sources[source_id], kind, stated.pop("word", None))
        at = at.replace(microsecond=0)
        told: dict[str, Any] = {
            "source_ref": None,
            "sent_at": at,
            "urgency": Urgency.UNKNOWN,
            "certainty": Certainty.UNKNOWN,
        } | stated
        told["source_ref"] = told["source_ref"] or self.number(source_id)
        point: Point | None = told.get("point")
        note = PositionNote.EXACT if point else PositionNote.MISSING
        return Alert(
            source_id=source_id,
            kind=rule.kind,
            event_code=rule.event_code,
            source_kind=rule.word,
            occurred_at=at,
            position_note=note,
            **told,
        )
