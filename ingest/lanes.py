"""Which lanes there are: one MQTT session per source, one for the agencies, one for strangers.

So the broker queues each source apart: a flood fills its own queue and nobody else's, and a slow
record holds back each source by itself. What no lane knows, the strangers' lane still receives,
and it is kept as refused; what a lane knows comes there a second time, and is dropped.
"""

from collections.abc import Mapping

import msgspec

from ingest.registry import ROOT, Registry
from linkage.reporting.exchange import RECEIPT_TOPIC

AGENCIES, STRANGERS = "_agencies", "_strangers"  # no source id begins so
# Nobody's lane of messages: sending orders is held by one worker like a lane.
DELIVERY = "_deliver"
# Systems of the desks that answer the country's emergency numbers go first.
LIFE_SAFETY = frozenset({"110", "119", "120", "122"})
_WORDS = ("alert", "heartbeat", "feedback", "unit", "report-receipt")
_EVERYTHING = tuple(f"linkage/+/{word}/#" for word in _WORDS)


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """`per_minute`: the agreed rate; None where there is none."""

    id: str
    topics: tuple[str, ...]
    per_minute: int | None = None
    life_safety: bool = False

    def client_id(self, ingest_id: str) -> str:
        """Fixed: it names the session. No `/`, `+` or `#`: brokers build topics of it for ACLs."""
        return f"{ingest_id}.{self.id.removeprefix('_')}"


def lanes_of(registry: Registry) -> dict[str, Lane]:
    """Every lane by id: life safety first, strangers last."""
    lanes = [
        Lane(
            id=source.id,
            topics=_topics(source.id, source.topic),
            per_minute=source.rate_per_minute,
            life_safety=source.agency in LIFE_SAFETY,
        )
        for source in registry.sources.values()
    ]
    answers = [
        topic
        for one in registry.agencies
        for topic in (f"{ROOT}/feedback/{one}", f"{ROOT}/unit/{one}/+")
    ]
    answers += [RECEIPT_TOPIC.format(one) for one in registry.authorities]
    own = f"{ROOT}/probe/{registry.ingest_id}"
    lanes.append(Lane(id=AGENCIES, topics=(*answers, own), life_safety=True))
    lanes.sort(key=lambda lane: not lane.life_safety)
    lanes.append(Lane(id=STRANGERS, topics=_EVERYTHING))
    return {lane.id: lane for lane in lanes}


def removed(lane_id: str) -> Lane:
    """The lane of a source that sources.toml no longer has; what waits there is still taken."""
    return Lane(id=lane_id, topics=_topics(lane_id, ""))


def former(ingest_id: str) -> Lane:
    """The one session that everything went through before there were lanes."""
    return Lane(
        id="_former",
        topics=(
            f"{ROOT}/alert/+",
            f"{ROOT}/heartbeat/+",
            f"{ROOT}/feedback/+",
            f"{ROOT}/unit/+/+",
            f"{ROOT}/probe/{ingest_id}",
        ),
    )


class Known:
    """Which lane receives a topic; None for a stranger's."""

    def __init__(self, lanes: Mapping[str, Lane]) -> None:
        self._exact: dict[bytes, str] = {}
        self._one_more: dict[bytes, str] = {}
        for lane in lanes.values():
            for topic in lane.topics if lane.id != STRANGERS else ():
                if topic.endswith("/+"):
                    self._one_more[topic.removesuffix("/+").encode()] = lane.id
                else:
                    self._exact[topic.encode()] = lane.id

    def lane_of(self, topic: bytes) -> str | None:
        return self._exact.get(topic) or self._one_more.get(topic.rpartition(b"/")[0])


def _topics(source_id: str, own: str) -> tuple[str, ...]:
    """`/+`: gateways write their own number at the end, one level deep."""
    alerts, beats = f"{ROOT}/alert/{source_id}", f"{ROOT}/heartbeat/{source_id}"
    topics = (alerts, f"{alerts}/+", beats)
    return topics if own in {"", alerts} else (*topics, own)
