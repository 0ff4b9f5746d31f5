"""红橙黄蓝: the colour of a warning from the words around it. 突发事件应对法 §63.

Text and codes of one warning may differ (reliability P33). All are looked at; the higher level
wins, and the difference is told.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from linkage.vocabulary import Severity, WarningColour

_COLOURS = {
    "红": WarningColour.RED,
    "橙": WarningColour.ORANGE,
    "黄": WarningColour.YELLOW,
    "蓝": WarningColour.BLUE,
    "RED": WarningColour.RED,
    "ORANGE": WarningColour.ORANGE,
    "YELLOW": WarningColour.YELLOW,
    "BLUE": WarningColour.BLUE,
}
COLOUR_OF = {
    Severity.EXTREME: WarningColour.RED,
    Severity.SEVERE: WarningColour.ORANGE,
    Severity.MODERATE: WarningColour.YELLOW,
    Severity.MINOR: WarningColour.BLUE,
}
SEVERITY_OF = {colour: severity for severity, colour in COLOUR_OF.items()}
_LEVELS = {
    **dict.fromkeys(("Ⅰ", "I"), WarningColour.RED),
    **dict.fromkeys(("Ⅱ", "II"), WarningColour.ORANGE),
    **dict.fromkeys(("Ⅲ", "III"), WarningColour.YELLOW),
    **dict.fromkeys(("Ⅳ", "IV"), WarningColour.BLUE),
}
# 3; orange; Severe is how MeteoAlarm states it.
_STATED = re.compile(
    r"(?:(红|橙|黄|蓝)色?|(?:[1-4]\s?;\s?)?(RED|ORANGE|YELLOW|BLUE)(?:\s?;\s?[A-Z]+)?)",
    re.IGNORECASE,
)
_PLAIN = str.maketrans("紅黃藍", "红黄蓝")
# 黄海 and 蓝天 are no colours of a warning: in a headline only 黄色 is, or 黄预警 with 色 left out.
_IN_HEADLINE = re.compile(r"(红|橙|黄|蓝)(?:色|(?=预警))")
# The level as the weather service appends it: [II级/严重], by some [II/严重].
_LEVEL = re.compile(r"[\[\uff3b【(（]\s?(Ⅰ|Ⅱ|Ⅲ|Ⅳ|IV|I{1,3})\s?[级/]")


class Coloured(NamedTuple):
    """`note`: how the words differ; "" when they do not."""

    colour: WarningColour
    note: str


def colour_of(
    stated: Iterable[str], headline: str, severity_word: str, severity: Severity
) -> Coloured | None:
    """The highest colour that parameters, headline, the level in it, or severity state."""
    said = said_in(headline, stated)
    by_code = _COLOURS.get(severity_word) or COLOUR_OF.get(severity)
    if by_code is not None:
        said[f"severity {severity_word}".strip()] = by_code
    return highest(said)


def said_in(headline: str, stated: Iterable[str] = ()) -> dict[str, WarningColour]:
    """Who says which colour. `stated`: values that may be a colour by themselves."""
    said: dict[str, WarningColour] = {}
    headline = headline.translate(_PLAIN)
    for value in stated:
        found = _STATED.fullmatch(value.translate(_PLAIN))
        if found and "参数" not in said:
            said["参数"] = _COLOURS[(found[1] or found[2]).upper()]
    in_headline = _IN_HEADLINE.findall(headline)
    if in_headline:
        # 由黄色升级为橙色: the last one is what now holds.
        said["标题"] = _COLOURS[in_headline[-1]]
    level = _LEVEL.findall(headline)
    if level:
        said["标题级别"] = _LEVELS[level[-1]]
    return said


def highest(said: dict[str, WarningColour]) -> Coloured | None:
    """The highest of what was `said`, by who says it; None where nobody says a colour."""
    if not said:
        return None
    colour = max(said.values(), key=lambda c: SEVERITY_OF[c].rank)
    if len(set(said.values())) == 1:
        return Coloured(colour, "")
    words = "，".join(f"{where}为{c.label}" for where, c in said.items())
    return Coloured(colour, f"预警颜色不一致：{words}；按较高的{colour.label}")


def higher(severity: Severity, colour: WarningColour) -> Severity:
    """The severity beside its colour: neither is shown below the other."""
    return max(severity, SEVERITY_OF[colour], key=lambda s: s.rank)
