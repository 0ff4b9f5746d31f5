"""并案与响应: what becomes of the running responses when incidents are merged, and back again.

One incident has one response: of two the graver level stands, the other ends and says why.
"""

import msgspec
from sqlalchemy import RowMapping, select, update

from linkage.actions import Action
from linkage.desk.amend import find_incident
from linkage.desk.moving import MEMORY
from linkage.log import as_json
from linkage.plan.declaring import command_after
from linkage.plan.response_rows import active_row, amend, show_level
from linkage.record import Writing
from linkage.response_tables import joint_response
from linkage.response_vocabulary import CommandLevel, ResponseStatus
from linkage.tables import incident_link
from linkage.vocabulary import RESPONSE_LEVELS


class Passed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a merge did: a response moved along, or ended in favour of one there, raised or not."""

    moved: int | None = None
    ended: int | None = None
    raised: int | None = None
    raised_from: int | None = None
    raised_to: int | None = None
    command_was: CommandLevel | None = None


def pass_response(w: Writing, who: str, action: Action, from_id: int, to_id: int) -> Passed:
    """The response of `from_id` goes to `to_id` with everything else."""
    ours = active_row(w.cx, from_id)
    if ours is None:
        return Passed()
    source, target = find_incident(w, from_id), find_incident(w, to_id)
    theirs = active_row(w.cx, to_id)
    said = f"{source['number']} 的{RESPONSE_LEVELS[ours['level']]}响应"
    if theirs is None:
        moved = f"{said}随并案转到 {target['number']}"
        amend(w, who, action, moved, target, ours, incident_id=to_id)
        show_level(w, source, None)
        return Passed(moved=ours["id"])
    ended = {"ended_by": who, "ended_at": w.at, "end_reason": f"并入 {target['number']}"}
    amend(w, who, action, f"{said}并入 {target['number']} 的响应", source, ours,
          status=ResponseStatus.ENDED, **ended)  # fmt: skip
    was, had = theirs["level"], CommandLevel(theirs["command"])
    level = min(ours["level"], was)
    # What the province commands, it goes on commanding: only it gives that back.
    province = CommandLevel.PROVINCE in {had, CommandLevel(ours["command"])}
    command = CommandLevel.PROVINCE if province else command_after(level, had)
    if (level, command) == (was, had):
        return Passed(ended=ours["id"])
    raised = f"并案：{RESPONSE_LEVELS[was]}→{RESPONSE_LEVELS[level]}，同 {source['number']}"
    if command is not had:
        raised += f"；{had.label}移交{command.label}"
    amend(w, who, action, raised, target, theirs, level=level, command=command)
    return Passed(
        ended=ours["id"],
        raised=theirs["id"],
        raised_from=was,
        raised_to=level,
        command_was=had if command is not had else None,
    )


def take_back(w: Writing, who: str, passed: Passed, home_id: int, away_id: int) -> None:
    """The merge is undone: each incident has the response it would have had. Later acts stand."""
    if passed.moved is not None:
        moved = _row(w, passed.moved)
        if _runs_at(moved, away_id):
            home = find_incident(w, home_id)
            said = f"撤销并案：响应转回 {home['number']}"
            amend(w, who, Action.UNDO, said, home, moved, incident_id=home_id)
            show_level(w, find_incident(w, away_id), None)
    if passed.ended is not None and active_row(w.cx, home_id) is None:
        ended = _row(w, passed.ended)
        if ended["incident_id"] == home_id and ended["status"] == ResponseStatus.ENDED:
            again = {"ended_by": None, "ended_at": None, "end_reason": None}
            said = "撤销并案：响应继续"
            home = find_incident(w, home_id)
            amend(w, who, Action.UNDO, said, home, ended, status=ResponseStatus.ACTIVE, **again)
    if passed.raised is not None and passed.raised_from is not None:
        raised = _row(w, passed.raised)
        if _runs_at(raised, away_id) and raised["level"] == passed.raised_to:
            _lower_again(w, who, raised, find_incident(w, away_id), passed)


def remember(w: Writing, link_id: int, passed: Passed) -> None:
    """Beside what else the link says was passed on."""
    if passed == Passed():
        return
    link = incident_link.c
    text = w.cx.execute(select(link.passed_on).where(link.id == link_id)).scalar()
    memory = {**(msgspec.json.decode(text) if text else {}), MEMORY: msgspec.to_builtins(passed)}
    w.cx.execute(update(incident_link).where(link.id == link_id).values(passed_on=as_json(memory)))


def recall(passed_on: str | None) -> Passed:
    memory = msgspec.json.decode(passed_on) if passed_on else {}
    return msgspec.convert(memory.get(MEMORY, {}), Passed)


def _lower_again(
    w: Writing, who: str, raised: RowMapping, away: RowMapping, passed: Passed
) -> None:
    level, now = passed.raised_from, CommandLevel(raised["command"])
    assert level is not None  # noqa: S101 - take_back asked
    province = now is CommandLevel.PROVINCE
    command = now if province else command_after(level, now)
    if province and passed.command_was is not None:
        command = passed.command_was  # it was the other incident's that the province commanded
    said = f"撤销并案：恢复{RESPONSE_LEVELS[level]}"
    amend(w, who, Action.UNDO, said, away, raised, level=level, command=command)


def _runs_at(row: RowMapping, incident_id: int) -> bool:
    return bool(row["incident_id"] == incident_id and row["status"] == ResponseStatus.ACTIVE)


def _row(w: Writing, response_id: int) -> RowMapping:
    query = select(joint_response).where(joint_response.c.id == response_id)
    return w.cx.execute(query).mappings().one()
