"""预警响应准备: kind and colour of a warning → which agencies prepare, and why. Pure.

A proposal: nothing is told to anybody before a person clicks (气象灾害防御条例 §38, 突发事件应对法
§66–67).
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from linkage.errors import BadConfig
from linkage.kinds import Kind
from linkage.response.agencies import Agency
from linkage.response.orders import Order
from linkage.toml_file import only_keys, read_toml, shaped, tables_of
from linkage.vocabulary import AssignmentRole, WarningColour

# From the mildest on: who prepares at one colour prepares at every worse one.
RISING = tuple(reversed(WarningColour))


class Parties(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    prepare: tuple[str, ...] = ()
    inform: tuple[str, ...] = ()


class WarningResponse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`row`: of the matrix. A colour adds to those below it."""

    row: int
    name: str
    kinds: tuple[Kind, ...]
    lead: str
    basis: str
    blue: Parties = Parties()
    yellow: Parties = Parties()
    orange: Parties = Parties()
    red: Parties = Parties()
    tasks: dict[str, str] = {}

    def parties(self, colour: WarningColour) -> Parties:
        found: Parties = getattr(self, colour.value)
        return found


class WarningResponses(msgspec.Struct, frozen=True, kw_only=True):
    responses: tuple[WarningResponse, ...]
    tasks: Mapping[str, str]


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """`reason`: why this row, or why there is nothing to propose."""

    orders: tuple[Order, ...]
    reason: str


def prepare(
    kind: Kind,
    colour: WarningColour,
    *,
    responses: WarningResponses,
    agencies: Mapping[str, Agency],
) -> Preparation:
    """Who should prepare for what."""
    row = next((one for one in responses.responses if kind in one.kinds), None)
    if row is None:
        return Preparation(
            orders=(), reason=f"“{kind.label}”预警没有准备方案，请由值班员自行选定单位。"
        )
    why = f"预警响应第{row.row}行“{row.name}”，{colour.label}预警（依据：{row.basis}）"
    roles: dict[str, AssignmentRole] = {row.lead: AssignmentRole.LEAD}
    since: dict[str, WarningColour] = {}
    for step in RISING[: RISING.index(colour) + 1]:
        parties = row.parties(step)
        for role, names in (
            (AssignmentRole.SUPPORT, parties.prepare),
            (AssignmentRole.INFORM, parties.inform),
        ):
            for agency_id in names:
                if roles.get(agency_id) not in {AssignmentRole.LEAD, AssignmentRole.SUPPORT}:
                    roles[agency_id] = role
                    since[agency_id] = step
    rank = list(AssignmentRole).index
    return Preparation(
        orders=tuple(
            Order(
                agency_id=agency_id,
                role=role,
                task=row.tasks.get(agency_id) or responses.tasks[agency_id],
                reason=_since(why, since.get(agency_id)),
                acknowledge_s=agencies[agency_id].acknowledge_s.get(role),
            )
            for agency_id, role in sorted(roles.items(), key=lambda pair: rank(pair[1]))
        ),
        reason=why,
    )


def _since(why: str, colour: WarningColour | None) -> str:
    return f"{why}；{colour.label}起参加" if colour is not None else f"{why}；牵头"


def load_warning_responses(path: Path, agencies: Mapping[str, Agency]) -> WarningResponses:
    """Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "tasks", "response")
    tasks = raw.get("tasks")
    if not isinstance(tasks, dict):
        raise BadConfig(path.name, "[tasks]", "缺少各单位的准备任务", "写成 [tasks]，一行一个单位")
    rows: list[WarningResponse] = []
    for number, entry in enumerate(tables_of(path, raw, "response"), start=1):
        where = f"response 第{entry.get('row', f'？（第{number}个）')}行"
        row = shaped(path, where, entry, WarningResponse, "事件类别的代码见 linkage/kinds.py")
        _check(path, where, row, rows, agencies)
        for agency_id in {row.lead, *(a for c in RISING for a in _named(row.parties(c)))}:
            if not str(tasks.get(agency_id, "")).strip():
                wrong = f"单位 {agency_id} 没有准备任务"
                raise BadConfig(path.name, "[tasks]", wrong, f'补上 {agency_id} = "…"')
        rows.append(row)
    return WarningResponses(responses=tuple(rows), tasks=tasks)


def _named(parties: Parties) -> tuple[str, ...]:
    return (*parties.prepare, *parties.inform)


def _check(
    path: Path,
    where: str,
    row: WarningResponse,
    before: list[WarningResponse],
    agencies: Mapping[str, Agency],
) -> None:
    if not row.basis.strip():
        raise BadConfig(path.name, where, "basis 是空的", "写明依据")
    named = {row.lead, *row.tasks, *(a for c in RISING for a in _named(row.parties(c)))}
    for agency_id in sorted(named - agencies.keys()):
        allowed = f"应为其中之一：{'、'.join(agencies)}"
        raise BadConfig(path.name, where, f'单位 "{agency_id}" 没有登记', allowed)
    for kind in row.kinds:
        if any(kind in other.kinds for other in before):
            raise BadConfig(path.name, where, f'类别 "{kind}" 已在前面的行里', "每类只写一行")
