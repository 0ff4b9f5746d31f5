"""方案落座: who gets which role, task and limits by the card, the level and the automatic links."""

from collections.abc import Mapping

import msgspec

from linkage.plan.run_card import AutoLink, Due, RunCard, RunCards
from linkage.response.agencies import Agency
from linkage.response.orders import Order
from linkage.vocabulary import RESPONSE_LEVELS, AssignmentRole

_NO_LIMIT = Due()


class ProposedAssignment(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the proposal; the officer may change any of it."""

    agency_id: str
    role: AssignmentRole
    task: str
    reason: str
    acknowledge_s: int | None = None
    on_scene_s: int | None = None
    report_s: int | None = None

    def order(self) -> Order:
        return Order(**msgspec.structs.asdict(self))


def title(card: RunCard) -> str:
    return f"联动方案第{card.row}行：{card.name}"


class SeatingTable:
    """The lines of one proposal as they are filled in: lead, support, inform, automatic."""

    def __init__(
        self,
        cards: RunCards,
        agencies: Mapping[str, Agency],
        card: RunCard | None,
        level: int | None,
    ) -> None:
        self.cards, self.agencies, self.card = cards, agencies, card
        self.level, self.rule = level, cards.levels[level] if level is not None else None
        self.lines: dict[str, ProposedAssignment] = {}

    def seat(self, card: RunCard) -> None:
        basis = f"（依据：{card.basis}）"
        lead = f"{title(card)}，{self.agencies[card.lead].name}牵头{basis}"
        if card.statutory_lead:
            lead += f"；法定牵头为{card.statutory_lead}（网外），由其代为接令并转达"
        self._put(card.lead, AssignmentRole.LEAD, lead)
        for agency_id in card.support:
            command = "，现场指挥" if agency_id == card.on_scene_command else "，配合"
            reason = f"{title(card)}{command}{basis}"
            if self._stands_by(agency_id, card):
                self._put(agency_id, AssignmentRole.INFORM, self._standby(reason), standby=True)
            else:
                self._put(agency_id, AssignmentRole.SUPPORT, reason)
        for agency_id in card.inform:
            self._put(agency_id, AssignmentRole.INFORM, f"{title(card)}，告知{basis}")

    def add(self, auto: AutoLink, because: str) -> None:
        reason = f"附加：{because}（{auto.basis}）"
        for agency_id in auto.agencies:
            doing = self._who_does(agency_id, auto)
            if doing is None:
                self._put(agency_id, AssignmentRole.SUPPORT, reason, within=auto.acknowledge_s)
            elif auto.acknowledge_s is not None:
                self._hurry(doing, auto.acknowledge_s, because)

    def _stands_by(self, agency_id: str, card: RunCard) -> bool:
        """City departments wait at Ⅳ; who saves lives and who commands on the spot does not."""
        rule = self.rule
        if rule is None or not rule.standby or agency_id == card.on_scene_command:
            return False
        return agency_id not in rule.front

    def _standby(self, reason: str) -> str:
        assert self.rule is not None and self.level is not None  # noqa: S101, PT018
        return f"{reason}；{RESPONSE_LEVELS[self.level]}{self.rule.runs}，改为告知待命"

    def _who_does(self, agency_id: str, auto: AutoLink) -> str | None:
        """Who is in already and does what the link asks for: itself, or its department."""
        desk_of = None if auto.always else self.agencies[agency_id].desk_of
        for one in (agency_id, desk_of):
            seated = self.lines.get(one or "")
            if seated is not None and seated.role is not AssignmentRole.INFORM:
                return one
        return None

    def _hurry(self, agency_id: str, within: int, because: str) -> None:
        line = self.lines[agency_id]
        if line.acknowledge_s is not None and line.acknowledge_s <= within:
            return
        reason = f"{line.reason}；{because}，须 {within} 秒内签收"
        self.lines[agency_id] = msgspec.structs.replace(line, acknowledge_s=within, reason=reason)

    def _put(
        self,
        agency_id: str,
        role: AssignmentRole,
        reason: str,
        *,
        within: int | None = None,
        standby: bool = False,
    ) -> None:
        agency = self.agencies[agency_id]
        due = self.cards.due.get(role, _NO_LIMIT)
        if self.card is not None:
            due = self.card.due.get(role, due)
        limits = [s for s in (agency.acknowledge_s.get(role), within) if s is not None]
        task = self.rule.standby_task if standby and self.rule else self._task(agency_id, role)
        self.lines[agency_id] = ProposedAssignment(
            agency_id=agency_id,
            role=role,
            task=task,
            reason=reason,
            acknowledge_s=min(limits, default=None),
            on_scene_s=due.on_scene_s if agency.has_units else None,
            report_s=due.report_s,
        )

    def _task(self, agency_id: str, role: AssignmentRole) -> str:
        if self.card is not None and agency_id in self.card.tasks:
            return self.card.tasks[agency_id]
        usual = self.cards.tasks[role]
        return usual.get(agency_id) or usual["default"]
