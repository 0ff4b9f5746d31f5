"""原始报文 as a person can read and change it: by its character set, and byte for byte."""

import re
import unicodedata

from linkage.errors import NotAllowed

# A refused payload may be a quarter of a megabyte of rubbish; the beginning tells enough.
SHOWN = 4_096
# What a person can work on in a field of a form.
MOST_EDITED = 65_536
_AT_BYTE = re.compile(r"(?:第 (\d+) 字节|byte (\d+))")
_PAIR = re.compile(r"[0-9a-fA-F]{2}")
# Control signs, what turns the order of writing, what shows nothing, ends of lines and paragraphs.
_HIDDEN = frozenset({"Cc", "Cf", "Zl", "Zp"})


def as_text(payload: bytes, charset: str) -> str:
    """Decoded; a byte that is no character shows as U+FFFD, a sign that hides as [1b], [U+202E]."""
    shown = payload[:SHOWN].decode(charset, "replace")
    return "".join(_visible(character) for character in shown) + _rest(payload)


def as_hex(payload: bytes) -> str:
    """Offset, sixteen bytes, and what of them is ASCII."""
    lines = []
    for start in range(0, len(payload[:SHOWN]), 16):
        piece = payload[start : min(start + 16, SHOWN)]
        codes = " ".join(f"{byte:02x}" for byte in piece)
        signs = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in piece)
        lines.append(f"{start:06x}  {codes:<47}  {signs}")
    return "\n".join(lines) + _rest(payload)


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
    if character in "\n\t":
        return character
    if unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    return f"[{code:02x}]" if code < 256 else f"[U+{code:04X}]"


def _rest(payload: bytes) -> str:
    left = len(payload) - SHOWN
    return f"\n……（其余 {left:,} 字节未显示）" if left > 0 else ""
