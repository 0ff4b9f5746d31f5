"""data/clocks.toml: which states have a clock, whose it is, whom it is told to. Raises BadConfig
where a line is wrong: place, fault and remedy."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from linkage.clocks.clock import RECEIPT, THE_AGENCY, Clock, Clocks, NoClock, Rung, Trait
from linkage.clocks.subject_names import STAMPS, STATES, TRAITS
from linkage.duty.rules import DutyRules, load_duty
from linkage.errors import BadConfig
from linkage.response.agencies import Agency, load_agencies
from linkage.response_vocabulary import About, Post
from linkage.toml_entry import one_of
from linkage.toml_file import only_keys, read_toml, shaped, tables_of

_DURATION = re.compile(r"(0|[1-9][0-9]{0,4})(s|m|h|d)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
# Less is no pause between two reminders but an alarm that nobody can switch off.
LEAST_REPEAT = timedelta(seconds=30)


class _Rung(msgspec.Struct, forbid_unknown_fields=True):
    after: str
    to: tuple[Post, ...]


class _Clock(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """As the file has it."""

    id: str
    about: About
    awaits: str
    states: list[str]
    begins: str
    owner: str
    basis: str
    late: str = ""
    due: str = ""
    limit: str | None = None
    unless: tuple[str, ...] = ()
    where: dict[str, list[Trait]] = {}
    warn: float = 0.0
    ladder: list[_Rung] = []
    repeat: str | None = None


def read_clocks(tables: Path, agencies: Mapping[str, Agency] | None = None) -> Clocks:
    """The clocks of a folder of tables, with its agencies and duty rules. Raises BadConfig."""
    known = load_agencies(tables / "agencies.toml") if agencies is None else agencies
    return load_clocks(tables / "clocks.toml", known, load_duty(tables / "duty.toml"))


def load_clocks(path: Path, agencies: Mapping[str, Agency], duty: DutyRules) -> Clocks:
    """Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "clock", "without")
    by_id: dict[str, Clock] = {}
    by_state: defaultdict[tuple[str, str], list[Clock]] = defaultdict(list)
    for number, table in enumerate(tables_of(path, raw, "clock"), start=1):
        entry = _Entry(path, f'[[clock]] "{table.get("id", f"第{number}项")}"')
        rule = entry.clock(table, agencies)
        entry.reaches(rule.ladder, duty.posts.must_be_filled)
        if rule.id in by_id:
            entry.refuse("id 重复", "每条时限一个 id")
        by_id[rule.id] = rule
        for state in sorted(rule.states):
            by_state[rule.about.value, state].append(rule)
    without = [_reason(path, table) for table in raw.get("without", ())]
    if RECEIPT not in by_id or by_id[RECEIPT].limit is None:
        wrong = "没有这条时限，或没有写 limit"
        raise BadConfig(
            path.name,
            f'[[clock]] "{RECEIPT}"',
            wrong,
            '写明多久没有系统回执算未送达，如 limit = "5s"',
        )
    return Clocks(
        by_id=by_id,
        without=tuple(without),
        by_state={key: tuple(rules) for key, rules in by_state.items()},
        agencies=agencies,
        duty=duty,
    )


def _reason(path: Path, table: object) -> NoClock:
    entry = _Entry(path, "[[without]]")
    one = shaped(path, entry.name, table, NoClock, f"about 可用：{'、'.join(About)}")
    entry.state(one.about, one.state)
    if not one.why.strip():
        entry.refuse(f"{one.about} {one.state} 没有理由", "写明为什么不计时")
    return one


class _Entry:
    """One entry of the file: what is wrong is said with its name."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name

    def refuse(self, wrong: str, remedy: str) -> NoReturn:
        raise BadConfig(self.path.name, self.name, wrong, remedy)

    def clock(self, table: dict[str, Any], agencies: Mapping[str, Agency]) -> Clock:
        allowed = f"about 可用：{'、'.join(About)}；to 可用：{'、'.join(Post)}"
        raw = shaped(self.path, self.name, table, _Clock, allowed)
        if not re.fullmatch(r"[a-z0-9_]{1,40}", raw.id):
            self.refuse(f'id "{raw.id}" 不合要求', "小写字母、数字和下划线，不超过 40 个")
        for key in ("awaits", "basis"):
            if not getattr(raw, key).strip():
                self.refuse(f"{key} 是空的", "awaits 写等什么，basis 写依据，设计建议注明待核")
        if not raw.states:
            self.refuse("没有 states", "写明在哪些状态下计时")
        for state in raw.states:
            self.state(raw.about, state)
        if raw.owner not in {THE_AGENCY, *Post}:
            self.refuse(f'owner "{raw.owner}" 不存在', one_of(raw.owner, (THE_AGENCY, *Post)))
        for name in (raw.begins, *filter(None, [raw.due]), *raw.unless):
            if name not in STAMPS[raw.about]:
                self.refuse(f'没有时间项 "{name}"', one_of(name, STAMPS[raw.about]))
        self.where(raw, agencies)
        if not 0 <= raw.warn < 1:
            self.refuse(f"warn = {raw.warn:g} 不合理", "时限的几成时提醒：0 到 1 之间，0 为不提醒")
        limit = self.length("limit", raw.limit)
        if limit is None and not raw.due:
            self.refuse("既没有 limit 也没有 due", "写时限，或写记有时限的时间项")
        repeat = self.length("repeat", raw.repeat)
        if repeat is not None and repeat < LEAST_REPEAT:
            self.refuse(f'repeat = "{raw.repeat}" 太密', "至少 30s")
        return Clock(
            id=raw.id,
            about=raw.about,
            awaits=raw.awaits,
            late=raw.late or f"未{raw.awaits}",
            states=frozenset(raw.states),
            begins=raw.begins,
            due=raw.due,
            limit=limit,
            unless=raw.unless,
            where={name: tuple(values) for name, values in raw.where.items()},
            owner=raw.owner,
            warn=raw.warn,
            ladder=self.ladder(raw.ladder),
            repeat=repeat,
            basis=raw.basis,
        )

    def reaches(self, ladder: Iterable[Rung], filled: Collection[Post]) -> None:
        """The roster is checked by `must_be_filled` alone: every step ends at one of those."""
        order = list(Post)
        for post in (post for rung in ladder for post in rung.to):
            if not any(above in filled for above in order[order.index(post) :]):
                self.refuse(
                    f"升级到{post.label}，而 duty.toml [posts] must_be_filled 里没有它或其上级",
                    f"在 must_be_filled 里加上 {post}，或改报别的岗位",
                )

    def state(self, about: About, state: str) -> None:
        if about not in STATES:
            self.refuse(f'about = "{about}" 没有时限可计', one_of(about, STATES))
        if state not in STATES[about]:
            self.refuse(f'{about} 没有状态 "{state}"', one_of(state, STATES[about]))

    def where(self, raw: _Clock, agencies: Mapping[str, Agency]) -> None:
        for name, values in raw.where.items():
            if name not in TRAITS[raw.about]:
                self.refuse(f'where 里没有 "{name}" 可选', one_of(name, TRAITS[raw.about]))
            known = set(agencies) if name == "agency_id" else TRAITS[raw.about][name]
            for value in values:
                if value not in known:
                    self.refuse(f'{name} 没有 "{value}"', one_of(value, sorted(map(str, known))))

    def length(self, key: str, text: str | None) -> timedelta | None:
        if text is None:
            return None
        found = _DURATION.fullmatch(text)
        length = timedelta(seconds=int(found[1]) * _UNITS[found[2]]) if found else timedelta(0)
        if found is None or (not length and key != "after"):
            self.refuse(f'{key} = "{text}" 不是时长', "请写成 5s、2m、1h、7d 的样子")
        return length

    def ladder(self, rungs: list[_Rung]) -> tuple[Rung, ...]:
        found = [Rung(self.length("after", one.after) or timedelta(0), one.to) for one in rungs]
        if any(one.after >= later.after for one, later in pairwise(found)):
            self.refuse("ladder 没有逐级变晚", "按 after 从早到晚排列，各级不同")
        posts = list(Post)
        tops = [max(map(posts.index, one.to)) for one in found if one.to]
        if any(low > high for low, high in pairwise(tops)):
            self.refuse("ladder 越往后报得越低", "按值班员、副值班长、值班长、带班领导的次序上报")
        if any(not one.to for one in found):
            self.refuse("ladder 里有一级谁也不告知", "写上岗位，或删去这一级（屏幕上总是显示）")
        return tuple(found)
