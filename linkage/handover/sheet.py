"""交接单: what one shift hands to the next in plain lines; its digest; what changed since. Pure.

Both sign the same digest. What happened between the two signatures is told beside it, never mixed
into what was signed.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime

import msgspec

_encode = msgspec.json.Encoder(order="sorted").encode


class Item(msgspec.Struct, frozen=True):
    """`key`: what it is about, the same as long as that is there. `urgent`: told in red."""

    key: str
    text: str
    urgent: bool = False


class Section(msgspec.Struct, frozen=True):
    title: str
    items: tuple[Item, ...]
    none: str = "无"


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """`drawn_at`: the moment it shows. `off` and `on`: who leaves and who comes, by the roster."""

    change_at: datetime
    drawn_at: datetime
    off: tuple[str, ...]
    on: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def text(self) -> str:
        """As it is kept: JSON with sorted keys."""
        return _encode(self).decode()


class Difference(msgspec.Struct, frozen=True):
    """`what`: 新增, 变为, 不再列."""

    section: str
    what: str
    text: str


def read_sheet(text: str) -> Sheet:
    return msgspec.json.decode(text, type=Sheet)


def digest(text: str) -> str:
    """Of the sheet as it is kept."""
    return hashlib.sha256(text.encode()).hexdigest()


def short(digest_: str) -> str:
    """What two people can read to each other."""
    return f"{digest_[:4]}-{digest_[4:8]}".upper()


def differences(before: Sheet, after: Sheet) -> list[Difference]:
    """What has come, changed or gone between two sheets, section by section."""
    then = {section.title: section for section in before.sections}
    return [
        one
        for section in after.sections
        for one in _differ(then.get(section.title, Section(section.title, ())), section)
    ]


def _differ(before: Section, after: Section) -> Iterator[Difference]:
    was = {item.key: item for item in before.items}
    now = {item.key: item for item in after.items}
    for key, item in now.items():
        if key not in was:
            yield Difference(after.title, "新增", item.text)
        elif was[key].text != item.text:
            yield Difference(after.title, "变为", item.text)
    for key, item in was.items():
        if key not in now:
            yield Difference(after.title, "不再列", item.text)
