"""A message whose contract is ours → its fields: UTF-8 JSON in our names, times with an offset.

It is read strictly; what is refused says which field, what it held and what it should hold.
"""

from datetime import datetime

from ingest.classified import refuse_field, refuse_mark
from ingest.fields import text
from ingest.json_form import Form, json_object, shown
from ingest.letters import plain_within
from ingest.local_time import with_offset
from linkage.alerts import Impostor, Unreadable

MAX_BYTES = 65_536
_SECRET = ("classified", "SFBM", "sfbm")


def contract_form(payload: bytes, speaker: str, identity: tuple[str, ...]) -> Form:
    """`speaker`: who may speak on this topic; `identity`: the fields that may say so too. Raises
    Unreadable, Classified, Impostor."""
    if len(payload) > MAX_BYTES:
        raise Unreadable(f"报文 {len(payload)} 字节，超过 {MAX_BYTES} 字节的上限")
    # The look for a secret comes first: what cannot be read must not carry one into the record.
    refuse_mark(payload.decode("utf-8", errors="ignore"))
    try:
        words = payload.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as why:
        raise Unreadable(f"报文第 {why.start + 1} 字节不是 UTF-8，请改用 UTF-8") from None
    if not words.strip():
        raise Unreadable("空报文")
    form = json_object(words.encode())
    for key in _SECRET:
        refuse_field(form.get(key), key)
    for key in identity:
        claimed = form.get(key)
        if not absent(claimed) and claimed != speaker:
            raise Impostor(shown(claimed), speaker, key)
    return form


def moment(form: Form, key: str) -> datetime | None:
    value = form.get(key)
    return None if absent(value) else with_offset(value, key)


def short_text(form: Form, key: str, limit: int) -> str:
    return plain_within(text(form, key, limit), limit)


def absent(value: object) -> bool:
    return value is None or value == ""
