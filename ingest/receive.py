"""One message's journey from the wire to the record's door. Read this first.

A message comes as topic and bytes. The topic alone says who sent it and what it is; the bytes are
read by that source's dialect, or refused with a reason a person can act on. Either way they become
one `Arrival`, which `linkage.intake` keeps, correlates and commits. Then, and only then, the broker
is told that we have it (`ingest.worker`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, TypeVar

from ingest.decode import read_alert
from ingest.dialects import FRAME_DIALECTS
from ingest.exercise_topic import EXERCISE, practised
from ingest.feedback import read_feedback, read_unit
from ingest.frames import Frames
from ingest.framing import Framing, is_hex
from ingest.heartbeat import read_heartbeat
from ingest.holding import Holding
from ingest.letters import plain
from ingest.plain_text import plain_part
from ingest.registry import Registry
from ingest.reporting import read_receipt
from ingest.wire import Message
from linkage.alerts import Unreadable
from linkage.intake.arrivals import Arrival, Content, Several
from linkage.reporting.limits import FILE as REPORT_LIMITS
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
    channel, sender, rest, wrong = _address(topic, registry)
    content: Content
    try:
        if wrong:
            content = Unreadable(wrong, "topic")
        elif channel is Channel.ALERT:
            source = _known(registry.sources, sender, "sources.toml")
            content = _read_alert(message.payload, source, plain(rest), now, holding)
        else:
            content = _read_other(channel, sender, plain(rest), message.payload, registry)
    except Unreadable as why:
        content = why
    if isinstance(content, Unreadable):
        content = plain_part(content)
    return Arrival(
        channel=channel,
        source_id=plain(sender)[:40],
        topic=plain(topic)[:200],
        payload=message.payload,
        received_at=now,
        retained=message.retained,
        content=content,
        excess=message.excess,
    )


def refused(message: Message, registry: Registry, now: datetime, why: str) -> Arrival:
    """The same message, when reading or keeping it failed by a fault of ours."""
    topic = message.topic.decode(errors="backslashreplace")
    channel, sender, _, _ = _address(topic, registry)
    return Arrival(
        channel=channel,
        source_id=plain(sender)[:40],
        topic=plain(topic)[:200],
        payload=message.payload,
        received_at=now,
        retained=message.retained,
        content=Unreadable(why),
    )


class _Address(NamedTuple):
    """What a topic says. `wrong`: why it is none of ours, for the officer."""

    channel: Channel
    sender: str
    rest: str = ""
    wrong: str = ""


def _address(topic: str, registry: Registry) -> _Address:
    levels = topic.split("/")
    if len(levels) >= 4 and levels[0] == "linkage" and levels[1] == "v1":
        channel = _CHANNELS.get(levels[2])
        if channel is not None:
            rest = "/".join(levels[4:])
            if len(levels) > 4 and (not rest or channel in _WITHOUT_REST):
                wrong = f"主题多出一级“{rest[:40]}”，请对方改正发布主题"
                return _Address(channel, levels[3], rest, wrong)
            return _Address(channel, levels[3], rest)
    for source in registry.sources.values():
        if source.topic == topic:
            return _Address(Channel.ALERT, source.id)
    return _Address(Channel.ALERT, levels[3] if len(levels) > 3 else levels[-1], "", _stray(levels))


_CHANNELS = {str(channel).replace("_", "-"): channel for channel in Channel}
_TEXT_TOO = frozenset({"", EXERCISE})  # further down a gateway speaks, in frames alone
_WITHOUT_REST = frozenset({Channel.HEARTBEAT, Channel.FEEDBACK, Channel.REPORT_RECEIPT})


def _stray(levels: list[str]) -> str:
    """What is wrong with a topic that is nobody's: a level too few, another version, a new word."""
    right = "应为 linkage/v1/alert/{接入系统}"
    if levels[0] == "linkage" and levels[1:2] != ["v1"] and len(levels) > 1:
        return f"主题版本“{levels[1][:20]}”不认识，{right}；请对方改正发布主题"
    if levels[:2] == ["linkage", "v1"] and levels[2:3] and levels[2] in _CHANNELS:
        return f"主题少一级，没有写明是哪个系统，{right}；请对方改正发布主题"
    return f"主题不认识，{right}，或在 sources.toml 中为该系统写明 topic"


def _read_alert(
    payload: bytes, source: Source, stream: str, now: datetime, holding: Holding
) -> Content:
    framing = _framing(payload, source, stream, holding)
    if framing is not None:
        said = Frames(source, stream, now, holding).read(payload, framing)
        read: Content = Several(tuple(map(plain_part, said.parts)), said.held)
    elif stream not in _TEXT_TOO:
        reason = f"主题多出一级“{stream[:40]}”；只有按帧发送的网关可在末级写自己的编号"
        raise Unreadable(f"{reason}，请对方改正发布主题", "topic")
    else:
        told = read_alert(payload, source, now)
        read = Several(tuple(map(plain_part, told.parts))) if isinstance(told, Several) else told
    return practised(read) if stream == EXERCISE else read


def _framing(payload: bytes, source: Source, stream: str, holding: Holding) -> Framing | None:
    """How the payload is cut into frames; None where it is one JSON or XML text."""
    framing = FRAME_DIALECTS.get(source.dialect)
    if framing is not None or source.dialect_frame is None:
        return framing
    framing = FRAME_DIALECTS[source.dialect_frame]
    if stream not in _TEXT_TOO or framing.begins(payload):
        return framing
    text = payload.strip(b"\xef\xbb\xbf \t\r\n\0")
    begins_as_text = text[:1] in {b"{", b"[", b"<"}
    if holding.get(source.id, stream, "") is not None:
        # The rest of a frame begins with anything; text is whole and closes what it opened.
        return None if begins_as_text and text[-1:] in {b"}", b"]", b">"} else framing
    if begins_as_text:
        return None
    # A frame may stand behind something that its gateway put before it.
    found = any(isinstance(p, bytes) and p for p in framing.cut(text).pieces)
    return framing if found or is_hex(text) else None


def _read_other(
    channel: Channel, sender: str, rest: str, payload: bytes, registry: Registry
) -> Content:
    if channel is Channel.HEARTBEAT:
        return read_heartbeat(payload, _known(registry.sources, sender, "sources.toml"))
    if channel is Channel.PROBE:
        return None
    if channel is Channel.REPORT_RECEIPT:
        _known(registry.authorities, sender, f"data/{REPORT_LIMITS}")
        return read_receipt(payload, sender)
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
