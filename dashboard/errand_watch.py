"""What was asked of the intake: how far it is, what it answered, and what follows from that.

A screen cannot read a payload; it leaves an errand and looks once a second whether it is done.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pandas as pd
import streamlit as st

from dashboard import desk
from dashboard.dry_run_table import compared, reloaded
from dashboard.seat import Seat
from dashboard.words import Colour, plain
from linkage.actions import Action
from linkage.intake import errands
from linkage.intake.errands import Errand, ErrandKind
from linkage.intake.foresee import WOULD
from linkage.kinds import Kind
from linkage.record import BEIJING
from linkage.vocabulary import Outcome

LOOK_EVERY = "1s"
UNANSWERED_S = 10
_WATCHED = "intake_watched"
_COLOUR: dict[Outcome, Colour] = {
    Outcome.STORED: "green",
    Outcome.DUPLICATE: "gray",
    Outcome.REJECTED: "orange",
}
_BECAME = {outcome: outcome.label for outcome in Outcome}
_LEFT = "未接入"
_OTHERS = {"left": _LEFT, "before": "此前已接入", "gone": "已不可改"}


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """The errand that the screen waits for. `scope`: which part of the screen it belongs to."""

    number: int
    scope: str
    ids: tuple[int, ...] = ()
    payload: bytes | None = None


def send(
    seat: Seat,
    kind: ErrandKind,
    scope: str,
    detail: dict[str, Any],
    payload: bytes | None = None,
) -> None:
    """Leave the errand and watch it. Raises what `linkage.intake.errands.ask` raises."""
    number = errands.ask(seat.record, seat.actor, kind, detail, payload)
    ids = tuple(detail.get("ids", ()))
    watched = Watched(number=number, scope=scope, ids=ids, payload=payload)
    st.session_state[_WATCHED] = watched


def panel(scope: str, seat: Seat) -> None:
    """The errand of this part of the screen, if there is one."""
    watched: Watched | None = st.session_state.get(_WATCHED)
    if watched is None or watched.scope != scope:
        return
    with seat.record.read() as cx:
        one = errands.look_up(cx, watched.number)
    if one is None:
        return
    with st.container(border=True, key="intake_errand"):
        if not one.state.over:
            _wait(watched.number, seat)
        elif "why" in one.result:
            st.error(
                plain(f"{one.kind.label}没有办成：{one.result['why']}"), icon=":material/block:"
            )
        elif one.kind is ErrandKind.PREVIEW:
            _previewed(one, watched, seat)
        elif one.kind is ErrandKind.REDRIVE:
            _redriven(one)
        elif one.kind is ErrandKind.DRY_RUN:
            compared(one.result, seat)
        elif one.kind is ErrandKind.RELOAD and one.result:
            reloaded(one.id, one.result, seat)
        else:
            st.info(f"{one.kind.label}已撤回。", icon=":material/undo:")


@st.fragment(run_every=LOOK_EVERY)
def _wait(number: int, seat: Seat) -> None:
    with seat.record.read() as cx:
        one = errands.look_up(cx, number)
    if one is None or one.state.over:
        st.rerun(scope="app")
    done, of = one.progress.get("done", 0), one.progress.get("of", 0)
    st.progress(done / of if of else 0.0, f"{one.kind.label}：{one.state.label}" + _count(done, of))
    waited = (datetime.now(UTC) - one.asked_at).total_seconds()
    if one.progress or waited < UNANSWERED_S:
        return
    st.warning("接入进程没有应答，请看上方“接入”指示；可以撤回请求。", icon=":material/hourglass:")
    if st.button("撤回请求", key="intake_withdraw"):
        errands.withdraw(seat.record, number)
        st.rerun(scope="app")


def _count(done: int, of: int) -> str:
    return f" {done:,} / {of:,}" if of else ""


def _previewed(one: Errand, watched: Watched, seat: Seat) -> None:
    messages: list[dict[str, Any]] = one.result["messages"]
    counts: dict[str, int] = one.result["counts"]
    st.markdown("**试读结果**（没有写入）")
    if len(watched.ids) == 1:
        for part in messages[0]["parts"]:
            _part(part)
    else:
        _badges(counts, WOULD)
        _table(messages, WOULD)
        st.caption("逐条单独推算；同批之间可能归并为一起事件。")
    if not one.result["useful"]:
        words = "按现行 sources.toml 仍不能接入：请改正报文，或补好对照表并重新读取后再试。"
        st.info(words, icon=":material/info:")
        return
    action = Action.REDRIVE if watched.payload is None else Action.MEND
    _commit(watched, seat, action, one.result["useful"])


def _commit(watched: Watched, seat: Seat, action: Action, useful: int) -> None:
    many = len(watched.ids) > 1
    sure = True
    if many:
        left = len(watched.ids) - useful
        which = (
            f"其中能接入的 {useful:,} 条，其余 {left:,} 条保持原样" if left else f"这 {useful:,} 条"
        )
        sure = st.checkbox(f"确认重新接入{which}", key="intake_redrive_sure")
    label = "改正后接入" if watched.payload is not None else "重新接入"
    st.button(
        f"{label}（{useful:,}）" if many else label,
        key="intake_redrive",
        icon=":material/move_to_inbox:",
        type="primary",
        disabled=not sure or not seat.may(action),
        on_click=_redrive,
        args=(watched, seat),
    )


def _redrive(watched: Watched, seat: Seat) -> None:
    """In a callback: with the very bytes that were tried."""
    detail = {"ids": list(watched.ids)}
    desk.attempt(lambda: send(seat, ErrandKind.REDRIVE, watched.scope, detail, watched.payload))


def _redriven(one: Errand) -> None:
    messages: list[dict[str, Any]] = one.result["messages"]
    counts: dict[str, int] = one.result["counts"]
    at = one.done_at.astimezone(BEIJING).strftime("%H:%M:%S") if one.done_at else ""
    said = plain(f"{at} 由{one.actor}重新接入")
    if counts.keys() & {outcome.value for outcome in Outcome}:
        st.success(f"{said}。回执已排入下行队列发给来源。", icon=":material/check_circle:")
    elif "before" in counts:
        st.info(f"{said}：所选报文此前已接入，没有再接入一次。", icon=":material/info:")
    else:
        st.warning(f"{said}：没有一条能够接入，拒收报文保持原样。", icon=":material/block:")
    _badges(counts, _BECAME)
    _table(messages, _BECAME)


def _part(part: dict[str, Any]) -> None:
    outcome = Outcome(part["outcome"]) if "outcome" in part else None
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if outcome is not None:
            st.badge(WOULD[outcome], color=_COLOUR[outcome])
        st.text(_said(part), width="stretch")


def _said(part: dict[str, Any]) -> str:
    kind, at = part.get("kind"), part.get("occurred_at")
    words = [Kind(kind).label if kind else "", part.get("place") or ""]
    if at:
        words.append(f"{datetime.fromisoformat(at).astimezone(BEIJING):%m-%d %H:%M:%S}")
    words.append(part.get("becomes") or "")
    if part.get("incident"):
        words.append(f"事件 {part['incident']}")
    return "　".join(filter(None, words))


def _badges(counts: dict[str, int], words: Mapping[Outcome, str]) -> None:
    with st.container(horizontal=True, gap="small"):
        for name, count in counts.items():
            known = name in set(Outcome)
            label = words[Outcome(name)] if known else _OTHERS[name]
            st.badge(f"{label} {count:,}", color=_COLOUR[Outcome(name)] if known else "orange")


def _table(messages: Sequence[dict[str, Any]], words: Mapping[Outcome, str]) -> None:
    rows = []
    for m in messages:
        parts = m.get("parts") or [{"becomes": m.get("reason"), "incident": m.get("incident")}]
        rows.append(
            {
                "报文": str(m["id"]),
                "结果": words[Outcome(m["outcome"])] if m["outcome"] else _LEFT,
                "新编号": str(m.get("new_id") or ""),
                "说明": "；".join(_said(part) for part in parts),
            }
        )
    table = pd.DataFrame(rows)
    if "new_id" not in messages[0]:
        table = table.drop(columns="新编号")
    st.dataframe(
        table,
        hide_index=True,
        height="content" if len(rows) < 9 else 320,
        column_config={
            name: st.column_config.TextColumn(width=110) for name in ("报文", "结果", "新编号")
        },
        alt="逐条结果",
    )
