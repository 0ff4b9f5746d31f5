"""Bytes of one payload → what it says. The only door through which payloads become words."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from ingest.charsets import words_of
from ingest.classified import refuse_field, refuse_mark, refuse_suspect
from ingest.dialects import CALL_TIMES, JSON_DIALECTS, JSON_LISTS, XML_DIALECTS
from ingest.forgiving import noted
from ingest.json_form import MAX_KEYS, MAX_LISTED, Form, getter, json_document, shown
from ingest.json_lists import MOST_RECORDS, lister
from ingest.local_broker import LARGEST_MESSAGE
from ingest.plain_text import plain_alert
from ingest.wrapped import documents, named, path_of_records, quoted, unwrapped
from linkage.alerts import Alert, Classified, Impostor, Unreadable
from linkage.intake.arrivals import Part, Several
from linkage.sources import Source

MAX_BYTES = LARGEST_MESSAGE  # what the broker takes, we read
# A sender's clock may be this far ahead; beyond it our own clock places the event.
AHEAD = timedelta(minutes=5)
# Nobody reports an event of last year as an alert: a clock that lost its battery says so.
LONG_AGO = timedelta(days=365)
_NOW = timedelta(0)

# An escape that is not itself escaped: \\u0000 is a backslash and five characters.
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")

# The payload as text, the same in UTF-8, and what was taken out on the way.
Words = tuple[str, bytes, list[str]]
Read = Callable[[str, bytes], Alert | Several]
ReadForm = Callable[[Form], Alert | Several]
_readers: dict[Source, Read] = {}


def read_alert(payload: bytes, source: Source, received_at: datetime) -> Alert | Several:
    """What the payload says; `Several` where it holds a list, an envelope, or no alert at all.

    Raises `Unreadable` (and nothing else) with a reason for the officer; `Classified` where the
    payload is marked 涉密, and then the reason holds none of its text.
    """
    try:
        text, raw, notes = _words(payload, source)
        said = (_readers.get(source) or _reader(source))(text, raw)
        if type(said) is Alert:
            return _as_kept(said, notes, received_at)
    except Unreadable as refused:
        why = refused
    else:
        return _several(said, payload, source, notes, received_at)
    # Outside the handler: a secret must not hang on a refusal as its context either.
    refuse_suspect(payload, source)
    raise why


def _as_kept(alert: Alert, notes: list[str], received_at: datetime) -> Alert:
    alert = plain_alert(alert)
    if notes:
        alert = noted(alert, notes)
    age = received_at - alert.occurred_at
    return alert if _NOW <= age <= LONG_AGO else _by_our_clock(alert, received_at, age)


def _several(
    said: Alert | Several, payload: bytes, source: Source, notes: list[str], received_at: datetime
) -> Several:
    parts = said.parts if isinstance(said, Several) else (said,)
    if any(isinstance(part, Unreadable) for part in parts):
        refuse_suspect(payload, source)
    kept = [
        _as_kept(part, notes, received_at) if isinstance(part, Alert) else part for part in parts
    ]
    return Several(tuple(kept))


def _words(payload: bytes, source: Source) -> Words:
    if len(payload) > MAX_BYTES:
        raise Unreadable(f"报文 {len(payload)} 字节，超过 {MAX_BYTES} 字节的上限")
    text = words_of(payload, source)
    if source.charset != "utf-8":
        payload = text.encode()
    if text[:1] == "\ufeff":
        text = text[1:]
        payload = text.encode()
    notes: list[str] = []
    if text[-1:] == "\0":
        # What a program in C sends with the end of its buffer.
        sent, text = len(text), text.rstrip("\0")
        payload = text.encode()
        notes.append(f"报文末尾有 {sent - len(text)} 个空字节，已去掉")
    if not text or text.isspace():
        raise Unreadable("空报文")
    refuse_mark(text)
    if "\\" in text and "\\u0000" in text:
        # PostgreSQL stores no NUL and SQLite does: taken out, so that both hold the same.
        text, count = _NUL.subn(r"\1", text)
        if count:
            payload = text.encode()
            notes.append(f"报文含 {count} 个空字符（NUL），已去掉")
    return text, payload, notes


def _reader(source: Source) -> Read:
    """How this source is read, worked out once."""
    if source.dialect in XML_DIALECTS:
        read = _xml_reader(source, source.dialect)
    else:
        read = _json_reader(source)
        if source.dialect_xml is not None:
            read = _either(read, _xml_reader(source, source.dialect_xml))
    _readers[source] = read
    return read


def forget(sources: Iterable[Source]) -> None:
    """These are no longer in use: tables that were tried out, or replaced."""
    for source in sources:
        _readers.pop(source, None)


def _either(json: Read, xml: Read) -> Read:
    return lambda text, raw: (xml if text.lstrip().startswith("<") else json)(text, raw)


def _xml_reader(source: Source, dialect: str) -> Read:
    read_text = XML_DIALECTS[dialect](source)
    return lambda text, _: read_text(text)


def _json_reader(source: Source) -> Read:
    read_form = JSON_DIALECTS[source.dialect](source)
    secret = source.classified
    # A mark of secrecy counts in whatever case a system writes its name.
    marks = [getter(n) for n in {secret, secret.lower(), secret.upper()}] if secret else []

    def check(form: Form) -> None:
        for mark in marks:
            refuse_field(mark(form), secret)
        if "source_id" in form or "source" in form:
            _refuse_other(form, source)

    time = CALL_TIMES.get(source.dialect)
    if time is not None:
        read_form = _in_their_case(read_form, time)
    lists = (source.records,) if source.records else JSON_LISTS.get(source.dialect, ())
    read_list = lister(lists, check, read_form, needed=source.records is not None)
    most_keys = MAX_LISTED if lists else MAX_KEYS
    # A record without this is none: then it may lie inside something.
    needed = time if time is not None or source.readings else _first_of(source)

    def read(text: str, raw: bytes) -> Alert | Several:
        try:
            form = json_document(raw, most_keys)
        except Unreadable as refused:
            why = refused
        else:
            if lists or type(form) is not dict:
                return read_list(form)
            check(form)
            if needed is not None and needed not in form:
                records = unwrapped(form, needed)
                if records is not None and time is not None:
                    return read_list(records)
                _refuse_wrapped(form, needed, source)
            return read_form(form)
        inside = quoted(text)
        if inside is not None:
            return read(inside, inside.encode())
        return _one_by_one(text, why, read)

    return read


def _first_of(source: Source) -> str | None:
    path = source.fields.get("occurred_at")
    return path and path.partition(".")[0]


def _refuse_wrapped(form: Form, needed: str, source: Source) -> None:
    """A field map says where its records are; what lies elsewhere is named, not guessed."""
    path = path_of_records(form, needed)
    if path:
        where = f'sources.toml [[source]] "{source.id}"'
        reason = f"{needed}：不在报文的最外层，在“{path}”之下，请在 {where} 写 records = "
        raise Unreadable(f'{reason}"{path}"', needed)


def _in_their_case(read: ReadForm, time: str) -> ReadForm:
    return lambda form: read(form if time in form else named(form, time))


def _one_by_one(text: str, why: Unreadable, read: Read) -> Several:
    """Documents that stand one behind the other: what is whole is read, each by itself."""
    pieces = documents(text, MOST_RECORDS)
    if pieces is None:
        raise why
    parts: list[Part | Unreadable] = []
    at = 0
    for piece in pieces:
        at = text.index(piece, at)
        try:
            said = read(piece, piece.encode())
        except (Classified, Impostor):
            raise
        except Unreadable as wrong:
            begins = len(text[:at].encode()) + 1
            parts.append(Unreadable(f"报文第 {begins} 字节起的一条：{wrong.reason}", wrong.field))
        else:
            parts += said.parts if isinstance(said, Several) else [said]
        at += len(piece)
    return Several(tuple(parts))


def _refuse_other(form: Form, source: Source) -> None:
    """The topic says who speaks; a payload that names another system is not believed."""
    for key in ("source_id", "source"):
        claimed = form.get(key)
        if type(claimed) is not str or claimed in {"", source.id}:
            continue
        if key == "source_id" or claimed in source.others:
            raise Impostor(shown(claimed), source.id, key)


def _by_our_clock(alert: Alert, received_at: datetime, age: timedelta) -> Alert:
    """An event cannot be later than its report, nor years before: the stated time stays a fact."""
    if alert.is_warning or -AHEAD <= age <= LONG_AGO:
        return alert
    off = int(age.total_seconds())
    wrong = {"clock_ahead_s": -off} if off < 0 else {"clock_behind_s": off}
    facts = {**alert.facts, "stated_at": alert.occurred_at.isoformat(), **wrong}
    return replace(alert, occurred_at=received_at, facts=facts)
