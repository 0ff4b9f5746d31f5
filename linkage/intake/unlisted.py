"""Codes that sources.toml does not have: the call is taken in by the coarser code beside it, and
the office sees, once for each code, which line the table lacks.
"""

from collections.abc import Collection, Mapping

import msgspec

from linkage.alerts import UNLISTED, Alert
from linkage.own_state import ServiceState, read_service, set_service
from linkage.record import Record, Writing

CODES = "unlisted"  # the name it has among what our own processes say
MOST = 100  # of a source: one that sends words of its own in place of codes fills no screen
_BY, _END = "，按 ", " 接收"


class Unlisted(msgspec.Struct, frozen=True, order=True):
    """`parent`: the code that counted instead. `field`: where theirs stood."""

    code: str
    parent: str
    field: str


Codes = dict[str, list[Unlisted]]  # by source


def in_words(one: Unlisted) -> str:
    """As an alert carries it among its facts."""
    return f"{one.field}：{one.code}{_BY}{one.parent}{_END}"


def of_alert(alert: Alert) -> Unlisted:
    """Of one that has the fact UNLISTED."""
    field, said = alert.facts[UNLISTED].split("：", 1)
    code, parent = said.removesuffix(_END).rsplit(_BY, 1)
    return Unlisted(code, parent, field)


def unlisted(state: ServiceState | None) -> Codes:
    return msgspec.convert(state.detail, Codes) if state else {}


def note_unlisted(w: Writing, fresh: Mapping[str, Collection[Unlisted]]) -> None:
    codes = unlisted(read_service(w.cx, CODES))
    for source_id, found in fresh.items():
        known = {one.code: one for one in (*found, *codes.get(source_id, ()))}
        codes[source_id] = sorted(known.values())[:MOST]
    set_service(w, CODES, w.at, msgspec.to_builtins(codes))


def strike_listed(record: Record, tables: Mapping[str, Collection[str]]) -> None:
    """Take away what the tables now have. `tables`: the codes of each source."""
    with record.read() as cx:
        codes = unlisted(read_service(cx, CODES))
    if _without(codes, tables) == codes:
        return
    with record.write() as w:
        codes = unlisted(read_service(w.cx, CODES))
        set_service(w, CODES, w.at, msgspec.to_builtins(_without(codes, tables)))


def _without(codes: Codes, tables: Mapping[str, Collection[str]]) -> Codes:
    left = {
        source_id: [one for one in found if one.code not in tables[source_id]]
        for source_id, found in codes.items()
        if source_id in tables
    }
    return {source_id: found for source_id, found in left.items() if found}
