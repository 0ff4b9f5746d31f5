"""原始报文 on the screen: as text and as bytes, with what could not be read marked."""

from html import escape

import streamlit as st

from linkage.figures.raw_bytes import as_hex, as_text, find_byte, find_field
from linkage.figures.refusals import Refusal
from linkage.sources import Source

# A mark is underlined too: colour never alone.
_STYLE = """<style>
.raw { font: 0.84rem/1.45 ui-monospace, "Noto Sans Mono CJK SC", monospace; margin: 0;
  padding: 0.6rem 0.8rem; max-height: 24rem; overflow: auto; border-radius: 0.4rem;
  border: 1px solid color-mix(in srgb, currentColor 18%, transparent);
  background: color-mix(in srgb, currentColor 4%, transparent); }
.raw.text { white-space: pre-wrap; overflow-wrap: anywhere; }
.raw mark { background: rgba(222, 140, 20, 0.35); color: inherit; border-radius: 2px;
  text-decoration: underline 2px #de8c14; }
</style>"""
# Before the pairs of a line of `as_hex`: the offset and two blanks; a pair and its blank are three.
_OFFSET, _PAIR = 8, 3


def payload_tabs(one: Refusal, source: Source | None) -> None:
    """原文 and 十六进制."""
    charset = source.charset if source else "utf-8"
    text, raw = st.tabs([f"原文（{charset}）", "十六进制"])
    words = as_text(one.payload, charset)
    text.html(_STYLE + _pre("text", words, find_field(words, one.field)))
    raw.html(_STYLE + _pre("bytes", as_hex(one.payload), _byte(one)))


def _byte(one: Refusal) -> tuple[int, int] | None:
    at = find_byte(one.reason)
    if at is None or at >= len(one.payload):
        return None
    lines = as_hex(one.payload).split("\n")
    if at // 16 >= len(lines):
        return None
    start = sum(len(line) + 1 for line in lines[: at // 16]) + _OFFSET + _PAIR * (at % 16)
    return start, start + 2


def _pre(kind: str, words: str, mark: tuple[int, int] | None) -> str:
    if mark is None:
        return f"<pre class='raw {kind}'>{escape(words)}</pre>"
    start, end = mark
    before, inside, after = words[:start], words[start:end], words[end:]
    marked = f"{escape(before)}<mark>{escape(inside)}</mark>{escape(after)}"
    return f"<pre class='raw {kind}'>{marked}</pre>"
