"""需求的提出: from an agency's feedback, listed or in its own words, each need once."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update

from linkage.actions import Action
from linkage.desk.amend import find_incident, touch
from linkage.record import Writing
from linkage.response.feedback import Feedback, Want
from linkage.response.need_messages import tell_needs
from linkage.response.order_rules import clean
from linkage.response_tables import need
from linkage.response_vocabulary import NeedSort, NeedStatus

# A need in free words is of the sort whose word comes first in it; a person may ask anew.
_WORDS = (
    (NeedSort.PEOPLE, ("警力", "人员", "人手", "医生", "护士", "医护", "专家", "志愿者", "队员")),
    (
        NeedSort.EQUIPMENT,
        ("车", "泵", "艇", "船", "机", "设备", "装备", "器材", "仪", "照明", "吊", "无人机"),
    ),
)


def sort_of(words: str) -> NeedSort:
    """Which sort of need free words tell of; what names neither people nor machines is 物资."""
    found = [
        (words.index(word), sort) for sort, listed in _WORDS for word in listed if word in words
    ]
    return min(found, key=lambda one: one[0])[1] if found else NeedSort.SUPPLIES


def wanted(said: Feedback) -> list[Want]:
    """Everything an answer asks for."""
    wants = list(said.wants)
    if said.needs and not said.wants:
        wants.append(Want(sort=sort_of(said.needs), what=said.needs))
    if said.share is not None:
        wants.append(said.share.missing)
    return wants


def ask_for(w: Writing, task: Mapping[Any, Any], wants: Sequence[Want], actor: str) -> None:
    """Open the needs of an assignment. What is open already is not opened twice; another figure
    for it replaces the first."""
    known = {
        (row["sort"], row["what"]): row
        for row in w.cx.execute(
            select(need).where(
                need.c.assignment_id == task["id"],
                need.c.closed_at.is_(None),
            )
        ).mappings()
    }
    opened = set()
    for want in wants:
        key = (want.sort.value, clean(want.what))  # as it is written down
        row = known.get(key)
        if row is None and key not in opened:
            opened.add(key)
            insert_need(w, task["incident_id"], want, actor, task=task)
        elif row is None:
            continue  # the same line twice in one answer
        elif want.amount is not None and want.amount != row["amount"]:
            _change_amount(w, row, want, actor)
    touch(w, task["incident_id"])
    tell_needs(w, task["incident_id"], (task["agency_id"],))


def insert_need(
    w: Writing,
    incident_id: int,
    want: Want,
    actor: str,
    task: Mapping[Any, Any] | None = None,
    *,
    agency_id: str | None = None,
    note: str = "",
    exercise: bool = False,
) -> int:
    """`task`: whose need it is; else `agency_id` asks, or the desk."""
    need_id = w.next_id()
    version = find_incident(w, incident_id)["version"]
    row: dict[str, Any] = {
        "incident_id": incident_id,
        "assignment_id": None if task is None else task["id"],
        "agency_id": agency_id if task is None else task["agency_id"],
        "sort": want.sort,
        "what": clean(want.what),
        "amount": want.amount,
        "measure": clean(want.measure),
        "note": clean(note) or None,
    }
    w.cx.execute(
        insert(need).values(
            id=need_id,
            **row,
            status=NeedStatus.ASKED,
            asked_by=actor,
            asked_at=w.at,
            changed_at=w.at,
            exercise=exercise if task is None else task["exercise"],
            version=1,
        )
    )
    w.log.add(
        actor,
        Action.ASK_NEED,
        f"需要{want.sort.label}：{want}",
        incident_id=incident_id,
        assignment_id=row["assignment_id"],
        after={"need": need_id, "status": NeedStatus.ASKED, "version": version} | row,
    )
    return need_id


def _change_amount(w: Writing, row: Mapping[Any, Any], want: Want, actor: str) -> None:
    w.log.add(
        actor,
        Action.MOVE_NEED,
        f"需求数量改为：{want}",
        incident_id=row["incident_id"],
        assignment_id=row["assignment_id"],
        before={"need": row["id"], "amount": row["amount"]},
        after={"need": row["id"], "amount": want.amount},
    )
    w.cx.execute(
        update(need)
        .where(need.c.id == row["id"])
        .values(amount=want.amount, changed_at=w.at, version=need.c.version + 1)
    )
