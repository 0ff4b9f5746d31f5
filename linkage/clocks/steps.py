"""The steps of a clock that are due: warn, breach, escalate, repeat until answered. Pure."""

from datetime import datetime, timedelta

import msgspec

from linkage.clocks.clock import Clock, Running
from linkage.response_vocabulary import Post, Step

# The warning is number 0 and the breach number 1 even where a rule does not warn: a number means
# the same step for ever.
WARNING, BREACH = 0, 1


class StepDue(msgspec.Struct, frozen=True, gc=False):
    """`to`: the posts that are told; none: the screens only."""

    number: int
    step: Step
    due_at: datetime
    to: tuple[Post, ...]


def steps_due(rule: Clock, running: Running, now: datetime) -> list[StepDue]:
    """Every step whose time has come, in the order of their numbers.

    Of the repeats only the newest: who was away for an hour is not told twelve times. There is no
    pause: a clock runs until it is answered or its subject has ended.
    """
    due = [step for step in once(rule, running) if step.due_at < now]
    repeat = _newest_repeat(rule, running, now)
    return due if repeat is None else [*due, repeat]


def next_step_at(rule: Clock, running: Running, now: datetime) -> datetime | None:
    """When the next step after `now` is due; None: there is none any more."""
    for step in once(rule, running):
        if step.due_at >= now:
            return step.due_at
    if rule.repeat is None:
        return None
    from_ = repeats_from(rule, running)
    done = max(0, -((from_ - now) // rule.repeat))
    return from_ + max(1, done) * rule.repeat


def once(rule: Clock, running: Running) -> list[StepDue]:
    """The steps that come once: the warning, the breach, each rung above it."""
    whole = running.due_at - running.started_at
    at_breach = next((rung.to for rung in rule.ladder if not rung.after), ())
    steps = [StepDue(BREACH, Step.BREACH, running.due_at, at_breach)]
    if rule.warn > 0 and whole > timedelta(0):
        warn_at = running.started_at + whole * rule.warn
        steps.insert(0, StepDue(WARNING, Step.WARN, warn_at, ()))
    above = [rung for rung in rule.ladder if rung.after]
    steps += [
        StepDue(number, Step.ESCALATE, running.due_at + rung.after, rung.to)
        for number, rung in enumerate(above, start=BREACH + 1)
    ]
    return steps


def repeats_from(rule: Clock, running: Running) -> datetime:
    """The last rung: the first repeat comes one interval after it."""
    return running.due_at + max((rung.after for rung in rule.ladder), default=timedelta(0))


def first_repeat(rule: Clock) -> int:
    """The number of the first repeat."""
    return BREACH + 1 + sum(bool(rung.after) for rung in rule.ladder)


def _newest_repeat(rule: Clock, running: Running, now: datetime) -> StepDue | None:
    if rule.repeat is None:
        return None
    from_ = repeats_from(rule, running)
    # The one that is due at this very moment is not yet past.
    done = -((from_ - now) // rule.repeat) - 1 if now > from_ else 0
    if done < 1:
        return None
    to = rule.ladder[-1].to if rule.ladder else ()
    number = first_repeat(rule) + done - 1
    return StepDue(number, Step.REPEAT, from_ + done * rule.repeat, to)


def step_at(rule: Clock, running: Running, number: int) -> datetime:
    """When the step of a number is due; of the warning of a clock that does not warn: its start."""
    for step in once(rule, running):
        if step.number == number:
            return step.due_at
    repeats = number - first_repeat(rule) + 1
    if rule.repeat is None or repeats < 1:
        return running.started_at
    return repeats_from(rule, running) + repeats * rule.repeat
