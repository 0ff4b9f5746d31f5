"""A rule of the house that every act of every test is held to: what a person does leaves one entry
on each thing that it concerned, and the entry says how it was before or how it is after."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

import pytest

from linkage.actions import Action
from linkage.log import Entry
from linkage.record import Writing

_ACTIONS = frozenset(Action)
# What is nobody's act by itself: done by the rule, beside what a person did.
_NOBODY = ("rule", "source:", "agency:")
# What has no column of its own in the log stands in the entry under these names.
_NAMED = (
    *("agency", "agency_id", "booking", "clock", "deviation", "entry", "message", "need"),
    *("notice", "number", "public_warning", "report"),
)


def wrongs(entries: Iterable[tuple[datetime, Entry]]) -> Iterator[str]:
    """What is wrong with the entries of one transaction."""
    mine = [entry for _, entry in entries if entry[1] in _ACTIONS and not _rules(entry[0])]
    for actor, action, incident_id, _, reason, before, after, _ in mine:
        if before is None and after is None:
            yield f"{action} by {actor} on {incident_id} says nothing: {reason}"
    for thing, count in Counter(_thing(entry) for entry in mine).items():
        if count > 1:
            yield f"{count} entries of one act on one thing: {thing}"


def _rules(actor: str) -> bool:
    return actor.startswith(_NOBODY)


def _thing(entry: Entry) -> tuple[object, ...]:
    actor, action, incident_id, assignment_id, _, before, after, _ = entry
    told: dict[str, object] = {}
    for text in (before, after):
        value = json.loads(text or "{}")
        told |= value if isinstance(value, dict) else {"": value}
    named = tuple(str(told.get(name)) for name in _NAMED)
    # A merge changes an incident and the response that stands in it: different fields.
    return actor, action, incident_id, assignment_id, named, frozenset(told)


@pytest.fixture(scope="session", autouse=True)
def one_entry_an_act() -> Iterator[None]:
    finish = Writing.finish

    def finished(self: Writing) -> None:
        finish(self)
        assert not (found := list(wrongs(self.log.entries))), found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Writing, "finish", finished)
        yield
