"""What is wrong with us and the way to us, by what the record shows at one moment. Mostly pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, func, select

from linkage.desk.freshness import heard_of
from linkage.figures import flood
from linkage.intake import own_words
from linkage.intake.own_alerts import Wording
from linkage.intake.own_words import AWAY, CLIENT, DEAF, DROPPED, SILENT, about_silence, unboarded
from linkage.intake.troubles import Spell, Trouble
from linkage.intake.watch import UNHEARD, Expected, Heard, Listening, nobody_since, silent_ids
from linkage.intake_tables import fragment, source_state
from linkage.own_state import (
    BOARD,
    BROKER,
    CLASH,
    INGEST,
    WATCH,
    Road,
    ServiceState,
    Watch,
    listening,
    read_services,
    road,
    watch_of,
)
from linkage.response.agencies import Agency

# Our own absence becomes an incident after this long; a shorter one is seen on the screens.
DEAF_TOLD = timedelta(seconds=30)
ABSENCE_TOLD = timedelta(seconds=60)
# A counter of the broker that has stood still so long tells of something that is over.
DROPPING = timedelta(seconds=60)
CLASHING = timedelta(seconds=60)
BOARDING = timedelta(minutes=15)


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """The record at `now`. `before`: the watch as it was left; `clients` → why they flap."""

    now: datetime
    began: datetime  # this process
    before: Watch
    left_at: datetime | None
    services: Mapping[str, ServiceState]
    heard: Mapping[str, Heard]
    received: int
    news: flood.News
    oldest_half: datetime | None
    gap: Listening
    clients: Mapping[str, str] = {}

    @property
    def probed_at(self) -> datetime | None:
        state = self.services.get(INGEST)
        return state.at if state else None

    @property
    def dropped(self) -> int | None:
        state = self.services.get(BROKER)
        value = state.detail.get("dropped") if state else None
        return value if type(value) is int else None


def look(cx: Connection, began: datetime, clients: Mapping[str, str], now: datetime) -> Sight:
    services = read_services(cx)
    state = source_state.c
    return Sight(
        now=now,
        began=began,
        before=watch_of(services) or Watch(),
        left_at=services[WATCH].at if WATCH in services else None,
        services=services,
        heard=heard_of(cx)[1],
        received=int(cx.execute(select(func.sum(state.received))).scalar_one() or 0),
        news=flood.news(cx, now),
        oldest_half=cx.execute(select(func.min(fragment.c.since))).scalar_one(),
        gap=listening(services, now),
        clients={**clients, **_clash(services, now)},
    )


def _clash(services: Mapping[str, ServiceState], now: datetime) -> dict[str, str]:
    """Somebody connects with the id of one of our own sessions, as that worker found."""
    state = services.get(CLASH)
    if state is None or now - state.at > CLASHING:
        return {}
    return {str(state.detail.get("client_id", "")): str(state.detail.get("why", ""))}


def troubles(sight: Sight, sources: Mapping[str, Expected]) -> dict[str, Trouble]:
    """Pure. What is wrong now, by what it is about."""
    found = [Trouble(f"{CLIENT}{name}", sight.now) for name in sight.clients]
    found += _boards(sight)
    dropped_at = _dropped_at(sight)
    if dropped_at is not None and sight.now - dropped_at < DROPPING:
        found.append(Trouble(DROPPED, dropped_at))
    probed_at = sight.probed_at
    if sight.gap.is_deaf or probed_at is None:
        if sight.now - max(probed_at or sight.began, sight.began) > DEAF_TOLD:
            found.append(Trouble(DEAF, probed_at or sight.began))
    else:
        found += _silences(sight, sources)
    return {one.about: one for one in found}


def _boards(sight: Sight) -> list[Trouble]:
    """The paper boards that cannot be written. A machine that was taken away says nothing."""
    return [
        Trouble(name, datetime.fromisoformat(state.detail["since"]))
        for name, state in sight.services.items()
        if name.startswith(BOARD) and state.detail.get("error") and sight.now - state.at < BOARDING
    ]


def _silences(sight: Sight, sources: Mapping[str, Expected]) -> list[Trouble]:
    nobody = nobody_since(sources, sight.heard, sight.gap, sight.now)
    found = [] if nobody is None else [Trouble(AWAY, nobody)]
    gap, away = sight.gap, sight.before.spells.get(AWAY)
    if nobody is None and away is not None and away.ended is None:
        gap = Listening(away.this_time, sight.now)  # the first of them is back
    for source_id in silent_ids(sources, sight.heard, gap, sight.now):
        about = about_silence(source_id)
        heard = sight.heard.get(source_id, UNHEARD)
        known = sight.before.spells.get(about)
        if (known is None or known.ended is not None) and (
            nobody is not None or _may_come_back(sources[source_id], heard, sight.now)
        ):
            continue
        found.append(Trouble(about, heard.last_at or sight.gap.back_at or sight.began))
    return found


def _may_come_back(source: Expected, heard: Heard, now: datetime) -> bool:
    """A program that is started anew is back within its grace: seen on the screen, not told."""
    at = heard.offline_at
    return heard.is_offline and at is not None and now - at <= source.grace


def unknown(sight: Sight, about: str) -> bool:
    """While nobody can be heard, nothing is known of the sources."""
    deaf = sight.gap.is_deaf or sight.probed_at is None
    return deaf and (about == AWAY or about.startswith(SILENT))


def absence(sight: Sight) -> Listening | None:
    """An absence of ours that is over and was never told: we were not there to tell it."""
    gap = sight.gap
    if gap.deaf_from is None or gap.back_at is None or gap == sight.before.gap:
        return None
    if gap.deaf_from == sight.before.gap_told or gap.back_at - gap.deaf_from < ABSENCE_TOLD:
        return None
    return gap


def wording(
    spell: Spell, sight: Sight, sources: Mapping[str, Expected], agencies: Mapping[str, Agency]
) -> Wording:
    """How `spell` is told. `agencies` by the id of the source they answer for."""
    about = spell.about
    if about == AWAY:
        heard_once = (sight.heard.get(i, UNHEARD).last_at for i in sources)
        return own_words.away(sum(at is not None for at in heard_once))
    if about == DROPPED:
        return own_words.dropped(sight.dropped or 0)
    if about.startswith(CLIENT):
        name = about.removeprefix(CLIENT)
        return own_words.client(name, sight.clients.get(name, "已不再反复连接"))
    if about.startswith(BOARD):
        state = sight.services.get(about)
        return unboarded(about.removeprefix(BOARD), state.detail if state else {})
    if about == DEAF:
        where = road(sight.services, sight.now)
        # The watch is turning right now, whatever its last trace in the record says.
        known = where if where is not Road.STUCK else Road.BROKER_AWAY
        return own_words.deaf(known, past=spell.ended is not None)
    source_id = about.removeprefix(SILENT)
    heard = sight.heard.get(source_id, UNHEARD)
    return own_words.silence(sources[source_id], heard, agencies.get(source_id))


def next_watch(sight: Sight, spells: dict[str, Spell], desks: int) -> Watch:
    """Pure. What the watch leaves in the record, but for its spells as they stand now."""
    before, now = sight.before, sight.now
    passed_s = (now - sight.left_at).total_seconds() if sight.left_at else 0.0
    more = sight.received - before.received
    meter = flood.measure(before.flood, sight.news, desks, now)
    over = flood.passed(before.flood, meter, now)
    return Watch(
        received=sight.received,
        per_s=round(more / passed_s, 2) if passed_s > 0 and before.received else 0.0,
        spells=spells,
        gap=_gap(sight, spells),
        gap_told=sight.gap.deaf_from if sight.gap.back_at else before.gap_told,
        dropped=sight.dropped,
        dropped_at=_dropped_at(sight),
        flood=meter,
        floods=((over,) if over else ()) + before.floods[:KEPT_FLOODS],
    )


KEPT_FLOODS = 19


def _gap(sight: Sight, spells: Mapping[str, Spell]) -> Listening:
    """When everybody had been away at once, all of them have their time again."""
    was, is_now = sight.before.spells.get(AWAY), spells.get(AWAY)
    ended = was is not None and was.ended is None and (is_now is None or is_now.ended is not None)
    return Listening(was.this_time, sight.now) if ended and was else sight.before.gap


def _dropped_at(sight: Sight) -> datetime | None:
    """The broker counts from its own start; the first figure we see says nothing new."""
    before, now = sight.before.dropped, sight.dropped
    if before is not None and now is not None and now != before and now > 0:
        return sight.now
    return sight.before.dropped_at
