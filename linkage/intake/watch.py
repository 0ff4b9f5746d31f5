"""失联: who has been silent for too long. One rule for every screen and every finding. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

# A network that comes back, a program that is started anew: shorter is no silence.
LEAST_GRACE = timedelta(seconds=15)
# So many systems fall silent together only when the line, the broker or we ourselves are away.
TOGETHER = 3


class Expected(Protocol):
    """What must be known of a source to judge its silence."""

    @property
    def name(self) -> str: ...
    @property
    def expect_every(self) -> timedelta: ...
    @property
    def grace(self) -> timedelta: ...
    @property
    def in_service(self) -> bool: ...


class Heard(msgspec.Struct, frozen=True, gc=False):
    """`last_at`: it spoke, live. `offline_at`: its last will came, in force until it speaks."""

    last_at: datetime | None = None
    offline_at: datetime | None = None

    @property
    def is_offline(self) -> bool:
        """The broker told us that its connection broke, and nothing came since."""
        if self.offline_at is None:
            return False
        return self.last_at is None or self.offline_at >= self.last_at


class Listening(msgspec.Struct, frozen=True, gc=False):
    """When we ourselves could hear nobody: the last such gap. `back_at` None: it lasts."""

    deaf_from: datetime | None = None
    back_at: datetime | None = None

    @property
    def is_deaf(self) -> bool:
        return self.deaf_from is not None and self.back_at is None


UNHEARD = Heard()


def usual_grace(expect_every: timedelta) -> timedelta:
    """Where sources.toml states none."""
    return max(LEAST_GRACE, expect_every / 4)


def limit(source: Expected) -> timedelta:
    """How long it may say nothing: its agreed interval, and the grace."""
    return source.expect_every + source.grace


def is_silent(source: Expected, heard: Heard, listening: Listening, now: datetime) -> bool:
    """Whether the source itself is to blame for having said nothing.

    Time in which we were deaf does not count, and after our return everybody has a whole limit
    again, but for those who had overstepped theirs before. Who was never heard is not connected
    yet (未接入), and silent only if sources.toml says that it is in service.
    """
    if heard.last_at is None:
        since = listening.back_at
        return source.in_service and (since is None or now - since > limit(source))
    if heard.is_offline:
        return True
    most, deaf_from, back_at = limit(source), listening.deaf_from, listening.back_at
    if deaf_from is None:
        return now - heard.last_at > most
    if back_at is None or deaf_from - heard.last_at > most:
        return deaf_from - heard.last_at > most
    return now - max(heard.last_at, back_at) > most


def silent_ids(
    sources: Mapping[str, Expected],
    heard: Mapping[str, Heard],
    listening: Listening,
    now: datetime,
) -> Iterator[str]:
    for source_id, source in sources.items():
        if is_silent(source, heard.get(source_id, UNHEARD), listening, now):
            yield source_id


def nobody_since(
    sources: Mapping[str, Expected],
    heard: Mapping[str, Heard],
    listening: Listening,
    now: datetime,
) -> datetime | None:
    """Since when no source at all was heard, if that is longer than it can be by chance.

    One line that is cut silences its own few; when the others, some of whom speak every minute,
    are not heard either, what all of them share is away: the network, the broker.
    """
    spoke = {i: h.last_at for i, h in heard.items() if i in sources and h.last_at is not None}
    if len(spoke) < TOGETHER:
        return None
    newest = max(spoke.values())
    since = max(newest, listening.back_at or newest)
    return newest if now - since > min(limit(sources[i]) for i in spoke) else None


def lasting(length: timedelta) -> str:
    """A length of time as an officer says it: 3 分 20 秒, 2 小时 5 分."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} 秒"
    if seconds < 3600:
        minutes, rest = divmod(seconds, 60)
        return f"{minutes} 分 {rest} 秒" if rest else f"{minutes} 分钟"
    hours, minutes = divmod(seconds // 60, 60)
    if hours < 24:
        return f"{hours} 小时 {minutes} 分" if minutes else f"{hours} 小时"
    days, hours = divmod(hours, 24)
    return f"{days} 天 {hours} 小时" if hours else f"{days} 天"
