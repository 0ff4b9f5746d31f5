"""演练: begin one beside the real work, see how it stands, end it, read the score sheets."""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from dashboard import desk, words
from dashboard.asked import Form, answer, ask
from dashboard.pressing import clocks
from dashboard.seat import Seat, reading, take_seat
from linkage.actions import Action
from linkage.clocks.next_to_breach import duration
from linkage.exercise import ending, exercises, sheet
from linkage.exercise.exercises import Exercise
from linkage.exercise.printing import score_pdf
from linkage.exercise.scenarios import Story, stories
from linkage.exercise.score import Score, Verdict
from linkage.exercise.targets import ExerciseRules, load_exercise_rules
from linkage.record import BEIJING

SPEEDS = (1, 2, 5, 10, 20, 60)
_COLOURS: dict[Verdict, words.Colour] = {
    Verdict.MET: "green",
    Verdict.LATE: "orange",
    Verdict.MISSED: "red",
    Verdict.OPEN: "blue",
    Verdict.UNTIMED: "gray",
}


def page() -> None:
    desk.page_header("演练")
    seat = take_seat()
    answer()
    rules = load_exercise_rules(desk.settings().tables / "exercise.toml")
    with reading():
        now_on = exercises.read_running(seat.record)
        if now_on is None:
            _begin(seat, rules)
        else:
            _running(now_on, seat, rules)
        _past(seat)


def _begin(seat: Seat, rules: ExerciseRules) -> None:
    known = {story.id: story for story in stories(desk.settings().tables / "demo")}
    form = Form("exercise_begin", 0)
    with st.container(border=True):
        st.markdown("**开始演练**")
        st.caption(
            "演练与真实工作并行：事件、任务、通知、报告全部标明“演练”，不计入统计，不与真实事件合并。"
        )
        left, middle, right = st.columns([2.2, 2.2, 1], vertical_alignment="bottom")
        chosen = left.selectbox(
            "情景", ["", *known], format_func=lambda i: _story(known.get(i)), key=form.key("story")
        )
        title = known[chosen].title if chosen else ""
        middle.text_input(
            "名称", key=form.key("name"), max_chars=60, placeholder=title or "演练名称"
        )
        right.select_slider("速度（倍）", SPEEDS, value=1, key=form.key("speed"))
        st.toggle(
            "超时升级通知到带班领导（默认只到值班长）",
            value=rules.page_leaders,
            key=form.key("leaders"),
        )
        with st.popover(
            "开始演练…",
            icon=":material/theater_comedy:",
            disabled=not _may(seat),
            key="exercise_start",
        ):
            st.markdown("开始后各席位显示演练标志，各部门会收到标明【演练】的指令。确认开始？")
            st.button(
                "确认开始",
                key="exercise_confirm_begin",
                type="primary",
                on_click=_ask_begin,
                args=(form, title, seat),
            )
        if not _may(seat):
            st.caption("开始和结束演练由值班长或指挥员操作。")


def _may(seat: Seat) -> bool:
    return seat.may(Action.BEGIN_EXERCISE)


def _story(story: Story | None) -> str:
    if story is None:
        return "不播放情景（由导调人员口头给出）"
    return f"{story.title}（{story.steps} 条报文，原速约 {story.minutes} 分钟）"


def _ask_begin(form: Form, title: str, seat: Seat) -> None:
    name = form.text("name") or title
    scenario, speed = str(form.value("story") or ""), float(form.value("speed") or 1)
    leaders = bool(form.value("leaders"))
    ask(
        lambda: exercises.begin(
            seat.record, seat.actor, name, scenario=scenario, speed=speed, page_leaders=leaders
        ),
        f"演练“{name}”已开始。",
        form,
    )


def _running(one: Exercise, seat: Seat, rules: ExerciseRules) -> None:
    now = datetime.now(UTC)
    with seat.record.read() as cx:
        so_far = ending.score_of(cx, one, now, rules=rules, clocks=clocks())
    with st.container(border=True):
        st.markdown(f"### :violet-badge[演练进行中] {words.plain(one.name)}")
        st.text(_about(one, now))
        _badges(so_far)
        _end_form(one, seat)
    _sheet(so_far, "exercise_now")


def _about(one: Exercise, now: datetime) -> str:
    began = f"{one.started_at.astimezone(BEIJING):%m-%d %H:%M:%S}"
    told = f"播放情景 {one.scenario}，{one.speed:g} 倍速" if one.scenario else "不播放情景"
    paged = "可" if one.page_leaders else "不"
    passed = duration((now - one.started_at).total_seconds())
    return f"{one.started_by}于 {began} 开始，已进行{passed}；{told}；超时{paged}通知带班领导"


def _end_form(one: Exercise, seat: Seat) -> None:
    form = Form("exercise_end", one.id)
    with st.popover(
        "结束演练…", icon=":material/stop_circle:", disabled=not _may(seat), key="exercise_stop"
    ):
        st.markdown(
            "未结的演练任务全部撤销并告知各部门，演练响应终止，演练事件办结，成绩单存档。不能恢复。"
        )
        st.text_input("理由（各部门会看到）", key=form.key("reason"), max_chars=200)
        st.button(
            "确认结束",
            key="exercise_confirm_end",
            type="primary",
            on_click=_ask_end,
            args=(form, one, seat),
        )


def _ask_end(form: Form, one: Exercise, seat: Seat) -> None:
    rules = load_exercise_rules(desk.settings().tables / "exercise.toml")
    reason = form.text("reason")
    ask(
        lambda: ending.end(
            seat.record,
            seat.actor,
            one.id,
            reason,
            agencies=seat.agencies,
            rules=rules,
            clocks=clocks(),
        ),
        f"演练“{one.name}”已结束，成绩单已存档。",
        form,
    )


def _past(seat: Seat) -> None:
    st.markdown("**以往演练**")
    found = exercises.past(seat.record)
    if not found:
        st.info("还没有结束的演练；结束后成绩单列在这里。", icon=":material/inbox:")
        return
    names = {
        one.id: f"{one.started_at.astimezone(BEIJING):%Y-%m-%d %H:%M} {one.name}" for one in found
    }
    chosen = st.selectbox(
        "成绩单", list(names), format_func=names.__getitem__, key="exercise_past", width=420
    )
    one = next(each for each in found if each.id == chosen)
    kept = ending.kept_score(one)
    st.text(f"{one.ended_by}结束：{one.end_reason}")
    if kept is None:
        st.info("这场演练没有成绩单。")
        return
    _badges(kept)
    st.download_button(
        "下载成绩单（PDF）",
        data=lambda: score_pdf(kept),
        file_name=f"演练成绩单_{one.id}.pdf",
        mime="application/pdf",
        key="exercise_pdf",
        icon=":material/download:",
    )
    _sheet(kept, "exercise_kept")


def _badges(found: Score) -> None:
    with st.container(horizontal=True, gap="small"):
        for verdict in Verdict:
            if count := found.count(verdict):
                st.badge(f"{verdict.label} {count}", color=_COLOURS[verdict])
        if found.share_met is not None:
            st.badge(f"达标率 {found.share_met:.0%}", icon=":material/flag:", color="violet")


def _sheet(found: Score, key: str) -> None:
    if not found.lines:
        st.info("还没有可计的步骤：演练事件到来后，各步骤用时列在这里。", icon=":material/timer:")
        return
    st.dataframe(
        pd.DataFrame(
            [sheet.row(found, line) for line in found.lines], columns=list(sheet.HEADINGS)
        ),
        hide_index=True,
        key=key,
        alt="各步骤用时与时限",
    )
    for name, listed in (
        ("超时与升级", [one.words for one in found.escalations]),
        ("与联动方案不同之处", list(found.deviations)),
    ):
        if listed:
            with st.expander(f"{name}（{len(listed)}）", key=f"{key}_{name}"):
                st.text("\n".join(listed))


page()
