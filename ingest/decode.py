"""Bytes of one payload → one `Alert`. The only door through which payloads become words."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from ingest.classified import refuse_field, refuse_mark, refuse_suspect
from ingest.dialects import JSON_DIALECTS, XML_DIALECTS
from ingest.json_form import Form, getter, json_object, shown
from linkage.alerts import Alert, Unreadable
from linkage.sources import Source

MAX_BYTES = 262_144  # also the broker's message_size_limit
# A sender's clock may be this far ahead; beyond it our own clock places the event.
AHEAD = timedelta(minutes=5)

# An escape that is not itself escaped: \\u0000 is a backslash and five characters.
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")

# The payload as text, and the same in UTF-8.
Words = tuple[str, bytes]
Read = Callable[[str, bytes], Alert]
_readers: dict[Source, Read] = {}


def read_alert(payload: bytes, source: Source, received_at: datetime) -> Alert:
    """What the payload says.

    Raises `Unreadable` (and nothing else) with a reason for the officer; `Classified` where the
    payload is marked 涉密, and then the reason holds none of its text.
    """
    try:
        alert = (_readers.get(source) or _reader(source))(*_words(payload, source))
    except Unreadable as refused:
        why = refused
    else:
        if alert.occurred_at > received_at and not alert.is_warning:
            return _by_our_clock(alert, received_at)
        return alert
    # Outside the handler: a secret must not hang on a refusal as its context either.
    refuse_suspect(payload, source)
    raise why


def _words(payload: bytes, source: Source) -> Words:
    if len(payload) > MAX_BYTES:
        raise Unreadable(f"报文 {len(payload)} 字节，超过 {MAX_BYTES} 字节的上限")
    try:
        text = payload.decode(source.charset)
    except UnicodeDecodeError as why:
        reason = f"报文第 {why.start + 1} 字节不是约定的 {source.charset} 编码"
        raise Unreadable(f"{reason}，请核对 sources.toml 的 charset") from None
    if source.charset != "utf-8":
        if source.charset == "gb18030" and not payload.isascii():
            _refuse_utf8(payload)
        payload = text.encode()
    if text[:1] == "\ufeff":
        text = text[1:]
        payload = text.encode()
    if not text or text.isspace():
        raise Unreadable("空报文")
    refuse_mark(text)
    if "\\" in text and "\\u0000" in text:
        # PostgreSQL stores no NUL and SQLite does: taken out, so that both hold the same.
        text = _NUL.sub(r"\1", text)
        payload = text.encode()
    return text, payload


def _refuse_utf8(payload: bytes) -> None:
    """Most UTF-8 text decodes as GB18030 too, into other words; real GB18030 is seldom UTF-8."""
    try:
        words = payload.decode("utf-8")
    except UnicodeDecodeError:
        return
    # Two or three characters may be both by chance, as 联通 is.
    if sum(not letter.isascii() for letter in words) > 4:
        reason = "报文是 utf-8 编码，约定的是 gb18030"
        raise Unreadable(f"{reason}，请核对 sources.toml 的 charset")


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

    def read(_: str, raw: bytes) -> Alert:
        form = json_object(raw)
        for mark in marks:
            refuse_field(mark(form), secret)
        if "source_id" in form or "source" in form:
def forget(sources: Iterable[Source]) -> None:
    """These are no longer in use: tables that were tried out, or replaced."""
    for source in sources:
        _readers.pop(source, None)


            _refuse_other(form, source)
        return read_form(form)

    return read


def _refuse_other(form: Form, source: Source) -> None:
    """The topic says who speaks; a payload that names another system is not believed."""
    for key in ("source_id", "source"):
        claimed = form.get(key)
        if type(claimed) is not str or claimed in {"", source.id}:
            continue
        if key == "source_id" or claimed in source.others:
            reason = f"{key}：报文自称来自 {shown(claimed)}，主题属于 {source.id}，来源不符"
            raise Unreadable(reason, key)


def _by_our_clock(alert: Alert, received_at: datetime) -> Alert:
    """An event cannot be later than its report: the stated time stays as a fact."""
    ahead = alert.occurred_at - received_at
    if ahead <= AHEAD:
        return alert
    stated = {
        "stated_at": alert.occurred_at.isoformat(),
        "clock_ahead_s": int(ahead.total_seconds()),
    }
    facts = {**alert.facts, **stated}
    return replace(alert, occurred_at=received_at, facts=facts)
