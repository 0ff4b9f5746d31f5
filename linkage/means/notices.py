"""通知: what goes out by another means than MQTT: put here, sent by ingest/means, or called."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import insert, select, update

from linkage.actions import Happening
from linkage.exercise.marking import marked
from linkage.record import Writing
from linkage.response_tables import notice
from linkage.response_vocabulary import About, Means, NoticeStatus

# Who the log names where a rule, and no person, did it.
RULE = "rule:means"
LONGEST_TITLE = 80


class Reachable(Protocol):
    """What is known of a person's numbers; linkage.duty.roster.Person is one."""

    @property
    def id(self) -> int | None: ...
    @property
    def name(self) -> str: ...
    @property
    def agency_id(self) -> str | None: ...
    @property
    def telephone(self) -> str: ...
    @property
    def mobile(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def webhook(self) -> str: ...


def put(
    w: Writing,
    *,
    means: Means,
    about: About,
    about_id: int,
    round: int,  # noqa: A002 - the column's name
    address: str,
    title: str,
    text: str,
    not_before: datetime,
    agency_id: str | None = None,
    person_id: int | None = None,
    incident_id: int | None = None,
    assignment_id: int | None = None,
    exercise: bool = False,
) -> int:
    """Put a notice into the transaction that made it true; returns its id. The caller logs why.

    It is sent when `not_before` has come and nobody has made it void. An exercise is marked as
    one in title and text, whoever wrote them.
    """
    made = row(
        w,
        means=means,
        about=about,
        about_id=about_id,
        round=round,
        agency_id=agency_id,
        person_id=person_id,
        incident_id=incident_id,
        assignment_id=assignment_id,
        address=address,
        title=title,
        text=text,
        not_before=not_before,
        exercise=exercise,
    )
    w.cx.execute(insert(notice), [made])
    return int(made["id"])


def row(w: Writing, **columns: Any) -> dict[str, Any]:
    """A row of `notice` with a new id, for who puts several at once; see `put` for the columns."""
    return {
        **columns,
        **words(columns["title"], columns["text"], exercise=columns["exercise"]),
        "id": w.next_id(),
        "address": one_line(columns["address"]),
        "status": NoticeStatus.WAITING,
        "created_at": w.at,
        "attempts": 0,
    }


def words(title: str, text: str, *, exercise: bool) -> dict[str, str]:
    """Title and text as they go out."""
    return {
        "title": marked(one_line(title)[:LONGEST_TITLE], exercise=exercise),
        "text": marked(_plain(text), exercise=exercise),
    }


def void(w: Writing, about: About, about_id: int, why: str, *, agency_id: str | None = None) -> int:
    """What still waits about it need not be sent any more; returns how many did.

    `agency_id`: only to that one, where the others have still to be told.
    """
    which = [
        notice.c.about == about,
        notice.c.about_id == about_id,
        notice.c.status == NoticeStatus.WAITING,
    ]
    if agency_id is not None:
        which.append(notice.c.agency_id == agency_id)
    query = select(notice.c.id, notice.c.means, notice.c.incident_id, notice.c.assignment_id)
    rows = w.cx.execute(query.where(*which).order_by(notice.c.id)).all()
    if not rows:
        return 0
    w.cx.execute(update(notice).where(*which).values(status=NoticeStatus.VOID, result=why))
    names = "、".join(dict.fromkeys(Means(row.means).label for row in rows))
    w.log.add(
        RULE,
        Happening.NOTICE,
        f"{names}不必再发：{why}",
        incident_id=rows[0].incident_id,
        assignment_id=rows[0].assignment_id,
        before={"notices": [row.id for row in rows], "notice_status": NoticeStatus.WAITING},
        after={"notice_status": NoticeStatus.VOID},
    )
    return len(rows)


def reach_person(
    w: Writing,
    person: Reachable,
    *,
    about: About,
    about_id: int,
    round: int,  # noqa: A002 - the column's name
    title: str,
    text: str,
    incident_id: int | None = None,
    assignment_id: int | None = None,
    exercise: bool = False,
    not_before: datetime | None = None,
) -> list[int]:
    """Tell a person by every means the person has, at once, best first; returns the notices.

    `not_before`: not at once; until then `rewrite` may add to it.

    Empty: the person has none, nobody was reached, and the caller must go on to the next.
    """
    shared: dict[str, Any] = {
        "about": about,
        "about_id": about_id,
        "round": round,
        "title": title,
        "text": text,
        "not_before": not_before or w.at,
        "agency_id": person.agency_id,
        "person_id": person.id,
        "incident_id": incident_id,
        "assignment_id": assignment_id,
        "exercise": exercise,
    }
    found = means_of(person)
    ids = [put(w, means=means, address=address, **shared) for means, address in found]
    if ids:
        names = "、".join(means.label for means, _ in found)
        w.log.add(
            RULE,
            Happening.NOTICE,
            f"通知{person.name}（{names}）：{title}",
            incident_id=incident_id,
            assignment_id=assignment_id,
            after={"notices": ids},
        )
    return ids


def rewrite(w: Writing, ids: Sequence[int], title: str, text: str, *, exercise: bool) -> bool:
    """Say more in notices that nobody has tried to send; False: one of them has gone already, and
    what was to be added needs a notice of its own."""
    untouched = (
        notice.c.id.in_(ids),
        notice.c.status == NoticeStatus.WAITING,
        notice.c.attempts == 0,
    )
    said = w.cx.execute(
        update(notice).where(*untouched).values(words(title, text, exercise=exercise))
    )
    return said.rowcount == len(ids)


def means_of(person: Reachable) -> list[tuple[Means, str]]:
    """What wakes a person first: the message on the telephone, the call, then the letter."""
    every = (
        (Means.SMS, person.mobile),
        (Means.WEBHOOK, person.webhook),
        (Means.TELEPHONE, person.mobile or person.telephone),
        (Means.EMAIL, person.email),
    )
    return [(means, address.strip()) for means, address in every if address.strip()]


def one_line(text: str) -> str:
    """One line that every database takes: what becomes a header or a file name must not hold a
    second."""
    return " ".join(_plain(text).split())


def _plain(text: str) -> str:
    """Without control characters: gateways choke on them, and PostgreSQL does."""
    kept = (c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"})
    return "".join(kept).strip()
