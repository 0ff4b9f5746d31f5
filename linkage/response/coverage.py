"""力量覆盖: which district is left with fewer free units of a sort than it must keep. Pure rule."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from linkage.areas import AREAS
from linkage.errors import BadConfig
from linkage.response.nearest import Known, why_not
from linkage.response.unit_states import Readiness, UnitStates
from linkage.toml_file import only_keys, read_toml, shaped, tables_of


class Cover(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many free units of these agencies in a district. `area`: GB/T 2260."""

    label: str
    agencies: tuple[str, ...]
    area: str
    minimum: int
    basis: str


class Gap(msgspec.Struct, frozen=True):
    """Fewer than must be kept free. `lost`: those that are there and on another task."""

    cover: Cover
    free: int
    lost: tuple[str, ...]

    @property
    def words(self) -> str:
        where = AREAS.get(self.cover.area, self.cover.area)
        short = self.cover.minimum - self.free
        return (
            f"{where}{self.cover.label}仅余 {self.free} 个可调派，应保留 {self.cover.minimum} 个，"
            f"缺 {short} 个"
        )


def gaps(
    covers: Iterable[Cover], units: Iterable[Known], now: datetime, states: UnitStates
) -> list[Gap]:
    """Every district that is short, the emptiest first.

    A sort of which no unit ever reported itself is not judged: its agency sends no positions.
    """
    listed, found = list(units), []
    for cover in covers:
        ours = [one for one in listed if one.agency_id in cover.agencies]
        if not ours:
            continue
        here = [one for one in ours if one.area == cover.area]
        free = [one for one in here if _free(one, now, states)]
        if len(free) < cover.minimum:
            lost = tuple(one.label for one in here if one not in free)
            found.append(Gap(cover, len(free), lost))
    return sorted(found, key=lambda gap: (gap.free - gap.cover.minimum, gap.cover.area))


def _free(unit: Known, now: datetime, states: UnitStates) -> bool:
    return not why_not(unit, now, states) and states.readiness(unit.state) is Readiness.FREE


def load_coverage(path: Path, agencies: Iterable[str]) -> tuple[Cover, ...]:
    """Raises BadConfig."""
    known = list(agencies)
    raw = read_toml(path)
    only_keys(path, raw, "cover")
    covers = []
    for number, entry in enumerate(tables_of(path, raw, "cover"), start=1):
        name = f"第 {number} 个 [[cover]]"
        cover = shaped(path, name, entry, Cover)
        if cover.area not in AREAS:
            wrong = f'area "{cover.area}" 不是本市的区县'
            raise BadConfig(path.name, name, wrong, f"应为其中之一：{'、'.join(AREAS)}")
        for agency in cover.agencies:
            if agency not in known:
                wrong = f'agencies 中的 "{agency}" 没有登记'
                raise BadConfig(path.name, name, wrong, f"应为其中之一：{'、'.join(known)}")
        if cover.minimum < 1:
            raise BadConfig(path.name, name, f"minimum 是 {cover.minimum}", "应为 1 以上的整数")
        covers.append(cover)
    return tuple(covers)
