"""力量状态: the agencies' words for what a unit does → whether it can be sent."""

from pathlib import Path

import msgspec

from linkage.errors import BadConfig
from linkage.toml_file import only_keys, read_toml, shaped, tables_of
from linkage.vocabulary import Labelled


class Readiness(Labelled):
    """Whether a unit can be sent."""

    FREE = "free", "可调派"
    BUSY = "busy", "执行任务"
    OFF = "off", "停用"
    UNKNOWN = "unknown", "状态不明"


class _State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    readiness: Readiness
    words: list[str]
    basis: str


class UnitStates(msgspec.Struct, frozen=True, kw_only=True):
    """`stale_s`: a report older than this says nothing of where the unit is now. `near`: how many
    units a proposal lists."""

    stale_s: int
    near: int
    words: dict[str, Readiness]

    def readiness(self, state: str) -> Readiness:
        """By the whole word, else by the longest of ours that stands in theirs; of two as long
        the busy one: who waits on a scene is not free."""
        state = state.strip()
        if state in self.words:
            return self.words[state]
        found = [word for word in self.words if word in state]
        if not found:
            return Readiness.UNKNOWN
        best = max(found, key=lambda word: (len(word), self.words[word] is not Readiness.FREE))
        return self.words[best]


def load_unit_states(path: Path) -> UnitStates:
    """Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "stale_s", "near", "state")
    words: dict[str, Readiness] = {}
    for number, entry in enumerate(tables_of(path, raw, "state"), start=1):
        name = f"第 {number} 个 [[state]]"
        one = shaped(path, name, entry, _State, f"readiness 应为 {'、'.join(Readiness)}")
        for word in one.words:
            if not word.strip() or word in words:
                wrong = f"“{word}”写了两次" if word.strip() else "words 里有空的一项"
                raise BadConfig(path.name, name, wrong, "每个词只写一次")
            words[word] = one.readiness
    return UnitStates(
        stale_s=_seconds(path, raw, "stale_s", 86_400),
        near=_seconds(path, raw, "near", 100),
        words=words,
    )


def _seconds(path: Path, raw: dict[str, object], key: str, most: int) -> int:
    value = raw.get(key)
    if type(value) is not int or not 1 <= value <= most:
        raise BadConfig(path.name, key, f"{value!r} 不合适", f"应为 1 到 {most} 的整数")
    return value
