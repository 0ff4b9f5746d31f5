"""What systems put around a record: an envelope, names in another case, documents in one payload.

Looked at only where a payload is not what was agreed, so that good ones pay nothing. Whether what
is found is a record is told by a field that no record is without: its time.
"""

import json
from collections.abc import Iterator
from typing import Any

from ingest.json_form import Form, json_document
from linkage.alerts import Unreadable

_DEEP = 4
_BETWEEN = " \t\r\n\x1e"  # RFC 7464 puts a record separator before each
_decode = json.JSONDecoder().raw_decode


def documents(text: str, most: int) -> list[str] | None:
    """JSON objects that stand one behind the other, the last perhaps cut; None: it is not so."""
    found: list[str] = []
    at = 0
    while True:
        while at < len(text) and text[at] in _BETWEEN:
            at += 1
        if at == len(text):
            break
        if text[at] != "{" or len(found) > most:
            return None
        end = _end(text, at)
        if end is None:
            found.append(text[at:])
            break
        found.append(text[at:end])
        at = end
    return found if len(found) > 1 else None


def _end(text: str, at: int) -> int | None:
    try:
        return _decode(text, at)[1]
    except (ValueError, RecursionError):
        return None


def quoted(text: str) -> str | None:
    """The document inside a document that is but one text; None where it is not so."""
    if text[:1] != '"':
        return None
    try:
        inside = json.loads(text)
        inside.encode()  # half a pair of surrogates is no text
    except (ValueError, RecursionError):
        return None
    return inside if inside.lstrip()[:1] in {"{", "["} else None


def named(form: Form, needed: str) -> Form:
    """The record with its names in the case of `needed`; itself where it has that name."""
    if needed in form or not any(name.lower() == needed.lower() for name in form):
        return form
    return {name.upper() if needed.isupper() else name.lower(): form[name] for name in form}


def unwrapped(form: Form, needed: str) -> list[Any] | None:
    """The records in an envelope that itself has no field `needed`; None where there are none."""
    return next((records for _, records in _inside(form, needed, "", _DEEP)), None)


def path_of_records(form: Form, needed: str) -> str | None:
    """Where they stand, as `records` in sources.toml names it."""
    return next((path for path, _ in _inside(form, needed, "", _DEEP) if path), None)


def _inside(
    value: object, needed: str, path: str | None, deep: int
) -> Iterator[tuple[str | None, list[Any]]]:
    """`path`: "" of the document itself, None of what no path leads to: JSON as a text in JSON."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        value, path = _parsed(value), None
    if isinstance(value, list):
        if any(isinstance(one, dict) and _has(one, needed) for one in value):
            yield path, value
    elif isinstance(value, dict):
        if path != "" and _has(value, needed):
            yield path, [value]
        elif deep:
            for name, inner in value.items():
                below = None if path is None else f"{path}.{name}".lstrip(".")
                yield from _inside(inner, needed, below, deep - 1)


def _has(form: Form, needed: str) -> bool:
    return needed in form or any(name.lower() == needed.lower() for name in form)


def _parsed(text: str) -> object:
    try:
        return json_document(text.encode())
    except (Unreadable, UnicodeEncodeError):
        return None
