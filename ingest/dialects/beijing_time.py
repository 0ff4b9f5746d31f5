"""Times of telemetry: digits of Beijing time without a zone (domain trap 5) → UTC."""

from datetime import UTC, datetime, timedelta

from linkage.alerts import Unreadable

_AHEAD = timedelta(hours=8)


def beijing_time(digits: str, name: str) -> datetime:
    """YYYYMMDDhhmmss, or without the century, or without the seconds: 14, 12 or 10 digits.

    Hour 24 is hour 0 of the next day. Raises Unreadable for what no calendar has.
    """
    if not (digits.isascii() and digits.isdecimal() and len(digits) in {10, 12, 14}):
        reason = f"{name}：时间 {digits[:20]!r} 应为 10、12 或 14 位数字"
        raise Unreadable(f"{reason}；请检查设备的报文格式", name)
    full = digits if len(digits) == 14 else f"20{digits}".ljust(14, "0")
    hour_24 = full[8:10] == "24"
    hour = "00" if hour_24 else full[8:10]
    try:
        local = datetime.fromisoformat(f"{full[:8]}T{hour}{full[10:]}+00:00")
    except ValueError:
        reason = f"{name}：时间 {digits} 在日历上不存在"
        raise Unreadable(f"{reason}；请对方给设备校时", name) from None
    if not 1992 <= local.year < 2100:  # summer time before; and no clock that was ever set
        reason = f"{name}：时间 {digits} 不在 1992 至 2099 年，设备时钟未校准"
        raise Unreadable(f"{reason}；请对方给设备校时", name)
    local = local.replace(tzinfo=UTC) - _AHEAD
    return local + timedelta(days=1) if hour_24 else local
