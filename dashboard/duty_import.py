"""值班, importing a roster: the form to fill in, the file, what it would change, and the button."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import words
from dashboard.asked import Form, ask
from dashboard.seat import Seat
from linkage.actions import Action
from linkage.beijing import BEIJING
from linkage.duty.cells import BadCell
from linkage.duty.coverage import Shift, span_words
from linkage.duty.edit import preview, take_import
from linkage.duty.lines import Draft, Refusal
from linkage.duty.propose import Proposal
from linkage.duty.read_roster import read_roster
from linkage.duty.rules import DutyRules
from linkage.duty.template import empty_form
from linkage.duty.workbook import MAX_BYTES

_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_READ = "duty_import_read"
# Streamlit's uploader speaks English.
_CHINESE = """<style>
.st-key-duty_import_box [data-testid="stFileUploaderDropzone"] button[kind] p { font-size: 0; }
.st-key-duty_import_box [data-testid="stFileUploaderDropzone"] button[kind] p::after {
  content: "选择文件"; font-size: 0.9rem; }
.st-key-duty_import_box [data-testid="stFileUploaderDropzoneInstructions"] { display: none; }
</style>"""


def import_form(seat: Seat, rules: DutyRules) -> None:
    form = Form("duty_import", 0)
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left, st.container(key="duty_import_box"):
        st.html(_CHINESE)
        file = st.file_uploader(
            "班表文件（.xlsx，5 MB 以内，可拖到这里）",
            key=form.key("file"),
            max_upload_size=MAX_BYTES // 1_000_000,
        )
    right.download_button(
        "下载空白班表",
        lambda: empty_form(rules, seat.now.astimezone(BEIJING).date()),
        file_name="班表.xlsx",
        mime=_EXCEL,
        key="duty_template",
        icon=":material/download:",
        on_click="ignore",
    )
    if file is None:
        st.caption("先出预览，确认之后才写入；每一处读不懂的，都写明表、行、列和该怎么改。")
        return
    draft = _draft(file.file_id, file.getvalue(), seat, rules)
    if draft is not None:
        _preview(draft, seat, rules, form)


def _draft(file_id: str, data: bytes, seat: Seat, rules: DutyRules) -> Draft | None:
    """Read once for each file, not at every turn of the page."""
    kept = st.session_state.get(_READ)
    if kept is None or kept[0] != file_id:
        names = {agency_id: agency.name for agency_id, agency in seat.agencies.items()}
        try:
            draft = read_roster(data, rules, names, seat.now.astimezone(BEIJING).date())
        except BadCell as why:
            st.error(words.plain(f"{why}。"), icon=":material/block:")
            return None
        kept = st.session_state[_READ] = (file_id, draft)
    found: Draft = kept[1]
    return found


def _preview(draft: Draft, seat: Seat, rules: DutyRules, form: Form) -> None:
    found = preview(seat.record, draft, rules, seat.now)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.badge(f"新增班次 {len(found.add)}", icon=":material/add:", color="green")
        st.badge(f"移去班次 {len(found.remove)}", icon=":material/remove:", color="orange")
        st.badge(f"新增人员 {len(found.new_people)}，更新 {len(found.changed)}", color="blue")
        st.badge(f"相同 {found.same}，已过去 {found.past}", color="gray")
        st.badge(
            f"未通过 {len(found.refusals)} 处",
            icon=":material/block:",
            color="red" if found.refusals else "green",
        )
        st.button(
            "确认导入",
            key="duty_import_confirm",
            type="primary",
            icon=":material/check:",
            disabled=not found.changes_something or not seat.may(Action.EDIT_ROSTER),
            on_click=_confirm,
            args=(draft, found, seat, rules, form),
        )
    if not seat.may(Action.EDIT_ROSTER):
        st.caption("班表由值班长或指挥员导入。")
    if not found.changes_something:
        st.info("没有要写入的内容：文件与班表一致，或各行均未通过检查。", icon=":material/info:")
    for note in found.notes[:5]:
        st.caption(words.plain(note))
    _refused(found.refusals)
    _changes(found)


def _confirm(draft: Draft, found: Proposal, seat: Seat, rules: DutyRules, form: Form) -> None:
    do = partial(take_import, seat.record, seat.actor, draft, found.digest, rules)
    done = f"班表已导入：新增 {len(found.add)} 班次，移去 {len(found.remove)}。"
    ask(do, done, form)


def _refused(refusals: Sequence[Refusal]) -> None:
    if not refusals:
        return
    rows = [
        (one.where.sheet, one.where.row or None, one.where.column, one.wrong, one.remedy)
        for one in refusals
    ]
    st.dataframe(
        pd.DataFrame(rows, columns=["表", "行", "列", "哪里不对", "怎样改"]),
        hide_index=True,
        height=min(300, 38 + 35 * len(rows)),
        key="duty_import_refused",
        alt="未通过检查的单元格",
    )


def _changes(found: Proposal) -> None:
    rows = [*_rows("新增", found.add), *_rows("移去", found.remove)]
    if rows:
        st.dataframe(
            pd.DataFrame(rows, columns=["改动", "时间", "岗位", "姓名"]),
            hide_index=True,
            height=min(300, 38 + 35 * len(rows)),
            key="duty_import_changes",
            alt="导入将作的改动",
        )


def _rows(what: str, listed: Sequence[Shift]) -> list[tuple[str, str, str, str]]:
    return [
        (what, span_words(one.starts_at, one.ends_at), one.post.label, one.person.name)
        for one in listed
    ]
