"""One element of a CAP message and its children, by their names in CAP."""

import re
from html import unescape
from typing import Any
from xml.etree.ElementTree import Element

from ingest.fields import LINE
from ingest.json_form import shown
from ingest.xml_form import local_name
from linkage.alerts import Unreadable

_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)
# From where a run of blanks begins only: else a long one is tried from each of its blanks.
_BLANKS = re.compile(r"(?<![ \t\u3000])[ \t\u3000]*\n\s*")


class Block:
    """A child counts in the namespace of its parent only."""

    def __init__(self, element: Element) -> None:
        self.element = element
        self.space = str(element.tag)[: str(element.tag).rfind("}") + 1]

    def find(self, name: str) -> str:
        """The text of the first child of that name; "" where there is none."""
        return (self.element.findtext(self.space + name) or "").strip()

    def line(self, name: str) -> str:
        """As `find`, on one line and cut."""
        return " ".join(_told(self.find(name)).split())[:LINE]

    def lines(self, name: str) -> str:
        """As `find`, without the markup that some systems write into their words."""
        return _BLANKS.sub("\n", _told(self.find(name)))

    def need(self, *names: str) -> None:
        """Raise `Unreadable` that names every one of these that is missing or empty."""
        missing = [name for name in names if not self.find(name)]
        if missing and self.element.find(missing[0]) is not None:
            reason = f"{missing[0]}：不在 {local_name(self.element)} 的命名空间内"
            raise Unreadable(f"{reason}，请对方给子元素写上 xmlns 或前缀", missing[0])
        if missing:
            raise Unreadable(f"{'、'.join(missing)}：CAP 必备元素缺失", missing[0])

    def choice(self, name: str, allowed: dict[str, Any]) -> Any:
        found = self.find(name)
        if found not in allowed:
            right = "、".join(allowed)
            raise Unreadable(f"{name}：{shown(found)} 不接收，应为 {right}", name)
        return allowed[found]

    def blocks(self, name: str) -> list["Block"]:
        return [Block(child) for child in self.element.findall(self.space + name)]

    def texts(self, name: str) -> list[str]:
        """Of every such child that is not empty: some systems write `<polygon/>` for none."""
        found = (child.text or "" for child in self.element.findall(self.space + name))
        return [text.strip() for text in found if text and not text.isspace()]

    def pairs(self, name: str) -> list[tuple[str, str]]:
        """valueName and value of every such child."""
        return [(b.find("valueName"), b.find("value")) for b in self.blocks(name)]


def _told(text: str) -> str:
    """`&lt;br /&gt;` and the like, escaped once too often, as what was meant."""
    if "&" in text:
        text = unescape(text)
    return _BREAK.sub("\n", text) if "<" in text else text
