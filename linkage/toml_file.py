"""Our TOML files state facts. A bad one stops the start, and says where and what to do."""

import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from linkage.errors import BadConfig

T = TypeVar("T", bound=msgspec.Struct)

# What msgspec says, and what the operator reads.
_SAYINGS = (
    (re.compile(r"missing required field `(\w+)`"), "缺少 {0}", "补上 {0}"),
    (re.compile(r"unknown field `(\w+)`"), "不认识的项 {0}", "改正拼写或删去 {0}"),
    (re.compile(r"Invalid enum value (.+?) - at `key` in `\$\.?(.*)`"), "{1} 里没有 {0} 一项", ""),
    (re.compile(r"Invalid enum value (.+?) - at `\$\.?(.*)`"), "{1} 的值 {0} 不存在", ""),
    (re.compile(r"Expected (.+?)(?:, got (.+?))? - at `\$\.?(.*)`"), "{2} 写成了 {1}", "应为 {0}"),
)


def read_toml(path: Path) -> dict[str, Any]:
    """The file as plain values. Raises BadConfig when it is not there or is no TOML."""
    return parse_toml(path, read_text(path))


def read_text(path: Path) -> str:
    """Raises BadConfig when it is not there or is no UTF-8."""
    try:
        # Some editors put a byte-order mark before the text: it says nothing.
        return path.read_text(encoding="utf-8-sig")
    except OSError as why:
        raise BadConfig(
            path.name, "文件", f"无法读取（{why.strerror}）", f"请把它放在 {path}"
        ) from why
    except UnicodeDecodeError as why:
        raise BadConfig(path.name, "文件", "不是 UTF-8 文本", "请另存为 UTF-8") from why


def parse_toml(path: Path, text: str) -> dict[str, Any]:
    """Plain values of a file's text. Raises BadConfig."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as why:
        where, wrong = _syntax(str(why), text)
        raise BadConfig(path.name, where, f"TOML 语法错误：{wrong}", "请改正这一行") from why


# What the parser says → what is wrong with the line.
_SYNTAX = (
    ("Cannot overwrite a value", "这一项前面已经写过"),
    ("Cannot declare", "这张表前面已经写过"),
    ("Cannot mutate immutable", "这一项前面已经写成了别的"),
    ("Expected '=' after a key", "名称后面应是英文等号 ="),
    ("Illegal character", "引号没有闭合，或有不可见的字符"),
    ("Invalid value", "等号右边不合语法：文字要放在英文引号里"),
    ("Invalid statement", "行首不合语法：名称中有中文或符号时要放在英文引号里"),
    ("Expected ']", "方括号没有闭合"),
    ("Unclosed", "括号没有闭合"),
    ("Unescaped", "引号里的反斜杠要写两个"),
)
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def _syntax(saying: str, text: str) -> tuple[str, str]:
    """Which line, and what is wrong with it. The line itself is shown."""
    place = _PLACE.search(saying)
    plain = _PLACE.sub("", saying)
    wrong = next((ours for theirs, ours in _SYNTAX if saying.startswith(theirs)), plain)
    if place is None or place[1] is None:
        return "文件末尾", wrong
    lines = text.splitlines()
    number = int(place[1])
    # A repeated table is noticed at the end of its line, a repeated value on the next.
    line = lines[number - 1].strip() if number <= len(lines) else ""
    return f"第 {number} 行", f"{wrong}：{line[:60]}"


def tables_of(path: Path, raw: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The `[[name]]` tables of a file. Raises BadConfig when there are none."""
    found = raw.get(name)
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise BadConfig(path.name, f"[[{name}]]", "一项也没有", f"请至少写一个 [[{name}]]")
    return found


def shaped(path: Path, entry: str, raw: object, shape: type[T], allowed: str = "") -> T:
    """One entry as a Struct. `allowed`: what to offer where a value is none of ours."""
    try:
        return msgspec.convert(raw, shape)
    except msgspec.ValidationError as why:
        wrong, remedy = _in_chinese(str(why))
        raise BadConfig(path.name, entry, wrong, remedy or allowed or "请改正") from why


def only_keys(path: Path, raw: dict[str, Any], *allowed: str) -> None:
    """Raise BadConfig when the file has a top-level name that nobody reads."""
    for key in raw:
        if key not in allowed:
            known = "、".join(allowed)
            raise BadConfig(path.name, key, "不认识的项", f"顶层只有 {known}")


def _in_chinese(saying: str) -> tuple[str, str]:
    for pattern, wrong, remedy in _SAYINGS:
        found = pattern.search(saying)
        if found:
            parts = [part or "其他内容" for part in found.groups()]
            return wrong.format(*parts), remedy.format(*parts)
    return saying, ""
