"""What an order must be before it is given. Pure."""

import unicodedata
from collections.abc import Mapping, Sequence

from linkage.errors import NotAllowed
from linkage.response.agencies import Agency
from linkage.response.orders import Order
from linkage.vocabulary import AssignmentRole

# Longer text is cut by the screens of the systems that receive it.
LONGEST_TASK = 2000
_TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def check_orders(orders: Sequence[Order], agencies: Mapping[str, Agency]) -> None:
    """Raise NotAllowed, saying whose order and what to mend."""
    if not orders:
        raise NotAllowed("没有选择联动单位，请至少选择一个。")
    ids = [order.agency_id for order in orders]
    for order in orders:
        if order.agency_id not in agencies:
            raise NotAllowed(f"单位“{order.agency_id}”未登记，请在 data/agencies.toml 中增加。")
        name = agencies[order.agency_id].name
        if ids.count(order.agency_id) > 1:
            raise NotAllowed(f"{name}被选了两次，请只保留一项。")
        if not order.task.strip():
            raise NotAllowed(f"{name}的任务内容为空，请写明要做什么。")
        if len(order.task) > LONGEST_TASK:
            raise NotAllowed(
                f"{name}的任务内容有 {len(order.task)} 字，最多 {LONGEST_TASK} 字，请精简。"
            )
        for seconds in (order.acknowledge_s, order.on_scene_s, order.report_s):
            if seconds is not None and seconds <= 0:
                raise NotAllowed(f"{name}的时限应大于 0；不计时请留空。")
    if sum(order.role is AssignmentRole.LEAD for order in orders) > 1:
        raise NotAllowed("牵头单位只能有一个，请把其余的改为配合。")


def doubled(
    live: Sequence[tuple[str, AssignmentRole]], agencies: Mapping[str, Agency]
) -> list[str]:
    """What a merge has left twice, in words for the officer: two who lead, two tasks for one.

    The orders stand as they were given; which of them goes is a person's decision.
    """

    def name(agency_id: str) -> str:
        return agencies[agency_id].name if agency_id in agencies else agency_id

    found = []
    leads = [name(agency_id) for agency_id, role in live if role is AssignmentRole.LEAD]
    if len(leads) > 1:
        found.append(
            f"并案后有 {len(leads)} 个牵头任务（{'、'.join(leads)}），请留一个，其余撤销。"
        )
    ids = [agency_id for agency_id, _ in live]
    twice = [name(one) for one in dict.fromkeys(ids) if ids.count(one) > 1]
    if twice:
        found.append(f"{'、'.join(twice)}在本事件中有多项未结任务，重复的请撤销。")
    return found


def clean(text: str) -> str:
    """Without control characters, which a receiving system may choke on as PostgreSQL does, and
    without those that show a text in another order than it has."""
    kept = (
        c
        for c in text
        if c == "\n"
        or (
            unicodedata.category(c) not in {"Cc", "Cs"}
            and unicodedata.bidirectional(c) not in _TURNS
        )
    )
    return "".join(kept).strip()
