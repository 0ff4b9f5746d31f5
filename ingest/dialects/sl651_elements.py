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
MOST_IN_A_GROUP = 8
_CLASSES = {bytes([letter]) for letter in CLASSES}
# Not values: the rest of the body is theirs. Flow velocities in bulk have no published layout.
_FREE = {0xF2: "人工置数", 0xF3: "图片", 0xFD: "流速批量数据"}


class Said(NamedTuple):
    """One element. `value` None: stated as invalid. Totals are stamped with their period's end.

    `station_id` None: the header's."""

    code: str
    value: float | None
    at: datetime
    station_id: str | None


class Status(NamedTuple):
    """Element 45 of one station."""

    bits: int
    at: datetime
    station_id: str | None


class Body:
    """What a body states, filled by a walk through it: of this coding here, of ASCII elsewhere."""

    def __init__(self, sent_at: datetime) -> None:
        self.sent_at = sent_at
        self.at = sent_at  # of the elements that follow: the last F0F0, else when it was sent
        self.station_id: str | None = None  # of the elements that follow; one body may name several
        self.values: list[Said] = []
        self.statuses: list[Status] = []
        self.wrong: list[Unreadable] = []
        self.left: list[str] = []  # what was not taken as a value

    def add(self, code: str, value: float | None, later: timedelta = timedelta(0)) -> None:
        self.values.append(Said(code, value, self.at + later, self.station_id))

    def add_status(self, bits: int) -> None:
        self.statuses.append(Status(bits, self.at, self.station_id))

    def add_series(self, code: str, values: list[float | None]) -> None:
        """Every five minutes from `at` on (table 36); a slot without a value is no statement.

        Stations exist that name the end of the hour instead: nothing is measured after it was
        sent, so theirs can be told."""
        stated = [(n, value) for n, value in enumerate(values) if value is not None]
        if not stated:
            self.left.append(f"{code} 的 {len(values)} 个时段均为非法值")
            return
        ahead = self.at + stated[-1][0] * FIVE_MINUTES - self.sent_at
        first = 1 - len(values) if ahead > FIVE_MINUTES else 0
        for n, value in stated:
            self.add(code, value, (first + n) * FIVE_MINUTES)


def read_body(body: bytes) -> Body:
    """Raises Unreadable without a time. Where the walk cannot go on, what stands before is kept:
    the lengths do not add up, so everything behind would be read as something else."""
    if len(body) < 8:
        reason = f"正文只有 {len(body)} 字节，缺少流水号或发报时间"
        raise Unreadable(f"{reason}；请检查遥测站", "正文")
    said = Body(beijing_time(body[2:8].hex(), "发报时间"))
    try:
        _walk(body, 8, said)
    except Unreadable as why:
        said.wrong.append(why)
    return said


def _walk(body: bytes, at: int, said: Body) -> None:
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
            said.add_status(int.from_bytes(_take(body, at + 2, 4, "45")))
            at += 6
        elif lead == 0x04:
            step = _step(_take(body, at + 2, 3, "04").hex())
            at += 5
        elif step is None:
            one = _defined(body, at)
            at = _value(body, one.behind, one, said)
        else:
            _even_interval(body, at, said, step)
            break


def _take(body: bytes, at: int, length: int, code: str) -> bytes:
    if at + length > len(body):
        reason = f"要素 {code} 应有 {length} 字节，正文只剩 {max(len(body) - at, 0)} 字节"
        raise Unreadable(f"{reason}；请核对该要素的数据定义；其前各要素已采用", code)
    return body[at : at + length]


def _guide(body: bytes, at: int, said: Body) -> int:
    """F0F0 and the time of observation, or F1F1, the station and its class."""
    lead = body[at]
    if body[at + 1 : at + 2] != bytes([lead]):
        reason = f"引导符 {lead:02X} 应重复一次；其前各要素已采用，请核对其前要素的数据定义"
        raise Unreadable(reason, f"{lead:02X}{lead:02X}")
    data = _take(body, at + 2, 5, f"{lead:02X}{lead:02X}").hex()
    at += 7
    if lead == 0xF0:
        said.at = beijing_time(data, "观测时间")
        return at
    said.station_id = station_address(data)
    # Provinces have classes of their own; the time stands behind the class.
    is_class = body[at : at + 1] in _CLASSES or body[at + 1 : at + 3] == b"\xf0\xf0"
    return at + 1 if is_class else at


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
        raise Unreadable(f"时间步长 {digits} 不是 BCD 数字；请检查遥测站", "04")
    days, hours, minutes = (int(digits[n : n + 2]) for n in (0, 2, 4))
    return timedelta(days=days, hours=hours, minutes=minutes) or None


class _Defined(NamedTuple):
    """An identifier and its definition byte. `behind`: where they end."""

    code: str
    length: int
    decimals: int
    behind: int


def _defined(body: bytes, at: int) -> _Defined:
    code = _take(body, at, 2 if body[at : at + 1] == b"\xff" else 1, "FF").hex().upper()
    at += len(code) // 2
    if at == len(body):
        raise Unreadable(f"正文末尾多出 1 字节 {code}，不是要素；其前各要素已采用", code)
    definition = body[at]
    if definition < 8:
        reason = f"要素 {code} 的数据定义 {definition:02X} 写明 0 字节，后面无法继续读"
        raise Unreadable(f"{reason}；其前各要素已采用", code)
    return _Defined(code, definition >> 3, definition & 7, at + 1)


def _value(body: bytes, at: int, one: _Defined, said: Body, later: timedelta = timedelta(0)) -> int:
    data = _take(body, at, one.length, one.code)
    try:
        said.add(one.code, bcd_value(data, one.decimals), later)
    except ValueError:
        reason = f"要素 {one.code} 的数据 {data.hex().upper()} 不是 BCD 数字；请检查遥测站"
        said.wrong.append(Unreadable(reason, one.code))
    return at + one.length


def _even_interval(body: bytes, at: int, said: Body, step: timedelta) -> None:
    """Identifiers once, then their values group by group, a step apart (table 30)."""
    first = _defined(body, at)
    group, count = _group(body, first)
    if not count:
        left = f"{len(body) - first.behind} 字节，不是每组 {first.length} 字节的整数倍"
        reason = f"均匀时段报要素 {first.code} 的数据共 {left}；请核对该要素的数据定义"
        raise Unreadable(reason, first.code)
    at = group[-1].behind
    for n in range(count):
        for one in group:
            at = _value(body, at, one, said, n * step)


def _group(body: bytes, first: _Defined) -> tuple[list[_Defined], int]:
    """What stands in each group, and how many groups there are; 0 where it does not come out.

    The standard has one identifier in this coding. Stations exist that name several, which is
    tried where one does not come out even."""
    group = [first]
    try:
        while len(group) <= MOST_IN_A_GROUP:
            behind = group[-1].behind
            count, over = divmod(len(body) - behind, sum(one.length for one in group))
            if not over:
                return group, count
            group.append(_defined(body, behind))
    except Unreadable:
        pass  # what stands there is no identifier
    return group, 0


def bcd_value(data: bytes, decimals: int) -> float | None:
    """None: all FF (or AA, as some stations have it), invalid. A first byte FF is the minus sign.

    Raises ValueError for no digits."""
    digits = data.hex()
    if not digits.strip("f") or not digits.strip("a"):
        return None
    sign = ""
    if digits.startswith("ff"):
        sign, digits = "-", digits[2:]
    if not digits.isdecimal():
        raise ValueError(digits)
    return float(f"{sign}{digits}e-{decimals}")
