"""Words with nothing hidden in them.

Control characters are taken out; what turns the order of writing or shows nothing is made visible
as [U+202E]; a character the sender has already lost (U+FFFD) is printed as 〓, the printer's sign
for a missing one.
"""

import re

LOST = "\N{REPLACEMENT CHARACTER}"
SIGN_FOR_LOST = "〓"
# Tab and line ends stay; joiners stay, for emoji and other scripts.
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_HIDDEN = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff"
_odd = re.compile(f"[{_CONTROL}{_HIDDEN}{LOST}]")


def plain(words: str) -> str:
    """The same words with nothing hidden in them."""
    if words.isprintable() and LOST not in words:
        return words
    return _odd.sub(_visible, words)


def plain_within(words: str, most: int) -> str:
    """The same in at most so many letters: what is made visible takes room."""
    words = plain(words)
    return words if len(words) <= most else f"{words[: most - 1]}…"


def count_odd(words: str) -> tuple[int, int]:
    """How many letters were lost at the sender's, and how many others are odd."""
    lost = words.count(LOST)
    return lost, len(_odd.findall(words)) - lost


def _visible(found: re.Match[str]) -> str:
    letter = found[0]
    if letter == LOST:
        return SIGN_FOR_LOST
    if letter < "\xa0":
        return ""
    return f"[U+{ord(letter):04X}]"
