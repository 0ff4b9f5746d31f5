"""时限: what a clock is about, the rule it runs by, and what it says while it runs. Pure.

A clock is no row. It is what the stamps of its subject say, so a restart, a second keeper and the
auditor all see the same clocks.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from linkage.duty.rules import DutyRules
from linkage.response.agencies import Agency
from linkage.response_vocabulary import About, Post

# The owner of a clock that an agency lets run, in data/clocks.toml.
THE_AGENCY = "agency"
# The clock that awaits the receipt of an agency's system.
RECEIPT = "delivered"
# A trait that `where` may ask for: of what the clock is about.
Trait = str | bool


class Subject(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row that something is owed for, as the rules look at it.

    `round`: a new one begins all its clocks anew (the order's revision). 0: each clock that
    starts again is a round of its own, numbered by the second it started.
    `state`: the status code. `who`: who it is in words: 消防（牵头）.
    """

    about: About
    id: int
    round: int = 0
    state: str
    who: str
    stamps: Mapping[str, datetime | None]
    traits: Mapping[str, Trait] = {}
    agency_id: str | None = None
    incident_id: int | None = None
    assignment_id: int | None = None
    exercise: bool = False


class Rung(msgspec.Struct, frozen=True, gc=False):
    """Who is told so long after the limit has passed. Nobody: the screens only."""

    after: timedelta
    to: tuple[Post, ...]


class Clock(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One rule of data/clocks.toml.

    It runs while the subject is in one of `states`, all of `where` hold and no stamp of `unless`
    is set: from the stamp `begins`, to the stamp `due` where the row has one, else for `limit`.
    """

    id: str
    about: About
    awaits: str  # 签收
    late: str  # 未签收
    states: frozenset[str]
    begins: str
    due: str
    limit: timedelta | None
    unless: tuple[str, ...]
    where: Mapping[str, tuple[Trait, ...]]
    owner: str  # a post, or THE_AGENCY
    warn: float  # share of the time after which it is told that it runs out; 0: not told
    ladder: tuple[Rung, ...]
    repeat: timedelta | None
    basis: str


class NoClock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Why nothing is owed in a state."""

    about: About
    state: str
    why: str


class Running(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A clock that runs. `owner`: the id of the agency that lets it run, or a post.

    `who`: 消防（牵头）. `words`: what is awaited: 签收. `late`: what it is when too late: 未签收.
    `called`: somebody is called when the limit passes; else the screens alone show it.
    `key`: what its firings are filed under; it follows from the others.
    """

    rule_id: str
    about: About
    about_id: int
    round: int
    owner: str
    started_at: datetime
    due_at: datetime
    incident_id: int | None
    assignment_id: int | None
    exercise: bool
    who: str
    words: str
    late: str
    called: bool
    key: tuple[str, str, int, int] = ("", "", 0, 0)

    def __post_init__(self) -> None:
        # Looked up for thousands of clocks every second: made once.
        key = (self.rule_id, self.about.value, self.about_id, self.round)
        msgspec.structs.force_setattr(self, "key", key)

    def is_late(self, now: datetime) -> bool:
        """At the very second it is due nobody is late yet."""
        return now > self.due_at

    def is_overdue(self, now: datetime) -> bool:
        """What every screen counts as 超时: too late, and somebody is called for it."""
        return self.called and self.is_late(now)

    def left_s(self, now: datetime) -> float:
        """Seconds to the limit; below zero when it has passed."""
        return (self.due_at - now).total_seconds()


class Clocks(msgspec.Struct, frozen=True, kw_only=True):
    """data/clocks.toml, read and checked. `agencies`: for their names, and who has units. `duty`:
    which posts must be filled, and who answers for one that nobody holds."""

    by_id: Mapping[str, Clock]
    without: tuple[NoClock, ...]
    by_state: Mapping[tuple[str, str], tuple[Clock, ...]]
    agencies: Mapping[str, Agency]
    duty: DutyRules

    def agency(self, agency_id: str) -> str:
        return self.agencies[agency_id].name if agency_id in self.agencies else agency_id

    def has_units(self, agency_id: str) -> bool:
        return agency_id not in self.agencies or self.agencies[agency_id].has_units

    @property
    def receipt_within(self) -> timedelta:
        """An order whose receipt has not come by then has not arrived (未送达)."""
        limit = self.by_id[RECEIPT].limit
        assert limit is not None  # noqa: S101 - rule_file.py refuses a file without it
        return limit

    def gives_receipts(self, agency_id: str) -> bool:
        return agency_id not in self.agencies or self.agencies[agency_id].receipts

    def owner(self, running: Running) -> str:
        """Who lets it run, in words."""
        if running.owner in set(Post):
            return Post(running.owner).label
        return self.agency(running.owner)


def clocks_of(subject: Subject, clocks: Clocks) -> list[Running]:
    """Every clock that runs for a subject, the nearest limit first."""
    rules = clocks.by_state.get((subject.about.value, subject.state), ())
    found = [run for rule in rules if (run := _runs(rule, subject)) is not None]
    return sorted(found, key=lambda run: (run.due_at, run.rule_id))


def _runs(rule: Clock, subject: Subject) -> Running | None:
    stamps, traits = subject.stamps, subject.traits
    started_at = stamps.get(rule.begins)
    if started_at is None:
        return None
    # Plain loops: asked for each rule of thousands of orders.
    for name in rule.unless:
        if stamps.get(name) is not None:
            return None
    for name, allowed in rule.where.items():
        if traits.get(name) not in allowed:
            return None
    due_at = stamps.get(rule.due) if rule.due else None
    if due_at is None:
        if rule.limit is None:
            return None  # the order sets no limit for it
        due_at = started_at + rule.limit
    theirs = rule.owner == THE_AGENCY and subject.agency_id is not None
    return Running(
        rule_id=rule.id,
        about=subject.about,
        about_id=subject.id,
        round=subject.round or int(started_at.timestamp()),
        owner=subject.agency_id or "" if theirs else rule.owner,
        started_at=started_at,
        due_at=due_at,
        incident_id=subject.incident_id,
        assignment_id=subject.assignment_id,
        exercise=subject.exercise,
        who=subject.who,
        words=rule.awaits,
        late=rule.late,
        called=bool(rule.ladder),
    )
