"""Bytes of a payload → its words, strictly in the character set that the source has declared."""

import re

from linkage.alerts import Unreadable
from linkage.sources import CHARSETS, Source

# Character sets in which UTF-8 decodes too, into other words, and how many letters may be chance.
_FOUR_HIGH = re.compile(b"[\x80-\xff]{4}")
_TAKE_UTF8 = {"gb18030": 4, "iso-8859-1": 1}
_OPENS = ("{", "[", "<")
_BLANK = "\ufeff \t\r\n"


def words_of(payload: bytes, source: Source) -> str:
    """Raises `Unreadable` with the line of sources.toml that decides."""
    charset = source.charset
    try:
        text = payload.decode(_utf_16(payload) if charset == "utf-16" else charset)
    except UnicodeDecodeError as why:
        reason = f"报文第 {why.start + 1} 字节不是约定的 {charset} 编码{_seems(payload, charset)}"
    else:
        reason = _foreign(payload, charset, text)
        if not reason:
            return text
    raise Unreadable(f'{reason}，请核对 sources.toml [[source]] "{source.id}" 的 charset')


def _utf_16(payload: bytes) -> str:
    """Without a mark the first character says the order: JSON and XML begin in ASCII."""
    if payload[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    return "utf-16-be" if payload[:1] == b"\0" else "utf-16-le"


def _foreign(payload: bytes, charset: str, text: str) -> str:
    """What speaks against bytes that can be decoded; "" where nothing does.

    Real GB18030 and real Latin text is seldom UTF-8; and four Latin letters with accents seldom
    stand in a row, as the bytes of every other script do.
    """
    if charset.startswith("utf-16"):
        # Any pair of bytes is a letter of it: then the first one tells.
        seems = "" if text.lstrip(_BLANK).startswith(_OPENS) else _seems(payload, charset)
        return f"报文不是约定的 {charset} 编码{seems}" if seems else ""
    if charset not in _TAKE_UTF8 or payload.isascii():
        return ""
    if charset == "iso-8859-1" and _FOUR_HIGH.search(payload):
        seems = _seems(payload, charset)
        return f"报文含成串的非西文字符，不是约定的 iso-8859-1 编码{seems}"
    try:
        words = payload.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    # Two or three characters may be both by chance, as 联通 is.
    if sum(not letter.isascii() for letter in words) > _TAKE_UTF8[charset]:
        return f"报文是 utf-8 编码，约定的是 {charset}"
    return ""


def _seems(payload: bytes, declared: str) -> str:
    """The character set in which every byte is a character and the whole begins as it should."""
    for charset in CHARSETS:
        if charset in {declared, "iso-8859-1"}:
            continue
        try:
            text = payload.decode(charset)
        except UnicodeDecodeError:
            continue
        if text.lstrip(_BLANK).startswith(_OPENS):
            return f"，像是 {charset}"
    return ""
