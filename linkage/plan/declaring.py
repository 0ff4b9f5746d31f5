"""启动响应: what the law wants said when a response starts, and who then commands. Pure.

突发事件应对法 §72: 响应事项, 级别, 预计期限, 应急处置措施. Who commands follows the level
(国家突发环境事件应急预案 2014, generalised): Ⅳ the county, Ⅲ the city; of Ⅱ and Ⅰ the city begins
(先期处置) and the province takes over by an act of its own, which is logged.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from linkage.errors import NotAllowed
from linkage.plan.run_cards import Proposal
from linkage.response.agencies import Agency
from linkage.response_vocabulary import CommandLevel
from linkage.vocabulary import RESPONSE_LEVELS, AssignmentRole

COUNTY, CITY, PROVINCE = CommandLevel
# A subject is a line, measures are a page.
SUBJECT_LENGTH, MEASURES_LENGTH = 200, 4000
# A longer response is started anew, with its grounds.
LONGEST = timedelta(days=90)
_LEAST = {1: CITY, 2: CITY, 3: CITY, 4: COUNTY}
_DUE = {1: PROVINCE, 2: PROVINCE, 3: CITY, 4: COUNTY}
# Who is not named in the measures one by one.
_NAMED_TASKS = 3


class Declaration(msgspec.Struct, frozen=True, kw_only=True):
    """The four statutory fields; none may be missing."""

    subject: str  # 响应事项
    level: int  # 级别, 1 to 4
    expected_until: datetime | None  # 预计期限
    measures: str  # 应急处置措施


def stated(declared: Declaration, now: datetime) -> Declaration:
    """The declaration without stray blanks, or NotAllowed naming all that is missing."""
    subject, measures = _clean(declared.subject), _clean(declared.measures)
    check_level(declared.level)
    lacking = [
        name
        for name, there in (
            ("响应事项", says(subject)),
            ("预计期限", declared.expected_until),
            ("应急处置措施", says(measures)),
        )
        if not there
    ]
    if lacking:
        raise NotAllowed(
            f"启动响应须写明{'、'.join(lacking)}（突发事件应对法第七十二条），请补齐后再启动。"
        )
    if len(subject) > SUBJECT_LENGTH:
        raise NotAllowed(f"响应事项不超过 {SUBJECT_LENGTH} 字，请精简。")
    check_measures(measures)
    check_until(declared.expected_until, now)
    return msgspec.structs.replace(declared, subject=subject, measures=measures)


def check_level(level: int) -> None:
    if level not in RESPONSE_LEVELS:
        levels = "、".join(RESPONSE_LEVELS.values())
        raise NotAllowed(f"没有第 {level} 级响应，请在{levels}中选择。")


def check_measures(measures: str) -> None:
    if len(measures) > MEASURES_LENGTH:
        raise NotAllowed(f"应急处置措施不超过 {MEASURES_LENGTH} 字，请精简。")


def in_words(text: str, otherwise: str) -> str:
    """What an act was said with, without stray blanks; NotAllowed (`otherwise`) where it says
    nothing."""
    said = _clean(text)
    if not says(said):
        raise NotAllowed(otherwise)
    return said


def says(text: str) -> bool:
    """Dots, blanks and signs that nobody sees say nothing to anybody."""
    return any(c.isalnum() for c in text)


def check_until(until: datetime | None, now: datetime) -> None:
    if until is None or until <= now:
        raise NotAllowed("预计期限须晚于现在，请填写预计响应到何时。")
    if until > now + LONGEST:
        raise NotAllowed(f"预计期限不超过 {LONGEST.days} 天；确需更长的，到期前延长。")


def first_command(level: int) -> CommandLevel:
    """Who commands when a response of `level` starts: 先期处置 is local whatever the level."""
    return _LEAST[level]


def due_command(level: int) -> CommandLevel:
    """Who is to command a response of `level` in the end."""
    return _DUE[level]


def command_after(level: int, command: CommandLevel) -> CommandLevel:
    """Who commands after the level changed to `level`, or NotAllowed.

    County and city follow the level at once; the province gives back what it took itself.
    """
    if command is PROVINCE:
        if _DUE[level] is not PROVINCE:
            raise NotAllowed(
                f"指挥权在省级，不能由本市降为{RESPONSE_LEVELS[level]}；"
                "请先登记省级交还指挥权（移交指挥），再降级。"
            )
        return PROVINCE
    return _LEAST[level]


def check_command(level: int, now: CommandLevel, to: CommandLevel) -> None:
    """Raise NotAllowed unless command of a response of `level` may go from `now` to `to`."""
    if to is now:
        raise NotAllowed(f"现在就是{now.label}，不必移交。")
    if to is COUNTY and _LEAST[level] is not COUNTY:
        raise NotAllowed(
            f"{RESPONSE_LEVELS[level]}响应由{due_command(level).label}，不能交给县区；请先降为Ⅳ级。"
        )


def command_words(level: int, command: CommandLevel) -> str:
    """Who commands, and what is still to be done about it."""
    if command is CITY and due_command(level) is PROVINCE:
        return f"{CITY.label}（先期处置）；应报请省级牵头，省级接手后登记移交指挥"
    if command is CITY and due_command(level) is COUNTY:
        return f"{CITY.label}（提级指挥）"
    return command.label


def draft(  # noqa: PLR0917
    place: str,
    kind_label: str,
    level: int,
    now: datetime,
    proposal: Proposal,
    agencies: Mapping[str, Agency],
    hours: Mapping[int, int],
) -> Declaration:
    """The four fields as the officer finds them filled in.

    `hours`: how long a response of each level is expected to last (data/run_cards.toml).
    """
    where = place.strip()[:80]
    until = now + timedelta(hours=hours[level])
    return Declaration(
        subject=f"{where}{kind_label}应急处置",
        level=level,
        expected_until=until.replace(second=0, microsecond=0),
        measures=_measures(proposal, agencies),
    )


def _measures(proposal: Proposal, agencies: Mapping[str, Agency]) -> str:
    """Lead, command on the spot and the next of the card in words; the rest by name."""

    def name(agency_id: str) -> str:
        return agencies[agency_id].name if agency_id in agencies else agency_id

    if not proposal.assignments:
        return ""
    command = proposal.card.on_scene_command if proposal.card else None
    ranked = sorted(
        proposal.assignments,
        key=lambda line: (list(AssignmentRole).index(line.role), line.agency_id != command),
    )
    lines = []
    for number, line in enumerate(ranked[:_NAMED_TASKS], start=1):
        role = "现场指挥" if line.agency_id == command else line.role.label
        lines.append(f"{number}. {name(line.agency_id)}（{role}）：{line.task}")
    rest: dict[AssignmentRole, list[str]] = {}
    for line in ranked[_NAMED_TASKS:]:
        rest.setdefault(line.role, []).append(name(line.agency_id))
    for number, (role, names) in enumerate(rest.items(), start=len(lines) + 1):
        lines.append(f"{number}. {role.label}：{'、'.join(names)}，按联动任务执行。")
    if proposal.others:
        lines.append(f"{len(lines) + 1}. 另请电话通知：{'、'.join(proposal.others)}。")
    return "\n".join(lines)


def _clean(text: str) -> str:
    return text.replace("\0", "").strip()
