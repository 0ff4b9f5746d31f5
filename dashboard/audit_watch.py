"""时钟稽核 in the dashboard: a round every 10 s beside the screens, and the banner on every page.

The intake keeps the clocks; this process checks that it does (linkage/clocks/audit.py). So both
must die before a limit passes in silence, and then the screens themselves are gone.
"""

import asyncio
import io
import math
import struct
import time
import wave
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache

import streamlit as st

from dashboard import words
from dashboard.rhythm import looking_every
from linkage.clocks.audit import AUDIT_LATE, EVERY_S, Audit, Fault, hold_audit, read_audit, stopped
from linkage.clocks.clock import Clocks
from linkage.record import UNAVAILABLE, Record

BANNER_EVERY_S = 5
# The intake starts after us: it is given its time before it is called dead.
GRACE_S = 15.0
_begun: list[float] = []
# Over the foot of the page, which grows by as much below its end: nothing moves under the officer's
# hand, everything can be scrolled clear of it, and nothing that it hides is pressed through it.
_STYLE = """<style>
[class*="st-key-audit_banner"] { position: fixed; left: 0; right: 0; bottom: 0; z-index: 999990;
  padding: 0.5rem 1rem 0.7rem; color: #fff; border-top: 3px solid #fff; display: block;
  height: auto; max-height: 9rem; overflow: auto; }
[class*="st-key-audit_banner"] [data-testid="stMarkdownContainer"] { margin: 0; }
[class*="st-key-audit_banner"] [data-testid="stMarkdownContainer"] p {
  color: #fff; margin: 0; line-height: 1.5rem; }
[class*="st-key-audit_banner"] [data-testid="stElementContainer"] { height: auto; }
/* Not by its audio element: until that is loaded an empty box stands in its place. */
.st-key-audit_tone, [class*="st-key-audit_banner"] > :has(.st-key-audit_tone) { display: none; }
.st-key-audit_banner_grave { background: #b00020; }
.st-key-audit_banner_mild { background: #9a5b00; }
[data-testid="stMainBlockContainer"]:has([class*="st-key-audit_banner"]) { padding-bottom: 9rem; }
/* The map makes room by itself: live_layer/board.js, fit. */
[data-testid="stMainBlockContainer"]:has(iframe[title^="streamlit_folium"]) { padding-bottom: 0; }
</style>"""
# It must not be missed for a switch that somebody turned off against the noise of new incidents.
DESPITE_MUTE = "提示音只响一次，不受态势图“静音”影响"


async def keep_auditing(record: Record, clocks: Clocks) -> None:
    """A round every EVERY_S, in a thread of its own; the database's absence the header shows."""
    expect_rounds(time.monotonic())
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "audit") as auditor:
        await asyncio.sleep(GRACE_S)
        while True:
            with suppress(*UNAVAILABLE):
                await loop.run_in_executor(auditor, hold_audit, record, datetime.now(UTC), clocks)
            await asyncio.sleep(EVERY_S)


def expect_rounds(since: float | None) -> None:
    """This process audits since then, by the steady clock: from now on no round is a fault."""
    _begun[:] = [] if since is None else [since]


def banner(record: Record, *, numbers: bool) -> None:
    """What is wrong with the clocks and whom to call; nothing where nothing is.

    `numbers`: whether who looks is one who calls; they are people's own.
    """
    st.html(_STYLE)  # by the page: what a fragment adds later is not styled
    _banner(record, numbers)


@looking_every(BANNER_EVERY_S)
def _banner(record: Record, numbers: bool) -> None:
    said, grave, calls = _said(record, datetime.now(UTC))
    faults = tuple(line.partition("：")[0] for line in said)
    before = st.session_state.get("audit_said", ())
    st.session_state["audit_said"] = faults
    if not said:
        if before:
            st.toast("时限守时已恢复正常。", icon=":material/check_circle:")
        return
    with st.container(key=f"audit_banner_{'grave' if grave else 'mild'}"):
        lines = [f":material/alarm_off: **{words.plain(line)}**" for line in said]
        below = [f"请电话告知：{'；'.join(calls)}"] if calls and numbers else []
        below += [DESPITE_MUTE] if grave else []
        # One piece of text: an element for each leaves an empty box behind when one has ended.
        st.markdown("\n\n".join(lines + ([words.plain("　".join(below))] if below else [])))
        if faults != before and grave:
            with st.container(key="audit_tone"):
                st.audio(_tone(), format="audio/wav", autoplay=True)


def _said(record: Record, now: datetime) -> tuple[tuple[str, ...], bool, tuple[str, ...]]:
    """What to say, whether it is grave, whom to call."""
    try:
        with record.read() as cx:
            last = read_audit(cx)
            now_still = [] if last is None else list(stopped(cx, now))
    except UNAVAILABLE:
        return (), False, ()  # the strip says so
    if _overdue(last, now):
        words_ = "稽核停走：本席位的时限稽核已停，请重启显示进程，并人工盯办各项时限"
        return (words_,), True, ()
    if last is None:
        return (), False, ()
    found = now_still + [one for one in last.findings if one.fault is not Fault.STOPPED]
    grave = any(one.fault is not Fault.NOBODY for one in found)
    return tuple(f"{one.fault.label}：{one.words}" for one in found), grave, last.calls


def _overdue(last: Audit | None, now: datetime) -> bool:
    """Whether the auditor that this process runs has not been heard of."""
    if not _begun or time.monotonic() - _begun[0] < GRACE_S + AUDIT_LATE.total_seconds():
        return False
    return last is None or last.silent(now)


@cache
def _tone() -> bytes:
    """Four short tones, falling and rising, as the map's alarm of the gravest incident."""
    rate, out = 16_000, io.BytesIO()
    frames = b"".join(
        struct.pack("<h", int(9000 * math.sin(2 * math.pi * pitch * n / rate) * (n < 3000)))
        for pitch in (988, 784, 988, 784)
        for n in range(3600)
    )
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(frames)
    return out.getvalue()
