"""Is this value an alarm? Pure: what is known of a series × one reading → verdict with reason.

The words are those of ISA-18.2: a dead band (`clear`), an on-delay (`for`), a chattering alarm
(抖动, flapping), a fleeting one, a stale one. A sensor that is stuck or flapping is named once and
what it says meanwhile is folded, never muted: what reaches the highest level, and what stays,
alarms all the same.
"""

import math
from datetime import datetime
from typing import NamedTuple

import msgspec

from linkage.readings.clock import time_of
from linkage.readings.reading import Reading
from linkage.readings.thresholds import Level, Rule
from linkage.vocabulary import Labelled

HOUR_S = 3600.0
# A value that stays beyond its limit this long is no flapping, whatever went before.
STAYS_S = 600.0


class Change(Labelled):
    """What a reading does to the crossing of a threshold."""

    NONE = "none", "无变化"
    OPENS = "opens", "越限"
    RAISES = "raises", "升级"
    LOWERS = "lowers", "降级"
    CLEARS = "clears", "回落"


class Fault(Labelled):
    """What the sensor itself is suspected of."""

    NONE = "", ""
    STUCK = "stuck", "疑似卡死"
    FLAPPING = "flapping", "疑似抖动"


class State(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """All that must be known of a series to judge its next reading. Times are epoch seconds.

    Kept as JSON with the series: a restart changes nothing. New fields go to the end.
    """

    at: float = 0.0  # the time that the last judged reading was judged by
    said: float = 0.0  # what the station wrote last, late or not
    lag: float | None = None  # of that: received less said
    level: int = 0  # of the rule's levels, from 1, that stands; 0: none
    since: float = 0.0  # when the crossing that stands began: the alert's own number
    level_since: float = 0.0
    reached: tuple[float, ...] = ()  # for each level: since when its value is reached, or 0
    told: int = 0  # the worst level of this crossing that an alert was made of; 0: folded
    revision: int = 0  # of the statements about this crossing
    value: float | None = None
    same: int = 0  # readings in a row with this very value …
    same_since: float = 0.0  # … and since when
    crossings: tuple[float, ...] = ()  # upward changes of the last hour
    fault: str = Fault.NONE.value
    fault_since: float = 0.0
    folded: int = 0  # upward changes that were not told since then


UNKNOWN = State()


class Verdict(NamedTuple):
    """`tell`: an alert is to be made of the change. `fault`: what the sensor became suspect of,
    or NONE where it recovered; None: no change. `looks_stuck`: the caller, who knows the
    station's other series, decides (`stuck`)."""

    state: State
    change: Change
    reason: str
    tell: bool = False
    fault: Fault | None = None
    looks_stuck: bool = False
    lasted_s: float | None = None


def judge(state: State, reading: Reading, rule: Rule, now: datetime) -> Verdict:
    """`now`: when the reading was received. The state comes back unchanged where nothing could
    be judged: no value, a flag that forbids, a time that was judged already."""
    value = reading.value
    if value is None or not math.isfinite(value):
        return Verdict(state, Change.NONE, "无数值，不判")
    if not reading.quality.may_alarm:
        return Verdict(state, Change.NONE, f"数据标记“{reading.quality.label}”，不判")
    time = time_of(reading, state.at, state.said, state.lag, rule.stale_s, now)
    if time.at is None:
        late = time.lag is not None
        heard = msgspec.structs.replace(state, said=time.said, lag=time.lag) if late else state
        return Verdict(heard, Change.NONE, time.reason)
    return _judged(state, value, rule, time.at, time.said, time.lag, time.reason)


def stuck(verdict: Verdict) -> Verdict:
    """The same, now that other series of the station did vary meanwhile."""
    state = msgspec.structs.replace(
        verdict.state,
        fault=Fault.STUCK.value,
        fault_since=verdict.state.same_since,
        folded=0,
    )
    return verdict._replace(state=state, fault=Fault.STUCK, looks_stuck=False)


def _judged(  # noqa: PLR0917
    state: State, value: float, rule: Rule, at: float, said: float, lag: float | None, clock: str
) -> Verdict:
    reached = _reached(state, value, rule, at)
    level = _level(state, rule, reached, at)
    before = state.level if state.level <= len(rule.levels) else 0
    same = value == state.value
    new = State(
        at=at,
        said=said,
        lag=lag,
        level=level,
        since=state.since if before else 0.0,
        level_since=state.level_since if level == before else at,
        reached=reached,
        told=state.told if before else 0,
        revision=state.revision if before else 0,
        value=value,
        same=state.same + 1 if same else 1,
        same_since=state.same_since if same else at,
        crossings=state.crossings,
        fault=state.fault,
        fault_since=state.fault_since,
        folded=state.folded,
    )
    change = _change(rule, before, level)
    recovered = _recovered(new, same)
    if change is Change.NONE and not level and not recovered:
        reason = clock or ("已到阈值，未满最短持续时间" if any(reached) else "")
        return Verdict(new, change, reason, looks_stuck=_looks_stuck(new, rule))
    return _crossing(state, new, rule, change, recovered, clock)


def _reached(state: State, value: float, rule: Rule, at: float) -> tuple[float, ...]:
    """Since when each level's value is reached, its dead band counted. No delay runs over a gap
    in the readings: what was not measured did not last."""
    before = state.reached if len(state.reached) == len(rule.levels) else (0.0,) * len(rule.levels)
    gap = at - state.at > rule.stale_s
    found = []
    for number, (level, since) in enumerate(zip(rule.levels, before, strict=True), 1):
        if not level.holds(value, standing=bool(since)):
            found.append(0.0)
        elif not since or (gap and not _stands(rule, number, state.level)):
            found.append(at)
        else:
            found.append(since)
    return tuple(found)


def _stands(rule: Rule, number: int, level: int) -> bool:
    """Whether a level stands when `level` is the worst that does."""
    return number <= level <= len(rule.levels) and (
        rule.levels[number - 1].high is rule.levels[level - 1].high
    )


def _level(state: State, rule: Rule, reached: tuple[float, ...], at: float) -> int:
    """The worst level that was reached for long enough, or stood before and still holds."""
    for number in range(len(reached), 0, -1):
        since = reached[number - 1]
        if since and (
            at - since >= rule.levels[number - 1].for_s or _stands(rule, number, state.level)
        ):
            return number
    return 0


def _change(rule: Rule, before: int, level: int) -> Change:
    if level == before:
        return Change.NONE
    if not before:
        return Change.OPENS
    if not level:
        return Change.CLEARS
    # From too high to too low at once is no relief.
    same_side = rule.levels[level - 1].high is rule.levels[before - 1].high
    return Change.LOWERS if level < before and same_side else Change.RAISES


def _recovered(new: State, same: bool) -> bool:
    if new.fault == Fault.STUCK:
        return not same
    last = new.crossings[-1] if new.crossings else 0.0
    return new.fault == Fault.FLAPPING and new.at - last > HOUR_S


def _looks_stuck(new: State, rule: Rule) -> bool:
    limit = rule.stuck
    return (
        limit is not None
        and not new.fault
        and new.same >= limit.readings
        and new.at - new.same_since >= limit.for_s
        and new.value not in limit.allowed
    )


def _crossing(  # noqa: PLR0917
    old: State, new: State, rule: Rule, change: Change, recovered: bool, clock: str
) -> Verdict:
    """A level stands or has just cleared, or the sensor is well again: is it told?"""
    fault: Fault | None = None
    told, tell, revision, since = new.told, False, new.revision, new.since
    crossings, folded = new.crossings, new.folded
    kept, kept_since = (Fault.NONE.value, 0.0) if recovered else (new.fault, new.fault_since)
    if recovered:
        fault = Fault.NONE
    upward = change in {Change.OPENS, Change.RAISES}
    if change is Change.OPENS:
        since = new.reached[new.level - 1]
    if upward and rule.flapping_per_hour:
        recent = [t for t in crossings if new.at - t < HOUR_S]
        crossings = (*recent[1 - rule.flapping_per_hour :], new.at)
        if len(crossings) >= rule.flapping_per_hour and not kept:
            fault, kept, kept_since, folded = Fault.FLAPPING, Fault.FLAPPING.value, new.at, 0
    if upward:
        tell = kept != Fault.FLAPPING or rule.is_highest(new.level)
        folded += not tell
    elif change is Change.NONE:
        # Folded as flapping, but it stays: told after all.
        tell = new.level > told and new.at - new.level_since >= STAYS_S
    else:
        tell = told > 0 and (kept != Fault.FLAPPING or change is Change.CLEARS)
    if tell:
        told, revision = max(told, new.level), revision + 1
        if change is Change.NONE:
            change = Change.RAISES if new.told else Change.OPENS
    state = msgspec.structs.replace(
        new,
        since=since,
        told=told,
        revision=revision,
        crossings=crossings,
        fault=kept,
        fault_since=kept_since,
        folded=folded,
    )
    lasted = new.at - old.since if change is Change.CLEARS and old.since else None
    verdict = Verdict(state, change, clock, tell, fault, False, lasted)
    return verdict._replace(looks_stuck=_looks_stuck(state, rule))


def level_of(rule: Rule, number: int) -> Level | None:
    """The level that a state's number means; None where none stands, or the file has changed."""
    return rule.levels[number - 1] if 1 <= number <= len(rule.levels) else None
