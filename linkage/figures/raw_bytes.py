"""原始报文 as a person can read and change it: by its character set, and byte for byte."""

import re
import unicodedata
from typing import NamedTuple

from linkage.errors import NotAllowed

# A refused payload may be a quarter of a megabyte of rubbish; the beginning tells enough.
SHOWN = 4_096
# What a person can work on in a field of a form.
MOST_EDITED = 65_536
_AT_BYTE = re.compile(r"(?:第 (\d+) 字节|byte (\d+))")
_PAIR = re.compile(r"[0-9a-fA-F]{2}")
# Control signs, what turns the order of writing, what shows nothing, ends of lines and paragraphs.
_HIDDEN = frozenset({"Cc", "Cf", "Zl", "Zp"})
# Bytes of a line in hexadecimal, and what stands before them: the offset and two blanks.
_LINE, _OFFSET = 16, 8


class Excerpt(NamedTuple):
    """Of a payload. `marked`: what could not be read; empty where that is unknown."""

    before: str
    marked: str
    after: str


def as_text(payload: bytes, charset: str) -> str:
    """Decoded; a byte that is no character shows as U+FFFD, a sign that hides as [1b], [U+202E]."""
    return "".join(text_excerpt(payload, charset, None, None))


def as_hex(payload: bytes) -> str:
    """Offset, sixteen bytes, and what of them is ASCII."""
    return "".join(hex_excerpt(payload, None))


def text_excerpt(payload: bytes, charset: str, field: str | None, at: int | None) -> Excerpt:
    """As much as a person reads of it, around the field or the byte `at` where one is known."""
    text = payload.decode(charset, "replace")
    mark = find_field(text, field)
    if mark is None and at is not None and at < len(payload):
        before = len(payload[:at].decode(charset, "replace"))
        mark = (before, before + 1) if before < len(text) else None
    start, end = _window(len(text), mark)
    first, last = mark or (start, start)
    head = f"（前面 {start:,} 字未显示）……\n" if start else ""
    # Bytes where they can be counted: nothing but the beginning is shown.
    left = len(payload) - len(text[:end].encode(charset, "replace")) if "\ufffd" not in text else 0
    rest = f"其余 {left:,} 字节" if left > 0 else f"其余 {len(text) - end:,} 字"
    tail = f"\n……（{rest}未显示）" if end < len(text) else ""
    pieces = text[start:first], text[first:last], text[last:end]
    shown = ("".join(map(_visible, piece)) for piece in pieces)
    before_it, marked, after_it = shown
    return Excerpt(head + before_it, marked, after_it + tail)


def hex_excerpt(payload: bytes, at: int | None) -> Excerpt:
    """The same in pairs, with the byte `at` marked."""
    known = at is not None and at < len(payload)
    start, end = _window(len(payload), (at, at + 1) if known and at is not None else None)
    start -= start % _LINE
    lines = []
    for offset in range(start, end, _LINE):
        piece = payload[offset : min(offset + _LINE, end)]
        codes = piece.hex(" ")
        signs = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in piece)
        lines.append(f"{offset:06x}  {codes:<47}  {signs}")
    head = f"（前面 {start:,} 字节未显示）……\n" if start else ""
    tail = f"\n……（其余 {len(payload) - end:,} 字节未显示）" if end < len(payload) else ""
    text = head + "\n".join(lines) + tail
    if not known or at is None:
        return Excerpt(text, "", "")
    line = (at - start) // _LINE
    place = len(head) + sum(len(one) + 1 for one in lines[:line]) + _OFFSET + 3 * (at % _LINE)
    return Excerpt(text[:place], text[place : place + 2], text[place + 2 :])


def _window(length: int, mark: tuple[int, int] | None) -> tuple[int, int]:
    """What is shown: the beginning, or around the mark where that lies further on."""
    if mark is None or mark[1] <= SHOWN or length <= SHOWN:
        return 0, min(length, SHOWN)
    start = min(max(0, mark[0] - SHOWN // 2), length - SHOWN)
    return start, start + SHOWN


def find_field(text: str, field: str | None) -> tuple[int, int] | None:
    """Where in the text the field and its value stand: JSON, XML, or name=value."""
    leaf = (field or "").rpartition(".")[2].rpartition("/")[2]
    if not leaf:
        return None
    name = re.escape(leaf)
    for shape in (
        rf'"{name}"\s*:\s*("(?:[^"\\]|\\.)*"?|[^,}}\]\s]*)',
        rf"<(?:[\w.-]+:)?{name}\b[^>]*>[^<]*",
        rf"(?<![\w-]){name}=[^;&,\s]*",
    ):
        found = re.search(shape, text)
        if found:
            return found.span()
    return None


def find_byte(reason: str) -> int | None:
    """The byte, from 0, that a reason names."""
    found = _AT_BYTE.search(reason)
    if found is None:
        return None
    # Ours count from 1, the JSON reader's from 0.
    return int(found[1]) - 1 if found[1] else int(found[2])


def charsets_of(payload: bytes, declared: str) -> list[str]:
    """Character sets in which every byte is a character, the declared one first.

    None where the bytes are no text that a form can hold. Others than these two take anything
    for text.
    """
    if len(payload) > MOST_EDITED:
        return []
    found = []
    for charset in dict.fromkeys((declared, "utf-8", "gb18030")):
        try:
            text = payload.decode(charset)
        except UnicodeDecodeError:
            continue
        if all(ord(sign) >= 32 or sign in "\n\r\t" for sign in text):
            found.append(charset)
    return found


def from_text(text: str, before: bytes, read_as: str, charset: str) -> bytes:
    """What an officer has written, in the source's own character set.

    A browser turns every line end into LF: where all were CRLF before, all are again. Raises
    NotAllowed for a sign that the character set does not have.
    """
    was = before.decode(read_as)
    if "\r\n" in was and "\n" not in was.replace("\r\n", ""):
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    try:
        return text.encode(charset)
    except UnicodeEncodeError as why:
        sign = why.object[why.start]
        raise NotAllowed(f"“{sign}”不在约定的 {charset} 字符集内，请改写。") from None


def to_hex(payload: bytes) -> str:
    """Pairs, sixteen a line: the form in which bytes are changed."""
    rows = (payload[start : start + 16] for start in range(0, len(payload), 16))
    return "\n".join(row.hex(" ") for row in rows)


def from_hex(written: str) -> bytes:
    """Raises NotAllowed where a pair is none, and says in which line."""
    pairs = []
    for number, line in enumerate(written.splitlines(), 1):
        for pair in line.split():
            if not _PAIR.fullmatch(pair):
                wrong = f"第 {number} 行的“{pair[:12]}”不是一个字节"
                raise NotAllowed(f"{wrong}，请写成两位十六进制数，用空格隔开，如 7e 02 00。")
            pairs.append(pair)
    return bytes.fromhex("".join(pairs))


def _visible(character: str) -> str:
    if character in "\n\t" or character.isprintable():
        return character
    if unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    return f"[{code:02x}]" if code < 256 else f"[U+{code:04X}]"
