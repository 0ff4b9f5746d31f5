"""Who published where its account may not. Only the broker sees it: it refuses the message, and
under MQTT 3.1.1 tells its sender that it was taken. What its log says is kept here, for 接入状态.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from linkage.actions import Happening
from linkage.own_state import ServiceState, read_service, set_service
from linkage.record import Writing

DENIED = "denied"  # the name its figures have among those of our own processes
MOST, TOPICS = 20, 5  # an account that tries every topic fills neither the screen nor the log
QUIET = timedelta(hours=1)  # after which it is news again
_RULE = "rule:watch"


class Denied(msgspec.Struct, frozen=True, kw_only=True):
    """`who`: the account, or the client id where its log does not say under which account it
    connected. `topics`: some of them, the newest first."""

    who: str
    client: str
    topics: tuple[str, ...]
    count: int
    first_at: datetime
    last_at: datetime

    def and_then(self, later: "Denied") -> "Denied":
        topics = tuple(dict.fromkeys((*later.topics, *self.topics)))[:TOPICS]
        return msgspec.structs.replace(
            later, topics=topics, count=self.count + later.count, first_at=self.first_at
        )


def denials(state: ServiceState | None) -> list[Denied]:
    """The newest first."""
    return msgspec.convert(state.detail["all"], list[Denied]) if state else []


def note_denials(w: Writing, fresh: Iterable[Denied]) -> None:
    """Add to the figures. Into the log goes who was not known to do so within the last hour."""
    known: Mapping[str, Denied] = {one.who: one for one in denials(read_service(w.cx, DENIED))}
    after = dict(known)
    for one in fresh:
        before = known.get(one.who)
        after[one.who] = before.and_then(one) if before else one
        if before is None or one.last_at - before.last_at > QUIET:
            reason = f"“{one.who}”向无权的主题 {one.topics[0]} 发布，消息服务器已拒绝"
            w.log.add(_RULE, Happening.SECURITY, reason, after=msgspec.to_builtins(one))
    kept = sorted(after.values(), key=lambda one: one.last_at, reverse=True)[:MOST]
    set_service(w, DENIED, w.at, {"all": msgspec.to_builtins(kept)})
