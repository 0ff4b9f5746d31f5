"""A field that cannot be read does not cost the call: it is left out, and a note says so.

A dialect names what it cannot do without. Anything else that is refused is taken out of the
payload and the payload is read again, so that good payloads pay nothing for this.
"""

from collections.abc import Callable
from copy import deepcopy
from hashlib import blake2b
from typing import Any, NamedTuple

from msgspec.structs import replace

from ingest.json_form import Form, shown
from ingest.letters import plain
from linkage.alerts import NOTES, Alert, Classified, Unreadable
from linkage.kinds import Kind
from linkage.log import as_json
from linkage.source_tables import KindRule

MOST_NOTES = 20  # a payload with more wrong fields than this is not what was agreed
NUMBERLESS = "无编号-"


class Needs(NamedTuple):
    """What a dialect cannot do without, by their names for the fields.

    A call for help is taken with its time alone: where `call_ref` and `call_kinds` are given, a
    number that is no number is replaced by one made of the content, a kind that no table knows by
    其他, and the note says which line the table lacks.
    """

    fields: frozenset[str]
    personal: frozenset[str] = frozenset()  # what stands there is quoted in no note
    call_ref: str | None = None
    call_kinds: tuple[str, ...] = ()


class Mended(Unreadable):
    """Not as agreed, and yet it can mean one thing only: read `instead` in its place."""

    def __init__(self, reason: str, field: str, instead: object, taken_as: str) -> None:
        super().__init__(reason, field)
        self.instead, self.taken_as = instead, taken_as


def forgiving(read: Callable[[Form], Alert], needs: Needs) -> Callable[[Form], Alert]:
    """`read`, and once more without what it could not read. Raises Unreadable as `read` does."""

    def read_on(form: Form) -> Alert:
        try:
            return read(form)
        except Unreadable as refused:
            why = refused
        return _again(form, why, read, needs)

    return read_on


def noted(alert: Alert, notes: list[str]) -> Alert:
    """The alert with what an officer must know of its reading."""
    facts = {**alert.facts, NOTES: [*alert.facts.get(NOTES, ()), *map(plain, notes)]}
    return replace(alert, facts=facts)


def _again(form: Form, why: Unreadable, read: Callable[[Form], Alert], needs: Needs) -> Alert:
    number = content_number(form)
    form = deepcopy(form)
    notes: list[str] = []
    touched: set[tuple[str | None, object]] = set()
    while True:
        key, instead, note = _instead(why, needs, form, number)
        # The same field twice: leaving it out did not help.
        if key is None or (key, type(instead)) in touched or len(notes) == MOST_NOTES:
            raise why
        touched.add((key, type(instead)))
        _put(form, key, instead)
        notes.append(note)
        try:
            return noted(read(form), notes)
        except Unreadable as refused:
            why = refused


def _instead(
    why: Unreadable, needs: Needs, form: Form, number: str
) -> tuple[str | None, object, str]:
    """Which field to read anew, what stands there then, and what the officer is told."""
    key, reason = why.field, why.reason
    if key is None or isinstance(why, Classified):
        return None, None, reason
    if isinstance(why, Mended):
        return key, why.instead, f"{reason}；{why.taken_as}"
    if key == needs.call_ref:
        return key, number, f"{reason}；已按内容编为 {number}，后续报文不能据此归并"
    if key in needs.call_kinds:
        theirs = form.get(key)
        word = f"{Kind.OTHER.label}（未登记类别 {shown(theirs)}）" if theirs else Kind.OTHER.label
        rule = KindRule(Kind.OTHER, Kind.OTHER.event_code, word)
        return needs.call_kinds[0], rule, f"{reason}；先按“{Kind.OTHER.label}”接收"
    if key in needs.fields:
        return None, None, reason
    if key in needs.personal:
        reason = f"{key}：无法识别，未采用（内容见原始报文）"
    return key, None, reason


def content_number(form: object) -> str:
    """A number for a record that has none: the same content again is the same number."""
    return NUMBERLESS + blake2b(as_json(form).encode(), digest_size=8).hexdigest()


def _put(form: Form, path: str, value: object) -> None:
    """At a key or, as `json_form.getter` reads it, at a path."""
    place: Any = form
    steps = [path] if path in form else path.split(".")
    for step in steps[:-1]:
        place = place[int(step)] if type(place) is list else place[step]
    last = steps[-1]
    place[int(last) if type(place) is list else last] = value
