"""One message's journey from the wire to the record's door. Read this first.

A message comes as topic and bytes. The topic alone says who sent it and what it is; the bytes are
read by that source's dialect, or refused with a reason a person can act on. Either way they become
one `Arrival`, which `linkage.intake` keeps, correlates and commits. Then, and only then, the broker
is told that we have it (`ingest.worker`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from ingest.decode import read_alert
from ingest.dialects import FRAME_DIALECTS
from ingest.feedback import read_feedback, read_unit
from ingest.frames import Frames
from ingest.framing import Framing
from ingest.heartbeat import read_heartbeat
from ingest.holding import Holding
from ingest.registry import Registry
from ingest.wire import Message
from linkage.alerts import Unreadable
from linkage.intake.arrivals import Arrival, Content
from linkage.sources import Source
from linkage.vocabulary import Channel

T = TypeVar("T")


def understand(message: Message, registry: Registry, now: datetime, holding: Holding) -> Arrival:
    """What arrived, read or refused. Never raises for anything a sender can do.

    `holding`: halves of frames from earlier messages; the caller keeps or undoes what changed.
    """
    try:
        topic = message.topic.decode()
    except UnicodeDecodeError:
        topic = message.topic.hex()
    channel, sender, rest = _address(topic, registry)
    try:
        if channel is Channel.ALERT:
            source = _known(registry.sources, sender, "sources.toml")
            content = _read_alert(message.payload, source, rest, now, holding)
        else:
            content = _read_other(channel, sender, rest, message.payload, registry)
    except Unreadable as why:
        content = why
    return Arrival(
        channel=channel,
        source_id=sender[:40],
        topic=topic[:200],
        payload=message.payload,
        received_at=now,
        retained=message.retained,
        content=content,
    )


def refused(message: Message, registry: Registry, now: datetime, why: str) -> Arrival:
    """The same message, when reading or keeping it failed by a fault of ours."""
    topic = message.topic.decode(errors="backslashreplace")
    channel, sender, _ = _address(topic, registry)
    return Arrival(
        channel=channel,
        source_id=sender[:40],
        topic=topic[:200],
        payload=message.payload,
        received_at=now,
        retained=message.retained,
        content=Unreadable(why),
    )


def _address(topic: str, registry: Registry) -> tuple[Channel, str, str]:
    levels = topic.split("/")
    if levels[:2] == ["linkage", "v1"] and len(levels) >= 4 and levels[2] in _CHANNELS:
        return _CHANNELS[levels[2]], levels[3], "/".join(levels[4:])
    for source in registry.sources.values():
        if source.topic == topic:
            return Channel.ALERT, source.id, ""
    return Channel.ALERT, levels[-1] or topic, ""


_CHANNELS = {str(channel): channel for channel in Channel}


def _read_alert(
    payload: bytes, source: Source, stream: str, now: datetime, holding: Holding
) -> Content:
    framing = _framing(payload, source, stream, holding)
    if framing is not None:
        return Frames(source, stream, now, holding).read(payload, framing)
    if stream:
        reason = f"主题多出一级“{stream[:40]}”；只有按帧发送的网关可在末级写自己的编号"
        raise Unreadable(f"{reason}，请对方改正发布主题", "topic")
    return read_alert(payload, source, now)


def _framing(payload: bytes, source: Source, stream: str, holding: Holding) -> Framing | None:
    """How the payload is cut into frames; None where it is one JSON or XML text."""
    framing = FRAME_DIALECTS.get(source.dialect)
    if framing is not None or source.dialect_frame is None:
        return framing
    framing = FRAME_DIALECTS[source.dialect_frame]
    if stream or framing.begins(payload):
        return framing
    # The rest of a frame begins with anything; only what looks like text is taken as text.
    is_text = payload.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"<"}
    return framing if not is_text and holding.get(source.id, "", "") else None


def _read_other(
    channel: Channel, sender: str, rest: str, payload: bytes, registry: Registry
) -> Content:
    if channel is Channel.HEARTBEAT:
        return read_heartbeat(payload, _known(registry.sources, sender, "sources.toml"))
    if channel is Channel.PROBE:
        return None
    agency = _known(registry.agencies, sender, "data/agencies.toml")
    if channel is Channel.FEEDBACK:
        return read_feedback(payload, agency)
    return read_unit(payload, agency, rest)


def _known(entries: Mapping[str, T], sender: str, file: str) -> T:
    try:
        return entries[sender]
    except KeyError:
        raise Unreadable(
            f"主题末级“{sender[:40]}”未登记；请在 {file} 中增加该条目，或请对方改正发布主题",
            "topic",
        ) from None
