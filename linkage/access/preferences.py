"""What each person prefers: layers, filters, language. Not worth a line in the log."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select, update

from linkage.access_tables import preference
from linkage.errors import NotAllowed
from linkage.log import as_json
from linkage.record import Record

# A list of layers and filters; what is longer is a mistake.
LONGEST = 10_000


def read_preference(record: Record, account_id: int, name: str) -> Any:
    """Plain JSON value; None where nothing is kept."""
    with record.read() as cx:
        value = cx.execute(select(preference.c.value).where(*_mine(account_id, name))).scalar()
    return None if value is None else msgspec.json.decode(value)


def keep_preference(
    record: Record, account_id: int, name: str, value: Any, *, at: datetime | None = None
) -> None:
    """Raises NotAllowed where it is longer than a preference can be."""
    text = as_json(value)
    if len(text) > LONGEST or len(name) > 40:
        raise NotAllowed("个人设置太长，没有保存。")
    with record.write(at) as w:
        done = w.cx.execute(
            update(preference).where(*_mine(account_id, name)).values(value=text, changed_at=w.at)
        )
        if done.rowcount == 0:
            row = {"id": w.next_id(), "account_id": account_id, "name": name}
            w.cx.execute(preference.insert().values(**row, value=text, changed_at=w.at))


def _mine(account_id: int, name: str) -> tuple[Any, Any]:
    return preference.c.account_id == account_id, preference.c.name == name
