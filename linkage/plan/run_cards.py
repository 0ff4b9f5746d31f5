"""联动方案: kind and level of an incident → which agencies do what, and why. Pure."""

from collections.abc import Mapping

import msgspec

from linkage.alerts import NOBODY, Casualties
from linkage.kinds import ROUTINE_KINDS, Kind
from linkage.plan.run_card_file import AutoLink, Due, RunCard, RunCards, When, load_run_cards
from linkage.response.agencies import Agency
from linkage.response.orders import Order
from linkage.vocabulary import RESPONSE_LEVELS, AssignmentRole, Grade, WarningColour

__all__ = ["Proposal", "ProposedAssignment", "RunCard", "RunCards", "load_run_cards", "propose"]

_LEVEL_OF_GRADE = {
    Grade.EXCEPTIONAL: 1,
    Grade.MAJOR: 2,
    Grade.CONSIDERABLE: 3,
    Grade.ORDINARY: 4,
}
# 国家突发环境事件应急预案 2014, generalised: who runs a response of which level.
_WHO_RUNS = {
    1: "报请省级牵头，本市先期处置，指挥权移交须留记录",
    2: "报请省级牵头，本市先期处置，指挥权移交须留记录",
    3: "由市级牵头",
    4: "由县区牵头，市级部门待命增援",
}
# A level at least this high takes power and telephone repair along.
_REPAIR_LEVEL = 3
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


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What the run card says to do. `reason`: why this card, or why there is none.

    `response_level`: the level the proposal rests on, and `level_reason` where it comes from.
    `others`: whom to telephone.
    """

    card: RunCard | None
    reason: str
    assignments: tuple[ProposedAssignment, ...] = ()
    others: tuple[str, ...] = ()
    response_level: int | None = None
    level_reason: str = ""


def propose(
    kind: Kind,
    event_code: str,
    *,
    cards: RunCards,
    agencies: Mapping[str, Agency],
    casualties: Casualties = NOBODY,
    grade: Grade | None = None,
    response_level: int | None = None,
    hazmat: bool = False,
    warning_colour: WarningColour | None = None,
) -> Proposal:
    """Who should be told to do what. A kind without a card gives an empty proposal saying so."""
    if kind in ROUTINE_KINDS:
        return Proposal(card=None, reason=f"“{kind.label}”属日常警情，不启动联动。")
    card, why = _choose(kind, event_code, hazmat, cards)
    level, level_reason = _level(card, grade, response_level)
    table = _Table(cards, agencies, card)
    if card is not None:
        table.seat(card)
    others = list(card.others) if card is not None else []
    for auto in cards.auto_links:
        because = _because(auto.when, casualties, level, hazmat, warning_colour)
        if because:
            table.add(auto, because)
            others += [party for party in auto.others if party not in others]
    return Proposal(
        card=card,
        reason=why,
        assignments=tuple(table.lines.values()),
        others=tuple(others),
        response_level=level,
        level_reason=level_reason,
    )


def _choose(
    kind: Kind, event_code: str, hazmat: bool, cards: RunCards
) -> tuple[RunCard | None, str]:
    """The card and why. The source's code overrules our kind only where it says more."""
    by_kind = next((card for card in cards.cards if kind in card.kinds), None)
    by_code = _by_code(event_code, hazmat, cards)
    if by_code is not None and by_code.hazmat and hazmat and by_code is not by_kind:
        return by_code, f"{_title(by_code)}：编码 {event_code} 且涉及危险品。"
    finer = event_code not in {kind.event_code, Kind.OTHER.event_code}
    nearer = _reach(by_code, event_code) > _reach(by_kind, event_code)
    if by_kind is not None and not (finer and nearer):
        return by_kind, f"{_title(by_kind)}：事件类别为“{kind.label}”。"
    if by_code is not None and finer:
        return by_code, f"{_title(by_code)}：事件编码 {event_code} 比类别“{kind.label}”具体。"
    why = cards.without_card.get(kind, "")
    return None, f"“{kind.label}”没有联动方案{f'：{why}' if why else ''}。请由值班员自行选定单位。"


def _by_code(event_code: str, hazmat: bool, cards: RunCards) -> RunCard | None:
    """The card with the longest prefix of the code; the variant for dangerous goods first."""
    best: RunCard | None = None
    rank = (0, False)
    for card in cards.cards:
        if card.hazmat and not hazmat:
            continue
        for prefix in card.codes:
            if event_code.startswith(prefix) and (len(prefix), card.hazmat) > rank:
                best, rank = card, (len(prefix), card.hazmat)
    return best


def _reach(card: RunCard | None, event_code: str) -> int:
    """How many characters of the code the card names."""
    codes = card.codes if card is not None else ()
    return max((len(prefix) for prefix in codes if event_code.startswith(prefix)), default=0)


def _title(card: RunCard) -> str:
    return f"联动方案第{card.row}行：{card.name}"


def _level(
    card: RunCard | None, grade: Grade | None, response_level: int | None
) -> tuple[int | None, str]:
    if response_level is not None:
        return (
            response_level,
            f"已启动{RESPONSE_LEVELS[response_level]}，{_WHO_RUNS[response_level]}",
        )
    if grade is not None:
        level = _LEVEL_OF_GRADE[grade]
        words = f"按{grade.label}事件建议{RESPONSE_LEVELS[level]}，{_WHO_RUNS[level]}"
        return level, words
    if card is not None and card.start_level is not None:
        level = card.start_level
        return level, f"方案起始级别{RESPONSE_LEVELS[level]}（{card.start}），{_WHO_RUNS[level]}"
    return None, card.start if card is not None else ""


def _because(
    when: When,
    casualties: Casualties,
    level: int | None,
    hazmat: bool,
    warning_colour: WarningColour | None,
) -> str:
    """Why the automatic link applies; empty where it does not."""
    if when is When.HAZMAT:
        return "接报涉及危险化学品" if hazmat else ""
    if when is When.HURT:
        return _people(
            (casualties.injured, "受伤"),
            (casualties.critical, "危重"),
            (casualties.poisoned, "中毒"),
        )
    if when is When.TRAPPED:
        return _people((casualties.trapped, "被困"), (casualties.missing, "失踪"))
    if when is When.LEVEL_3:
        high = level is not None and level <= _REPAIR_LEVEL
        return f"响应级别为{RESPONSE_LEVELS[level]}" if high and level is not None else ""
    return "红色预警生效中" if warning_colour is WarningColour.RED else ""


def _people(*counts: tuple[int | None, str]) -> str:
    stated = [f"{number}人{word}" for number, word in counts if number]
    return f"接报称{'、'.join(stated)}" if stated else ""


class _Table:
    """The lines of one proposal as they are filled in: lead, support, inform, automatic."""

    def __init__(
        self, cards: RunCards, agencies: Mapping[str, Agency], card: RunCard | None
    ) -> None:
        self.cards, self.agencies, self.card = cards, agencies, card
        self.lines: dict[str, ProposedAssignment] = {}

    def seat(self, card: RunCard) -> None:
        basis = f"（依据：{card.basis}）"
        lead = f"{_title(card)}，{self.agencies[card.lead].name}牵头{basis}"
        if card.statutory_lead:
            lead += f"；法定牵头为{card.statutory_lead}（网外），由其代为接令并转达"
        self._put(card.lead, AssignmentRole.LEAD, lead)
        for agency_id in card.support:
            command = "，现场指挥" if agency_id == card.on_scene_command else "，配合"
            self._put(agency_id, AssignmentRole.SUPPORT, f"{_title(card)}{command}{basis}")
        for agency_id in card.inform:
            self._put(agency_id, AssignmentRole.INFORM, f"{_title(card)}，告知{basis}")

    def add(self, auto: AutoLink, because: str) -> None:
        reason = f"附加：{because}（{auto.basis}）"
        for agency_id in auto.agencies:
            seated = self.lines.get(agency_id)
            if seated is not None and seated.role is not AssignmentRole.INFORM:
                continue
            if not auto.always and self._ordered_by_its_department(agency_id):
                continue
            self._put(agency_id, AssignmentRole.SUPPORT, reason)

    def _ordered_by_its_department(self, agency_id: str) -> bool:
        department = self.lines.get(self.agencies[agency_id].desk_of or "")
        return department is not None and department.role is not AssignmentRole.INFORM

    def _put(self, agency_id: str, role: AssignmentRole, reason: str) -> None:
        agency = self.agencies[agency_id]
        due = self.cards.due.get(role, _NO_LIMIT)
        if self.card is not None:
            due = self.card.due.get(role, due)
        self.lines[agency_id] = ProposedAssignment(
            agency_id=agency_id,
            role=role,
            task=self._task(agency_id, role),
            reason=reason,
            acknowledge_s=agency.acknowledge_s.get(role),
            on_scene_s=due.on_scene_s if agency.has_units else None,
            report_s=due.report_s,
        )

    def _task(self, agency_id: str, role: AssignmentRole) -> str:
        if self.card is not None and agency_id in self.card.tasks:
            return self.card.tasks[agency_id]
        usual = self.cards.tasks[role]
        return usual.get(agency_id) or usual["default"]
