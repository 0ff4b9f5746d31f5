"""接入状态, one refused message: its bytes, why it was refused, and how to put it right."""

from collections.abc import Sequence
from functools import partial
from hashlib import blake2b

import streamlit as st

from dashboard import looking_at
from dashboard.asked import Form, ask
from dashboard.errand_watch import panel, send
from dashboard.payload import payload_tabs
from dashboard.seat import Seat
from dashboard.words import plain
from linkage.actions import Action
from linkage.errors import NotAllowed
from linkage.figures.raw_bytes import charsets_of, from_hex, from_text, to_hex
from linkage.figures.refusals import Refusal, RefusalState, instead, refusal
from linkage.intake.errands import ErrandKind
from linkage.intake.mend import MOST_NOTE, is_classified, set_aside, take_up
from linkage.record import BEIJING


def one_message(number: int, seat: Seat) -> None:
    st.button("返回列表", key="intake_back", icon=":material/arrow_back:", on_click=_leave)
    with seat.record.read() as cx:
        one = refusal(cx, number)
        new = instead(cx, one) if one else None
    if one is None:
        st.warning(f"没有编号为 {number} 的拒收报文。", icon=":material/search_off:")
        return
    _facts(one, seat)
    if new is not None:
        clock = f"{new.received_at.astimezone(BEIJING):%m-%d %H:%M:%S}"
        how = "改正后" if new.changed else "原样"
        said = f"{clock} 由{new.who}{how}重新接入为 {new.id}：{new.outcome.label}"
        said += f"，事件 {new.incident}" if new.incident else ""
        st.success(plain(said), icon=":material/check_circle:")
    elif one.note is not None and one.decided_at is not None:
        clock = f"{one.decided_at.astimezone(BEIJING):%m-%d %H:%M:%S}"
        said = f"{clock} {one.decided_by}决定不再处理：{one.note}"
        st.info(plain(said), icon=":material/do_not_disturb_on:")
    _bytes(one, seat)


def _leave() -> None:
    st.query_params.pop("message", None)


def _facts(one: Refusal, seat: Seat) -> None:
    clock = f"{one.received_at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
    st.markdown(f"#### {plain(seat.source(one.source_id))}　{one.id}")
    st.warning(plain(one.reason), icon=":material/report:")
    field = f"字段 {one.field}；" if one.field else ""
    mends = f"；改自 {one.mends}" if one.mends else ""
    st.text(f"{field}{clock} 到达；主题 {one.topic}；{len(one.payload):,} 字节{mends}")


def _bytes(one: Refusal, seat: Seat) -> None:
    if is_classified(one.payload, one.reason):
        words = "报文标有涉密，按规定未留存内容，不能在此改正；请通过涉密渠道向来源单位了解。"
        st.info(words, icon=":material/lock:")
        return
    if not seat.may(Action.REDRIVE):
        words = "原文可能含个人信息，只有值班员、值班长、指挥员可以查看。"
        st.info(words, icon=":material/visibility_off:")
        return
    of = f"refused_{one.id}"
    looking_at.offer(seat, of, "查看原始报文", f"查看拒收报文 {one.id}")
    if looking_at.is_open(seat, of):
        payload_tabs(one, seat.sources.get(one.source_id))
    else:
        st.caption("原始报文可能含报警人信息，查看记入日志。")
    if one.state is RefusalState.OPEN:
        _actions(one, seat)
    elif one.state is RefusalState.ASIDE:
        take_up_button([one.id], seat)
    panel(_scope(one), seat)


def _actions(one: Refusal, seat: Seat) -> None:
    with st.container(horizontal=True, gap="small", key="intake_actions"):
        st.button(
            "试读",
            key="intake_preview",
            icon=":material/visibility:",
            help="按接入进程现行的 sources.toml 读一遍，看会成为什么；不写入",
            on_click=ask,
            args=(partial(_send, one, None, seat), "已请接入进程试读。"),
        )
        aside_form([one.id], seat, Form("intake_aside", one.id))
    if not looking_at.is_open(seat, f"refused_{one.id}"):
        return  # what is not looked at is not put right
    if not seat.may(Action.MEND):
        st.caption("改正报文由值班长或指挥员执行。")
        return
    with st.expander(Action.MEND.label, icon=":material/edit:", key=f"intake_edit_{one.id}"):
        _edit(one, seat)


def _edit(one: Refusal, seat: Seat) -> None:
    source = seat.sources.get(one.source_id)
    declared = source.charset if source else "utf-8"
    found = charsets_of(one.payload, declared)
    ways = [*found, ""]
    read_as = st.segmented_control(
        "按什么改",
        ways,
        default=ways[0],
        required=True,
        format_func=lambda way: f"文字（{way}）" if way else "十六进制",
        key=f"intake_way_{one.id}",
    )
    if read_as and read_as != declared:
        st.caption(f"报文实为 {read_as} 时选它：提交时转为约定的 {declared}。")
    was = one.payload.decode(read_as) if read_as else to_hex(one.payload)
    # A field belongs to the bytes it began with and to the way they are read.
    mark = blake2b(f"{one.id}{read_as}".encode(), digest_size=4).hexdigest()
    key = f"intake_text_{mark}"
    st.text_area("改正后的报文", was, height=260, key=key)
    st.caption("原始字节保持不动；改正后的报文另存一条，注明由谁改正，来源身份仍按原主题。")
    st.button(
        "试读改正后的报文",
        key="intake_preview_edited",
        icon=":material/visibility:",
        type="primary",
        on_click=_try_edited,
        args=(one, key, read_as or "", declared, seat),
    )


def _try_edited(one: Refusal, key: str, read_as: str, declared: str, seat: Seat) -> None:
    """In a callback: what was written, as bytes, unless it says the same as before."""
    written = str(st.session_state.get(key, ""))

    def do() -> None:
        if read_as:
            changed = from_text(written, one.payload, read_as, declared)
        else:
            changed = from_hex(written)
        if changed == one.payload:
            raise NotAllowed("没有改动；不改而重新接入请用“试读”。")
        _send(one, changed, seat)

    ask(do, "已请接入进程试读改正后的报文。")


def _send(one: Refusal, changed: bytes | None, seat: Seat) -> None:
    send(seat, ErrandKind.PREVIEW, _scope(one), {"ids": [one.id]}, changed)


def _scope(one: Refusal) -> str:
    return f"message:{one.id}"


def aside_form(ids: Sequence[int], seat: Seat, form: Form) -> None:
    """不再处理, with its reason; for one and for many."""
    with st.popover(
        Action.SET_ASIDE.label, icon=":material/do_not_disturb_on:", key=form.key("menu")
    ):
        st.text_input("原因（必填）", key=form.key("note"), max_chars=MOST_NOTE)
        st.button(
            f"不再处理 {len(ids):,} 条",
            key="intake_set_aside",
            disabled=not seat.may(Action.SET_ASIDE),
            on_click=_set_aside,
            args=(tuple(ids), seat, form),
        )


def _set_aside(ids: Sequence[int], seat: Seat, form: Form) -> None:
    do = partial(set_aside, seat.record, seat.actor, ids, form.text("note"))
    ask(do, f"{len(ids):,} 条不再处理；需要时可在“不再处理”中恢复。", form)


def take_up_button(ids: Sequence[int], seat: Seat) -> None:
    st.button(
        f"{Action.TAKE_UP.label} {len(ids):,} 条",
        key="intake_take_up",
        icon=":material/undo:",
        disabled=not seat.may(Action.TAKE_UP),
        on_click=ask,
        args=(partial(take_up, seat.record, seat.actor, tuple(ids)), "已恢复为待处理。"),
    )
