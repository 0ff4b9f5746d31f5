"""The same moment spelt otherwise: what one may write for a declared form and mean nothing else.

Blanks about it, full-width digits, a T for the blank, a fraction of a second, a nought left out.
Another order, another separator, another zone, a missing part: that is another form.
"""

import re
from functools import cache
from unicodedata import normalize

_LONGEST = 40
_PART = re.compile("YYYY|MM|DD|hh|mm|ss|SSS|AM|.")
_WRITTEN = {"YYYY": "([0-9]{4})", "T": "(?:T| +)", " ": "(?:T| +)", "AM": "([AP]M)"}
_TWO_DIGITS = frozenset({"MM", "DD", "hh", "mm", "ss"})
_FRACTION = "(?:[.,]([0-9]{1,9}))?"


def respelt(value: object, form: str) -> str | None:
    """`value` as `form` writes it; None where it is another form, or needs no other spelling."""
    if type(value) is not str or not 0 < len(value) <= _LONGEST:
        return None
    pattern, parts = _pattern(form)
    found = pattern.fullmatch(normalize("NFKC", value).strip(" \t\r\n\ufeff"))
    if found is None:
        return None
    stated, written, fraction = iter(found.groups()), "", ""
    for part in parts:
        if part in _TWO_DIGITS or part in {"YYYY", "AM"}:
            written += next(stated).upper().zfill(2)
        elif part == "SSS":
            written += fraction.ljust(3, "0")[:3]
        else:
            written += part
        if part == "ss":
            fraction = next(stated) or ""
    return written if written != value else None


@cache
def _pattern(form: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    parts = tuple(_PART.findall(form))
    # Without separators a nought that is left out moves all the rest.
    digits = "([0-9]{2})" if form.isalpha() else "([0-9]{1,2})"
    pattern = ""
    for part in parts:
        if part in _TWO_DIGITS:
            pattern += digits + (_FRACTION if part == "ss" else "")
        elif part not in {".", "SSS"}:  # the fraction may be there or not
            pattern += _WRITTEN.get(part, re.escape(part))
    return re.compile(pattern, re.IGNORECASE), parts
