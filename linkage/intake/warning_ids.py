"""The number of a warning in its several forms. Pure.

`ZZZZZZDDDUUUXX_YYYYMMDDhhmmss_N`: division, agency, unit, extension, time, serial. The number on
a message often lacks the serial that a later message names it with, or the other way about; older
platforms write eleven digits for the sender, without the unit. One message that warns of several
things is kept as so many warnings: `… #2`, `… #3` (no number of a message holds a blank).
"""

import re
from typing import NamedTuple

MOST_PARTS = 9
_UNIT = "000"  # the only one seen
_FORM = re.compile(r"([0-9]{9})([0-9]{3})?([0-9]{2})_([0-9]{14})(?:_([0-9]))?")


class _Number(NamedTuple):
    head: str  # division and agency
    unit: str | None
    extension: str
    time: str
    serial: str | None

    def written(self, unit: str | None, serial: str | None) -> str:
        tail = "" if serial is None else f"_{serial}"
        return f"{self.head}{unit or ''}{self.extension}_{self.time}{tail}"


def part(ref: str, number: int) -> str:
    """The number of the `number`th warning of one message; the first keeps that of the message."""
    return ref if number == 1 else f"{ref} #{number}"


def message_of(ref: str) -> str:
    """The number of the message that a warning came in."""
    return ref.partition(" #")[0]


def forms(ref: str) -> list[str]:
    """Every way in which the same number may be written, the given one first."""
    number = _read(ref)
    if number is None:
        return [ref]
    units = [number.unit, None] if number.unit else [None, _UNIT]
    serials = [None, *"0123456789"] if number.serial is None else [number.serial, None]
    piece = ref[len(message_of(ref)) :]
    return [number.written(unit, serial) + piece for unit in units for serial in serials]


def parts(ref: str) -> list[str]:
    """Every warning that a message of this number may have brought."""
    return [part(form, n) for form in forms(ref) for n in range(1, MOST_PARTS + 1)]


def meant(ref: str, found: list[str]) -> list[str]:
    """Which of the `found` numbers `ref` names.

    Without a serial it may fit several messages of one second. Then only its very own form
    counts: to end a warning that stands is worse than to let one run out.
    """
    number = _read(ref)
    if number is not None and number.serial is None:
        serials = {n.serial for n in map(_read, found) if n is not None and n.serial is not None}
        if len(serials) > 1:
            return [one for one in found if message_of(one) in _bare(number)]
    return found


def _bare(number: _Number) -> set[str]:
    return {number.written(unit, None) for unit in (None, number.unit or _UNIT)}


def _read(ref: str) -> _Number | None:
    match = _FORM.fullmatch(message_of(ref))
    return _Number(*match.groups()) if match else None
