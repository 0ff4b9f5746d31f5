"""Rows of `incident_link`: how two incidents stand to each other, and who says so."""

from typing import Any

import msgspec
from sqlalchemy import RowMapping, insert, select, update

from linkage.actions import Action
from linkage.beijing import clock
from linkage.desk.amend import find_incident, touch
from linkage.errors import NotAllowed, Raced
from linkage.people import Actor
from linkage.record import Writing
from linkage.tables import incident_link
from linkage.vocabulary import LinkKind, LinkState

# What moves statements from one incident to another.
MOVING = (LinkKind.MERGED.value, LinkKind.SPLIT.value)


def find_link(w: Writing, link_id: int) -> RowMapping:
    """The row, or NotAllowed."""
    rows = select(incident_link).where(incident_link.c.id == link_id)
    row = w.cx.execute(rows).mappings().first()
    if row is None:
        raise NotAllowed(f"没有标识为 {link_id} 的关联，请刷新后重新选择。")
    return row


def find_proposal(w: Writing, link_id: int) -> RowMapping:
    """A proposed link that nobody has decided; Raced says who has."""
    link = find_link(w, link_id)
    if link["kind"] != LinkKind.PROPOSED:
        raise NotAllowed("该项不是待确认的疑似同一事件，请刷新后重新选择。")
    if link["state"] != LinkState.OPEN:
        raise Raced(decided(link))
    return link


def decided(link: RowMapping) -> str:
    return (
        f"{link['decided_by']}已于 {clock(link['decided_at'])} 处理该项："
        f"{LinkKind(link['kind']).label}，{LinkState(link['state']).label}；您的操作未生效。"
    )


def put_link(
    w: Writing, actor: Actor, kind: LinkKind, from_id: int, to_id: int, **memory: Any
) -> int:
    """A link that a person has made; `memory`: what undoing it needs. Returns its id."""
    link_id = w.next_id()
    w.cx.execute(
        insert(incident_link).values(
            id=link_id,
            from_id=from_id,
            to_id=to_id,
            kind=kind,
            state=LinkState.CONFIRMED,
            decided_by=str(actor),
            decided_at=w.at,
            **memory,
        )
    )
    return link_id


def settle(w: Writing, actor: Actor, link_id: int, state: LinkState) -> None:
    w.cx.execute(
        update(incident_link)
        .where(incident_link.c.id == link_id)
        .values(state=state, decided_by=str(actor), decided_at=w.at)
    )


def note_on_both(  # noqa: PLR0917
    w: Writing, actor: Actor, action: Action, link: RowMapping, reason: str, state: LinkState
) -> None:
    """Into the log of both incidents, whose facts stay as they are. `link`: as it was before it
    came to `state`; a new one is in it already."""
    ends = (link["from_id"], link["to_id"])
    before = None if link["state"] == state else {"link": link["id"], "state": link["state"]}
    for incident_id in ends:
        w.log.add(
            str(actor),
            action,
            reason or LinkKind(link["kind"]).label,
            incident_id=incident_id,
            before=before,
            after={"link": link["id"], "state": state, "incidents": list(ends)},
        )
        touch(w, incident_id)


def check_last(w: Writing, link: RowMapping) -> None:
    """Raises NotAllowed when what it moved has been moved on since: last in, first out."""
    links = incident_link.c
    later = select(incident_link).where(
        links.from_id == link["to_id"],
        links.id > link["id"],
        links.kind.in_(MOVING),
        links.state == LinkState.CONFIRMED.value,
    )
    moved = set(msgspec.json.decode(link["alert_ids"]))
    for step in w.cx.execute(later.order_by(links.id.desc())).mappings():
        if moved & set(msgspec.json.decode(step["alert_ids"])):
            number = find_incident(w, step["to_id"])["number"]
            did = LinkKind(step["kind"]).label
            raise NotAllowed(
                f"其中的接报后来又由{step['decided_by']}于 {clock(step['decided_at'])} "
                f"{did}到 {number}，请先撤销那一步。"
            )
