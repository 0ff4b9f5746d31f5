"""Their clock → UTC. Each source declares one form of time and its zone; nothing is guessed."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from operator import itemgetter
from zoneinfo import ZoneInfo

from ingest.forgiving import Mended
from ingest.json_form import shown
from ingest.time_spelling import respelt
from linkage.alerts import Unreadable
from linkage.sources import TIME_FORMATS, Source

Clock = Callable[[object, str], datetime]
# China had summer time until 1991; since then Beijing time is a fixed offset, which is quicker.
_FIXED = {"Asia/Shanghai": timedelta(hours=8), "PRC": timedelta(hours=8), "UTC": timedelta(0)}
_FIXED_SINCE = "1992"
_PARTS = re.compile("YYYY|MM|DD|hh|mm|ss")
_AS_ISO = re.compile("YYYY([-/])MM\\1DD[ T]hh:mm(:ss([.]SSS)?)?")


def clock(source: Source) -> Clock:
    """How to read a time of this source: (value, name of its field) → UTC.

    The clock raises `Unreadable` for anything but the declared form, also for second 60, 30
    February and an hour that summer time skips or repeats, and names the form that would read it.
    What can mean one moment only is `Mended`: refused, unless the dialect is forgiving; then 24:22
    is 00:22 of the next day, and a note says so.
    """
    read = _clock(source.time_format, source.timezone)

    def read_or_say(value: object, name: str) -> datetime:
        try:
            return read(value, name)
        except Mended:
            raise
        except Unreadable as why:
            reason = why.reason + _other_forms(value, source)
        raise Unreadable(reason, name)

    return read_or_say


def _clock(form: str, zone: ZoneInfo) -> Clock:
    if form == "iso8601":
        return with_offset
    if form in _PER_SECOND:
        return _epoch(*_PER_SECOND[form])
    return _naive(form, zone)


def _other_forms(value: object, source: Source) -> str:
    """Which line of sources.toml to change, where every time of the source looks like this."""
    as_agreed: list[str] = []
    otherwise: list[str] = []
    for form, read in _every_form(source.timezone):
        try:
            read(value, "")
        except Mended:
            otherwise.append(form)
        except Unreadable:
            continue
        else:
            as_agreed.append(form)
    fits = as_agreed or otherwise
    if not fits:
        return ""
    lines = " 或 ".join(f'time_format = "{form}"' for form in fits)
    # Many a system prints a Z behind its local time.
    zulu = type(value) is str and value.endswith("Z")
    where = "对方若确为世界时（末尾 Z）" if zulu else "对方若一向这样写"
    return f'；{where}，请在 sources.toml [[source]] "{source.id}" 写 {lines}'


@cache
def _every_form(zone: ZoneInfo) -> tuple[tuple[str, Clock], ...]:
    return tuple((form, _clock(form, zone)) for form in TIME_FORMATS)


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
            return other_spelling(value, name)
        try:
            if offset is not None and iso >= _FIXED_SINCE:
                return datetime.fromisoformat(iso + "+00:00") - offset
            when = datetime.fromisoformat(iso)
        except ValueError:
            hour_0 = _next_day(iso)
            if hour_0 is None:
                return other_spelling(value, name)
            reason = f"{name}：时间 {shown(value)} 写作 24 时，应写次日 00 时"
            at = _in_zone(hour_0, zone, value, name)
            raise Mended(reason, name, at, "已按次日 00 时计") from None
        return _in_zone(when, zone, value, name)

    def other_spelling(value: object, name: str) -> datetime:
        right = respelt(value, form)
        if right is None:
            # Each part stands where it should, and yet there is no such moment.
            real = " 中真实存在的时刻" if to_iso(value) is not None else ""
            return _refuse(value, name, f"{form}{real}")
        at: object
        try:
            at, also = read(right, name), ""
        except Mended as more:
            at, also = more.instead, f"，{more.taken_as}"
        reason = f"{name}：时间 {shown(value)} 应写作 {right}"
        raise Mended(reason, name, at, f"已按此计{also}")

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
    return _separated(form) if _AS_ISO.fullmatch(form) else _turned(form)


def _turned(form: str) -> Callable[[object], str | None]:
    """Each part where the form has it: which of two is the day is declared, never guessed."""
    at = {
        part: slice(found.start(), found.end())
        for found in _PARTS.finditer(form)
        if (part := found[0])
    }
    pattern = _PARTS.sub(lambda part: f"[0-9]{{{len(part[0])}}}", re.escape(form))
    half = form.endswith(" AM")
    fits = re.compile(pattern.replace("AM", "[AP]M")).fullmatch
    year, month, day, hour, minute, second = (at[p] for p in ("YYYY", "MM", "DD", "hh", "mm", "ss"))

    def to_iso(value: object) -> str | None:
        if type(value) is not str or not fits(value):
            return None
        hours = value[hour]
        if half:
            if not 1 <= int(hours) <= 12:
                return None
            hours = f"{int(hours) % 12 + (12 if value[-2] == 'P' else 0):02}"
        date = f"{value[year]}-{value[month]}-{value[day]}"
        return f"{date} {hours}:{value[minute]}:{value[second]}"

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
        count = value
        if type(value) is str and value.isascii() and value.isdecimal() and len(value) < 18:
            count = int(value)
        if type(count) is int and earliest <= count <= latest:
            return datetime.fromtimestamp(count / per_second, UTC)
        if type(value) is datetime:  # put there by ingest.forgiving
            return value
        return fraction(value, name)

    def fraction(value: object, name: str) -> datetime:
        """1786000202.5, as a float or in words: a clock of more than its unit."""
        words = value.strip() if type(value) is str else value
        try:
            count = float(words)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            count = 0.0
        if (type(words) is str and "_" in words) or not earliest <= count <= latest:
            return _refuse(value, name, f"自 1970 年起的{unit}数")
        at = datetime.fromtimestamp(int(count) / per_second, UTC)
        reason = f"{name}：时间 {shown(value)} 应写作 {int(count)}"
        raise Mended(reason, name, at, "已按此计")

    return read


def _refuse(value: object, name: str, right: str) -> datetime:
    if value is None or value == "" or (type(value) is str and value.isspace()):
        raise Unreadable(f"{name}：缺少时间，应为 {right}", name)
    raise Unreadable(f"{name}：时间 {shown(value)} 不合约定，应为 {right}", name)
