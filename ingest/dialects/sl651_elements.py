"""Elements of SL 651-2014 in the HEX/BCD coding: identifier, definition byte, BCD value. §6.6.3."""

from datetime import datetime, timedelta
from typing import NamedTuple

from ingest.dialects.beijing_time import beijing_time
from ingest.dialects.sl651_frames import station_address
from ingest.dialects.sl651_words import CLASSES
from linkage.alerts import Unreadable

SERIES = 12  # values of five minutes in an hour
FIVE_MINUTES = timedelta(minutes=5)
RAIN_SERIES, LEVEL_SERIES = 0xF4, range(0xF5, 0xFD)
# Not values: the rest of the body is theirs. Flow velocities in bulk have no published layout.
_FREE = {0xF2: "人工置数", 0xF3: "图片", 0xFD: "流速批量数据"}


class Said(NamedTuple):
    """One element. `value` None: stated as invalid. Totals are stamped with their period's end."""

    code: str
    value: float | None
    at: datetime


class Body:
    """What a body states, filled by a walk through it: of this coding here, of ASCII elsewhere."""

    def __init__(self, sent_at: datetime) -> None:
        self.at = sent_at  # of the elements that follow: the last F0F0, else when it was sent
        self.station_id: str | None = None
        self.values: list[Said] = []
        self.status: int | None = None
        self.wrong: list[Unreadable] = []
        self.left: list[str] = []  # what was not taken as a value

    def add_series(self, code: str, values: list[float | None]) -> None:
        """Every five minutes from `at` on; a slot without a value is no statement."""
        stated = [(n, value) for n, value in enumerate(values) if value is not None]
        self.values += [Said(code, value, self.at + n * FIVE_MINUTES) for n, value in stated]
        if not stated:
            self.left.append(f"{code} 的 {len(values)} 个时段均为非法值")


def read_body(body: bytes) -> Body:
    """Raises Unreadable where the walk cannot go on: the lengths do not add up."""
    if len(body) < 8:
        raise Unreadable(f"正文只有 {len(body)} 字节，缺少流水号或发报时间", "正文")
    said = Body(beijing_time(body[2:8].hex(), "发报时间"))
    at = 8
    step: timedelta | None = None
    while at < len(body):
        lead = body[at]
        if lead in {0xF0, 0xF1}:
            at = _guide(body, at, said)
        elif lead in _FREE:
            said.left.append(_FREE[lead])
            break
        elif lead == RAIN_SERIES or lead in LEVEL_SERIES:
            at = _series(body, at, said)
        elif lead == 0x45:
            said.status = int.from_bytes(_take(body, at + 2, 4, "45"))
            at += 6
        elif lead == 0x04:
            step = _step(_take(body, at + 2, 3, "04").hex())
            at += 5
        else:
            at = _element(body, at, said, step)
    return said


def _take(body: bytes, at: int, length: int, code: str) -> bytes:
    if at + length > len(body):
        reason = f"要素 {code} 应有 {length} 字节，正文只剩 {max(len(body) - at, 0)} 字节"
        raise Unreadable(f"{reason}；请核对该要素的数据定义", code)
    return body[at : at + length]


def _guide(body: bytes, at: int, said: Body) -> int:
    """F0F0 and the time of observation, or F1F1, the station and its class."""
    lead = body[at]
    if body[at + 1 : at + 2] != bytes([lead]):
        raise Unreadable(f"引导符 {lead:02X} 应重复一次", f"{lead:02X}{lead:02X}")
    data = _take(body, at + 2, 5, f"{lead:02X}{lead:02X}").hex()
    at += 7
    if lead == 0xF0:
        said.at = beijing_time(data, "观测时间")
        return at
    said.station_id = station_address(data)
    return at + 1 if body[at : at + 1] and body[at] in CLASSES else at


def _series(body: bytes, at: int, said: Body) -> int:
    # Always twelve values: stations exist that state another length and send twelve all the same.
    code, width = f"{body[at]:02X}", 1 if body[at] == RAIN_SERIES else 2
    data = _take(body, at + 2, SERIES * width, code)
    invalid, unit = (0xFF, 10) if width == 1 else (0xFFFF, 100)
    numbers = [int.from_bytes(data[n : n + width]) for n in range(0, len(data), width)]
    said.add_series(code, [None if n == invalid else n / unit for n in numbers])
    return at + 2 + len(data)


def _step(digits: str) -> timedelta | None:
    """时间步长码: days, hours, minutes in BCD; zero where the values have a step of their own."""
    if not digits.isdecimal():
        raise Unreadable(f"时间步长 {digits} 不是 BCD 数字", "04")
    days, hours, minutes = (int(digits[n : n + 2]) for n in (0, 2, 4))
    return timedelta(days=days, hours=hours, minutes=minutes) or None


def _element(body: bytes, at: int, said: Body, step: timedelta | None) -> int:
    """One value, or with a step all that follow: an even-interval report names its element once."""
    extended = body[at] == 0xFF
    code = _take(body, at, 2 if extended else 1, "FF").hex().upper()
    at += len(code) // 2
    definition = _take(body, at, 1, code)[0]
    length, decimals = definition >> 3, definition & 7
    at += 1
    if length == 0:
        raise Unreadable(
            f"要素 {code} 的数据定义 {definition:02X} 写明 0 字节，后面无法继续读", code
        )
    count = 1
    if step is not None:
        count, over = divmod(len(body) - at, length)
        if over or not count:
            reason = f"均匀时段报的数据共 {len(body) - at} 字节，不是每组 {length} 字节的整数倍"
            raise Unreadable(reason, code)
    for n in range(count):
        data = _take(body, at, length, code)
        at += length
        try:
            value = bcd_value(data, decimals)
        except ValueError:
            reason = f"要素 {code} 的数据 {data.hex().upper()} 不是 BCD 数字"
            said.wrong.append(Unreadable(reason, code))
            continue
        said.values.append(Said(code, value, said.at + n * step if step else said.at))
    return at


def bcd_value(data: bytes, decimals: int) -> float | None:
    """None: all FF, invalid. A first byte FF is the minus sign. Raises ValueError for no digits."""
    digits = data.hex()
    if not digits.strip("f"):
        return None
    sign = ""
    if digits.startswith("ff"):
        sign, digits = "-", digits[2:]
    if not digits.isdecimal():
        raise ValueError(digits)
    return float(f"{sign}{digits}e-{decimals}")
