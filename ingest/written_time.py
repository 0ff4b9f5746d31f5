"""A time as a person writes it on a command line: Beijing time, unless a zone stands with it."""

import re
from datetime import datetime, timedelta

from linkage.errors import NotAllowed
from linkage.record import BEIJING

HELP = "北京时间，如 2026-11-22 08:00 或 2026年11月22日8时；只写日期即当日零时"
_DAY = r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
_CLOCK = r"(\d{1,2})(?:[:：时点](?:(\d{1,2})(?:[:：分](?:(\d{1,2})秒?)?)?)?)"
_WRITTEN = re.compile(rf"{_DAY}(?:[T ]*{_CLOCK})?", re.ASCII)


def moment(written: str) -> datetime:
    """Raises NotAllowed."""
    text = " ".join(written.split())
    found = _WRITTEN.fullmatch(text)
    try:
        if found is None:
            at = datetime.fromisoformat(text)
            return at if at.tzinfo else at.replace(tzinfo=BEIJING)
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        # The day that ends at 24:00 is said so in every duty room.
        ends = timedelta(days=(hour, minute, second) == (24, 0, 0))
        at = datetime(year, month, day, 0 if ends else hour, minute, second, tzinfo=BEIJING)
        return at + ends
    except (ValueError, OverflowError):
        raise NotAllowed(f"“{written[:40]}”不是时间；请写{HELP}") from None


def shown(at: datetime) -> str:
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
