"""A printed document as plain blocks, before it becomes PDF or Word. Pure."""

import unicodedata
from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec


class Heading(msgspec.Struct, frozen=True):
    """A line in the heavier face, as 一、二、三 stand in an official document."""

    text: str


class Line(msgspec.Struct, frozen=True):
    """A paragraph. `indent`: two characters in, as Chinese running text is set."""

    text: str
    align: Literal["left", "center", "right"] = "left"
    indent: bool = False


class Pairs(msgspec.Struct, frozen=True):
    """Label and value in two ruled columns: a form."""

    rows: Sequence[tuple[str, str]]


class Grid(msgspec.Struct, frozen=True):
    """A ruled table with heads. `widths`: shares of the page, even if not given."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float] = ()


class Rule(msgspec.Struct, frozen=True):
    """A line across the page."""

    red: bool = False


class Sides(msgspec.Struct, frozen=True):
    """Two texts on one line, one at each margin: number and signer."""

    left: str
    right: str


class Banner(msgspec.Struct, frozen=True):
    """The large red name of who issues the document (红头)."""

    text: str


Block: TypeAlias = Heading | Line | Pairs | Grid | Rule | Sides | Banner


def printable(text: str) -> str:
    """`text` without what no document can hold: control and invisible characters, half characters.

    Text from outside comes through here; a zero byte or a change of writing direction in it must
    neither stop the document nor say something else than it reads.
    """
    kept = (" " if c == "\t" else c for c in text.replace("\r\n", "\n"))
    return "".join(
        c for c in kept if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Cn"}
    )
