"""部门工作台, read side: its own needs, those it may answer, and the roll call that names it."""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, select

from linkage.desk.facts import rows_of
from linkage.duty_tables import roll_call, roll_call_answer
from linkage.people import Actor
from linkage.record import Record
from linkage.response.feedback import quantity
from linkage.response.need_messages import concerning
from linkage.response.need_moves import Part, covered, shortfall
from linkage.response.own_desk import Scene, chosen, scenes_of
from linkage.response.own_guard import own_agency
from linkage.response.shared import all_shown
from linkage.response_tables import need, need_offer
from linkage.response_vocabulary import NeedSort, NeedStatus
from linkage.tables import incident

MOST = 100
# A roll call may be answered late; after so long nobody waits for it.
ROLL_FOR = timedelta(hours=12)
_OWN, _OTHER = "need, own", "need, another's"


class Given(msgspec.Struct, frozen=True):
    """What a department brings to a need of ours."""

    agency_id: str
    amount: float | None
    status: NeedStatus


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """What we bring."""

    id: int
    amount: float | None
    unit_id: str | None
    status: NeedStatus
    note: str | None


class SharedNeed(msgspec.Struct, frozen=True, kw_only=True):
    """`own`: this department asked. `version`: of its own, for taking it back. `given`: to its own
    only. `yours`: its own offer to another's."""

    id: int
    scene: Scene
    agency_id: str | None
    sort: NeedSort
    what: str
    amount: float | None
    measure: str
    status: NeedStatus
    note: str | None
    asked_at: datetime
    exercise: bool
    own: bool
    version: int | None
    short: float | None
    uncovered: bool
    given: tuple[Given, ...] = ()
    yours: Offered | None = None

    @property
    def short_words(self) -> str:
        """缺 5箱, 已满足, 数量未说明."""
        if not self.uncovered:
            return "已满足"
        short = quantity(self.short, self.measure)
        return f"缺 {short}" if short else "数量未说明"


class RollCalled(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    called_by: str
    called_at: datetime
    due_at: datetime
    exercise: bool
    answered_at: datetime | None
    answered_by: str | None


def own_needs(record: Record, actor: Actor) -> tuple[SharedNeed, ...]:
    """What is real first; its own, then what is short, then the rest."""
    agency_id = own_agency(actor)
    with record.read() as cx:
        found = [*_needs(cx, agency_id, own=True), *_needs(cx, agency_id, own=False)]
    return tuple(sorted(found, key=lambda n: (n.exercise, not n.own, not n.uncovered, n.id)))


def _needs(cx: Connection, agency_id: str, *, own: bool) -> list[SharedNeed]:
    of = _OWN if own else _OTHER
    whose = need.c.agency_id == agency_id
    ask = (
        select(*chosen(need, of))
        .join(incident, incident.c.id == need.c.incident_id)
        .where(
            concerning(agency_id, refused_too=True),
            whose if own else need.c.agency_id.is_distinct_from(agency_id),
        )
        .order_by(need.c.exercise, need.c.id)
        .limit(MOST)
    )
    rows = all_shown(of, rows_of(cx, ask))
    ids = [row["id"] for row in rows]
    scenes = scenes_of(cx, [row["incident_id"] for row in rows])
    theirs = select(*chosen(need_offer, "need_offer, another's")).where(
        need_offer.c.need_id.in_(ids), need_offer.c.agency_id != agency_id
    )
    given = all_shown("need_offer, another's", rows_of(cx, theirs))
    mine = select(*chosen(need_offer, "need_offer, own")).where(
        need_offer.c.need_id.in_(ids), need_offer.c.agency_id == agency_id
    )
    ours = {row["need_id"]: row for row in all_shown("need_offer, own", rows_of(cx, mine))}
    return [
        _need(
            row,
            scenes[row["incident_id"]],
            [one for one in given if one["need_id"] == row["id"]],
            ours.get(row["id"]),
            own=own,
        )
        for row in rows
    ]


def _need(
    row: dict[str, object],
    scene: Scene,
    given: list[dict[str, object]],
    yours: dict[str, object] | None,
    *,
    own: bool,
) -> SharedNeed:
    told = [msgspec.convert(one, Given) for one in given]
    offered = msgspec.convert(yours, Offered) if yours else None
    parts = [Part(one.status, one.amount) for one in told]
    parts += [Part(offered.status, offered.amount)] if offered else []
    plain = msgspec.convert({"version": None, **row}, _Row)
    return SharedNeed(
        **msgspec.structs.asdict(plain),
        scene=scene,
        own=own,
        short=shortfall(plain.amount, parts),
        uncovered=not covered(plain.amount, parts),
        given=tuple(told) if own else (),
        yours=offered,
    )


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    agency_id: str | None
    sort: NeedSort
    what: str
    amount: float | None
    measure: str
    status: NeedStatus
    note: str | None
    asked_at: datetime
    exercise: bool
    version: int | None


def own_roll_calls(record: Record, actor: Actor, now: datetime) -> tuple[RollCalled, ...]:
    """The newest call of the last hours, and the newest in practice; answered or not."""
    agency_id = own_agency(actor)
    mine = roll_call_answer.c
    answered = (mine.answered_at, mine.answered_by)
    ask = (
        select(*chosen(roll_call, "roll_call"), *answered)
        .join(roll_call_answer, mine.roll_call_id == roll_call.c.id)
        .where(mine.agency_id == agency_id, roll_call.c.called_at > now - ROLL_FOR)
        .order_by(roll_call.c.called_at.desc())
    )
    with record.read() as cx:
        rows = [msgspec.convert(row, RollCalled) for row in rows_of(cx, ask)]
    newest = {row.exercise: row for row in reversed(rows)}
    return tuple(newest[drill] for drill in (False, True) if drill in newest)
