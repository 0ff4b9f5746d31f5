"""演练结束: scored as it stands, then closed as a whole, in one transaction."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select, update

from linkage.actions import Action
from linkage.clocks.clock import Clocks
from linkage.duty_tables import exercise
from linkage.errors import NotAllowed, Raced
from linkage.exercise.closing import close_all
from linkage.exercise.exercises import Exercise, running
from linkage.exercise.gathering import Scope, gather
from linkage.exercise.score import Score, score
from linkage.exercise.targets import ExerciseRules
from linkage.log import as_json
from linkage.people import Actor, permit
from linkage.record import Record
from linkage.response.agencies import Agency


def end(
    record: Record,
    actor: Actor,
    exercise_id: int,
    reason: str,
    *,
    agencies: Mapping[str, Agency],
    rules: ExerciseRules,
    clocks: Clocks,
    at: datetime | None = None,
) -> Score:
    """End the exercise; returns its score sheet, which is kept with it.

    Raises NotAllowed without a reason, Raced where a colleague was faster.
    """
    permit(actor, Action.END_EXERCISE)
    why = reason.replace("\0", "").strip()
    if not why:
        raise NotAllowed("请写明结束演练的理由，各部门会在撤销通知中看到。")
    with record.write(at) as w:
        now = running(w.cx)
        if now is None or now.id != exercise_id:
            raise Raced(_who_ended(w.cx, exercise_id))
        sheet = score_of(w.cx, now, w.at, rules=rules, clocks=clocks, over=True)
        said = f"演练结束：{why}"
        counts = close_all(w, actor, said, agencies)
        values = {"ended_at": w.at, "ended_by": str(actor), "end_reason": why}
        w.cx.execute(
            update(exercise)
            .where(exercise.c.id == exercise_id)
            .values(**values, score=as_json(sheet))
        )
        w.log.add(
            str(actor),
            Action.END_EXERCISE,
            why,
            before={"exercise_id": exercise_id},
            after={"exercise_id": exercise_id, "closed": counts},
        )
    return sheet


def score_of(
    cx: Connection,
    one: Exercise,
    until: datetime,
    *,
    rules: ExerciseRules,
    clocks: Clocks,
    over: bool = False,
) -> Score:
    """The sheet as it stands at `until`: of an exercise that runs, or of one that ends (`over`)."""
    scope = Scope(title=one.name, exercise=True, since=one.started_at, until=until, over=over)
    return score(gather(cx, scope, clocks), rules.targets, clocks)


def kept_score(one: Exercise) -> Score | None:
    """The sheet as it was when the exercise ended."""
    return None if one.score is None else msgspec.json.decode(one.score, type=Score)


def _who_ended(cx: Connection, exercise_id: int) -> str:
    row = cx.execute(select(exercise).where(exercise.c.id == exercise_id)).mappings().first()
    if row is None or row["ended_by"] is None:
        return "没有这场正在进行的演练，请刷新后再看。"
    return f"演练“{row['name']}”已由{row['ended_by']}结束，您的操作未生效。"
