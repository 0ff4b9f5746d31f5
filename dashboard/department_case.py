"""部门工作台, one task: the order, where it is and what is there, who takes part, whom to call.

Only what linkage/response/shared.py lets a department see reaches this page.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import streamlit as st

from dashboard import maps, pressing, words
from dashboard.cards import SEVERITY_COLOUR, counted, when
from dashboard.department_list import clocks, said, state
from dashboard.seat import Seat
from linkage.beijing import clock, day_minute
from linkage.exercise.marking import marked
from linkage.plan.knowledge import Sheet
from linkage.response.nearest import far
from linkage.response.own_case import Beside, Declared, Near, Partner
from linkage.response.own_desk import OwnTask
from linkage.response_vocabulary import Post
from linkage.vocabulary import (
    FIRE_ALARM_LEVELS,
    RESPONSE_LEVELS,
    AssignmentRole,
    AssignmentStatus,
    PositionNote,
)

LIVE_EVERY = "5s"
MAP_HEIGHT, MAP_ZOOM = 200, 11
_FINE: dict[AssignmentStatus, words.Colour] = {
    AssignmentStatus.ON_SCENE: "green",
    AssignmentStatus.WORKING: "green",
    AssignmentStatus.DECLINED: "red",
    AssignmentStatus.ISSUED: "gray",
    AssignmentStatus.CANCELLED: "gray",
}


@st.fragment(run_every=LIVE_EVERY)
def head(task: OwnTask) -> None:
    """Its clocks, true to two seconds. What changes on the record redraws the whole page."""
    scene, now = task.scene, datetime.now(UTC)
    drill = ":material/theater_comedy: 演练　" if task.exercise else ""
    st.markdown(f"#### {drill}{scene.kind.label}　{scene.number}")
    with st.container(horizontal=True, gap=6):
        state(task)
        clocks(task, now)
        st.badge(task.role.label, icon=":material/groups:", color="gray")
        for text, colour in _levels(task):
            st.badge(text, color=colour)


def _levels(task: OwnTask) -> Iterable[tuple[str, words.Colour]]:
    scene = task.scene
    yield f"危害程度 {scene.severity.label}", SEVERITY_COLOUR[scene.severity]
    if scene.grade is not None:
        yield f"{scene.grade.label}事件", "red"
    if scene.response_level is not None:
        yield f"{RESPONSE_LEVELS[scene.response_level]}响应", "red"
    if scene.fire_alarm_level in FIRE_ALARM_LEVELS:
        yield FIRE_ALARM_LEVELS[scene.fire_alarm_level], "orange"
    if scene.hazmat:
        yield "涉危化品", "orange"


def news(task: OwnTask) -> None:
    """What has changed about the order since somebody last signed it, plainly."""
    if task.status is AssignmentStatus.CANCELLED:
        at = clock(task.cancelled_at) if task.cancelled_at else ""
        st.error(
            f"指挥中心已于 {at} 撤销这项任务，请停止执行，并通知已出动的人员返回。"
            + ("请在下方确认已知悉。" if task.cancel_read_at is None else ""),
            icon=":material/cancel:",
        )
    elif task.status is AssignmentStatus.ISSUED and task.revision > 1:
        st.warning(
            f"这是第 {task.revision} 版指令，内容或时限有变；请阅读后重新签收。",
            icon=":material/published_with_changes:",
        )
    elif task.chased_at is not None and task.chased_at > task.issued_at and task.open:
        text = f"指挥中心已于 {clock(task.chased_at)} 催办，请尽快答复。"
        st.warning(text, icon=":material/notifications_active:")
    if task.undelivered_at is not None and task.delivered_at is None and task.open:
        st.info(
            "本单位自己的系统没有收到这条指令（可能离线）；在这里应答同样有效。",
            icon=":material/cloud_off:",
        )


def order(task: OwnTask) -> None:
    st.markdown("##### 任务")
    st.text(marked(task.task, exercise=task.exercise))
    parts = [f"{task.issued_by} {day_minute(task.issued_at)} 下达", f"依据：{task.reason}"]
    parts += [f"{label} {clock(at)} 前" for label, at in _limits(task) if at is not None]
    st.caption(words.plain("　".join(parts)))


def _limits(task: OwnTask) -> Iterable[tuple[str, datetime | None]]:
    yield "签收", task.acknowledge_due_at
    yield "到场", task.on_scene_due_at
    yield "反馈", task.report_due_at


def scene(task: OwnTask, told: Beside) -> None:
    it, now = task.scene, datetime.now(UTC)
    st.markdown("##### 现场")
    st.text(it.headline)
    rows = {"地点": it.place or "未报地点"}
    if it.position_note is not PositionNote.EXACT:
        rows["位置"] = f"{it.position_note.label}，请向指挥中心核对"
    if told.near:
        rows["距离"] = _near(told.near, now)
    rows["伤亡"] = counted(it.casualties) or "未报"
    rows["发生"] = when(it.occurred_at, now)
    _rows(rows)
    if it.point is not None:
        inset = maps.inset(it.point, MAP_ZOOM)
        # A finger that moves over it moves the page.
        inset.options |= {"dragging": False, "scrollWheelZoom": False, "touchZoom": False}
        key = f"department_map_{it.point.lon:.5f}_{it.point.lat:.5f}"
        maps.show(inset, key, MAP_HEIGHT)


def _near(near: tuple[Near, ...], now: datetime) -> str:
    one = near[0]
    age = words.since((now - one.reported_at).total_seconds())
    return f"本单位{one.label}直线 {far(one.metres)}（“{one.state}”，位置 {age}）"


def _rows(rows: dict[str, str]) -> None:
    with st.container(gap=2):
        for label, value in rows.items():
            with st.container(horizontal=True, gap="small", wrap=False):
                st.caption(label, width=36)
                st.text(value, width="stretch")


def together(task: OwnTask, told: Beside, seat: Seat) -> None:
    """Who takes part and how far each is; who commands; whom to call."""
    st.markdown("##### 联动处置")
    if told.declared is not None:
        _declared(told.declared)
    leads = [one for one in told.partners if one.role is AssignmentRole.LEAD]
    if not told.partners:
        st.caption("目前没有其他单位参加。")
    for one in told.partners:
        _partner(one, seat)
    if task.role is AssignmentRole.LEAD:
        st.caption("现场由本单位牵头。")
    elif leads:
        names = "、".join(seat.agency(one.agency_id) for one in leads)
        st.caption(words.plain(f"现场由{names}牵头，现场处置听其统一指挥。"))
    _centre()


def _declared(one: Declared) -> None:
    level = RESPONSE_LEVELS.get(one.level, "")
    until = f"至 {day_minute(one.expected_until)}" if one.expected_until else "期限另行通知"
    rows = {
        "响应": f"{level}响应，{one.command.label}，{day_minute(one.started_at)} 启动，{until}",
        "事项": one.subject,
        "措施": one.measures,
    }
    _rows(rows)


def _partner(one: Partner, seat: Seat) -> None:
    with st.container(horizontal=True, gap=8, vertical_alignment="center"):
        st.text(seat.agency(one.agency_id))
        st.badge(one.role.label, color="violet" if one.role is AssignmentRole.LEAD else "gray")
        st.badge(one.status.label, color=_FINE.get(one.status, "blue"))


def _centre() -> None:
    """The duty room's own number, where the customer has filled it in."""
    for one in pressing.clocks().duty.standing:
        if one.post is Post.CHIEF:
            number = one.person.telephone or one.person.mobile
            told = f"{one.person.name}　{number or '值班电话未登记（data/duty.toml）'}"
            st.text(f"☎ {told}")


def safety(sheets: tuple[Sheet, ...]) -> None:
    """What not to do and how far to keep away, before anybody goes in."""
    if not sheets:
        return
    st.markdown("##### 危险物质")
    for sheet in sheets:
        one, guide = sheet.substance, sheet.guide
        with st.expander(f"{one.name}　UN{one.un}", icon=":material/science:", expanded=True):
            with st.container(horizontal=True, gap=6):
                st.badge(f"隔离 {guide.isolate_m} 米", icon=":material/block:", color="red")
                if guide.large_m:
                    st.badge(f"大量泄漏下风向 {guide.large_m} 米", color="orange")
                st.badge(f"罐体着火 {guide.fire_m} 米", color="orange")
                if not one.checked:
                    st.badge("待核", color="gray")
            for bad in (*one.do_not, *guide.do_not):
                st.markdown(f":red[**✕ {words.plain(bad)}**]")
            told = {
                "危险": f"{one.hazards}{guide.hazards}",
                "泄漏": guide.spill,
                "灭火": guide.fire,
                "急救": guide.first_aid,
            }
            _rows(({"毒性": one.toxic} if one.toxic else {}) | told)


def answered(task: OwnTask, seat: Seat) -> None:
    with st.expander("本单位的应答", icon=":material/forum:"):
        if task.last_feedback is None and task.acknowledged_at is None:
            st.caption("还没有应答。")
        said(task, seat)
