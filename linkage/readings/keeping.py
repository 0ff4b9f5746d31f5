"""Readings of a batch: judged against what is known of their series, kept, told where need be.

Inside the intake's transaction: one statement reads the series, one writes them, whatever the
number of readings. A restart or a replay changes nothing, because nothing is known but the row.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ARRAY, ColumnElement, String, any_, bindparam, func, insert, select

from linkage.alerts import Alert, Unreadable
from linkage.log import as_json
from linkage.reading_tables import reading_event, reading_pack, series
from linkage.readings import packing
from linkage.readings.clock import AHEAD_S
from linkage.readings.judge import Change, State, Verdict, judge, level_of, stuck
from linkage.readings.reading import Reading
from linkage.readings.series import Key, Series, does_not_fit, key_of, new_series, row_of
from linkage.readings.telemetry import Telemetry
from linkage.readings.thresholds import Rule
from linkage.readings.wording import crossing_alert, fault_alert
from linkage.record import Writing
from linkage.vocabulary import Quality, Span

# Of one station: a large one has some hundred, a logger that has gone mad ever new ones, and each
# would be read with every message of the station.
MOST_SERIES = 2000
# Nothing newer for an hour, but something older by a day: the station's clock has fallen back.
FELL_SILENT_MS, FELL_BACK_MS = 3_600_000, 86_400_000
# Everything is as it was so long that no sibling need vary: the logger itself has frozen.
_ALL_FROZEN = 3
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(State).decode


class Judged(NamedTuple):
    """What became of one reading. `duplicate`, `refused`: why it is nothing new, or none at all."""

    alerts: tuple[Alert, ...] = ()
    duplicate: str | None = None
    refused: Unreadable | None = None


_CHANGING = Series.__struct_fields__[6:]
_AGAIN = Judged(duplicate="该测站该时刻的数据已入库")
_KEPT = Judged()


class Keeping:
    """One batch's readings."""

    def __init__(self, w: Writing, telemetry: Telemetry) -> None:
        self._w = w
        self._telemetry = telemetry
        self._known: dict[Key, Series] = {}
        self._of_station: Counter[tuple[str, str]] = Counter()  # source, station → series
        self._touched: dict[Key, State | None] = {}
        self._fresh: set[Key] = set()
        self._newest_id: int | None = None
        self._packs: list[tuple[Any, ...]] = []
        self._events: list[dict[str, Any]] = []

    def take(self, readings: Sequence[tuple[Reading, datetime]]) -> list[Judged]:
        """Each with the time it was received, in order of arrival; written when this returns."""
        stations = {r.station_id for r, _ in readings if "\0" not in r.station_id}
        rows = self._w.cx.execute(select(series).where(_among(self._w, stations)))
        for row in rows:
            one = Series(*row)
            self._known[one.key] = one
            self._of_station[one.source_id, one.station_id] += 1
        found = [self._one(reading, received_at) for reading, received_at in readings]
        self._write()
        return found

    def _one(self, reading: Reading, received_at: datetime) -> Judged:
        wrong = does_not_fit(reading) or self._one_too_many(reading)
        if wrong is not None:
            return Judged(refused=wrong)
        value, quality = reading.value, reading.quality
        if value is not None and not math.isfinite(value):
            value, quality = None, Quality.INVALID
        factor = self._telemetry.factors.get(reading.factor)
        if factor and value is not None and quality.may_alarm and not factor.allows(value):
            quality = Quality.INVALID
            reading = msgspec.structs.replace(reading, quality=quality)
        ms = int(reading.measured_at.timestamp() * 1000)
        received_ms = int(received_at.timestamp() * 1000)
        one = self._series(reading)
        sample = packing.one(ms, value, quality)
        if ms <= one.measured_ms and packing.has(one.recent, sample):
            return _AGAIN
        self._remember(one, sample)
        if ms >= one.measured_ms or _clock_was_wrong(one, ms, received_ms):
            one.value, one.quality, one.unit = value, quality.value, reading.unit
            one.measured_ms, one.received_ms = ms, received_ms
            if reading.point is not None:
                one.lon, one.lat = reading.point.lon, reading.point.lat
        return self._judge(one, reading, received_at)

    def _one_too_many(self, reading: Reading) -> Unreadable | None:
        """What a rule judges always has a place."""
        whose = reading.source_id, reading.station_id
        if self._of_station[whose] < MOST_SERIES or key_of(reading) in self._known:
            return None
        if self._telemetry.rule_for(*whose, reading.factor) is not None:
            return None
        reason = f"测站 {whose[1]} 已有 {MOST_SERIES} 个数据序列，因子 {reading.factor} 未收"
        return Unreadable(f"{reason}；请检查数采仪的因子编码", reading.factor)

    def _series(self, reading: Reading) -> Series:
        key = key_of(reading)
        one = self._known.get(key)
        if one is None:
            one = self._known[key] = new_series(self._next_id(), key)
            self._fresh.add(key)
            self._of_station[reading.source_id, reading.station_id] += 1
        self._touched.setdefault(key, None)
        return one

    def _next_id(self) -> int:
        if self._newest_id is None:
            newest = self._w.cx.execute(select(func.max(series.c.id))).scalar_one()
            self._newest_id = newest or 0
        self._newest_id += 1
        return self._newest_id

    def _remember(self, one: Series, sample: bytes) -> None:
        one.recent += sample
        if len(one.recent) >= packing.PACK * packing.SIZE:
            pack = packing.pack(one.recent)
            one.packs += 1
            one.recent = b""
            self._packs.append((one.id, pack.last_ms, one.packs, pack.first_ms, pack.data))

    def _judge(self, one: Series, reading: Reading, received_at: datetime) -> Judged:
        telemetry = self._telemetry
        rule = telemetry.rule_for(reading.source_id, reading.station_id, reading.factor)
        if rule is None or not telemetry.judges(rule, reading):
            return _KEPT
        if self._is_second(one, reading.span, rule):
            return _KEPT
        before = self._touched[one.key] or (_decode(one.memory) if one.memory else State())
        verdict = judge(before, reading, rule, received_at)
        if verdict.looks_stuck and self._others_vary(one, verdict.state, rule):
            verdict = stuck(verdict)
        state = self._touched[one.key] = verdict.state
        alerts: list[Alert] = []
        if verdict.change is not Change.NONE or verdict.fault is not None:
            if verdict.tell:
                alerts.append(crossing_alert(verdict, before, reading, rule, telemetry))
            if verdict.fault is not None:
                alerts.append(fault_alert(verdict, before, reading, telemetry))
            self._note(one, verdict, reading)
            level = level_of(rule, state.level)
            one.level, one.severity = state.level, level.severity.value if level else ""
            one.level_since_ms = int(state.since * 1000) if level else None
            one.fault = state.fault
            one.fault_since_ms = int(state.fault_since * 1000) if state.fault else None
        return Judged(tuple(alerts)) if alerts else _KEPT

    def _is_second(self, one: Series, span: Span, rule: Rule) -> bool:
        """A minute's mean of what is judged by the moment already."""
        for first in rule.spans[: rule.spans.index(span)]:
            other = self._known.get(
                (one.station_id, one.source_id, one.factor, first.value, one.exercise)
            )
            if other and one.received_ms - other.received_ms <= rule.stale_s * 1000:
                return True
        return False

    def _others_vary(self, one: Series, state: State, rule: Rule) -> bool:
        """Whether the station's other series moved meanwhile; without any, time alone tells."""
        others = [
            other
            for other in self._known.values()
            if other.station_id == one.station_id
            and other.source_id == one.source_id
            and other.factor != one.factor
        ]
        if not others or (rule.stuck and state.same >= _ALL_FROZEN * rule.stuck.readings):
            return True
        since_ms = state.same_since * 1000
        return any(
            sample.ms >= since_ms and sample.value != other.value
            for other in others
            for sample in packing.waiting(other.recent)
        )

    def _note(self, one: Series, verdict: Verdict, reading: Reading) -> None:
        event = {
            "series_id": one.id,
            "at_ms": int(verdict.state.at * 1000),
            "level": verdict.state.level,
            "value": reading.value,
            "told": verdict.tell,
            "lasted_s": verdict.lasted_s,
        }
        if verdict.change is not Change.NONE:
            self._events.append(event | {"change": verdict.change.value})
        if verdict.fault is not None:
            name = verdict.fault.value or "well"
            self._events.append(event | {"change": name, "told": True, "lasted_s": None})

    def _write(self) -> None:
        w = self._w
        fresh: list[Series] = []
        changed: list[Series] = []
        for key, state in self._touched.items():
            one = self._known[key]
            if state is not None:
                one.memory = _encode(state).decode()
            one.revision = w.next_revision()
            (fresh if key in self._fresh else changed).append(one)
        w.append(series, [row_of(one) for one in fresh])
        changed.sort(key=lambda one: one.id)
        w.amend(series, _CHANGING, [(*row_of(one)[6:], one.id) for one in changed])
        w.append(reading_pack, self._packs)
        if self._events:
            w.cx.execute(insert(reading_event), self._events)


def _clock_was_wrong(one: Series, ms: int, received_ms: int) -> bool:
    """A clock ran ahead and was put right, or fell back: its last reading must not stand on."""
    if one.measured_ms > received_ms + AHEAD_S * 1000:
        return True
    return received_ms - one.received_ms > FELL_SILENT_MS and one.measured_ms - ms > FELL_BACK_MS


def _among(w: Writing, stations: Iterable[str]) -> ColumnElement[bool]:
    """One parameter for the whole list, as in `linkage.intake.known`."""
    listed = sorted(stations)
    if w.sqlite:
        values = func.json_each(as_json(listed)).table_valued("value")
        return series.c.station_id.in_(select(values.c.value))
    return series.c.station_id == any_(bindparam("stations", listed, ARRAY(String)))
