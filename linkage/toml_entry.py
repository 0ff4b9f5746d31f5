"""One [[table]] of a TOML file read key by key: what is wrong is said with place and remedy."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Any, NoReturn

from linkage.errors import BadConfig


def one_of(wrong: object, allowed: Iterable[str]) -> str:
    """What would be right: every allowed word, and the nearest to what was written."""
    words = list(allowed)
    near = get_close_matches(str(wrong), words, n=1)
    guess = f"，是否想写 {near[0]}" if near else ""
    return f"可用：{'、'.join(words)}{guess}"


class Entry:
    """One [[table]] of a file, read key by key; what nobody read is not known.

    `kind` is the name of the table, so that a message points at the entry.
    """

    def __init__(self, file: str, kind: str, number: int, table: dict[str, Any]) -> None:
        self.file, self.kind, self.table = file, kind, table
        name = table.get("id")
        named = isinstance(name, str)
        self.label = f'[[{kind}]] "{name}"' if named else f"第 {number} 个 [[{kind}]]"
        self.read: list[str] = []

    def refuse(self, key: str, wrong: str, remedy: str) -> NoReturn:
        raise BadConfig(self.file, f"{self.label} {key}", wrong, remedy)

    def text(self, key: str, default: str | None = None) -> str:
        self.read.append(key)
        value = self.table.get(key, default)
        if value is None:
            self.refuse(key, "缺少此项", f'请补上 {key} = "…"')
        if not isinstance(value, str) or not value.strip() or len(value) > 200:
            self.refuse(key, f"{value!r} 不是有内容的文字", f'请写成 {key} = "…"')
        return value

    def choice(self, key: str, allowed: Collection[str], default: str | None = None) -> str:
        value = self.text(key, default)
        if value not in allowed:
            self.refuse(key, f'"{value}" 不在允许范围', one_of(value, allowed))
        return value

    def words(self, key: str) -> dict[str, Any]:
        """A table of theirs → ours; empty where it is not given."""
        self.read.append(key)
        value = self.table.get(key, {})
        if not isinstance(value, dict):
            self.refuse(key, f"{value!r} 不是表", f"请写成 [{self.kind}.{key}]")
        return value

    def finish(self) -> None:
        for key in self.table:
            if key not in self.read:
                self.refuse(key, "不认识的项", one_of(key, self.read))
