"""撤回: an officer takes back what they did last to an incident, as an act of its own.

The log says what each act changed, so taking it back needs no memory beside it: it outlives a
reload, and whoever looks later finds both lines. Only one's own act, only the last that anybody
did, and only for a few minutes; what agencies or sources have said since then stands.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import DateTime, RowMapping, select

from linkage.actions import LOOKS, Action
from linkage.beijing import clock
from linkage.desk import merging
from linkage.desk.amend import change, find_incident, touch
from linkage.desk.incidents import tell_informed
from linkage.desk.links import decided, find_link, note_on_both, settle
from linkage.desk.queries import Case, Line
from linkage.errors import NotAllowed, Raced
from linkage.log import as_json
from linkage.people import Actor, permit
from linkage.record import Record, Writing
from linkage.response.agencies import Agency
from linkage.tables import incident, log_entry
from linkage.vocabulary import LinkKind, LinkState

WITHIN = timedelta(minutes=5)
# What the columns of the incident tell.
_COLUMNS = frozenset(
    {
        Action.CLAIM,
        Action.TAKE_OVER,
        Action.RELEASE,
        Action.VERIFY,
        Action.CONFIRM_GRADE,
        Action.PLACE,
        Action.CLOSE,
        Action.REOPEN,
    }
)
_LINKS = frozenset({Action.MERGE, Action.SPLIT, Action.RELATE, Action.CONFIRM_LINK})
_NOBODY = ("rule", "source:", "agency:")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What can be taken back. `link_id`: where it was done to a link."""

    line: Line
    action: Action
    link_id: int | None = None


def last_step(case: Case, actor: str, now: datetime) -> Step | None:
    """What this person did last to the incident, if it can be taken back still. Pure."""
    by_people = (
        line for line in case.log if not line.actor.startswith(_NOBODY) and line.action not in LOOKS
    )
    line = next((ln for ln in by_people if ln.actor == actor or ln.action != Action.NOTE), None)
    if line is None or line.actor != actor or now - line.at > WITHIN:
        return None
    if line.action == Action.REFUSE_LINK:
        return Step(line=line, action=Action.REFUSE_LINK, link_id=line.after["link"])
    for link in case.links:
        theirs = link.decided_at == line.at and link.state is LinkState.CONFIRMED
        if line.action in _LINKS and theirs and link.kind is not LinkKind.PROPOSED:
            return Step(line=line, action=Action(line.action), link_id=link.id)
    if line.action in _COLUMNS | {Action.NOTE}:
        return Step(line=line, action=Action(line.action))
    return None


def take_back(
    record: Record,
    actor: Actor,
    incident_id: int,
    step: Step,
    *,
    agencies: Mapping[str, Agency],
    at: datetime | None = None,
) -> None:
    """Undo `step`. Raises Raced when somebody has acted since."""
    if step.link_id is None:
        _as_it_was(record, actor, incident_id, step.line.id, agencies, at)
    elif step.action is Action.REFUSE_LINK:
        _propose_again(record, actor, step.link_id, at)
    else:
        merging.undo(record, actor, step.link_id, "撤回", agencies=agencies, at=at)


def _as_it_was(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    incident_id: int,
    entry_id: int,
    agencies: Mapping[str, Agency],
    at: datetime | None,
) -> None:
    permit(actor, Action.TAKE_BACK)
    with record.write(at) as w:
        row = find_incident(w, incident_id)
        entry = _last_entry(w, incident_id, entry_id, actor)
        did = Action(entry["action"])
        if did is Action.NOTE:
            w.log.add(
                str(actor),
                Action.TAKE_BACK,
                f"作废记录：{entry['reason']}",
                incident_id=incident_id,
                before={"entry": entry_id},
                after={"struck": entry_id},
            )
            touch(w, incident_id)
            return
        back = _back(row, entry)
        if not back:
            raise NotAllowed(f"“{did.label}”之后情况已有变化，不能撤回；请按实际情况另行处理。")
        change(w, row, str(actor), Action.TAKE_BACK, f"撤回“{did.label}”", **back)
        if did in {Action.CLOSE, Action.REOPEN}:
            tell_informed(w, incident_id, agencies)


def _last_entry(w: Writing, incident_id: int, entry_id: int, actor: Actor) -> RowMapping:
    """The entry, if it is the last that a person made there, and of late. Notes of others stand
    beside it."""
    its = log_entry.c
    rows = select(log_entry).where(its.incident_id == incident_id, its.id >= entry_id)
    found = list(w.cx.execute(rows.order_by(its.id)).mappings())
    if not found or found[0]["id"] != entry_id or found[0]["actor"] != str(actor):
        raise NotAllowed("只能撤回本人刚才的操作，请刷新后再试。")
    for later in found[1:]:
        theirs = later["action"] == Action.NOTE and later["actor"] != str(actor)
        theirs |= later["action"] in LOOKS
        if not later["actor"].startswith(_NOBODY) and not theirs:
            raise Raced(
                f"{later['actor']}已于 {clock(later['at'])} 另有操作，不能再撤回；请查看最新情况。"
            )
    if w.at - found[0]["at"] > WITHIN:
        raise NotAllowed(
            f"操作已超过 {WITHIN.seconds // 60} 分钟，不能撤回；请按实际情况另行处理。"
        )
    if found[0]["action"] not in _COLUMNS | {Action.NOTE}:
        raise NotAllowed("这一操作不能撤回，请按实际情况另行处理。")
    return found[0]


def _back(row: RowMapping, entry: RowMapping) -> dict[str, Any]:
    """The columns as they were before, save those that have changed again since."""
    before, after = (msgspec.json.decode(entry[side]) for side in ("before", "after"))
    same = [
        name
        for name in before
        if name != "version" and as_json(row[name]) == as_json(after.get(name))
    ]
    return {name: _value(name, before[name]) for name in same}


def _value(name: str, told: Any) -> Any:
    moment = isinstance(incident.c[name].type, DateTime) or name.endswith("_at")
    return datetime.fromisoformat(told) if told and moment else told


def _propose_again(record: Record, actor: Actor, link_id: int, at: datetime | None) -> None:
    """A refusal by mistake: the pair waits for a decision again."""
    permit(actor, Action.UNDO)
    with record.write(at) as w:
        link = find_link(w, link_id)
        mine = link["kind"] == LinkKind.PROPOSED and link["decided_by"] == str(actor)
        if link["state"] != LinkState.REFUSED or not mine:
            raise Raced(decided(link))
        settle(w, actor, link_id, LinkState.OPEN)
        note_on_both(w, actor, Action.UNDO, link, "撤回否决", LinkState.OPEN)
