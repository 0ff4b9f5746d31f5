"""How a simulated department answers an order or a need: pure, seeded by it."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from random import Random

import msgspec

from linkage.alerts import NOBODY, Casualties, Point
from linkage.response.agencies import Agency
from linkage.response.need_messages import NeedMessage
from linkage.response.orders import OrderMessage
from linkage.response_vocabulary import NeedStatus
from linkage.vocabulary import AssignmentRole, AssignmentStatus

S = AssignmentStatus


class Manner(StrEnum):
    PROMPT = "prompt"
    LATE = "late"
    SILENT = "silent"
    FORGETFUL = "forgetful"  # its first acknowledgement is lost on the way; it repeats it, twice


class Department(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """data/demo/departments.toml explains the fields."""

    id: str
    lon: float
    lat: float
    unit: str = ""
    manner: Manner = Manner.PROMPT
    decline: float = 0.0

    @property
    def point(self) -> Point:
        return Point(self.lon, self.lat)


class Answer(msgspec.Struct, frozen=True):
    """`after_s`: seconds from the moment the order arrived. `said_s`: when it was said first, for
    what is repeated. `lost`: said, and never heard."""

    after_s: float
    status: AssignmentStatus
    text: str
    needs: str = ""
    casualties: Casualties = NOBODY
    said_s: float | None = None
    lost: bool = False


class Giving(msgspec.Struct, frozen=True):
    """A step a department takes for a need. `after_s`: seconds from when it read of it."""

    after_s: float
    status: NeedStatus
    amount: float | None = None


class _Departments(msgspec.Struct, forbid_unknown_fields=True):
    department: list[Department]


# Seconds from one step to the next, of a department that hurries and one that does not.
_STEPS = (
    (S.EN_ROUTE, 6, 25, ("力量已出动。", "人员车辆已出发，预计十分钟内到达。", "值班力量已出动。")),
    (S.ON_SCENE, 60, 150, ("已到达现场。", "到场，正在查看情况。", "已到场，与现场指挥会合。")),
    (S.WORKING, 10, 40, ("正在处置。", "已展开作业。", "已设置警戒，处置中。")),
    (S.REPORTED, 60, 150, ("现场情况稳定。", "处置进展顺利。", "险情已控制，继续监护。")),
    (S.COMPLETED, 60, 180, ("处置完毕，力量返回。", "任务完成，现场移交。", "处置结束。")),
)
_DECLINES = (
    "力量已全部派出，请改派。",
    "不属本单位职责，建议转其他部门。",
    "设备检修，两小时内无法出动。",
)
_NEEDS = (
    "需增派警力协助交通管制。",
    "需要吸附棉和防护服。",
    "请求增派一辆救护车。",
    "需要照明设备。",
)
# Who loses its acknowledgement sends it again after so long, and once more for good measure.
_REPEATS = (70.0, 73.0)
_GIVES = (
    (NeedStatus.ON_THE_WAY, 20, 60),
    (NeedStatus.ARRIVED, 60, 150),
    (NeedStatus.RELEASED, 120, 300),
)
# How likely a department offers what it was asked for by name, and what it only reads of.
_ASKED, _UNASKED = 0.85, 0.25
_COUNTS = frozenset({"120", "health"})
# Seconds beyond the due time that a late department takes to sign.
_LATE = (20.0, 90.0)


def load_departments(demo: Path) -> dict[str, Department]:
    raw = tomllib.loads((demo / "departments.toml").read_text(encoding="utf-8"))
    return {d.id: d for d in msgspec.convert(raw, _Departments).department}


def answers(order: OrderMessage, department: Department, agency: Agency, seed: int) -> list[Answer]:
    """Everything the department will say about `order`, in order of time."""
    if department.manner is Manner.SILENT:
        return []
    rng = Random(f"{seed}/{department.id}/{order.id}/{order.revision}")  # noqa: S311 - a play
    at = _sign_after(order, department, agency.acknowledge_s, rng)
    if rng.random() < department.decline and order.role is not AssignmentRole.LEAD:
        return [Answer(at, S.DECLINED, rng.choice(_DECLINES))]
    signed = "收到，已签收。"
    said = [Answer(at, S.ACKNOWLEDGED, signed)]
    if department.manner is Manner.FORGETFUL:
        again = [Answer(at + more, S.ACKNOWLEDGED, signed, said_s=at) for more in _REPEATS]
        said = [msgspec.structs.replace(said[0], lost=True), *again]
        at += _REPEATS[-1]
    informed = order.role is AssignmentRole.INFORM
    for status, least, most, texts in _STEPS:
        moves = status in {S.EN_ROUTE, S.ON_SCENE, S.WORKING}
        if moves and (informed or not agency.has_units):
            continue
        at += rng.uniform(least, most) / (4 if informed else 1)
        text = "已知悉，已通知本系统值班人员。" if informed else rng.choice(texts)
        needs = rng.choice(_NEEDS) if status is S.WORKING and rng.random() < 0.2 else ""
        said.append(Answer(at, status, text, needs, _counted(order, department, status)))
    return said


def roll_after(department: Department, roll_call: int) -> float | None:
    """Seconds until its person on duty answers a roll call; None: nobody does."""
    if department.manner is Manner.SILENT:
        return None
    rng = Random(f"{department.id}/{roll_call}")  # noqa: S311 - a play
    return rng.uniform(*_LATE) if department.manner is Manner.LATE else rng.uniform(3, 25)


def gives(wanted: NeedMessage, department: Department, seed: int) -> list[Giving]:
    """Everything the department will do about a need that it reads of."""
    if department.manner is Manner.SILENT or wanted.own or wanted.yours_stands or wanted.short == 0:
        return []
    rng = Random(f"{seed}/{department.id}/need/{wanted.id}")  # noqa: S311 - a play
    if rng.random() > (_ASKED if wanted.asked_of_you else _UNASKED):
        return [Giving(rng.uniform(4, 12), NeedStatus.WITHDRAWN)] if wanted.asked_of_you else []
    at = rng.uniform(4, 15)
    said = [Giving(at, NeedStatus.OFFERED, wanted.short)]
    for status, least, most in _GIVES:
        at += rng.uniform(least, most)
        said.append(Giving(at, status))
    return said


def reads_withdrawal_after(department: Department, assignment: int, seed: int) -> float:
    """Seconds until somebody there has read that an order is withdrawn."""
    return Random(f"{seed}/{department.id}/{assignment}/cancel").uniform(2, 8)  # noqa: S311


def _sign_after(
    order: OrderMessage, department: Department, usual: Mapping[AssignmentRole, int], rng: Random
) -> float:
    if department.manner is Manner.LATE and order.role in usual:
        return usual[order.role] + rng.uniform(*_LATE)
    return rng.uniform(1, 6)


def _counted(order: OrderMessage, by: Department, status: AssignmentStatus) -> Casualties:
    """Those who treat the injured confirm how many there are."""
    known = order.incident.casualties
    return known if by.id in _COUNTS and status is S.REPORTED and known else NOBODY


def on_the_way(base: Point, scene: Point, share: float) -> Point:
    """Where a unit is when `share` (0 to 1) of its way is behind it."""
    share = min(1.0, max(0.0, share))
    return Point(
        round(base.lon + (scene.lon - base.lon) * share, 6),
        round(base.lat + (scene.lat - base.lat) * share, 6),
    )
