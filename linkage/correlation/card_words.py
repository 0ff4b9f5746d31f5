"""Kind, distance and time of a score card, as an officer reads them."""

from math import sqrt

from linkage.kinds import Kind


def kind_reason(one: Kind, other: Kind, points: int) -> tuple[str, float]:
    if one is other:
        return f"事件类别相同：{one.label}", float(points)
    return f"类别可为同一事件：{one.label}—{other.label}", float(points)


def metres(metres2: float | None) -> str:
    if metres2 is None:
        return "一方无坐标，看地点文字"
    metres = sqrt(metres2)
    return f"相距 {metres:.0f} 米" if metres < 1000 else f"相距 {metres / 1000:.1f} 公里"


def minutes(seconds: float) -> str:
    if seconds < 60:
        return f"相隔 {seconds:.0f} 秒"
    return f"相隔 {seconds / 60:.0f} 分钟" if seconds < 5400 else f"相隔 {seconds / 3600:.1f} 小时"
