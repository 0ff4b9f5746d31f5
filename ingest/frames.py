"""Frames of a gateway → statements: joined across messages, packets joined, half ones held."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from ingest.decode import MAX_BYTES
from ingest.framing import Framing, ReadFrame
from ingest.holding import Holding
from linkage.alerts import Unreadable
from linkage.intake.arrivals import Held, Part, Several
from linkage.sources import Source

# A gateway that goes on sends the rest within seconds; after that the line was cut.
HOLD = timedelta(seconds=60)
LARGEST_HALF = 65_536  # bytes; the longest frame of any of these protocols is a few kilobytes
LARGEST_SET = 1_048_576  # bytes of all packets of one statement
LONGEST_STREAM = 80  # characters of a gateway's own number in the topic
# What one message may state: a store of days that is emptied states a few thousand. More would hold
# the one write lock for seconds.
MOST_PARTS = 20_000
MOST_WAITING = 500  # beginnings of one source at a time
_CROWDED = f"该系统等待后续的已有 {MOST_WAITING} 处；请检查网关是否反复断线"
_readers: dict[Source, ReadFrame] = {}
_encode, _decode = msgspec.msgpack.encode, msgspec.msgpack.Decoder(dict[int, bytes]).decode


class Frames:
    """One message's frames. `stream`: who cuts them, from the topic; "" where it names none."""

    def __init__(self, source: Source, stream: str, now: datetime, holding: Holding) -> None:
        self._source, self._stream, self._now = source, stream, now
        self._holding = holding
        self._held: list[Held] = []

    def read(self, payload: bytes, framing: Framing) -> Several:
        """Never raises: what cannot be read is a part that says why."""
        if len(self._stream) > LONGEST_STREAM:
            reason = f"主题末级的网关编号 {len(self._stream)} 个字符，超过 {LONGEST_STREAM} 个"
            return Several((Unreadable(reason, "topic"),))
        if len(payload) > MAX_BYTES:
            reason = f"报文 {len(payload)} 字节，超过 {MAX_BYTES} 字节的上限"
            return Several((Unreadable(reason),))
        cut = framing.cut(self._half() + payload)
        read_frame = _reader(self._source, framing)
        parts: list[Part | Unreadable] = []
        for number, piece in enumerate(cut.pieces):
            if len(parts) >= MOST_PARTS:
                parts.append(_too_many(len(parts), len(cut.pieces) - number))
                break
            if isinstance(piece, Unreadable):
                parts.append(piece)
                continue
            try:
                parts += read_frame(piece, self._join)
            except Unreadable as why:
                parts.append(why)
        # What is longer than this message began in an earlier one.
        self._hold(cut.rest, anew=len(cut.rest) <= len(payload), parts=parts)
        return Several(tuple(parts), tuple(self._held))

    def _half(self) -> bytes:
        """What the last message of this stream left over, unless it is too old to be continued."""
        held = self._holding.get(self._source.id, self._stream, "")
        if held is None:
            return b""
        if self._now - held.since > HOLD:
            self._put("", b"", expired=True)
            return b""
        return held.data

    def _hold(self, rest: bytes, anew: bool, parts: list[Part | Unreadable]) -> None:
        before = self._holding.get(self._source.id, self._stream, "")
        if len(rest) > LARGEST_HALF:
            size = f"{len(rest)} 字节仍不成完整帧，超过 {LARGEST_HALF} 字节的上限"
            parts.append(Unreadable(f"{size}；请检查网关的分帧设置"))
            rest = b""
        if rest and before is None and self._is_crowded():
            parts.append(Unreadable(f"末尾 {len(rest)} 字节不成完整帧，{_CROWDED}"))
            rest = b""
        if rest or before is not None:
            self._put("", rest, anew=anew)

    def _is_crowded(self) -> bool:
        return self._holding.waiting(self._source.id) >= MOST_WAITING

    def _put(self, key: str, data: bytes, *, expired: bool = False, anew: bool = True) -> None:
        # As long as something of it comes, it is waited for.
        held = Held(
            stream=self._stream, key=key, data=data, since=self._now, expired=expired, anew=anew
        )
        self._holding.put(self._source.id, held)
        self._held.append(held)

    def _join(self, key: str, number: int, total: int, part: bytes) -> list[bytes] | None:
        """See `ingest.framing.Join`. Raises Unreadable for a number that cannot be."""
        if not 1 <= number <= total <= 1000:
            reason = f"分包号 {number}/{total} 不合理，应为 1 到总包数"
            raise Unreadable(f"{reason}；请检查设备的分包设置")
        if total == 1:
            return [part]
        held = self._holding.get(self._source.id, self._stream, key)
        if held is not None and self._now - held.since > HOLD:
            self._put(key, b"", expired=True)
            held = None
        packets = _decode(held.data) if held is not None else {}
        if packets.get(number, part) != part or max(packets, default=0) > total:
            # Another statement has begun: its packets must not be mixed with the last one's.
            self._put(key, b"", expired=True)
            held, packets = None, {}
        packets[number] = part
        if held is None and self._is_crowded():
            raise Unreadable(f"分包 {number}/{total} 无法等待其余各包，{_CROWDED}")
        if sum(map(len, packets.values())) > LARGEST_SET:
            self._put(key, b"")
            raise Unreadable(f"分包合计超过 {LARGEST_SET} 字节的上限，已放弃拼接")
        whole = set(packets) >= set(range(1, total + 1))
        data = b"" if whole else _encode(packets)
        if held is not None or data:
            self._put(key, data, anew=held is None)
        return [packets[n] for n in range(1, total + 1)] if whole else None


def _too_many(stated: int, left: int) -> Unreadable:
    reason = f"一条报文已有 {stated} 项数据，其后 {left} 帧未读（原文已留存）"
    return Unreadable(f"{reason}；请让网关分多条发送")


def forget(sources: Iterable[Source]) -> None:
    """These are no longer in use: tables that were tried out, or replaced."""
    for source in sources:
        _readers.pop(source, None)


def _reader(source: Source, framing: Framing) -> ReadFrame:
    """Worked out once for each source."""
    known = _readers.get(source)
    if known is None:
        known = _readers[source] = framing.reader(source)
    return known
