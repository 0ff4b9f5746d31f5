"""部门工作台: a new order is heard and seen: tone by severity, number in the title, flash.

The script is a constant and is given no data. It looks which tasks the page marks as new: the mark
is the key of a container, made of our own numbers, and a task that was rung for rings no more.
"""

from functools import cache
from pathlib import Path

import streamlit as st

from linkage.response.own_desk import OwnTask

_BELL = """<button id="department_sound" type="button">启用提示音</button>
<style>
#department_sound { min-height: 44px; padding: 0 14px; font: inherit; color: inherit;
  background: transparent; border: 1px solid currentColor; border-radius: 6px; cursor: pointer; }
@keyframes department_flash { 0%, 60% { box-shadow: inset 0 0 0 10px #d1001f; } }
.department_flash { animation: department_flash 0.7s ease-out 3; }
@media (prefers-reduced-motion: reduce) { .department_flash { animation-iteration-count: 1; } }
</style>
"""


@cache
def _page() -> str:
    script = Path(__file__).parent / "live_layer" / "department_bell.js"
    return _BELL + f"<script>{script.read_text('utf-8')}</script>"


def bell() -> None:
    st.html(_page(), unsafe_allow_javascript=True)


def mark(task: OwnTask) -> str:
    """The key of the container that says so: a person has to answer for it, a new order, a changed
    one, a withdrawal. Practice is counted and rings softly."""
    if not task.waits:
        return f"department_quiet_{task.id}"
    rank = 0 if task.exercise else task.scene.severity.rank
    return f"department_ring_{task.id}_{task.revision}_{rank}"
