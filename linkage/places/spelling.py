"""How a name may be typed: its characters, their pinyin in full or shortened, every reading.

灌云 is guanyun, and gy; 徐圩 is xuwei to who lives there and xuxu to who reads it: all are found.
"""

import unicodedata
from functools import cache
from itertools import groupby

from pypinyin import Style, pinyin

# One part of a name: the sign as it is written, and how it may be read.
Part = tuple[str, tuple[str, ...]]
Spelling = tuple[Part, ...]
# What a typed word may be of a name, best first; 0 is nothing.
WHOLE, FRONT, INSIDE, SCATTERED = 100, 80, 50, 30
# A shade below its class: pinyin instead of the signs, syllables cut anyhow.
_READ, _CUT = 5, 10


def plain(text: str) -> str:
    """As it is compared: full-width letters narrow, small, no spaces or marks; ü is v."""
    narrow = unicodedata.normalize("NFKC", text).lower().replace("ü", "v")
    return "".join(sign for sign in narrow if sign.isalnum())


@cache
def spell(name: str) -> Spelling:
    """The parts of a name. Digits and Latin letters are read as they stand, each run in one."""
    parts: list[Part] = []
    for han, run in groupby(plain(name), key=lambda sign: "\u4e00" <= sign <= "\u9fff"):
        word = "".join(run)
        if not han:
            parts.append((word, ()))
            continue
        readings = pinyin(word, style=Style.NORMAL, heteronym=True, v_to_u=False)
        parts += [(sign, tuple(dict.fromkeys(r))) for sign, r in zip(word, readings, strict=True)]
    return tuple(parts)


def fit(typed: str, spelling: Spelling) -> int:
    """How well `typed` (plain) says the name: WHOLE … SCATTERED, or 0."""
    best = 0
    for start in range(len(spelling)):
        for end, cost in _ways(typed, spelling, start):
            worth = INSIDE if start else WHOLE if end == len(spelling) else FRONT
            best = max(best, worth - cost)
        if best and not start:
            return best  # from its beginning: nothing inside can be better
    return best or (SCATTERED if _scattered(typed, spelling) else 0)


def _ways(typed: str, spelling: Spelling, start: int) -> set[tuple[int, int]]:
    """Every way to read `typed` from part `start` on: (part after the last, cost)."""
    done: set[tuple[int, int]] = set()
    seen: set[tuple[int, int, str]] = set()
    todo = [(0, start, "")]  # typed so far, next part, how it was typed
    while todo:
        state = todo.pop()
        if state in seen:
            continue
        seen.add(state)
        at, part, how = state
        if at == len(typed):
            done.add((part, {"": 0, "s": 0, "f": _READ, "i": _READ}.get(how, _CUT)))
        elif part < len(spelling):
            for length, way in _bites(typed[at:], spelling[part]):
                mixed = way if how in {"", way} else "m"
                todo.append((at + length, part + 1, mixed))
    return done


def _bites(rest: str, part: Part) -> list[tuple[int, str]]:
    """How much of `rest` this part may be: (letters, s sign · f full · i initial · m cut)."""
    sign, readings = part
    found: list[tuple[int, str]] = []
    if not readings:  # digits, letters: as far as they go
        same = 0
        while same < min(len(rest), len(sign)) and rest[same] == sign[same]:
            same += 1
        if same in {len(sign), len(rest)} and same:
            found.append((same, "s"))
        return found
    if rest[0] == sign:
        found.append((1, "s"))
    for reading in readings:
        for length in range(1, len(reading) + 1):
            if not rest.startswith(reading[:length]):
                break
            initial = length == 1 or reading[:length] in {"zh", "ch", "sh"}
            way = "f" if length == len(reading) else "i" if initial else "m"
            found.append((length, way))
    return found


def _scattered(typed: str, spelling: Spelling) -> bool:
    """Signs of the name in their order with others between: 石化储罐 of 石化基地储罐区."""
    if len(typed) < 2 or typed.isascii():
        return False
    signs = iter("".join(sign for sign, _ in spelling))
    return all(sign in signs for sign in typed)
