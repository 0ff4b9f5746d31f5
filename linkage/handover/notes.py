"""本班备注: what the next shift must know and no table says. Struck, never deleted."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, insert, select, update

from linkage.actions import Action
from linkage.desk.facts import rows_of
from linkage.duty_tables import duty_note
from linkage.errors import NotAllowed, Raced
from linkage.people import Actor, permit
from linkage.record import Record

LONGEST = 500


class Note(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    at: datetime
    author: str
    text: str
    struck_by: str | None
    struck_at: datetime | None


def add_note(record: Record, actor: Actor, text: str, *, at: datetime | None = None) -> int:
    permit(actor, Action.NOTE)
    said = text.replace("\0", "").strip()
    if not said:
        raise NotAllowed("备注是空的，请写上要交代的事。")
    if len(said) > LONGEST:
        raise NotAllowed(f"备注 {len(said)} 字，超过 {LONGEST} 字，请分成几条。")
    with record.write(at) as w:
        note_id = w.next_id()
        row = {"id": note_id, "at": w.at, "author": str(actor), "text": said}
        w.cx.execute(insert(duty_note).values(**row))
        w.log.add(str(actor), Action.NOTE, "本班备注", after={"note": note_id, "text": said})
        return note_id


def strike_note(record: Record, actor: Actor, note_id: int, *, at: datetime | None = None) -> None:
    """The text stays readable, with who struck it and when."""
    permit(actor, Action.NOTE)
    with record.write(at) as w:
        mine = duty_note.c
        done = w.cx.execute(
            update(duty_note)
            .where(mine.id == note_id, mine.struck_at.is_(None))
            .values(struck_by=str(actor), struck_at=w.at)
        )
        if done.rowcount != 1:
            raise Raced("这条备注已被划去，请刷新。")
        row = w.cx.execute(select(mine.text).where(mine.id == note_id)).scalar_one()
        w.log.add(
            str(actor),
            Action.NOTE,
            "划去本班备注",
            before={"note": note_id, "text": row},
            after={"note": note_id, "struck": True},
        )


def notes(cx: Connection, since: datetime) -> list[Note]:
    """Struck ones too, newest first."""
    rows = rows_of(
        cx, select(duty_note).where(duty_note.c.at > since).order_by(duty_note.c.id.desc())
    )
    return [Note(**row) for row in rows]
