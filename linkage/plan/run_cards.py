"""联动方案: kind and level of an incident → which agencies do what, and why. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from linkage.alerts import NOBODY, Casualties
from linkage.kinds import ROUTINE_KINDS, Kind
from linkage.plan.grade_table import counted, number
from linkage.plan.run_card import RunCard, RunCards, StartRule, When
from linkage.plan.run_card_file import load_run_cards
from linkage.plan.seating import ProposedAssignment, SeatingTable, title
from linkage.response.agencies import Agency
from linkage.vocabulary import RESPONSE_LEVELS, Grade, WarningColour

__all__ = [
    "Proposal",
    "ProposedAssignment",
    "RunCard",
    "RunCards",
    "Situation",
    "load_run_cards",
    "propose",
    "propose_for",
]

LEVEL_OF_GRADE = {
    Grade.EXCEPTIONAL: 1,
    Grade.MAJOR: 2,
    Grade.CONSIDERABLE: 3,
    Grade.ORDINARY: 4,
}
# The colours stand worst first, as the levels do: 红Ⅰ 橙Ⅱ 黄Ⅲ 蓝Ⅳ.
_LEVEL_OF_COLOUR = {colour: level for level, colour in enumerate(WarningColour, start=1)}
# A level at least this high takes power and telephone repair along.
_REPAIR_LEVEL = 3


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """All that the proposal depends on. `grade`: as confirmed; `response_level`: as started;
    `chosen_level`: what the officer is about to start.

    `warning_colour`: the worst in force at the place; `colours`: the worst of each kind.
    `figures`: magnitude, nuclear_stage … of the alerts.
    """

    kind: Kind
    event_code: str
    casualties: Casualties = NOBODY
    grade: Grade | None = None
    response_level: int | None = None
    chosen_level: int | None = None
    hazmat: bool = False
    warning_colour: WarningColour | None = None
    colours: Mapping[Kind, WarningColour] = {}
    fire_alarm_level: int | None = None
    figures: Mapping[str, Any] = {}


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What the run card says to do. `reason`: why this card, or why there is none.

    `response_level`: the level the proposal rests on, and `level_reason` where it comes from.
    `others`: whom to telephone. `version`: of the cards.
    """

    card: RunCard | None
    reason: str
    assignments: tuple[ProposedAssignment, ...] = ()
    others: tuple[str, ...] = ()
    response_level: int | None = None
    level_reason: str = ""
    version: str = ""


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
    """`propose_for` the facts that most incidents have."""
    situation = Situation(
        kind=kind,
        event_code=event_code,
        casualties=casualties,
        grade=grade,
        response_level=response_level,
        hazmat=hazmat,
        warning_colour=warning_colour,
    )
    return propose_for(situation, cards, agencies)


def propose_for(situation: Situation, cards: RunCards, agencies: Mapping[str, Agency]) -> Proposal:
    """Who should be told to do what. A kind without a card gives an empty proposal saying so."""
    kind = situation.kind
    if kind in ROUTINE_KINDS:
        return Proposal(card=None, reason=f"“{kind.label}”属日常警情，不启动联动。")
    card, why = _choose(kind, situation.event_code, situation.hazmat, cards)
    level, level_reason = _level(card, situation, cards)
    table = SeatingTable(cards, agencies, card, level)
    if card is not None:
        table.seat(card)
    others = list(card.others) if card is not None else []
    for auto in cards.auto_links:
        because = _because(auto.when, situation, level)
        if because:
            table.add(auto, because)
            others += auto.others
    if level is not None:
        others += cards.levels[level].others
    return Proposal(
        card=card,
        reason=why,
        assignments=tuple(table.lines.values()),
        others=tuple(dict.fromkeys(others)),
        response_level=level,
        level_reason=level_reason,
        version=cards.label,
    )


def _choose(
    kind: Kind, event_code: str, hazmat: bool, cards: RunCards
) -> tuple[RunCard | None, str]:
    """The card and why. The source's code overrules our kind only where it says more."""
    by_kind = next((card for card in cards.cards if kind in card.kinds), None)
    by_code = _by_code(event_code, hazmat, cards)
    if by_code is not None and by_code.hazmat and hazmat and by_code is not by_kind:
        return by_code, f"{title(by_code)}：编码 {event_code} 且涉及危险品。"
    finer = event_code not in {kind.event_code, Kind.OTHER.event_code}
    nearer = _reach(by_code, event_code) > _reach(by_kind, event_code)
    if by_kind is not None and not (finer and nearer):
        return by_kind, f"{title(by_kind)}：事件类别为“{kind.label}”。"
    if by_code is not None and finer:
        return by_code, f"{title(by_code)}：事件编码 {event_code} 比类别“{kind.label}”具体。"
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


def _level(card: RunCard | None, situation: Situation, cards: RunCards) -> tuple[int | None, str]:
    """The level and where it comes from: what was started or chosen, or else the highest ground."""
    if situation.response_level is not None:
        now = situation.response_level
        return now, f"已启动{RESPONSE_LEVELS[now]}，{cards.levels[now].runs}"
    grounds: list[tuple[int, str]] = []
    if situation.grade is not None:
        grounds.append((LEVEL_OF_GRADE[situation.grade], f"按{situation.grade.label}事件"))
    if card is not None:
        grounds += _starts(card, situation)
    proposed = card.start if card is not None else ""
    level: int | None = None
    if grounds:
        level, because = min(grounds)
        proposed = f"{because}建议{RESPONSE_LEVELS[level]}，{cards.levels[level].runs}"
    chosen = situation.chosen_level
    if chosen is None or chosen == level:
        return level, proposed
    instead = f"（{proposed}）" if proposed else ""
    return chosen, f"由值班员选定{RESPONSE_LEVELS[chosen]}，{cards.levels[chosen].runs}{instead}"


def _starts(card: RunCard, situation: Situation) -> list[tuple[int, str]]:
    """The levels that the card's own conditions give, each with its ground."""
    found = []
    if card.start_level is not None:
        found.append((card.start_level, f"按方案起始级别（{card.start}）"))
    for rule in card.start_at:
        value = _value(rule, situation)
        if value is not None and value >= rule.at_least:
            least = f"方案：{number(rule.at_least)}{rule.unit}以上"
            found.append((rule.level, f"{rule.label}{number(value)}{rule.unit}（{least}）"))
    if card.by_warning:
        colours = [situation.colours[kind] for kind in card.kinds if kind in situation.colours]
        found += [(_LEVEL_OF_COLOUR[c], f"按生效中的{c.label}预警") for c in colours]
    return found


def _value(rule: StartRule, situation: Situation) -> float | None:
    if rule.figure == "fire_alarm_level":
        return situation.fire_alarm_level
    value = getattr(situation.casualties, rule.figure, None)
    if value is None:
        value = situation.figures.get(rule.figure)
    return counted(value) or None


def _because(when: When, situation: Situation, level: int | None) -> str:
    """Why the automatic link applies; empty where it does not."""
    people = situation.casualties
    if when is When.HAZMAT:
        return "接报涉及危险化学品" if situation.hazmat else ""
    if when is When.HURT:
        return _people(
            (people.injured, "受伤"), (people.critical, "危重"), (people.poisoned, "中毒")
        )
    if when is When.TRAPPED:
        return _people((people.trapped, "被困"), (people.missing, "失踪"))
    if when is When.LEVEL_3:
        high = level is not None and level <= _REPAIR_LEVEL
        return f"响应级别为{RESPONSE_LEVELS[level]}" if high and level is not None else ""
    return "红色预警生效中" if situation.warning_colour is WarningColour.RED else ""


def _people(*counts: tuple[int | None, str]) -> str:
    stated = [f"{number}人{word}" for number, word in counts if number]
    return f"接报称{'、'.join(stated)}" if stated else ""
