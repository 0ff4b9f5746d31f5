"""What a proposal depends on, read off one incident with everything around it."""

from typing import Any

from linkage.desk.queries import Case
from linkage.kinds import Kind
from linkage.plan.run_cards import Situation
from linkage.vocabulary import WarningColour

_WORST_FIRST = list(WarningColour)


def situation_of(case: Case) -> Situation:
    it = case.incident
    colours: dict[Kind, WarningColour] = {}
    for each in case.warnings:
        known = colours.get(each.kind, each.colour)
        colours[each.kind] = min(known, each.colour, key=_WORST_FIRST.index)
    return Situation(
        kind=it.kind,
        event_code=it.event_code,
        casualties=it.casualties,
        grade=it.grade,
        response_level=it.response_level,
        hazmat=it.hazmat,
        warning_colour=min(colours.values(), key=_WORST_FIRST.index, default=None),
        colours=colours,
        fire_alarm_level=it.fire_alarm_level,
        figures=figures_of(case),
    )


def figures_of(case: Case) -> dict[str, Any]:
    """What the grade and the card reckon with: the last word on each fact counts, as for the
    proposal of the record. A revision that came late was overtaken before it was heard."""
    newest: dict[tuple[str, str], int] = {}
    figures: dict[str, Any] = {}
    for each in case.said:
        key = (each.source_id, each.source_ref)
        if each.revision >= newest.get(key, -1):
            newest[key] = each.revision
            figures |= each.facts
    return figures
