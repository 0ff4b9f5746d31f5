"""事件分级: the statutory grade that the counted figures propose. A person confirms it. Pure."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from linkage.alerts import Casualties
from linkage.kinds import Kind
from linkage.vocabulary import Grade


class GradeProposal(msgspec.Struct, frozen=True, kw_only=True):
    """`grade` is None where the law knows no grades or the figures say nothing; `reason` says so.

    `decided_by`: the figure that decided. `missing_to_next`: what the next grade up would take.
    """

    grade: Grade | None
    clause: str
    reason: str
    decided_by: str = ""
    missing_to_next: str = ""


class GradeTables(msgspec.Struct, frozen=True, kw_only=True):
    """data/grading.toml, read and checked."""


def load_grading(path: Path) -> GradeTables:
    """Raises BadConfig."""
    raise NotImplementedError


def propose_grade(
    kind: Kind,
    event_code: str,
    casualties: Casualties,
    facts: Mapping[str, Any],
    *,
    tables: GradeTables,
) -> GradeProposal:
    """The grade by the clause that applies, with the figure that decided.

    `facts`: magnitude, area_ha, loss_10k_yuan, trapped_min … of the alerts; 以上 includes.
    """
    raise NotImplementedError
