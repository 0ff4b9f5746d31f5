"""接入状态: how each source, each agency and our own parts are doing."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from linkage.desk.freshness import Intake, heard_of, intake_health
from linkage.figures.kept import first_id_since
from linkage.figures.refusals import Sieve, groups
from linkage.figures.source_notes import SourceNotes, source_notes
from linkage.figures.workers import WorkerStatus, workers_and_lanes
from linkage.intake.watch import UNHEARD, Expected, Heard, Listening, is_silent
from linkage.intake_tables import source_state
from linkage.own_state import Watch, listening, read_services, watch_of
from linkage.sources import OURSELVES
from linkage.tables import inbound_message, outbound_message
from linkage.vocabulary import Channel, Labelled

RATE_OVER = timedelta(minutes=5)
# A refusal is news for an hour; after that it is in the list, no longer in the light.
REFUSAL_IS_NEWS = timedelta(hours=1)
_HEARD_ON = (Channel.ALERT, Channel.HEARTBEAT)


class SourceHealth(Labelled):
    NORMAL = "normal", "正常"
    REFUSED = "refused", "有拒收"
    DOUBTFUL = "doubtful", "存疑"
    SILENT = "silent", "失联"
    NEVER = "never", "未接入"


class Account(msgspec.Struct, frozen=True):
    """received = stored + duplicate + rejected, always."""

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0

    def __add__(self, other: "Account") -> "Account":
        return Account(*(a + b for a, b in zip(self.counts(), other.counts(), strict=True)))

    def counts(self) -> tuple[int, int, int, int]:
        return self.received, self.stored, self.duplicate, self.rejected

    @property
    def balances(self) -> bool:
        return self.received == self.stored + self.duplicate + self.rejected


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One of the nineteen. `delay_s`: of its last message; negative when its clock is ahead.

    `refused`: within the last hour. `per_minute`: messages a minute over the last five.
    `offline`: its last will came. `excess`: messages above the agreed rate, all kept.
    """

    id: str
    name: str
    health: SourceHealth
    last_alert_at: datetime | None
    last_heartbeat_at: datetime | None
    silent_for: timedelta | None
    expect_every: timedelta
    grace: timedelta
    offline: bool
    per_minute: float
    delay_s: float | None
    refused: int
    excess: int
    account: Account

    @property
    def last_at(self) -> datetime | None:
        heard = [at for at in (self.last_alert_at, self.last_heartbeat_at) if at]
        return max(heard, default=None)


class AgencyStatus(msgspec.Struct, frozen=True, kw_only=True):
    """An agency's way back to us, and what waits on the way to it.

    `waiting`: messages the broker has not confirmed; `failing`: those of them tried in vain.
    `drills`: what waits of an exercise, which is in none of the other figures.
    """

    id: str
    last_at: datetime | None
    feedback: Account
    units: Account
    waiting: int
    failing: int
    oldest_at: datetime | None
    last_error: str | None
    drills: int = 0


class Service(msgspec.Struct, frozen=True):
    """What one of our own processes last said of itself. `detail`: plain JSON values."""

    name: str
    at: datetime
    detail: dict[str, Any]


class IntakeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`strangers`: accounts of ids that sources.toml does not have (any more).

    `ours`: what we found wrong with ourselves; whatever of it was refused came from somebody who
    speaks in our name. `free_lanes`: sessions that no live intake holds.
    """

    sources: tuple[SourceStatus, ...]
    agencies: tuple[AgencyStatus, ...]
    strangers: dict[str, Account]
    ours: Account
    intake: Intake
    services: tuple[Service, ...]
    watch: Watch | None
    workers: tuple[WorkerStatus, ...]
    notes: tuple[SourceNotes, ...]
    free_lanes: tuple[str, ...]

    def notes_of(self, source_id: str) -> SourceNotes | None:
        """What was noticed of a source, if anything."""
        mine = (n for n in self.notes if n.source_id == source_id and n.channel is Channel.ALERT)
        return next(mine, None)

    @property
    def total(self) -> Account:
        return sum((s.account for s in self.sources), Account())


def intake_status(
    cx: Connection, sources: Mapping[str, Expected], agency_ids: list[str], now: datetime
) -> IntakeStatus:
    states = {(row.channel, row.source_id): row for row in cx.execute(select(source_state))}
    _, heard = heard_of(cx)
    look = _Look(
        states=states,
        heard=heard,
        recent=_counted_since(cx, now - RATE_OVER),
        refused=_refused_since(cx, now - REFUSAL_IS_NEWS),
        now=now,
    )
    notes = tuple(source_notes(cx))
    look.doubtful.update(n.source_id for n in notes if n.is_doubtful(now))
    told = read_services(cx)
    gap = listening(told, now)
    workers, free_lanes = workers_and_lanes(cx)
    return IntakeStatus(
        sources=tuple(_source(i, source, look, gap) for i, source in sources.items()),
        agencies=_agencies(cx, states, agency_ids),
        strangers={
            source_id: _account(row)
            for (channel, source_id), row in states.items()
            if channel == Channel.ALERT and source_id not in sources and source_id != OURSELVES
        },
        ours=_account(states.get((Channel.ALERT, OURSELVES))),
        intake=intake_health(told, now),
        services=tuple(Service(name, state.at, state.detail) for name, state in told.items()),
        watch=watch_of(told),
        workers=workers,
        notes=notes,
        free_lanes=free_lanes,
    )


def judge(heard: Heard, silent: bool, refused: int, *, doubtful: bool = False) -> SourceHealth:
    """Pure. The worst that is true: a silent source that also sent rubbish is silent."""
    if silent:
        return SourceHealth.SILENT
    if heard.last_at is None:
        return SourceHealth.NEVER
    if refused:
        return SourceHealth.REFUSED
    return SourceHealth.DOUBTFUL if doubtful else SourceHealth.NORMAL


class _Look(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at the record found, for all sources."""

    states: Mapping[tuple[str, str], Any]
    heard: Mapping[str, Heard]
    recent: Counter[tuple[str, str]]
    refused: Counter[str]
    now: datetime
    doubtful: set[str] = msgspec.field(default_factory=set)


def _source(source_id: str, source: Expected, look: _Look, gap: Listening) -> SourceStatus:
    alert, heartbeat = (look.states.get((channel, source_id)) for channel in _HEARD_ON)
    heard, now = look.heard.get(source_id, UNHEARD), look.now
    refused = look.refused[source_id]
    return SourceStatus(
        id=source_id,
        name=source.name,
        health=judge(
            heard,
            is_silent(source, heard, gap, now),
            refused,
            doubtful=source_id in look.doubtful,
        ),
        last_alert_at=alert.last_at if alert else None,
        last_heartbeat_at=heartbeat.last_at if heartbeat else None,
        silent_for=now - heard.last_at if heard.last_at else None,
        expect_every=source.expect_every,
        grace=source.grace,
        offline=heard.is_offline,
        per_minute=look.recent[Channel.ALERT, source_id] / (RATE_OVER / timedelta(minutes=1)),
        delay_s=alert.delay_s if alert else None,
        refused=refused,
        excess=sum(row.excess for row in (alert, heartbeat) if row),
        account=_account(alert),
    )


def _account(row: Any) -> Account:
    return Account(row.received, row.stored, row.duplicate, row.rejected) if row else Account()


def _agencies(
    cx: Connection, states: Mapping[tuple[str, str], Any], agency_ids: list[str]
) -> tuple[AgencyStatus, ...]:
    wire = outbound_message.c
    query = (
        select(
            wire.agency_id,
            wire.exercise,
            func.count().label("waiting"),
            func.count(wire.last_error).label("failing"),
            func.min(wire.created_at).label("oldest_at"),
            func.max(wire.last_error).label("last_error"),
        )
        .where(wire.sent_at.is_(None), wire.superseded_by.is_(None))
        .group_by(wire.agency_id, wire.exercise)
    )
    outbox = {(row.agency_id, bool(row.exercise)): row for row in cx.execute(query)}
    found = []
    for agency_id in agency_ids:
        feedback, units = (states.get((c, agency_id)) for c in (Channel.FEEDBACK, Channel.UNIT))
        waits, drills = (outbox.get((agency_id, exercise)) for exercise in (False, True))
        found.append(
            AgencyStatus(
                id=agency_id,
                last_at=max(
                    (r.last_at for r in (feedback, units) if r and r.last_at), default=None
                ),
                feedback=_account(feedback),
                units=_account(units),
                waiting=waits.waiting if waits else 0,
                failing=waits.failing if waits else 0,
                oldest_at=waits.oldest_at if waits else None,
                last_error=waits.last_error if waits else None,
                drills=drills.waiting if drills else 0,
            )
        )
    return tuple(found)


def _counted_since(cx: Connection, since: datetime) -> Counter[tuple[str, str]]:
    kept = inbound_message.c
    query = (
        select(kept.channel, kept.source_id, func.count())
        .where(kept.id >= first_id_since(cx, since), kept.received_at >= since)
        .group_by(kept.channel, kept.source_id)
    )
    return Counter({(channel, source): n for channel, source, n in cx.execute(query)})


def _refused_since(cx: Connection, since: datetime) -> Counter[str]:
    """Refused and still open, by source: what was put right or set aside asks for no call."""
    found = groups(cx, Sieve(since=since, channel=Channel.ALERT))
    counts: Counter[str] = Counter()
    for group in found:
        counts[group.source_id] += group.count
    return counts
