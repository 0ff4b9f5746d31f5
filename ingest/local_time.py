"""Their clock → UTC. Each source declares one form of time and its zone; nothing is guessed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from zoneinfo import ZoneInfo

from ingest.json_form import shown
from linkage.alerts import Unreadable
from linkage.sources import Source

Clock = Callable[[object, str], datetime]
# China had summer time until 1991; since then Beijing time is a fixed offset, which is quicker.
_FIXED = {"Asia/Shanghai": timedelta(hours=8), "PRC": timedelta(hours=8), "UTC": timedelta(0)}
_FIXED_SINCE = "1992"


def clock(source: Source) -> Clock:
    """How to read a time of this source: (value, name of its field) → UTC.

    The clock raises `Unreadable` for anything but the declared form, also for 24:00, 30 February
    and an hour that summer time skips or repeats.
    """
    form = source.time_format
    if form == "iso8601":
        return with_offset
    if form in {"epoch-s", "epoch-ms"}:
        return _epoch(1000 if form == "epoch-ms" else 1)
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
    to_iso = _compact if form == "YYYYMMDDhhmmss" else _separated(form)
    offset = _FIXED.get(zone.key)

    def read(value: object, name: str) -> datetime:
        iso = to_iso(value)
        if iso is None:
            return _refuse(value, name, form)
        if iso[11:13] == "24":
            return _refuse(value, name, f"{form}（24 时请写次日 00 时）")
        try:
            if offset is not None and iso >= _FIXED_SINCE:
                return datetime.fromisoformat(iso + "+00:00") - offset
            when = datetime.fromisoformat(iso)
        except ValueError:
            return _refuse(value, name, f"{form} 中真实存在的时刻")
        return _in_zone(when, zone, value, name)

    return read


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


def _epoch(per_second: int) -> Clock:
    unit = "毫秒" if per_second == 1000 else "秒"
    # 2000 to 2100: a count of milliseconds where seconds are declared falls outside.
    earliest, latest = 946_684_800 * per_second, 4_102_444_800 * per_second

    def read(value: object, name: str) -> datetime:
        if type(value) is str and value.isascii() and value.isdecimal() and len(value) < 16:
            value = int(value)
        if type(value) is not int or not earliest <= value <= latest:
            return _refuse(value, name, f"自 1970 年起的{unit}数")
        return datetime.fromtimestamp(value / per_second, UTC)

    return read


def _refuse(value: object, name: str, right: str) -> datetime:
    raise Unreadable(f"{name}：时间 {shown(value)} 不合约定，应为 {right}", name)
