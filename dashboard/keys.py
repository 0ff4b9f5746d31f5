"""The keys of 事件处置: one table, from which they are registered, shown on `?` and on the buttons.

A key presses the button or opens the menu that a mouse would. Single letters, by the key's place
on the board: combinations with Alt or Ctrl belong to browsers and desktops, C and R to Streamlit.
"""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

import streamlit as st


class Key(NamedTuple):
    """`targets`: how the keys of the widgets begin that it may press; the first on the page.
    `twice`: what goes out to others at once is no matter of one touch."""

    letter: str
    does: str
    targets: tuple[str, ...]
    twice: bool = False


INCIDENT = (
    Key("J", "接手、交回或接替", ("incident_claim", "incident_release", "incident_take_over")),
    Key("H", "核实", ("incident_verify",)),
    Key("L", "下达联动指令（按两次）", ("assign_issue",), twice=True),
    Key("A", "只启动响应", ("response_start_menu",)),
    Key("O", "追加联动单位", ("assign_more_",)),
    Key("V", "处理最紧的一个单位", ("assign_task_open_",)),
    Key("Z", "催办（先打开该单位）", ("assign_task_chase_",)),
    Key("Q", "提出需求", ("needs_ask_menu",)),
    Key("1", "处理第一项需求", ("needs_toggle_",)),
    Key("D", "定级", ("incident_grade_menu",)),
    Key("W", "定位", ("incident_place_menu",)),
    Key("N", "备注", ("incident_note_menu",)),
    Key("B", "并案·关联", ("incident_join_menu",)),
    Key("F", "拆分", ("incident_split_menu",)),
    Key("Y", "疑似同一事件：并案", ("incident_same_yes",)),
    Key("K", "疑似同一事件：不是同一事件", ("incident_same_no",)),
    Key("P", "响应级别", ("response_menu_level",)),
    Key("M", "移交指挥", ("response_menu_command",)),
    Key("S", "响应期限", ("response_menu_term",)),
    Key("T", "终止响应", ("response_menu_end",)),
    Key("X", "信息报送", ("incident_reports",)),
    Key("G", "显示或遮盖报警人", ("uncover_", "cover_")),
    Key("I", "打印", ("incident_print_menu",)),
    Key("E", "办结或重启", ("incident_close_menu", "incident_reopen_menu")),
    Key("U", "撤回刚才的操作", ("incident_take_back",)),
)
_AGAIN = "再按一次 L 即下达，不下达请稍候"
_KEYS = Path(__file__).parent / "live_layer" / "keys.js"
# Puts what it opened under the hands: the first field of a menu. One listener for the tab: the
# page draws this anew, and elsewhere there is nothing to press.
_PRESS = r"""
(() => {
  const visible = (part) => part && part.offsetParent !== null;
  const find = (begin) => [...document.querySelectorAll(`[class*="st-key-${begin}"]`)]
    .map((holder) => holder.querySelector("button:not([disabled]), summary")).find(visible);
  const enter = (tries) => { // fields of a menu may come a moment after its buttons
    const menu = [...document.querySelectorAll('[data-testid="stPopoverBody"]')].at(-1);
    const field = menu && menu.querySelector("textarea, input, button");
    if (field) field.focus();
    else if (tries) setTimeout(() => enter(tries - 1), 60);
  };
  const AGAIN_MS = 4000;
  const withdraw = () => {
    for (const note of document.querySelectorAll(".linkage-again")) note.remove();
  };
  // The note itself is the question: while it stands, the second touch answers it.
  const ask = (button) => {
    const note = document.createElement("div");
    note.className = "linkage-again";
    note.setAttribute("role", "status");
    note.textContent = AGAIN;
    document.body.append(note);
    setTimeout(() => note.remove(), 4000);
    button.scrollIntoView({ block: "nearest" });
    const at = button.getBoundingClientRect();
    note.style.left = `${Math.min(at.left, innerWidth - note.offsetWidth - 8)}px`;
    note.style.top = `${Math.max(8, at.top - note.offsetHeight - 6)}px`;
  };
  const press = (targets, twice) => {
    const button = targets.map(find).find(Boolean);
    if (!button) return false;
    if (twice && !document.querySelector(".linkage-again")) {
      ask(button);
      return true;
    }
    withdraw();
    button.click();
    if (button.closest('[data-testid="stPopover"]')) setTimeout(enter, 200, 20);
    return true;
  };
  const rows = ROWS.map(([letter, does, targets, twice]) =>
    [[(/\d/.test(letter) ? "Digit" : "Key") + letter], letter, does, () => press(targets, twice)]);
  const keys = new Linkage.KeyMap("事件处置：按键", rows);
  if (window.linkageKeys) window.linkageKeys.abort();
  const { signal } = (window.linkageKeys = new AbortController());
  const here = () => visible(document.querySelector(".linkage-keys-open"));
  const hear = (inside) =>
    inside.addEventListener("keydown", (event) => here() && keys.press(event), { signal });
  hear(document);
  // A hand that was on the map has its keys there: the frame's count as the page's.
  const heard = new WeakSet();
  const enterFrame = () => {
    const inside = document.activeElement && document.activeElement.contentDocument;
    if (!inside || heard.has(inside)) return;
    heard.add(inside);
    hear(inside);
  };
  window.addEventListener("blur", () => setTimeout(enterFrame), { signal });
  enterFrame();
  document.addEventListener("click", (event) => {
    if (event.target.closest && event.target.closest(".linkage-keys-open")) keys.show();
  }, { signal });
})();
"""
_OPEN = """<style>
.linkage-keys-open { font: inherit; font-size: 13px; color: inherit; opacity: .75; cursor: pointer;
  background: none; border: 0; padding: 6px 4px; white-space: nowrap; }
.linkage-keys-open:hover, .linkage-keys-open:focus-visible { opacity: 1; }
.linkage-again { position: fixed; z-index: 999996; padding: 6px 12px; border-radius: 6px;
  font-weight: 600; color: #fff; background: #8a4b00; box-shadow: 0 3px 14px rgba(0, 0, 0, .4); }
HINTS</style>
<button type="button" class="linkage-keys-open" title="TITLE">LABEL <b>?</b></button>
<script>SCRIPT</script>"""
# One on each row is too many, and what unfolds has buttons of its own within.
_NO_HINT = ("assign_task_", "assign_more_", "needs_toggle_", "needs_ask_menu", "cover_")
# The letter on the button that it presses.
_HINT = (
    "{at} button p::after, {at} summary p::after {{ content: '{letter}'; margin-left: .45em; "
    "font-size: .72em; opacity: .62; }}"
)


def incident_keys() -> None:
    """Register the keys of the page; draw the button that lists them."""
    st.html(_page(), unsafe_allow_javascript=True)


@cache
def _page() -> str:
    """Constant: nothing that anybody said comes near it."""
    hints = "".join(
        _HINT.format(at=f'[class*="st-key-{target}"]', letter=key.letter)
        for key in INCIDENT
        for target in key.targets
        if not target.startswith(_NO_HINT)
    )
    rows = json.dumps([list(key) for key in INCIDENT], ensure_ascii=False)
    again = json.dumps(_AGAIN, ensure_ascii=False)
    press = _PRESS.replace("ROWS", rows).replace("= AGAIN;", f"= {again};")
    script = _KEYS.read_text(encoding="utf-8") + press
    named = _OPEN.replace("TITLE", "按键一览（?）").replace("LABEL", "按键")
    return named.replace("HINTS", hints).replace("SCRIPT", script)
