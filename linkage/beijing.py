"""Beijing time, in the few forms in which screens and papers say it. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")


def beijing(at: datetime) -> datetime:
    return at.astimezone(BEIJING)


def clock(at: datetime) -> str:
    """14:07:12"""
    return beijing(at).strftime("%H:%M:%S")


def day_minute(at: datetime) -> str:
    """11-22 14:07"""
    return beijing(at).strftime("%m-%d %H:%M")


def day_second(at: datetime) -> str:
    """11-22 14:07:12"""
    return beijing(at).strftime("%m-%d %H:%M:%S")


def date_second(at: datetime) -> str:
    """2026-11-22 14:07:12"""
    return beijing(at).strftime("%Y-%m-%d %H:%M:%S")


def time_near(at: datetime, now: datetime) -> str:
    """14:07; with the day where it is not today."""
    today = beijing(at).date() == beijing(now).date()
    return beijing(at).strftime("%H:%M") if today else day_minute(at)
