"""并案、拆分、关联: which statements belong to which incident, by a person's decision; reversible.

A merge and a split are the same thing: an `incident_link` that says which statements moved from
one incident to another. Undoing moves exactly those back, with what the same records of the same
sources have said since, and only while no later step has moved them on: last in, first out.

Everything raises NotAllowed, NotPermitted and Raced as linkage/desk/incidents.py does.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import RowMapping, insert, select

from linkage.actions import Action
from linkage.desk.amend import as_seen, change, find_incident, open_incident
from linkage.desk.links import (
    MOVING,
    check_last,
    decided,
    find_link,
    find_proposal,
    note_on_both,
    put_link,
    settle,
)
from linkage.desk.moving import (
    alerts_of,
    given_back,
    move_alerts,
    move_assignments,
    move_own_needs,
    needs_passed_on,
    owed_assignments,
    passed_on,
    still_at,
    taken_over,
    tell_agencies,
    tell_level,
    with_siblings,
)
from linkage.desk.progress import reached
from linkage.desk.refold import fold, told
from linkage.errors import NotAllowed, Raced
from linkage.kinds import AREA_KINDS
from linkage.log import as_json
from linkage.people import Actor, permit
from linkage.plan.response_merging import pass_response, recall, remember, take_back
from linkage.record import Record, Writing
from linkage.response.agencies import Agency
from linkage.response.settling import settle_incident
from linkage.tables import incident, incident_link
from linkage.vocabulary import OPEN_STATUSES, IncidentStatus, LinkKind, LinkState

Agencies = Mapping[str, Agency]


def merge(
    record: Record,
    actor: Actor,
    from_id: int,
    to_id: int,
    reason: str,
    *,
    agencies: Agencies,
    at: datetime | None = None,
) -> int:
    """All that `from_id` has goes to `to_id`; its agencies are told. Returns the link's id."""
    permit(actor, Action.MERGE)
    with record.write(at) as w:
        return _merge(w, actor, from_id, to_id, reason, agencies)


def split(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    incident_id: int,
    version: int,
    alert_ids: Sequence[int],
    reason: str,
    *,
    at: datetime | None = None,
) -> int:
    """Open an incident of its own for `alert_ids` and their updates. Returns its id.

    Assignments stay: they were given for what the officer knew as one incident.
    """
    permit(actor, Action.SPLIT)
    with record.write(at) as w:
        row = open_incident(w, incident_id)
        as_seen(w, row, version)
        there = alerts_of(w, incident_id)
        if not alert_ids or not set(alert_ids) <= set(there):
            raise NotAllowed("所选接报不在该事件中，请刷新后重新选择。")
        moved = with_siblings(w, incident_id, alert_ids)
        if len(moved) == len(there):
            raise NotAllowed("不能拆出全部接报：至少要有一条留在原事件中。")
        new_id = _open_for(w, moved)
        number = find_incident(w, new_id)["number"]
        put_link(w, actor, LinkKind.SPLIT, incident_id, new_id, alert_ids=as_json(moved))
        change(w, row, str(actor), Action.SPLIT, f"拆出 {number}：{reason}", **told(w, incident_id))
        w.log.add(
            str(actor),
            Action.SPLIT,
            f"自 {row['number']} 拆出：{reason}",
            incident_id=new_id,
            after={"version": 1, "alert_ids": moved},
        )
        return new_id


def undo(
    record: Record,
    actor: Actor,
    link_id: int,
    reason: str = "",
    *,
    agencies: Agencies,
    at: datetime | None = None,
) -> None:
    """Take a merge, a split or a relation back."""
    permit(actor, Action.UNDO)
    with record.write(at) as w:
        link = find_link(w, link_id)
        if link["kind"] == LinkKind.PROPOSED:
            raise NotAllowed("疑似同一事件尚未并案，无需撤销；如不是同一事件，请选择否决。")
        if link["state"] not in {LinkState.CONFIRMED, LinkState.OPEN}:
            raise Raced(decided(link))
        if link["kind"] in MOVING:
            _move_back(w, actor, link, reason, agencies)
        else:
            note_on_both(w, actor, Action.UNDO, link, reason, LinkState.UNDONE)
        settle(w, actor, link_id, LinkState.UNDONE)


def confirm(
    record: Record,
    actor: Actor,
    link_id: int,
    *,
    agencies: Agencies,
    at: datetime | None = None,
) -> int:
    """Merge the two incidents of a proposed link. Returns the id of the merging link.

    Where one of them has been merged meanwhile, the incident it went to takes its place.
    """
    permit(actor, Action.CONFIRM_LINK)
    with record.write(at) as w:
        link = find_proposal(w, link_id)
        settle(w, actor, link_id, LinkState.CONFIRMED)
        from_id, to_id = (_head(w, link[end]) for end in ("from_id", "to_id"))
        if from_id == to_id:
            note_on_both(w, actor, Action.CONFIRM_LINK, link, "", LinkState.CONFIRMED)
            return link_id
        return _merge(w, actor, from_id, to_id, Action.CONFIRM_LINK.label, agencies)


def refuse(
    record: Record, actor: Actor, link_id: int, reason: str = "", *, at: datetime | None = None
) -> None:
    """They are not the same. The refusal stays on record, so the pair is not proposed again."""
    permit(actor, Action.REFUSE_LINK)
    with record.write(at) as w:
        link = find_proposal(w, link_id)
        settle(w, actor, link_id, LinkState.REFUSED)
        note_on_both(w, actor, Action.REFUSE_LINK, link, reason, LinkState.REFUSED)


def relate(
    record: Record, actor: Actor, a: int, b: int, reason: str, *, at: datetime | None = None
) -> int:
    """Two incidents have to do with each other and stay two. Returns the link's id."""
    permit(actor, Action.RELATE)
    with record.write(at) as w:
        later, earlier = max(a, b), min(a, b)
        _check_pair(find_incident(w, later), find_incident(w, earlier))
        links = incident_link.c
        known = select(links.id).where(
            links.from_id == later,
            links.to_id == earlier,
            links.kind == LinkKind.RELATED.value,
            links.state == LinkState.CONFIRMED.value,
        )
        if w.cx.execute(known).first():
            raise NotAllowed("这两个事件已经关联，无需重复关联。")
        link_id = put_link(w, actor, LinkKind.RELATED, later, earlier)
        made = find_link(w, link_id)
        note_on_both(w, actor, Action.RELATE, made, reason, LinkState.CONFIRMED)
        return link_id


def _merge(  # noqa: PLR0917
    w: Writing, actor: Actor, from_id: int, to_id: int, reason: str, agencies: Agencies
) -> int:
    source, target = open_incident(w, from_id), open_incident(w, to_id)
    _check_pair(source, target)
    if (source["kind"] in AREA_KINDS) != (target["kind"] in AREA_KINDS):
        raise NotAllowed("区域性灾害不吞并其中的事件，也不并入其他事件；请改用关联。")
    moved, owed = alerts_of(w, from_id), owed_assignments(w, from_id)
    takes = taken_over(source, target)
    said = f"{source['number']} 并入：{reason}"
    move_alerts(w, moved, to_id)
    move_assignments(w, actor, Action.MERGE, owed, to_id, said)
    needs = move_own_needs(w, from_id, to_id)
    link_id = put_link(
        w,
        actor,
        LinkKind.MERGED,
        from_id,
        to_id,
        alert_ids=as_json(moved),
        assignment_ids=as_json(owed),
        passed_on=passed_on(target, takes, needs),
    )
    change(
        w,
        source,
        str(actor),
        Action.MERGE,
        f"并入 {target['number']}：{reason}",
        status=IncidentStatus.MERGED,
        merged_into=to_id,
        alert_count=0,
    )
    change(w, target, str(actor), Action.MERGE, said, **takes, **told(w, to_id))
    remember(w, link_id, pass_response(w, str(actor), Action.MERGE, from_id, to_id))
    tell_agencies(w, owed, agencies)
    tell_level(w, target, owed, agencies)
    return link_id


def _move_back(w: Writing, actor: Actor, link: RowMapping, reason: str, agencies: Agencies) -> None:
    """Statements and assignments return from `to_id` to `from_id`, which is open again."""
    check_last(w, link)
    home, away = find_incident(w, link["from_id"]), find_incident(w, link["to_id"])
    if home["status"] != IncidentStatus.MERGED:
        open_incident(w, home["id"])
    moved = with_siblings(w, away["id"], msgspec.json.decode(link["alert_ids"]))
    empties = len(moved) == len(alerts_of(w, away["id"])) and away["status"] in OPEN_STATUSES
    owed = still_at(w, away["id"], msgspec.json.decode(link["assignment_ids"] or "[]"))
    if empties:
        owed = owed_assignments(w, away["id"])
    said = f"{LinkKind(link['kind']).label}（{home['number']}、{away['number']}）：{reason}"
    move_alerts(w, moved, home["id"])
    move_assignments(w, actor, Action.UNDO, owed, home["id"], said)
    move_own_needs(w, away["id"], home["id"], None if empties else needs_passed_on(link))
    opened = {"status": reached(home)} if home["status"] == IncidentStatus.MERGED else {}
    back = {**told(w, home["id"]), **opened, "merged_into": None}
    change(w, home, str(actor), Action.UNDO, said, **back)
    left = given_back(link["passed_on"], away) | told(w, away["id"])
    if empties:
        # Nothing that anybody said is left here: whoever comes this way is sent on.
        left |= {"status": IncidentStatus.MERGED, "merged_into": home["id"]}
    change(w, away, str(actor), Action.UNDO, said, **left)
    if empties:
        pass_response(w, str(actor), Action.UNDO, away["id"], home["id"])
    else:
        take_back(w, str(actor), recall(link["passed_on"]), home["id"], away["id"])
    settle_incident(w, home["id"], str(actor), Action.UNDO)
    tell_agencies(w, owed, agencies)
    tell_level(w, away, owed, agencies)


def _check_pair(one: RowMapping, other: RowMapping) -> None:
    if one["id"] == other["id"]:
        raise NotAllowed("不能与自身并案或关联，请选择另一个事件。")
    if one["exercise"] != other["exercise"]:
        raise NotAllowed("演练事件与真实事件不能并案或关联。")


def _open_for(w: Writing, alert_ids: list[int]) -> int:
    """A new incident that the statements tell, as if they had come to it in the first place."""
    new_id = w.next_id()
    move_alerts(w, alert_ids, new_id)
    folded = fold(w, new_id, w.next_number())
    assert folded is not None  # noqa: S101 - alert_ids is not empty
    state = folded.propose()
    state.revision, state.changed_at = w.next_revision(), w.at
    w.cx.execute(insert(incident).values(state.columns()))
    return new_id


def _head(w: Writing, incident_id: int) -> int:
    """Where an incident is to be found after all merges."""
    row = find_incident(w, incident_id)
    while row["merged_into"] is not None:
        row = find_incident(w, row["merged_into"])
    return int(row["id"])
