"""What a screen or a command asks of the intake, which alone can read payloads.

A row of `errand` is written here, taken by one intake process, carried out between its batches,
and the answer read here again.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from linkage.actions import Action
from linkage.errors import NotAllowed
from linkage.intake_tables import errand
from linkage.log import as_json
from linkage.people import Actor, permit
from linkage.record import Record, Writing
from linkage.vocabulary import Labelled

# More than this unanswered means that nobody answers.
MOST_WAITING = 20
MOST_AT_ONCE = 10_000  # messages of one errand
LARGEST = 1_048_576  # bytes of a sources.toml to try
# An intake that took an errand and has not written of it for so long is dead: it writes every
# second. If it only slept, both go on, and each message is still taken in once.
ABANDONED = timedelta(seconds=15)


class ErrandKind(Labelled):
    PREVIEW = "preview", "试读"
    REDRIVE = "redrive", "重新接入报文"
    DRY_RUN = "dry_run", "试运行配置"
    RELOAD = "reload", "重读接入配置"


class ErrandState(Labelled):
    WAITING = "waiting", "等待接入进程"
    RUNNING = "running", "办理中"
    DONE = "done", "办结"
    FAILED = "failed", "未办成"
    WITHDRAWN = "withdrawn", "撤回"

    @property
    def over(self) -> bool:
        return self not in {ErrandState.WAITING, ErrandState.RUNNING}


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """`detail`: {"ids": […]} of the messages, or {"last": how many, "source": id or None}.

    `payload`: the changed bytes of the one message, or the sources.toml to try.
    `progress`: {"done", "of", "at"}; `result`: what each kind answers, see ingest/errands.py.
    """

    id: int
    kind: ErrandKind
    actor: Actor
    asked_at: datetime
    detail: dict[str, Any]
    payload: bytes | None
    state: ErrandState
    done_at: datetime | None
    progress: dict[str, Any]
    result: dict[str, Any]


def ask(
    record: Record,
    actor: Actor,
    kind: ErrandKind,
    detail: dict[str, Any],
    payload: bytes | None = None,
    *,
    at: datetime | None = None,
) -> int:
    """Leave an errand for the intake; returns its id. Raises NotPermitted, NotAllowed."""
    permit(actor, action_of(kind, changed=kind is ErrandKind.REDRIVE and payload is not None))
    count = len(detail.get("ids", ()))
    if count > MOST_AT_ONCE:
        raise NotAllowed(f"一次至多 {MOST_AT_ONCE:,} 条，选了 {count:,} 条；请缩小筛选范围。")
    if payload is not None and len(payload) > LARGEST:
        raise NotAllowed(f"文件 {len(payload):,} 字节，超过 {LARGEST:,} 字节的上限。")
    with record.write(at) as w:
        waits = select(func.count()).where(errand.c.state == ErrandState.WAITING._value_)
        if w.cx.execute(waits).scalar_one() >= MOST_WAITING:
            raise NotAllowed("接入进程没有取走前面的请求，请先确认接入正常。")
        errand_id = w.next_id()
        w.cx.execute(
            insert(errand).values(
                id=errand_id,
                kind=kind._value_,
                asked_by=as_json(actor),
                asked_at=w.at,
                detail=as_json(detail),
                payload=payload,
                state=ErrandState.WAITING._value_,
            )
        )
    return errand_id


def action_of(kind: ErrandKind, *, changed: bool) -> Action:
    """What a person must be permitted to do for it. Looking needs no more than driving again."""
    if kind is ErrandKind.RELOAD:
        return Action.RELOAD
    return Action.MEND if changed else Action.REDRIVE


def pending(cx: Connection, reloaded: int) -> list[Errand]:
    """What waits, is under way, or is a reload after number `reloaded`; oldest first."""
    unfinished = (ErrandState.WAITING._value_, ErrandState.RUNNING._value_)
    later = and_(errand.c.kind == ErrandKind.RELOAD._value_, errand.c.id > reloaded)
    done = and_(later, errand.c.state == ErrandState.DONE._value_)
    query = select(errand).where(or_(errand.c.state.in_(unfinished), done)).order_by(errand.c.id)
    return [_errand(row) for row in cx.execute(query)]


def last_reload(cx: Connection) -> int:
    """The number of the newest reload that is over; 0 where there was none."""
    over = and_(errand.c.kind == ErrandKind.RELOAD._value_, errand.c.done_at.is_not(None))
    return int(cx.execute(select(func.max(errand.c.id)).where(over)).scalar() or 0)


def is_abandoned(one: Errand, now: datetime) -> bool:
    since = one.progress.get("at")
    return since is None or now - datetime.fromisoformat(since) > ABANDONED


def claim(w: Writing, one: Errand) -> bool:
    """Take it, unless another intake was faster. True for exactly one of them."""
    progress = {**one.progress, "at": w.at.isoformat(), "taken": one.progress.get("taken", 0) + 1}
    was = errand.c.progress
    same = was.is_(None) if not one.progress else was == as_json(one.progress)
    taken = w.cx.execute(
        update(errand)
        .where(errand.c.id == one.id, errand.c.state == one.state._value_, same)
        .values(state=ErrandState.RUNNING._value_, progress=as_json(progress))
    )
    return taken.rowcount == 1


def report(w: Writing, errand_id: int, progress: dict[str, Any]) -> None:
    text = as_json({**progress, "at": w.at.isoformat()})
    w.cx.execute(update(errand).where(errand.c.id == errand_id).values(progress=text))


def finish(w: Writing, errand_id: int, state: ErrandState, result: dict[str, Any]) -> None:
    """The bytes that came with it go: what was taken in is kept where all messages are."""
    w.cx.execute(
        update(errand)
        .where(errand.c.id == errand_id)
        .values(state=state._value_, done_at=w.at, result=as_json(result), payload=None)
    )


def withdraw(record: Record, errand_id: int) -> bool:
    """Take back what no intake has taken. False where one has."""
    with record.write() as w:
        taken_back = w.cx.execute(
            update(errand)
            .where(errand.c.id == errand_id, errand.c.state == ErrandState.WAITING._value_)
            .values(state=ErrandState.WITHDRAWN._value_, done_at=w.at, payload=None)
        )
    return taken_back.rowcount == 1


def look_up(cx: Connection, errand_id: int) -> Errand | None:
    row = cx.execute(select(errand).where(errand.c.id == errand_id)).first()
    return None if row is None else _errand(row)


def _errand(row: Row[Any]) -> Errand:
    return Errand(
        id=row.id,
        kind=ErrandKind(row.kind),
        actor=msgspec.json.decode(row.asked_by, type=Actor),
        asked_at=row.asked_at,
        detail=msgspec.json.decode(row.detail),
        payload=row.payload,
        state=ErrandState(row.state),
        done_at=row.done_at,
        progress=msgspec.json.decode(row.progress) if row.progress else {},
        result=msgspec.json.decode(row.result) if row.result else {},
    )
