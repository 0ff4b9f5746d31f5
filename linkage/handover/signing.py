"""交接班: a sheet drawn up from the record, given by one person and taken by another.

Nothing of the work hangs on it: claims, clocks and escalations run on whoever signs when. A shift
change that nobody signs stands open, and alarms (data/clocks.toml).
"""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from linkage.actions import Action
from linkage.beijing import day_minute
from linkage.desk.facts import rows_of
from linkage.duty_tables import handover
from linkage.errors import NotAllowed, Raced
from linkage.handover.gather import Facts, sections
from linkage.handover.sheet import Difference, Sheet, differences, digest, read_sheet, short
from linkage.handover.turns import Turn, turn_without_sheet
from linkage.log import as_json
from linkage.people import Actor, permit
from linkage.record import Record, Writing

RULE = "rule:handover"


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """One change of shifts as it is kept. `changes`: what had come between the signatures."""

    id: int
    change_at: datetime
    sheet: Sheet
    digest: str
    given_by: str | None
    given_at: datetime | None
    taken_by: str | None
    taken_at: datetime | None
    changes: tuple[Difference, ...]
    made_at: datetime
    version: int

    @property
    def done(self) -> bool:
        return self.taken_at is not None


def open_due(record: Record, facts: Facts, now: datetime) -> int | None:
    """Called every few seconds: the row of the change that has come, so that its clock runs.

    Asked twice, or by two programs, it is made once. Returns its id where it was made now.
    """
    with record.read() as cx:
        if turn_without_sheet(cx, now) is None:
            return None
    with record.write(now) as w:
        turn = turn_without_sheet(w.cx, now)
        return None if turn is None else _insert(w, turn, facts, RULE)


def draw_up(
    record: Record, actor: Actor, turn: Turn, facts: Facts, *, at: datetime | None = None
) -> int:
    """The sheet of this moment, in the place of an earlier one that nobody has signed."""
    permit(actor, Action.HAND_OVER)
    with record.write(at) as w:
        row = _row(w, turn.at)
        if row is None:
            return _insert(w, turn, facts, str(actor))
        if row["given_at"] is not None:
            raise Raced(
                f"{row['given_by']}已于 {day_minute(row['given_at'])} 交班签字，交接单不能再换。"
            )
        sheet = _sheet(w, turn, facts)
        _update(w, row, sheet=sheet.text, digest=digest(sheet.text), made_at=w.at)
        _log(w, str(actor), Action.HAND_OVER, "重新生成交接单", row, sheet.text)
        return int(row["id"])


def give(
    record: Record,
    actor: Actor,
    handover_id: int,
    seen: str,
    reason: str = "",
    *,
    at: datetime | None = None,
) -> None:
    """The one who leaves signs what `seen`, the digest on the screen, stands for.

    `reason`: who is not on the roster of the leaving shift says why.
    """
    permit(actor, Action.HAND_OVER)
    with record.write(at) as w:
        row = _open_row(w, handover_id)
        if row["given_at"] is not None:
            raise Raced(f"{row['given_by']}已于 {day_minute(row['given_at'])} 交班签字。")
        _same(row, seen)
        _on_roster(actor, read_sheet(row["sheet"]).off, reason, "交班")
        _update(w, row, given_by=str(actor), given_at=w.at)
        why = _words("交班签字", reason, row["digest"])
        _log(w, str(actor), Action.HAND_OVER, why, row, row["sheet"])


def take(  # noqa: PLR0917
    record: Record,
    actor: Actor,
    handover_id: int,
    seen: str,
    facts: Facts,
    reason: str = "",
    *,
    at: datetime | None = None,
) -> None:
    """The one who comes signs the same sheet; what has changed since is kept beside it."""
    permit(actor, Action.TAKE_OVER_DUTY)
    with record.write(at) as w:
        row = _open_row(w, handover_id)
        if row["given_at"] is None:
            raise NotAllowed("交班人还没有签字，请先由交班人签字，再接班。")
        _same(row, seen)
        if _name(row["given_by"]) == actor.name:
            raise NotAllowed("交班和接班须由两个人签字，请由接班人签。")
        sheet = read_sheet(row["sheet"])
        _on_roster(actor, sheet.on, reason, "接班")
        changed = differences(
            sheet,
            msgspec.structs.replace(sheet, drawn_at=w.at, sections=sections(w.cx, facts, w.at)),
        )
        _update(w, row, taken_by=str(actor), taken_at=w.at, changes=as_json(changed))
        why = _words("接班签字", reason, row["digest"])
        _log(w, str(actor), Action.TAKE_OVER_DUTY, why, row, row["sheet"])


def read(cx: Connection, change_at: datetime) -> Handover | None:
    rows = rows_of(cx, select(handover).where(handover.c.change_at == change_at))
    return _handover(rows[0]) if rows else None


def recent(cx: Connection, most: int = 20) -> list[Handover]:
    """The last changes of shifts, newest first."""
    rows = rows_of(cx, select(handover).order_by(handover.c.change_at.desc()).limit(most))
    return [_handover(row) for row in rows]


def since_drawn(cx: Connection, one: Handover, facts: Facts, now: datetime) -> list[Difference]:
    """What both must be told beside the sheet before they sign."""
    fresh = msgspec.structs.replace(one.sheet, drawn_at=now, sections=sections(cx, facts, now))
    return differences(one.sheet, fresh)


def _handover(row: dict[str, Any]) -> Handover:
    own = {name: row[name] for name in Handover.__struct_fields__ if name in row}
    changes = msgspec.json.decode(row["changes"] or "[]", type=tuple[Difference, ...])
    return Handover(**own | {"sheet": read_sheet(row["sheet"]), "changes": changes})


def _sheet(w: Writing, turn: Turn, facts: Facts) -> Sheet:
    return Sheet(
        change_at=turn.at,
        drawn_at=w.at,
        off=turn.off,
        on=turn.on,
        sections=sections(w.cx, facts, w.at),
    )


def _insert(w: Writing, turn: Turn, facts: Facts, by: str) -> int:
    sheet = _sheet(w, turn, facts).text
    handover_id = w.next_id()
    row: dict[str, Any] = {
        "id": handover_id,
        "change_at": turn.at,
        "sheet": sheet,
        "digest": digest(sheet),
        "made_at": w.at,
        "version": 1,
    }
    w.cx.execute(insert(handover).values(**row))
    _log(w, by, Action.HAND_OVER, "生成交接单", row, sheet)
    return handover_id


def _row(w: Writing, change_at: datetime) -> dict[str, Any] | None:
    rows = rows_of(w.cx, select(handover).where(handover.c.change_at == change_at))
    return rows[0] if rows else None


def _open_row(w: Writing, handover_id: int) -> dict[str, Any]:
    rows = rows_of(w.cx, select(handover).where(handover.c.id == handover_id))
    if not rows:
        raise NotAllowed("没有这张交接单，请刷新后重试。")
    if rows[0]["taken_at"] is not None:
        raise Raced(f"{rows[0]['taken_by']}已于 {day_minute(rows[0]['taken_at'])} 接班签字。")
    return rows[0]


def _same(row: dict[str, Any], seen: str) -> None:
    if row["digest"] != seen:
        raise Raced(
            f"交接单已重新生成（校验码 {short(row['digest'])}，您看到的是 {short(seen)}），"
            "没有签字。请看过新的交接单再签。"
        )


def _on_roster(actor: Actor, listed: tuple[str, ...], reason: str, act: str) -> None:
    names = {text.rpartition(" ")[2] for text in listed}
    if actor.name not in names and not reason.strip():
        known = "、".join(listed) or "无人"
        raise NotAllowed(f"班表上{act}的是{known}，不是{actor.name}；代签请写明理由。")


def _name(signed: str) -> str:
    return signed.partition("（")[0]


def _words(what: str, reason: str, digest_: str) -> str:
    why = f"，代签：{reason.strip()}" if reason.strip() else ""
    return f"{what}{why}，校验码 {short(digest_)}"


def _update(w: Writing, row: dict[str, Any], **values: Any) -> None:
    w.cx.execute(
        update(handover)
        .where(handover.c.id == row["id"])
        .values(version=row["version"] + 1, **values)
    )


def _log(  # noqa: PLR0917
    w: Writing, by: str, action: Action, why: str, row: dict[str, Any], sheet: str
) -> None:
    before = row.get("digest") if "given_at" in row else None
    w.log.add(
        by,
        action,
        f"{day_minute(row['change_at'])} 交接班：{why}",
        before={"handover": row["id"], "digest": before},
        after={"handover": row["id"], "digest": digest(sheet)},
    )
