"""What an officer ordered otherwise than the run card proposed. Pure."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from linkage.plan.run_cards import Proposal
from linkage.response.agencies import Agency
from linkage.response.orders import Order


class Deviation(msgspec.Struct, frozen=True):
    what: Literal["added", "removed", "changed"]
    agency_id: str
    words: str


def deviations(
    proposal: Proposal, orders: Sequence[Order], agencies: Mapping[str, Agency]
) -> list[Deviation]:
    """Agencies added, left out, or given another role, task or time than proposed."""

    def name(agency_id: str) -> str:
        return agencies[agency_id].name if agency_id in agencies else agency_id

    proposed = {line.agency_id: line for line in proposal.assignments}
    ordered = {order.agency_id: order for order in orders}
    found = []
    for agency_id, order in ordered.items():
        line = proposed.get(agency_id)
        if line is None:
            words = f"增加{name(agency_id)}（{order.role.label}）"
            found.append(Deviation("added", agency_id, words))
            continue
        changed = []
        if order.role is not line.role:
            changed.append(f"由{line.role.label}改为{order.role.label}")
        if order.task.strip() != line.task:
            changed.append("任务有改动")
        limits = ("acknowledge_s", "on_scene_s", "report_s")
        if any(getattr(order, limit) != getattr(line, limit) for limit in limits):
            changed.append("时限有改动")
        if changed:
            words = f"{name(agency_id)}{'、'.join(changed)}"
            found.append(Deviation("changed", agency_id, words))
    found += [
        Deviation("removed", agency_id, f"未下达{name(agency_id)}（方案为{line.role.label}）")
        for agency_id, line in proposed.items()
        if agency_id not in ordered
    ]
    return found
