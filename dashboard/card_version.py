"""响应所据方案: the very cards that a response was started on, and how today's differ."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from dashboard import desk, words
from dashboard.seat import Seat
from linkage.errors import BadConfig
from linkage.plan.card_changes import card_changes
from linkage.plan.card_versions import KeptVersion, read_version
from linkage.plan.response_rows import JointResponse
from linkage.plan.run_card import RunCards
from linkage.plan.run_card_file import read_run_cards
from linkage.record import BEIJING
from linkage.response.agencies import Agency

_FIT, _DIFFERENCES = 4, 160


def card_version(response: JointResponse, seat: Seat) -> None:
    """Nothing where it was started without cards."""
    if response.card_version_id is None:
        return
    kept = _kept(response.card_version_id, seat.record.engine.url.render_as_string())
    if kept is None:
        return
    with st.popover(
        "所据方案",
        icon=":material/menu_book:",
        type="tertiary",
        key=f"response_card_{response.id}",
    ):
        since = f"{kept.effective_at.astimezone(BEIJING):%Y-%m-%d}"
        row = f"第{response.card_row}行" if response.card_row is not None else "未用其中任何一行"
        st.markdown(f"**启动时所据联动方案：版本 {words.plain(kept.label)}，{row}**")
        st.caption(f"{since} 起施行；启动时原文存档，不随以后修订而变。")
        _differences(kept, seat)
        whole = st.toggle("显示全文", key=f"response_card_whole_{response.id}")
        own = kept.card(response.card_row) if response.card_row is not None else ""
        st.code(kept.text if whole or not own else own, language="toml", height=320)


# What is kept never changes.
@st.cache_data(max_entries=8, show_spinner=False)
def _kept(version_id: int, url: str) -> KeptVersion | None:  # noqa: ARG001 - the key of the cache
    return read_version(desk.record(), version_id)


@st.cache_resource(max_entries=8, show_spinner=False)
def _cards(digest: str, _kept: KeptVersion, _agencies: Mapping[str, Agency]) -> RunCards:  # noqa: ARG001
    return read_run_cards(Path(f"{_kept.label}.toml"), _kept.text, _agencies)


def _differences(kept: KeptVersion, seat: Seat) -> None:
    now = desk.run_cards()
    if now.digest == kept.digest:
        st.caption(f"与现行方案（版本 {words.plain(now.label)}）相同。")
        return
    try:
        old = _cards(kept.digest, kept, seat.agencies)
    except BadConfig as why:
        said = f"现行单位表已不能解读这份方案，无法逐项比较，请看原文（{why}）。"
        st.warning(words.plain(said), icon=":material/difference:")
        return
    found = card_changes(old, now, seat.agencies)
    if not found:
        st.caption(f"现行方案为版本 {words.plain(now.label)}，内容与启动时相同，只有文字注释不同。")
        return
    st.warning(
        f"现行方案已是版本 {words.plain(now.label)}，与启动时有 {len(found)} 处不同：",
        icon=":material/difference:",
    )
    with st.container(height=_DIFFERENCES if len(found) > _FIT else "content"):
        for change in found:
            st.text(change)
