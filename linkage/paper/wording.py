"""What a sheet says of a place, of people and of a caller. Pure."""

from linkage.alerts import Casualties, Point
from linkage.vocabulary import Count, PositionNote


def position(point: Point | None, note: PositionNote) -> str:
    """Decimal for a map program, degrees and minutes for a chart: WGS-84 both."""
    if point is None:
        return f"没有坐标（{note.label}）"
    doubt = "" if note is PositionNote.EXACT else f"　{note.label}"
    north, east = _degrees(point.lat), _degrees(point.lon)
    return f"{point.lat:.5f}, {point.lon:.5f}（WGS-84，纬度在前）　北纬 {north} 东经 {east}{doubt}"


def _degrees(value: float) -> str:
    seconds = round(value * 3600)
    # Degrees, minutes, seconds.
    return f"{seconds // 3600}°{seconds % 3600 // 60:02}′{seconds % 60:02}″"  # noqa: RUF001


def people(casualties: Casualties) -> str:
    stated = [(one, getattr(casualties, one)) for one in Count]
    said = [f"{one.label} {number}" for one, number in stated if number is not None]
    return "　".join(said) or "未报"


def caller(name: str | None, phone: str | None, *, personal: bool) -> str:
    """Who called; masked, whatever shape the number has."""
    name, phone = name or "", phone or ""
    if not personal:
        name = name[:1] + "**" if name else ""
        phone = f"{phone[:3]}****{phone[-4:]}" if len(phone) > 7 else "****" if phone else ""
    return f"{name} {phone}".strip()


def cut(text: str, most: int) -> str:
    flat = "\n".join(" ".join(line.split()) for line in text.split("\n")) if text else ""
    return flat if len(flat) <= most else f"{flat[:most]}…"
