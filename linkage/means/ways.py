"""By which means an agency is told, in which order and how soon: a rule with its reason. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from linkage.response_vocabulary import Means
from linkage.vocabulary import AssignmentRole

# Who has neither number nor box can still be handed a sheet, or be looked up and called.
NEEDS_NO_ADDRESS = frozenset({Means.SHEET, Means.TELEPHONE})
BROKER_AWAY = "消息服务器中断，其他手段立即接替"


class Way(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One means beside MQTT. `after_s`: so long after issuing, if nobody has signed by then.

    `roles`, `levels`: empty, and it is for all of them. `to`: instead of the agency's address.
    """

    means: Means
    after_s: int
    basis: str = ""
    roles: tuple[AssignmentRole, ...] = ()
    levels: tuple[int, ...] = ()
    to: str = ""

    def fits(self, role: AssignmentRole, level: int | None) -> bool:
        return (not self.roles or role in self.roles) and (not self.levels or level in self.levels)


class Choice(msgspec.Struct, frozen=True):
    """`reason`: why this means and why then, for the timeline."""

    means: Means
    to: str
    not_before: datetime
    reason: str


class Reached(Protocol):
    """What the rule needs to know of an agency."""

    @property
    def means(self) -> Sequence[Way]: ...

    def address(self, means: Means) -> str: ...


def choose(
    agency: Reached,
    role: AssignmentRole,
    level: int | None,
    now: datetime,
    *,
    broker_away: bool = False,
) -> list[Choice]:
    """The means that apply, the soonest first, each once.

    K01: who is not reached over MQTT is told by a second means within a minute; at once when
    the broker is away, for then nobody hears an order.
    """
    chosen: dict[Means, Choice] = {}
    for way in agency.means:
        if way.means in chosen or not way.fits(role, level):
            continue
        to = way.to or agency.address(way.means)
        if not to and way.means not in NEEDS_NO_ADDRESS:
            continue
        chosen[way.means] = _choice(way, to, now, broker_away=broker_away)
    return sorted(chosen.values(), key=lambda one: one.not_before)


def missing(agency: Reached) -> list[Means]:
    """The means that are meant for the agency and have no address yet."""
    wanted = dict.fromkeys(way.means for way in agency.means)
    written = {way.means for way in agency.means if way.to}
    return [
        means
        for means in wanted
        if means is not Means.SHEET and means not in written and not agency.address(means)
    ]


def _choice(way: Way, to: str, now: datetime, *, broker_away: bool) -> Choice:
    if way.after_s == 0:
        return Choice(way.means, to, now, f"{way.means.label}：随指令同时")
    if broker_away:
        return Choice(way.means, to, now, f"{way.means.label}：{BROKER_AWAY}")
    at = now + timedelta(seconds=way.after_s)
    return Choice(way.means, to, at, f"{way.means.label}：{way.after_s} 秒未签收时")
