"""What is arranged when an order is given, changed, withdrawn or chased: who hears of it how."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from linkage.actions import Happening
from linkage.means import notices, order_words
from linkage.means.ways import Choice, choose
from linkage.own_state import INGEST, WATCH, Road, read_services, road
from linkage.record import Writing
from linkage.response.agencies import Agency
from linkage.response_tables import notice
from linkage.response_vocabulary import About, NoticeStatus
from linkage.tables import assignment
from linkage.vocabulary import AssignmentRole, AssignmentStatus

# An officer who presses 催办 again and again must not send a message each time.
CHASE_AGAIN = timedelta(seconds=60)
# Nothing is carried to an agency: orders wait in the outbox.
_NO_ROAD = frozenset({Road.BROKER_AWAY, Road.STUCK, Road.NEVER})
_UNANSWERED = frozenset({AssignmentStatus.ISSUED, AssignmentStatus.CANCELLED})


def arrange(
    w: Writing, orders: Sequence[tuple[RowMapping, Agency]], *, chased: bool = False
) -> None:
    """Arrange the other means for orders as they now stand.

    `orders`: rows of the assignment, with their incident's columns as incident_…; called whenever
    orders go out (linkage/response/order_messages.py). Nothing is sent here. `chased`: an officer
    reminds; else the same order with another number or level keeps its times.
    """
    before = _before(w, [row["id"] for row, _ in orders])
    away = is_broker_away(w.cx, w.at)
    made: list[dict[str, Any]] = []
    for row, agency in orders:
        made += _arranged(w, row, agency, before[row["id"]], chased=chased, away=away)
    if made:
        # All in one statement: an officer who calls nineteen agencies waits for it.
        w.cx.execute(insert(notice), made)


def _arranged(
    w: Writing,
    row: RowMapping,
    agency: Agency,
    before: Sequence[RowMapping],
    *,
    chased: bool,
    away: bool,
) -> list[dict[str, Any]]:
    """The new notices of one order; those that wait are seen to."""
    status = AssignmentStatus(row["status"])
    if any(one["round"] < row["revision"] for one in before):
        notices.void(w, About.ASSIGNMENT, row["id"], f"指令已改为第 {row['revision']} 版")
    if status not in _UNANSWERED:
        return []  # it has been answered: the order goes out again over MQTT, and that is enough
    this_round = [one for one in before if one["round"] == row["revision"]]
    role, level = AssignmentRole(row["role"]), row["incident_response_level"]
    chosen = choose(agency, role, level, w.at, broker_away=away)
    if this_round and chased:
        return _chase(w, row, chosen, this_round)
    if this_round:
        _reword(w, row, this_round)
        known = {one["means"] for one in this_round}
        return _tell(w, row, [one for one in chosen if one.means not in known], "其他手段")
    if status is AssignmentStatus.CANCELLED:
        return _tell(w, row, _withdrawn(w, chosen, before), "撤销通知的其他手段")
    return _tell(w, row, chosen, "其他手段")


def is_broker_away(cx: Connection, now: datetime) -> bool:
    """Whether an order would find no road to its agency now."""
    return road(read_services(cx, INGEST, WATCH), now) in _NO_ROAD


def _before(w: Writing, assignment_ids: Sequence[int]) -> Mapping[int, Sequence[RowMapping]]:
    c = notice.c
    query = (
        select(c.id, c.about_id, c.means, c.round, c.status, c.created_at)
        .where(c.about == About.ASSIGNMENT, c.about_id.in_(assignment_ids))
        .order_by(c.id)
    )
    found: defaultdict[int, list[RowMapping]] = defaultdict(list)
    for row in w.cx.execute(query).mappings():
        found[row["about_id"]].append(row)
    return found


def _withdrawn(w: Writing, chosen: Sequence[Choice], before: Sequence[RowMapping]) -> list[Choice]:
    """Who was told by some means is told of the withdrawal by the same one, at once."""
    went = {one["means"] for one in before if one["status"] in {"sent", "done"}}
    return [
        Choice(one.means, one.to, w.at, f"{one.means.label}：曾以此下达")
        if one.means in went
        else one
        for one in chosen
    ]


def _tell(w: Writing, row: RowMapping, chosen: Sequence[Choice], what: str) -> list[dict[str, Any]]:
    if not chosen:
        return []
    title, text = order_words.title(row), order_words.text(row)
    made = [
        notices.row(
            w,
            means=one.means,
            about=About.ASSIGNMENT,
            about_id=row["id"],
            round=row["revision"],
            agency_id=row["agency_id"],
            person_id=None,
            incident_id=row[assignment.c.incident_id],
            assignment_id=row["id"],
            address=one.to,
            title=title,
            text=text,
            not_before=one.not_before,
            exercise=row["exercise"],
        )
        for one in chosen
    ]
    ids = [one["id"] for one in made]
    _log(w, row, f"{what}：{'；'.join(one.reason for one in chosen)}", ids)
    return made


def _chase(
    w: Writing, row: RowMapping, chosen: Sequence[Choice], before: Sequence[RowMapping]
) -> list[dict[str, Any]]:
    """What waits goes now; by what went out before it goes once more."""
    waiting = [one["id"] for one in before if one["status"] == NoticeStatus.WAITING]
    if waiting:
        c = notice.c
        w.cx.execute(
            update(notice).where(c.id.in_(waiting), c.not_before > w.at).values(not_before=w.at)
        )
    open_means = {one["means"] for one in before if one["status"] == NoticeStatus.WAITING}
    lately = {one["means"] for one in before if one["created_at"] > w.at - CHASE_AGAIN}
    again = [
        Choice(one.means, one.to, w.at, f"{one.means.label}：催办")
        for one in chosen
        if one.means not in open_means | lately
    ]
    if waiting and not again:
        _log(w, row, "其他手段：催办，待发的立即发出", waiting)
    return _tell(w, row, again, "其他手段")


def _reword(w: Writing, row: RowMapping, before: Sequence[RowMapping]) -> None:
    """What waits says what holds now: who reads it must find the incident by its number."""
    waiting = [one["id"] for one in before if one["status"] == NoticeStatus.WAITING]
    if waiting:
        words = notices.words(
            order_words.title(row), order_words.text(row), exercise=row["exercise"]
        )
        w.cx.execute(update(notice).where(notice.c.id.in_(waiting)).values(words))


def _log(w: Writing, row: RowMapping, words: str, ids: list[int]) -> None:
    w.log.add(
        notices.RULE,
        Happening.NOTICE,
        words,
        incident_id=row[assignment.c.incident_id],
        assignment_id=row["id"],
        after={"notices": ids},
    )
