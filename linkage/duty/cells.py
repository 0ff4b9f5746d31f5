"""What people write into a roster's cells → dates, hours, names, numbers. Pure.

Every refusal says what is wrong and what would be right; the caller adds sheet, row and column.
"""

import re
import unicodedata
from datetime import date, datetime, time, timedelta

from linkage.duty.rules import WEEKDAYS

# What a cell of a workbook may hold.
Cell = str | int | float | bool | datetime | date | time | timedelta | None
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel's dates have no zone; day 60 is its own slip
_SERIALS = range(36_526, 73_051)  # 2000 to 2099
_YEARS = range(2000, 2100)
_WEEKDAY = re.compile(r"[(\s]*(?:星期|周|礼拜)\s*([一二三四五六日天])[)\s]*$")
_DATE = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})[日号]?")
_LOST_ZERO = re.compile(r"\d{1,2}\.[123]")
_SERIAL = re.compile(r"(\d{5})(?:\.0+)?")
_COMPACT = re.compile(r"(20\d{2})(\d{2})(\d{2})")
_MIDNIGHT = re.compile(r"[ T]0{1,2}:00(?::00(?:\.0+)?)?$")
_CLOCK = re.compile(r"(次日|第二天|翌日)?\s*(\d{1,2})(?:[:.时点](\d{1,2})?)?(?::(\d{1,2}))?分?")
_HALF_PAST = re.compile(r"^(.*[时点])半$")
_RANGE = re.compile(r"[-—–~至到]+")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_TELEPHONE = re.compile(r"\+?\d[\d-]{1,18}\d(?:转\d{1,6})?")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_WEBHOOK = re.compile(r"[A-Za-z0-9._@-]{1,64}")
_SEPARATORS = re.compile(r"[、,;/\n]+")
_LONGEST_NAME = 20


class BadCell(ValueError):  # noqa: N818 - a refusal of a cell, read by a person
    def __init__(self, wrong: str, remedy: str) -> None:
        super().__init__(f"{wrong}；{remedy}")
        self.wrong, self.remedy = wrong, remedy


def words(cell: Cell) -> str:
    """The cell as text in half width, without what cannot be seen; empty for an empty cell."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = unicodedata.normalize("NFKC", str(cell))
    seen = (c if c == "\n" or unicodedata.category(c)[0] != "C" else " " for c in text)
    return "".join(seen).strip()


def as_date(cell: Cell, today: date) -> date:
    """A date cell, a serial number or a text. A date without its year is the one next to today."""
    remedy = "请写成 2026-11-23 或 11月23日"
    if isinstance(cell, datetime):
        if cell.time() != time():
            raise BadCell(f"{shown(cell)} 带有钟点", "日期列只写日期，钟点写在“开始”“结束”列")
        cell = cell.date()
    if isinstance(cell, date):
        return _sane(cell, remedy)
    if isinstance(cell, int | float) and not isinstance(cell, bool) and int(cell) in _SERIALS:
        if cell != int(cell):
            raise BadCell(f"{shown(cell)} 带有钟点", "日期列只写日期，钟点写在“开始”“结束”列")
        return (_EPOCH + timedelta(days=int(cell))).date()
    text = _MIDNIGHT.sub("", words(cell))
    if isinstance(cell, float) and _LOST_ZERO.fullmatch(text):
        # 11.20 typed as a number is kept as 11.2: the 2nd or the 20th, nobody can tell.
        month, last = text.split(".")
        raise BadCell(
            f"{shown(cell)} 看不出是 {month}月{last}日 还是 {month}月{last}0日",
            "请写成 11月2日 的样子",
        )
    serial = _SERIAL.fullmatch(text)
    if serial and int(serial[1]) in _SERIALS:
        return as_date(int(serial[1]), today)
    named = _WEEKDAY.search(text)
    plain = (text[: named.start()] if named else text).replace(" ", "")
    found = _COMPACT.fullmatch(plain) or _DATE.fullmatch(plain)
    if found is None:
        raise BadCell(f"{shown(cell)} 不是日期", remedy)
    day = _dated(found[1], int(found[2]), int(found[3]), today, shown(cell))
    if named and WEEKDAYS["一二三四五六日".index(named[1].replace("天", "日"))] != _weekday(day):
        raise BadCell(
            f"{shown(cell)}：{day:%Y-%m-%d} 是{_weekday(day)}", "请核对日期和星期哪一个写错了"
        )
    return _sane(day, remedy)


def _weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()]


def _dated(year: str | None, month: int, day: int, today: date, said: str) -> date:
    years = [int(year)] if year else [today.year - 1, today.year, today.year + 1]
    found = []
    for one in years:
        try:
            found.append(date(one, month, day))
        except ValueError:
            continue  # 29 February is in one year of four
    if not found:
        raise BadCell(f"{said} 这一天不存在", "请核对月份和日期")
    return min(found, key=lambda one: abs(one - today))


def _sane(day: date, remedy: str) -> date:
    if day.year not in _YEARS:
        raise BadCell(f"{day:%Y-%m-%d} 的年份不对", remedy)
    return day


def as_clock(cell: Cell) -> timedelta:
    """How long after midnight of the shift's date; 24:00 and 次日8:00 lie beyond it."""
    remedy = "请写成 08:00、20:00、24:00 或 次日08:00"
    if isinstance(cell, datetime):
        if cell.year > 1900:
            raise BadCell(f"{shown(cell)} 带有日期", remedy)
        # 24:00 in a cell of hours is day one of Excel's calendar.
        cell = cell - datetime(1899, 12, 31)  # noqa: DTZ001 - a length of time, of no zone
    if isinstance(cell, timedelta):  # Excel's own 24:00 and beyond
        return _within(cell, shown(cell), remedy)
    if isinstance(cell, time):
        return timedelta(hours=cell.hour, minutes=cell.minute)
    if isinstance(cell, float) and 0 < cell < 2 and cell != 1:  # a part of a day
        return _within(timedelta(minutes=round(cell * 1440)), shown(cell), remedy)
    text = words(cell).replace(" ", "")
    half = _HALF_PAST.match(text)
    found = _CLOCK.fullmatch(f"{half[1]}30" if half else text)
    if found is None or int(found[3] or 0) > 59:
        raise BadCell(f"{shown(cell)} 不是钟点", remedy)
    since = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if since > timedelta(hours=24):
        raise BadCell(f"{shown(cell)} 超过 24 时", remedy)
    return since + timedelta(days=1) if found[1] else since


def _within(since: timedelta, said: str, remedy: str) -> timedelta:
    if not timedelta() <= since <= timedelta(hours=48):
        raise BadCell(f"{said} 超过 24 时", remedy)
    return since


def as_hours(text: str) -> tuple[timedelta, timedelta] | None:
    """08:00-20:00 as two clocks; None where the text is no span of hours."""
    parts = _RANGE.split(text.replace(" ", ""))
    if len(parts) != 2 or not all(any(c.isdigit() for c in part) for part in parts):
        return None
    return as_clock(parts[0]), as_clock(parts[1])


def as_names(cell: Cell) -> list[str]:
    """One cell may hold several: 甲、乙, or 甲甲 乙乙 with a blank between whole names."""
    parts = [part for part in _SEPARATORS.split(words(cell)) if part.strip()]
    each = [name for part in parts for name in _apart(part)]
    return list(dict.fromkeys(as_name(name) for name in each))


def _apart(part: str) -> list[str]:
    names = part.split()
    return names if all(len(name) > 1 for name in names) else [part]


def as_name(cell: Cell) -> str:
    text = words(cell)
    # 张 三 is 张三: two-character names are set apart to line up with those of three.
    if text and all("\u4e00" <= c <= "\u9fff" or c == " " for c in text):
        text = text.replace(" ", "")
    if not text:
        raise BadCell("没有姓名", "请填写姓名")
    if len(text) > _LONGEST_NAME or not any(c.isalpha() for c in text):
        raise BadCell(f"{shown(cell)} 不是姓名", f"姓名为 1 到 {_LONGEST_NAME} 个字，几人之间用、")
    if text[0] in "=+-@":
        raise BadCell(f"{shown(cell)} 以 {text[0]} 开头", "姓名不能写成公式")
    return text


def _number(cell: Cell) -> str:
    """Without what programs put around a number: 13800000000.0, '13800000000, long dashes."""
    plain = re.sub(r"[\s()]", "", words(cell)).lstrip("'\u2018\u2019`")
    return re.sub(r"[\u2010-\u2015\u2212]", "-", re.sub(r"(?<=^\d{7})(\d*)\.0+$", r"\1", plain))


def as_mobile(cell: Cell) -> str:
    text = re.sub(r"^\+?86(?=1\d{10}$)", "", _number(cell).replace("-", ""))
    if text and not _MOBILE.fullmatch(text):
        digits = sum(c.isdigit() for c in text)
        raise BadCell(f"{hidden(cell)} 不是手机号（{digits} 位数字）", "应为 1 开头的 11 位数字")
    return text


def as_telephone(cell: Cell) -> str:
    text = _number(cell)
    if text and not _TELEPHONE.fullmatch(text):
        raise BadCell(f"{hidden(cell)} 不是电话号码", "应如 0518-85800000，分机写 -123")
    return text


def as_email(cell: Cell) -> str:
    text = words(cell)
    if text and not _EMAIL.fullmatch(text):
        raise BadCell(f"{hidden(cell)} 不是邮箱地址", "应如 zhiban@example.gov.cn")
    return text


def as_webhook(cell: Cell) -> str:
    text = words(cell)
    if text and not _WEBHOOK.fullmatch(text):
        raise BadCell(f"{hidden(cell)} 不是政务微信账号", "应为字母、数字、点、横线，64 个以内")
    return text


def shown(cell: Cell) -> str:
    """What stood there, short enough for a message."""
    text = words(cell) or "空白"
    return f"“{text[:24]}{'…' if len(text) > 24 else ''}”"


def hidden(cell: Cell) -> str:
    """Likewise where it may be a person's number: only its ends."""
    text = words(cell)
    return f"“{text[:2]}…{text[-1:]}”" if len(text) > 3 else "“…”"
