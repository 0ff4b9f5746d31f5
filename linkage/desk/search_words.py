"""What is compared when an officer searches: texts without blanks and width, in pairs of letters.

Chinese has no blanks between words, so a text is indexed by every two letters that stand side by
side; digits and Latin letters by every four as well, for a telephone shares its pairs with all.
Pure.
"""

import re
import zlib
from unicodedata import normalize

# Digits of a telephone are looked for from this many on: fewer are house numbers.
PHONE_PART = 4
_LATIN = re.compile(r"[0-9a-z]{4,}")
_COUNTRY = re.compile(r"(?:00)?86(1\d{10})")
# More words than anyone types; each costs a look into the index.
_MOST_WORDS = 8
# What separates fields, so that no pair reaches from one into the next.
GAP = "\n"


def fold(text: str | None) -> str:
    """Half width, small, and only letters and digits: 苏Ｇ·12345 is 苏g12345."""
    if not text:
        return ""
    return "".join(c for c in normalize("NFKC", text).casefold() if c.isalnum())


def asked(words: str) -> list[str]:
    """The words of a question, folded. A telephone typed in groups is one word."""
    joined = fold(words)
    if re.fullmatch(r"[\d\s+()（）\-–—－]+", words) and len(joined) > PHONE_PART:
        return [_bare_number(joined)]
    found = [folded for word in words.split() if (folded := fold(word))]
    return [_bare_number(word) for word in dict.fromkeys(found)][:_MOST_WORDS]


def grams(*fields: str) -> set[str]:
    """What `fields`, folded, are indexed under."""
    found: set[str] = set()
    for text in fields:
        found.update(map(str.__add__, text, text[1:]))
        for run in _LATIN.findall(text):
            found.update(run[at : at + 4] for at in range(len(run) - 3))
    return found


def grams_of_word(word: str) -> set[str]:
    """What must stand in the index of every text that has `word`; empty for a single letter."""
    found: set[str] = set()
    end = 0
    for run in _LATIN.finditer(word):
        found.update(run[0][at : at + 4] for at in range(len(run[0]) - 3))
        found |= _pairs(word[end : run.start() + 1])
        end = run.end() - 1
    return found | _pairs(word[end:])


def number_of(gram: str) -> int:
    """A gram as a signed 32-bit number; two may share one, for the texts are compared anyway."""
    return zlib.crc32(gram.encode()) - 0x8000_0000


def _pairs(text: str) -> set[str]:
    return set(map(str.__add__, text, text[1:]))


def _bare_number(word: str) -> str:
    country = _COUNTRY.fullmatch(word)
    return country[1] if country else word
