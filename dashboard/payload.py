"""原始报文 on the screen: as text and as bytes, with what could not be read marked."""

from html import escape

import streamlit as st

from linkage.figures.raw_bytes import (
    Excerpt,
    charsets_of,
    find_byte,
    hex_excerpt,
    text_excerpt,
)
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


def payload_tabs(one: Refusal, source: Source | None) -> None:
    """原文 and 十六进制; and in another character set where only that can read it."""
    charset = source.charset if source else "utf-8"
    found = charsets_of(one.payload, charset)
    others = [] if charset in found else found[:1]
    names = [*(f"按 {other} 读" for other in others), f"原文（{charset}）", "十六进制"]
    tabs = st.tabs(names)
    at = find_byte(one.reason)
    for tab, read_as in zip(tabs, [*others, charset], strict=False):
        tab.html(_STYLE + _pre("text", text_excerpt(one.payload, read_as, one.field, at)))
    tabs[-1].html(_STYLE + _pre("bytes", hex_excerpt(one.payload, at)))
    if others:
        words = f"约定的字符集是 {charset}，读不出；按 {others[0]} 每个字节都读得出。"
        st.caption(f"{words}请先看上面的文字通不通，再改 sources.toml 的 charset，或改正报文。")
    st.download_button(
        f"下载原文（{len(one.payload):,} 字节）",
        one.payload,
        file_name=f"{one.source_id}-{one.id}.bin",
        mime="application/octet-stream",
        key=f"intake_download_{one.id}",
        icon=":material/download:",
        on_click="ignore",
    )


def _pre(kind: str, shown: Excerpt) -> str:
    mark = f"<mark>{escape(shown.marked)}</mark>" if shown.marked else ""
    words = f"{escape(shown.before)}{mark}{escape(shown.after)}"
    return f"<pre class='raw {kind}'>{words}</pre>"
