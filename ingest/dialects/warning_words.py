"""红橙黄蓝: the colour of a warning from the words around it. 突发事件应对法 §63."""

import re
from collections.abc import Iterable

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
_BY_SEVERITY = {
    Severity.EXTREME: WarningColour.RED,
    Severity.SEVERE: WarningColour.ORANGE,
    Severity.MODERATE: WarningColour.YELLOW,
    Severity.MINOR: WarningColour.BLUE,
}
_STATED = re.compile(r"(?:(红|橙|黄|蓝)色?|(RED|ORANGE|YELLOW|BLUE))", re.IGNORECASE)
# 黄海 and 蓝天 are no colours of a warning: in a headline only 黄色 is.
_IN_HEADLINE = re.compile(r"(红|橙|黄|蓝)色")


def colour_of(
    stated: Iterable[str], headline: str, severity_word: str, severity: Severity
) -> WarningColour | None:
    """A parameter that is a colour, else the headline's, else what severity says."""
    for value in stated:
        found = _STATED.fullmatch(value)
        if found:
            return _COLOURS[(found[1] or found[2]).upper()]
    in_headline = _IN_HEADLINE.findall(headline)
    if in_headline:
        # 由黄色升级为橙色: the last one is what now holds.
        return _COLOURS[in_headline[-1]]
    return _COLOURS.get(severity_word) or _BY_SEVERITY.get(severity)
