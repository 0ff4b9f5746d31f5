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
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as why:
        raise BadConfig(
            path.name, "文件", f"无法读取（{why.strerror}）", f"请把它放在 {path}"
        ) from why
    except UnicodeDecodeError as why:
        raise BadConfig(path.name, "文件", "不是 UTF-8 文本", "请另存为 UTF-8") from why
    except tomllib.TOMLDecodeError as why:
        raise BadConfig(path.name, "文件", f"TOML 语法错误：{why}", "请按提示的行列改正") from why


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
