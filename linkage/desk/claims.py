"""接手: how long nobody has an incident, and whether whoever has it still looks after it. Pure.

Nothing is taken from anybody by itself: the screens show it, and a colleague takes it over.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from linkage.beijing import clock
from linkage.errors import BadConfig
from linkage.toml_file import only_keys, read_toml
from linkage.vocabulary import Labelled, Severity

FILE = "claims.toml"


class Held(Labelled):
    """Why a claim is not looked after."""

    IDLE = "idle", "久未处置"
    ABSENT = "absent", "失管"


class ClaimRule(msgspec.Struct, frozen=True):
    unclaimed: timedelta
    idle: Mapping[Severity, timedelta]
    absent: timedelta
    unattended: timedelta


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """`acted_at`: the last act of who has it, on this incident. `left_at`: when the last stay of
    that person at a desk ended or was left unattended; None while somebody sits there, or where
    nothing is known."""

    by: str
    severity: Severity
    claimed_at: datetime
    acted_at: datetime | None = None
    left_at: datetime | None = None


class Stale(msgspec.Struct, frozen=True):
    held: Held
    why: str


def stale(rule: ClaimRule, claim: Claim, now: datetime) -> Stale | None:
    """Whether a claim is left alone, and since when."""
    acted = max(filter(None, (claim.acted_at, claim.claimed_at)))
    if claim.left_at is not None and now - claim.left_at > rule.absent:
        return Stale(Held.ABSENT, f"{claim.by}已于 {clock(claim.left_at)} 离开座席")
    if now - acted > rule.idle[claim.severity]:
        return Stale(Held.IDLE, f"{claim.by}自 {clock(acted)} 起没有操作")
    return None


def load_claim_rule(path: Path) -> ClaimRule:
    """Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "unclaimed", "idle", "absent")
    levels = {severity: f"{severity.value}_s" for severity in Severity}
    idle = _table(path, raw, "idle", *levels.values())
    absent = _table(path, raw, "absent", "after_s", "unattended_s")
    return ClaimRule(
        unclaimed=_seconds(path, "unclaimed", _table(path, raw, "unclaimed", "after_s"), "after_s"),
        idle={severity: _seconds(path, "idle", idle, key) for severity, key in levels.items()},
        absent=_seconds(path, "absent", absent, "after_s"),
        unattended=_seconds(path, "absent", absent, "unattended_s"),
    )


def _table(path: Path, raw: dict[str, Any], name: str, *keys: str) -> dict[str, Any]:
    table = raw.get(name)
    if not isinstance(table, dict):
        raise BadConfig(path.name, f"[{name}]", "缺少此表", f"请补上 [{name}]")
    if unknown := sorted(set(table) - {*keys, "basis"}):
        raise BadConfig(
            path.name, f"[{name}] {unknown[0]}", "不认识的项", f"可用：{'、'.join(keys)}"
        )
    if not str(table.get("basis", "")).strip():
        raise BadConfig(path.name, f"[{name}]", "basis 是空的", "写明依据")
    return table


def _seconds(path: Path, name: str, table: dict[str, Any], key: str) -> timedelta:
    value = table.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 5 <= value <= 86_400:
        remedy = "请写 5 到 86400 之间的整数秒"
        raise BadConfig(path.name, f"[{name}] {key}", f"{value!r} 不是可用的秒数", remedy)
    return timedelta(seconds=value)
