"""联动指令: one agency's order, as the officer gives it and as it travels to the agency."""

from datetime import datetime

import msgspec

from linkage.alerts import Casualties, Point
from linkage.vocabulary import AssignmentRole, AssignmentStatus

# MQTT topics to an agency; design §4.
ORDER_TOPIC = "linkage/v1/assignment/{}"
OPEN_TOPIC = "linkage/v1/assignment/{}/open"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the officer gives to one agency. Times are seconds from issuing; None: no limit."""

    agency_id: str
    role: AssignmentRole
    task: str
    reason: str = ""
    acknowledge_s: int | None = None
    on_scene_s: int | None = None
    report_s: int | None = None


class IncidentBrief(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The incident as an agency is told of it. Labels are Chinese, codes stand beside them."""

    number: str
    kind: str
    kind_label: str
    event_code: str
    headline: str
    place: str
    level: str  # 事件等级, 响应等级, 火警等级: what is known, in words
    hazmat: bool = False
    casualties: Casualties | None = None
    occurred_at: datetime | None = None


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """The scene in WGS-84 and in the datum of the agency's own map."""

    wgs84: Point
    own: Point
    datum: str


class OrderMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The payload of `linkage/v1/assignment/{agency}`. Times with +08:00.

    `revision` rises with every change of the order: an agency answers the one it has read, and
    may forget any older one. `status` is `issued` or `cancelled`.
    """

    id: int
    revision: int
    status: AssignmentStatus
    role: AssignmentRole
    role_label: str
    task: str
    reason: str
    incident: IncidentBrief
    where: Where | None
    issued_by: str
    issued_at: datetime
    acknowledge_due_at: datetime | None
    on_scene_due_at: datetime | None
    report_due_at: datetime | None
    exercise: bool


class OpenRef(msgspec.Struct, frozen=True):
    """An open order by number only; the order itself was sent on its own."""

    id: int
    revision: int


class OpenList(msgspec.Struct, frozen=True, kw_only=True):
    """The payload of `…/open`, retained: exactly what is open for the agency, oldest first.

    `others`: those for which a message has no room any more, when hundreds are open at once.
    `cancelled`: withdrawn, and the agency has not yet confirmed that it read so.
    """

    agency: str
    at: datetime
    assignments: list[OrderMessage]
    others: list[OpenRef] = []
    cancelled: list[OpenRef] = []

    @property
    def ids(self) -> set[int]:
        return {order.id for order in self.assignments} | {ref.id for ref in self.others}
