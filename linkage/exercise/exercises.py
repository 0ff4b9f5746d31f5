"""演练: one at a time, begun and ended by a leader. What belongs to it is flagged, row by row.

While one runs the intake plays its scenario (`ingest/exercise_player.py`), and whatever a system
says over its topic's `/exercise` level is of it. Real work goes on beside it.
"""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, insert, select

from linkage.actions import Action
from linkage.duty_tables import exercise
from linkage.errors import NotAllowed
from linkage.people import Actor, permit
from linkage.record import Record
from linkage.response_vocabulary import Post

SLOWEST, FASTEST = 1.0, 60.0
LONGEST_NAME = 60


class Exercise(msgspec.Struct, frozen=True, kw_only=True):
    """`scenario`: a file of data/demo, "" where nothing is played. `score`: JSON, once it ended."""

    id: int
    name: str
    scenario: str
    speed: float
    page_leaders: bool
    started_by: str
    started_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    end_reason: str | None
    score: str | None


def running(cx: Connection) -> Exercise | None:
    row = cx.execute(select(exercise).where(exercise.c.ended_at.is_(None))).mappings().first()
    return None if row is None else Exercise(**row)


def read_running(record: Record) -> Exercise | None:
    with record.read() as cx:
        return running(cx)


def past(record: Record, limit: int = 50) -> list[Exercise]:
    """Those that have ended, the newest first."""
    ended = select(exercise).where(exercise.c.ended_at.is_not(None))
    with record.read() as cx:
        rows = cx.execute(ended.order_by(exercise.c.id.desc()).limit(limit)).mappings()
        return [Exercise(**row) for row in rows]


def posts_paged(cx: Connection) -> frozenset[Post]:
    """To whom an escalation of an exercise may go: leaders only where it was asked for."""
    now = running(cx)
    everyone = frozenset(Post)
    return everyone if now is not None and now.page_leaders else everyone - {Post.LEADER}


def begin(
    record: Record,
    actor: Actor,
    name: str,
    *,
    scenario: str = "",
    speed: float = 1.0,
    page_leaders: bool = False,
    at: datetime | None = None,
) -> int:
    """Begin an exercise; returns its id. Raises NotAllowed while another one runs."""
    permit(actor, Action.BEGIN_EXERCISE)
    said = name.replace("\0", "").strip()
    if not said:
        raise NotAllowed("请写明演练名称，它会出现在每个席位和成绩单上。")
    if len(said) > LONGEST_NAME:
        raise NotAllowed(f"演练名称有 {len(said)} 字，最多 {LONGEST_NAME} 字，请精简。")
    if not SLOWEST <= speed <= FASTEST:
        raise NotAllowed(f"速度应在 {SLOWEST:g} 到 {FASTEST:g} 倍之间，请重选。")
    with record.write(at) as w:
        now = running(w.cx)
        if now is not None:
            raise NotAllowed(
                f"演练“{now.name}”正在进行（{now.started_by}开始），请先结束它再开始新的。"
            )
        values = {
            "name": said,
            "scenario": scenario,
            "speed": speed,
            "page_leaders": page_leaders,
            "started_by": str(actor),
            "started_at": w.at,
        }
        exercise_id = w.next_id()
        w.cx.execute(insert(exercise).values(id=exercise_id, **values))
        w.log.add(
            str(actor), Action.BEGIN_EXERCISE, said, after={"exercise_id": exercise_id, **values}
        )
    return exercise_id
