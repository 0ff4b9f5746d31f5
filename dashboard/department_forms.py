"""部门工作台, the three forms: how it stands, how it ended, why it cannot be done."""

import streamlit as st

from dashboard.asked import Form
from linkage.alerts import Casualties
from linkage.response.own_answers import LONGEST_WORDS
from linkage.response.own_desk import OwnTask
from linkage.vocabulary import Count

# As departments say it; one press, several may hold.
REASONS = (
    "力量全部在外，暂无可派",
    "不属于本单位职责",
    "现场不在本单位辖区",
    "缺少所需装备",
    "道路中断无法到达",
    "已由其他单位处置",
)
RESULTS = ("现场已处置完毕", "隐患已排除", "伤员已全部送医", "已移交属地", "到场未发现情况")
_PROGRESS = ("现场情况稳定", "正在处置", "情况有发展", "人员已疏散")
_HEIGHT = 90


def reporting(task: OwnTask, form: Form) -> None:
    st.markdown("**反馈情况**")
    _pills("现在怎样", _PROGRESS, form)
    _words("处置情况", "到场力量、采取的措施、目前情况", form)
    _people(task, form)


def completing(task: OwnTask, form: Form) -> None:
    st.markdown("**办结**　办结后不能再报；有新情况须由指挥中心重新下达。")
    _pills("结果", RESULTS, form)
    _words("处置结果", "怎样处置的、有无遗留问题", form)
    _people(task, form)


def declining(_task: OwnTask, form: Form) -> None:
    st.markdown("**退回**　退回后由指挥中心改派，不能自行收回。")
    _pills("理由（点选，可多选）", REASONS, form)
    _words("补充说明", "可不填；没有合适的理由时请写明", form)


def _pills(label: str, options: tuple[str, ...], form: Form) -> None:
    st.pills(label, options, selection_mode="multi", key=form.key("reasons"))


def _words(label: str, hint: str, form: Form) -> None:
    st.text_area(
        label, key=form.key("words"), placeholder=hint, max_chars=LONGEST_WORDS, height=_HEIGHT
    )


def _people(task: OwnTask, form: Form) -> None:
    """Empty is not counted; nought is counted and nobody."""
    known = task.casualties
    with st.expander("伤亡人数（不清楚的留空）", icon=":material/personal_injury:"):
        with st.container(horizontal=True, gap="small"):
            for count in Count:
                st.number_input(
                    count.label,
                    min_value=0,
                    max_value=99_999,
                    value=None,
                    step=1,
                    key=form.key(count.value),
                    width=104,
                )
        if known is not None:
            told = "　".join(
                f"{count.label} {number}"
                for count in Count
                if (number := getattr(known, count.value)) is not None
            )
            st.caption(f"本单位上次报：{told}")


def casualties(form: Form) -> Casualties:
    """What was counted in a form."""
    counted = {count.value: form.value(count.value) for count in Count}
    return Casualties(**{name: int(n) for name, n in counted.items() if n is not None})
