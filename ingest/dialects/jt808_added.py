"""JT/T 808 table 27: what a terminal adds to a report → facts of the alert it makes.

Only what helps who turns out. An item that is not here, or of another length than the standard
gives it, says nothing: makers number their own as they like.
"""

from collections.abc import Callable
from typing import Any

# Number and length → the fact, and what it is made of.
_ITEMS: dict[tuple[int, int], tuple[str, Callable[[int], float]]] = {
    (0x02, 2): ("fuel_l", lambda stated: stated / 10),
    (0x03, 2): ("recorder_speed_kmh", lambda stated: stated / 10),
    # Edition of 2019. The highest bit is the sign, what is below it no complement.
    (0x06, 2): ("cargo_temperature_c", lambda n: -(n & 0x7FFF) if n >> 15 else n),
    (0x31, 1): ("satellites", lambda stated: stated),
}
# T/JSATL 12, the province's standard of active safety.
_SAFETY = {0x64: "驾驶辅助", 0x65: "驾驶员状态", 0x66: "胎压", 0x67: "盲区"}


def added_facts(items: bytes) -> dict[str, Any]:
    """`items`: what follows the fixed part of a report. Never raises."""
    facts: dict[str, Any] = {}
    safety: list[str] = []
    at = 0
    while at + 2 <= len(items):
        number, length = items[at : at + 2]
        data = items[at + 2 : at + 2 + length]
        at += 2 + length
        if len(data) < length:
            break
        name, value = _ITEMS.get((number, length), ("", None))
        if value is not None:
            facts[name] = value(int.from_bytes(data))
        elif number in _SAFETY:
            safety.append(_SAFETY[number])
    return facts | {"active_safety": "、".join(safety)} if safety else facts
