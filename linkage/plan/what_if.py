"""什么会改变建议: the rules run again on facts a little worse, and what then differs. Pure.

Nothing here knows a threshold: the numbers to try are those of the grading tables and of the card,
and each answer is the proposal that the changed facts really give.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from linkage.alerts import Casualties
from linkage.plan.grade_table import WORST_FIRST, GradeTable, GradeTables, counted, number
from linkage.plan.grading import graded_code, propose_grade
from linkage.plan.run_cards import Proposal, RunCards, Situation, propose_for
from linkage.response.agencies import Agency
from linkage.vocabulary import RESPONSE_LEVELS, AssignmentRole, Count, Grade, WarningColour

# A screen shows no more; the nearest changes come first.
MOST = 8


class Rules(msgspec.Struct, frozen=True):
    cards: RunCards
    agencies: Mapping[str, Agency]
    grading: GradeTables


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """`when`: 若再死亡1人. `then`: what the rules would say."""

    when: str
    then: str
    grade: Grade | None = None
    level: int | None = None
    added: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        return f"{self.when}，{self.then}"


def what_would_change(situation: Situation, rules: Rules) -> list[Change]:
    """For each thing that may get worse, the least of it that changes the proposal.

    A grade that is proposed and not yet confirmed has its own line; the others say what they
    change besides it."""
    found = [one for one in (_if_confirmed(situation, rules),) if one is not None]
    for tried in (_people(situation, rules), _figures(situation, rules), _flags(situation)):
        for attempts in tried:
            change = _first(situation, attempts, rules)
            if change is not None:
                found.append(change)
    return _told_once(found)[:MOST]


def _told_once(found: Iterable[Change]) -> list[Change]:
    """One line for all that has the same effect: it leaves room for what has another."""
    once: dict[str, Change] = {}
    for one in found:
        same = once.get(one.then)
        when = one.when if same is None else f"{same.when}，或{one.when.removeprefix('若')}"
        once[one.then] = msgspec.structs.replace(same or one, when=when)
    return list(once.values())


def _if_confirmed(now: Situation, rules: Rules) -> Change | None:
    grade = _graver(now.grade, _graded(now, rules))
    if grade is None or grade is now.grade:
        return None
    before, level = _outcome(now, rules)
    after, up = _outcome(msgspec.structs.replace(now, grade=grade), rules)
    when = f"若确认事件等级为{grade.label}"
    return _compare(when, (grade, grade), (level, up), before, after, rules)


# What is tried for one thing, least first: (when, the situation then).
Attempts = list[tuple[str, Situation]]


def _first(now: Situation, attempts: Attempts, rules: Rules) -> Change | None:
    grade = _graver(now.grade, _graded(now, rules))
    before, level = _outcome(msgspec.structs.replace(now, grade=grade), rules)
    for when, then in attempts:
        worse = _graver(grade, _graded(then, rules))
        after, up = _outcome(msgspec.structs.replace(then, grade=worse), rules)
        change = _compare(when, (grade, worse), (level, up), before, after, rules)
        if change is not None:
            return change
    return None


def _outcome(situation: Situation, rules: Rules) -> tuple[Proposal, int | None]:
    """The proposal, and the level it would rest on were the response started or raised so.

    What is started is not lowered by a rule."""
    freed = msgspec.structs.replace(situation, response_level=None, chosen_level=None)
    asked = propose_for(freed, rules.cards, rules.agencies).response_level
    levels = [one for one in (situation.response_level, asked) if one is not None]
    level = min(levels, default=None)
    settled = msgspec.structs.replace(freed, response_level=level)
    return propose_for(settled, rules.cards, rules.agencies), level


def _compare(  # noqa: PLR0917
    when: str,
    grades: tuple[Grade | None, Grade | None],
    levels: tuple[int | None, int | None],
    before: Proposal,
    after: Proposal,
    rules: Rules,
) -> Change | None:
    doing = {a.agency_id for a in before.assignments if a.role is not AssignmentRole.INFORM}
    added = tuple(
        line.agency_id
        for line in after.assignments
        if line.role is not AssignmentRole.INFORM and line.agency_id not in doing
    )
    said = []
    if grades[0] is not grades[1] and grades[1] is not None:
        said.append(f"事件等级将建议{grades[1].label}")
    if levels[0] != levels[1] and levels[1] is not None:
        said.append(f"响应将建议{RESPONSE_LEVELS[levels[1]]}")
    if before.card != after.card and after.card is not None:
        said.append(f"改用联动方案第{after.card.row}行：{after.card.name}")
    if added:
        names = "、".join(rules.agencies[a].name for a in added)
        said.append(f"增加{names}")
    told = [other for other in after.others if other not in before.others]
    if told:
        said.append(f"另电话通知{'、'.join(told)}")
    if not said:
        return None
    return Change(when=when, then="，".join(said), grade=grades[1], level=levels[1], added=added)


def _people(now: Situation, rules: Rules) -> Iterable[Attempts]:
    for count in Count:
        have = getattr(now.casualties, count) or 0
        numbers = sorted({1.0, *_thresholds(count, now, rules)})
        attempts: Attempts = []
        for least in numbers:
            if least <= have:
                continue
            people = msgspec.structs.replace(now.casualties, **{count.value: int(least)})
            more = int(least) - have
            when = f"若{'再' if have else ''}{count.label}{more}人"
            attempts.append((when, msgspec.structs.replace(now, casualties=people)))
        yield attempts


def _figures(now: Situation, rules: Rules) -> Iterable[Attempts]:
    """What is counted beside people, once somebody has stated it or the card starts on it."""
    table = rules.grading.of(graded_code(now.kind, now.event_code))
    labels: dict[str, tuple[str, str]] = {}
    card = propose_for(now, rules.cards, rules.agencies).card
    for rule in card.start_at if card is not None else ():
        labels[rule.figure] = (rule.label, rule.unit)
    for measure in table.measure if isinstance(table, GradeTable) else ():
        if measure.at_least and len(measure.figures) == 1 and not measure.only_if:
            labels.setdefault(measure.figures[0], (measure.label, measure.unit))
    people = Casualties.__struct_fields__
    for figure, (label, unit) in labels.items():
        if figure in people:
            continue
        have = _value(figure, now)
        attempts: Attempts = []
        for least in sorted(_thresholds(figure, now, rules)):
            if least > have:
                when = f"若{label}达到{number(least)}{unit}"
                attempts.append((when, _with_figure(now, figure, least)))
        yield attempts


def _with_figure(now: Situation, figure: str, number: float) -> Situation:
    if figure == "fire_alarm_level":
        return msgspec.structs.replace(now, fire_alarm_level=int(number))
    return msgspec.structs.replace(now, figures={**now.figures, figure: number})


def _flags(now: Situation) -> Iterable[Attempts]:
    if not now.hazmat:
        yield [("若涉及危险化学品", msgspec.structs.replace(now, hazmat=True))]
    if now.warning_colour is not WarningColour.RED:
        red = msgspec.structs.replace(now, warning_colour=WarningColour.RED)
        yield [("若当地发布红色预警", red)]
    if now.response_level is not None and now.response_level > 1:
        up = now.response_level - 1
        raised = msgspec.structs.replace(now, response_level=up)
        yield [(f"若提为{RESPONSE_LEVELS[up]}", raised)]


def _thresholds(figure: str, now: Situation, rules: Rules) -> set[float]:
    """Every number of `figure` at which a rule says something else."""
    found: set[float] = set()
    table = rules.grading.of(graded_code(now.kind, now.event_code))
    for measure in table.measure if isinstance(table, GradeTable) else ():
        if figure in measure.figures:
            others = sum(_value(name, now) for name in measure.figures if name != figure)
            found |= {least - others for least in measure.at_least.values()}
    card = propose_for(now, rules.cards, rules.agencies).card
    if card is not None:
        found |= {rule.at_least for rule in card.start_at if rule.figure == figure}
    return found


def _value(figure: str, now: Situation) -> float:
    if figure == "fire_alarm_level":
        return now.fire_alarm_level or 0
    value: Any = getattr(now.casualties, figure, None)
    if value is None:
        value = now.figures.get(figure)
    return counted(value)


def _graded(now: Situation, rules: Rules) -> Grade | None:
    return propose_grade(
        now.kind, now.event_code, now.casualties, now.figures, tables=rules.grading
    ).grade


def _graver(one: Grade | None, other: Grade | None) -> Grade | None:
    stated = [grade for grade in (one, other) if grade is not None]
    return min(stated, key=WORST_FIRST.index, default=None)
