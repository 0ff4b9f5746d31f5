"""data/exercise.toml: whom an exercise may page, and the targets no other file states."""

from pathlib import Path

import msgspec

from linkage.errors import BadConfig
from linkage.toml_file import only_keys, read_toml, shaped, tables_of
from linkage.vocabulary import Labelled

FILE = "exercise.toml"


class Moment(Labelled):
    """A point in the life of an incident, an order or a shift, from or to which time is taken."""

    REPORTED = "reported", "首次接报"
    OPENED = "opened", "建立事件"
    PROPOSED = "proposed", "提出定级建议"
    VERIFIED = "verified", "核实"
    GRADED = "graded", "定级"
    STARTED = "started", "启动响应"
    ISSUED = "issued", "下达指令"


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    label: str
    begins: Moment = msgspec.field(name="from")
    ends: Moment = msgspec.field(name="to")
    within_s: int
    basis: str


class Leaders(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    page: bool
    basis: str


class ExerciseRules(msgspec.Struct, frozen=True, kw_only=True):
    """`page_leaders`: what an exercise does unless the person who begins it asks otherwise."""

    page_leaders: bool
    targets: tuple[Target, ...]


def load_exercise_rules(path: Path) -> ExerciseRules:
    """Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "leaders", "target")
    leaders = shaped(path, "[leaders]", raw.get("leaders", {}), Leaders)
    if not leaders.basis.strip():
        raise BadConfig(path.name, "[leaders]", "basis 是空的", "写上依据")
    targets: list[Target] = []
    for number, entry in enumerate(tables_of(path, raw, "target"), start=1):
        where = f'target "{entry.get("id", f"第{number}项")}"'
        allowed = f"from、to 应为 {'、'.join(Moment)}"
        target = shaped(path, where, entry, Target, allowed)
        if target.within_s <= 0:
            raise BadConfig(path.name, where, f"within_s 是 {target.within_s}", "应大于 0 秒")
        if not target.basis.strip():
            raise BadConfig(path.name, where, "basis 是空的", "写上依据")
        if target.id in {each.id for each in targets}:
            raise BadConfig(path.name, where, "id 重复", "每个目标只写一次")
        targets.append(target)
    return ExerciseRules(page_leaders=leaders.page, targets=tuple(targets))
