"""Their clock → UTC. Each source declares one form of time and its zone; nothing is guessed."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from zoneinfo import ZoneInfo

from ingest.forgiving import Mended
from ingest.json_form import shown
from linkage.alerts import Unreadable
from linkage.sources import Source

Clock = Callable[[object, str], datetime]
# China had summer time until 1991; since then Beijing time is a fixed offset, which is quicker.
_FIXED = {"Asia/Shanghai": timedelta(hours=8), "PRC": timedelta(hours=8), "UTC": timedelta(0)}
_FIXED_SINCE = "1992"


def clock(source: Source) -> Clock:
    """How to read a time of this source: (value, name of its field) → UTC.

    The clock raises `Unreadable` for anything but the declared form, also for second 60, 30
    February and an hour that summer time skips or repeats. Hour 24 is `Mended`: refused, unless
    the dialect is forgiving; then 24:22 is 00:22 of the next day, and a note says so.
    """
    form = source.time_format
    if form == "iso8601":
        return with_offset
    if form in _PER_SECOND:
        return _epoch(*_PER_SECOND[form])
    return _naive(form, source.timezone)


def with_offset(value: object, name: str) -> datetime:
    """ISO 8601 with its own offset; a blank may stand for the T, as the CMA profile prints it."""
    try:
        if type(value) is str and 19 < len(value) < 36 and value[10] in "T ":
            when = datetime.fromisoformat(value)
            if when.tzinfo is not None and value[11:13] != "24":
                return when.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    return _refuse(value, name, "带时差的 ISO 8601，如 2026-08-06T15:10:00+08:00")


def _naive(form: str, zone: ZoneInfo) -> Clock:
    to_iso = _to_iso(form)
    offset = _FIXED.get(zone.key)

    def read(value: object, name: str) -> datetime:
        iso = to_iso(value)
        if iso is None:
            if type(value) is datetime:  # put there by ingest.forgiving
                return value
            return _refuse(value, name, form)
        try:
            if offset is not None and iso >= _FIXED_SINCE:
                return datetime.fromisoformat(iso + "+00:00") - offset
            when = datetime.fromisoformat(iso)
        except ValueError:
            hour_0 = _next_day(iso)
            if hour_0 is None:
                return _refuse(value, name, f"{form} 中真实存在的时刻")
            reason = f"{name}：时间 {shown(value)} 写作 24 时，应写次日 00 时"
            at = _in_zone(hour_0, zone, value, name)
            raise Mended(reason, name, at, "已按次日 00 时计") from None
        return _in_zone(when, zone, value, name)

    return read


def _next_day(iso: str) -> datetime | None:
    """24:22 of a day is 00:22 of the next; None for any other time that there is not."""
    if iso[11:13] != "24":
        return None
    try:
        return datetime.fromisoformat(f"{iso[:11]}00{iso[13:]}") + timedelta(days=1)
    except (ValueError, OverflowError):
        return None


def _to_iso(form: str) -> Callable[[object], str | None]:
    """The value as ISO 8601 prints it, digits unchecked; None where it has another form."""
    if form == "YYYYMMDDhhmmss":
        return _compact
    return _separated(form) if form.startswith("Y") else _turned(form)


def _turned(form: str) -> Callable[[object], str | None]:
    """Day or month first, as declared: which of the two is which is never guessed."""
    at = {part: form.index(part) for part in ("YYYY", "MM", "DD")}
    year, month, day = (slice(i, i + len(part)) for part, i in at.items())
    half = form.endswith(" AM")
    pattern = re.escape(form.removesuffix(" AM"))
    pattern = re.sub("YYYY|MM|DD|hh|mm|ss", lambda part: f"[0-9]{{{len(part[0])}}}", pattern)
    fits = re.compile(pattern + ("( [AP]M)" if half else "")).fullmatch

    def to_iso(value: object) -> str | None:
        if type(value) is not str or not fits(value):
            return None
        clock = value[11:19]
        if half:
            hour = int(clock[:2])
            if not 1 <= hour <= 12:
                return None
            clock = f"{hour % 12 + (12 if value[20] == 'P' else 0):02}{clock[2:]}"
        return f"{value[year]}-{value[month]}-{value[day]} {clock}"

    return to_iso


def _separated(form: str) -> Callable[[object], str | None]:
    """A check that separators stand where `form` has them; the digits are checked later."""
    places = [at for at, letter in enumerate(form) if not letter.isalpha() or letter == "T"]
    expected = tuple(form[at] for at in places)
    separators, length, slashes = itemgetter(*places), len(form), "/" in form

    def to_iso(value: object) -> str | None:
        if type(value) is not str or len(value) != length or separators(value) != expected:
            return None
        return value.replace("/", "-") if slashes else value

    return to_iso


def _compact(value: object) -> str | None:
    if type(value) is int and 0 < value < 10**14:
        value = str(value)
    if type(value) is not str or len(value) != 14 or not value.isascii() or not value.isdecimal():
        return None
    v = value
    return f"{v[:4]}-{v[4:6]}-{v[6:8]} {v[8:10]}:{v[10:12]}:{v[12:]}"


def _in_zone(when: datetime, zone: ZoneInfo, value: object, name: str) -> datetime:
    local = when.replace(tzinfo=zone)
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        _refuse(value, name, "不在夏令时切换的那一小时内的时刻")
    try:
        return local.astimezone(UTC)
    except OverflowError:
        return _refuse(value, name, "公元 2 年以后的时刻")


_PER_SECOND = {"epoch-s": (1, "秒"), "epoch-ms": (1000, "毫秒"), "epoch-us": (10**6, "微秒")}


def _epoch(per_second: int, unit: str) -> Clock:
    # 2000 to 2100: a count of milliseconds where seconds are declared falls outside.
    earliest, latest = 946_684_800 * per_second, 4_102_444_800 * per_second

    def read(value: object, name: str) -> datetime:
        if type(value) is str and value.isascii() and value.isdecimal() and len(value) < 18:
            value = int(value)
        if type(value) is not int or not earliest <= value <= latest:
            return _refuse(value, name, f"自 1970 年起的{unit}数")
        return datetime.fromtimestamp(value / per_second, UTC)

    return read


def _refuse(value: object, name: str, right: str) -> datetime:
    raise Unreadable(f"{name}：时间 {shown(value)} 不合约定，应为 {right}", name)
