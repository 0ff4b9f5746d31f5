"""Breaking Chinese text into lines of a width: no line begins with 。 or ends with （. Pure."""

import re
from collections.abc import Callable, Iterator

# What may not begin a line, and what may not end one (中文排版: 避头尾).
_NOT_FIRST = frozenset("，。、；：？！）》〉】〕”’%％℃°,.;:?!)]}…—")
_NOT_LAST = frozenset("（《〈【〔“‘([{")
# A word of letters and digits stays whole; everything else may be parted anywhere.
_PIECE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:+\-]*|\s|.", re.DOTALL)


def lines_of(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """`text` in lines no wider than `width`, as `measure` says how wide a piece is."""
    return [line for paragraph in text.split("\n") for line in _lines(paragraph, width, measure)]


def _lines(text: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    line, taken = "", 0.0
    for piece in _pieces(text, width, measure):
        wide = measure(piece)
        # Two marks may stand out into the margin (。”), sooner than at the head of the next line.
        hangs = piece in _NOT_FIRST and taken + wide <= width + 2 * wide
        if line and taken + wide > width and not hangs:
            keep = line
            while len(keep) > 1 and keep[-1] in _NOT_LAST:
                keep = keep[:-1]
            yield keep.rstrip()
            line = line[len(keep) :]
            taken = measure(line)
            if piece.isspace():
                continue
        line += piece
        taken += wide
    yield line


def _pieces(text: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    for piece in _PIECE.findall(text):
        if measure(piece) <= width:
            yield piece
        else:
            yield from piece  # a word longer than a line is parted after all
