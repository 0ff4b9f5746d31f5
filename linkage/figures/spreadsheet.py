"""Text from outside, made harmless for a spreadsheet: a cell that says =1+1 must not do it."""

import unicodedata

# What Excel, WPS and LibreOffice take for the beginning of a formula, full-width ones included.
_STARTS = tuple("=+-@＝＋－＠\t\r\n")
# A cell holds no more; longer text is cut, and says so.
_LONGEST = 32_000
_CUT = "……（超长截断）"


def harmless(text: str) -> str:
    """`text` as it may stand in a cell: no formula, no control or direction characters.

    A text that begins like a formula gets a leading apostrophe, which stays part of the text.
    """
    # Spreadsheets skip blanks and what cannot be seen before they look for a formula.
    visible = text.lstrip(" \u00a0\u3000\u200b\u200c\u200d\u2060\ufeff\x00")
    risky = visible.startswith(_STARTS)
    clean = "".join(map(_seen, text)) if not text.isprintable() else text
    if len(clean) > _LONGEST:
        clean = clean[:_LONGEST] + _CUT
    return f"'{clean}" if risky else clean


def _seen(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cc", "Zs"}:
        return " "
    # Cf: marks that turn the reading direction; Cs: half of a character, which no file can hold.
    return "" if category == "Cf" else "\ufffd" if category == "Cs" else character
