"""data/report_limits.toml: who must be told of what, and by when. Read and checked."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from linkage.alerts import Casualties
from linkage.beijing import BEIJING
from linkage.errors import BadConfig
from linkage.response_vocabulary import ReportStage
from linkage.toml_file import only_keys, read_toml, shaped, tables_of
from linkage.vocabulary import Grade

FILE = "report_limits.toml"
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
Form = Literal["general", "production", "animal", "disaster"]
RunsFrom = Literal["known", "received"]
DAILY = (ReportStage.ZERO, ReportStage.BRIEF)
_OF_DAY = f"stage 应为 {'、'.join(DAILY)}"
_CIVIC = set(Casualties.__struct_fields__)


class _Facts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every table of the file is: nothing in it that nobody reads."""


class Issuer(_Facts, frozen=True, kw_only=True):
    """Who reports, and the words its numbers begin with."""

    name: str
    word: str
    zero_word: str
    brief_word: str
    exercise_word: str
    contact: str

    def word_of(self, stage: ReportStage, *, exercise: bool) -> str:
        if exercise:
            return self.exercise_word
        special = {ReportStage.ZERO: self.zero_word, ReportStage.BRIEF: self.brief_word}
        return special.get(stage, self.word)


class Authority(_Facts, frozen=True, kw_only=True):
    """`id`: the last level of its two topics. `copies`: 抄送."""

    id: str
    name: str
    copies: tuple[str, ...] = ()


class Rules(_Facts, frozen=True, kw_only=True):
    authority: str
    from_grade: Grade
    from_response_level: int
    telephone_min: int
    written_min: int
    legal_min: int
    clause: str
    runs_from: RunsFrom
    basis: str
    follow_up_min: int
    final_min: int
    daily_at: str
    daily_before_min: int
    receipt_min: int
    resends: int

    @property
    def daily(self) -> time:
        """Beijing time."""
        return time.fromisoformat(self.daily_at)


class Day(_Facts, frozen=True, kw_only=True):
    """A report of each day: what it tells of ends at `closes_at`, when its draft is opened."""

    stage: ReportStage
    closes_at: str
    due_at: str
    clause: str
    basis: str

    def closes(self, day: date) -> datetime:
        return datetime.combine(day, time.fromisoformat(self.closes_at), BEIJING)

    def due(self, day: date) -> datetime:
        return datetime.combine(day, time.fromisoformat(self.due_at), BEIJING)

    def last_closed(self, now: datetime) -> date:
        """The day whose figures were closed last."""
        day = now.astimezone(BEIJING).date()
        return day if self.closes(day) <= now else day - timedelta(days=1)


class Sensitive(_Facts, frozen=True, kw_only=True):
    words: tuple[str, ...]
    codes: tuple[str, ...]
    days: tuple[str, ...]
    hurt: int
    clause: str
    basis: str


class Must(_Facts, frozen=True, kw_only=True):
    """Figures that are reported whatever the grade; `domains` empty: of every domain."""

    figures: tuple[str, ...]
    at_least: int
    label: str
    clause: str
    basis: str
    domains: tuple[str, ...] = ()


class Limit(_Facts, frozen=True, kw_only=True):
    """Other minutes for some grades of a domain."""

    grades: tuple[Grade, ...]
    telephone_min: int | None = None
    written_min: int | None = None
    legal_min: int | None = None


class Domain(_Facts, frozen=True, kw_only=True):
    id: str
    name: str
    codes: tuple[str, ...]
    form: Form
    clause: str
    basis: str
    again_days: int
    daily: bool = False
    from_grade: Grade | None = None
    runs_from: RunsFrom | None = None
    limit: tuple[Limit, ...] = ()


class Minutes(msgspec.Struct, frozen=True):
    telephone: int
    written: int
    legal: int


class ReportLimits(msgspec.Struct, frozen=True, kw_only=True):
    issuer: Issuer
    rules: Rules
    days: dict[ReportStage, Day]
    sensitive: Sensitive
    must: tuple[Must, ...]
    authorities: dict[str, Authority]
    domains: dict[str, Domain]

    def domain_of(self, event_code: str) -> Domain:
        """Of the longest prefix that is written; the file has one for every code."""
        known = {code: one for one in self.domains.values() for code in one.codes}
        for length in range(len(event_code), 0, -1):
            if event_code[:length] in known:
                return known[event_code[:length]]
        return known["1"]

    def minutes(self, domain: Domain, grade: Grade | None) -> Minutes:
        """Keyed (domain, level): what the domain says of the grade, else the default."""
        own = next((one for one in domain.limit if grade in one.grades), None)
        of, rules = own or Limit(grades=()), self.rules
        return Minutes(
            rules.telephone_min if of.telephone_min is None else of.telephone_min,
            rules.written_min if of.written_min is None else of.written_min,
            rules.legal_min if of.legal_min is None else of.legal_min,
        )


def load_report_limits(path: Path) -> ReportLimits:
    """Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "issuer", "authority", "rules", "day", "sensitive", "must", "domain")
    grades = f"等级应为 {'、'.join(Grade)}"
    authorities = [
        shaped(path, f"authority {e.get('id', '？')}", e, Authority)
        for e in tables_of(path, raw, "authority")
    ]
    domains = [
        shaped(path, f"domain {e.get('id', '？')}", e, Domain, grades)
        for e in tables_of(path, raw, "domain")
    ]
    days = [
        shaped(path, f"day {e.get('stage', '？')}", e, Day, _OF_DAY)
        for e in (tables_of(path, raw, "day") if "day" in raw else ())
    ]
    limits = ReportLimits(
        issuer=shaped(path, "[issuer]", raw.get("issuer", {}), Issuer),
        rules=shaped(path, "[rules]", raw.get("rules", {}), Rules, grades),
        days={one.stage: one for one in days},
        sensitive=shaped(path, "[sensitive]", raw.get("sensitive", {}), Sensitive),
        must=tuple(
            shaped(path, f"must {e.get('label', '？')}", e, Must)
            for e in tables_of(path, raw, "must")
        ),
        authorities={one.id: one for one in authorities},
        domains={one.id: one for one in domains},
    )
    for where, wrong, remedy in _faults(limits, domains, days):
        raise BadConfig(path.name, where, wrong, remedy)
    return limits


def _faults(
    limits: ReportLimits, domains: list[Domain], days: list[Day]
) -> Iterator[tuple[str, str, str]]:
    rules = limits.rules
    if rules.authority not in limits.authorities:
        known = "、".join(limits.authorities)
        yield "[rules] authority", f"没有报送对象 {rules.authority}", f"应为 {known}"
    for one in limits.authorities:
        if not one or set(one) & set("/+#") or len(one) > 40:
            yield f"authority {one}", "id 不能作为主题的一级", "用字母、数字和连字符，40 字以内"
    if not _CLOCK.fullmatch(rules.daily_at):
        yield "[rules] daily_at", f"“{rules.daily_at}”不是时刻", "如 10:00"
    for number in ("receipt_min", "follow_up_min", "final_min"):
        if getattr(rules, number) < 1:
            yield f"[rules] {number}", "应为 1 分钟以上的整数", "如 60"
    if not 1 <= rules.from_response_level <= 4:
        yield "[rules] from_response_level", "没有这一级响应", "应为 1 到 4"
    yield from _wrong_domains(limits, domains)
    for must in limits.must:
        for figure in sorted({*must.figures} - _CIVIC):
            known = "、".join(sorted(_CIVIC))
            yield f"must {must.label}", f"没有数字项 {figure}", f"应为 {known}"
        for domain in sorted({*must.domains} - {*limits.domains}):
            known = "、".join(limits.domains)
            yield f"must {must.label}", f"没有领域 {domain}", f"应为 {known}"
    yield from _wrong_days(days)


def _wrong_days(days: list[Day]) -> Iterator[tuple[str, str, str]]:
    for stage in DAILY:
        count = sum(one.stage is stage for one in days)
        if count != 1:
            wrong = f"stage = {stage} 写了两次" if count else f"没有 stage = {stage} 的一项"
            yield "day", wrong, f"{stage.label}的截止和报出时刻写一次"
    for one in days:
        where = f"day {one.stage}"
        if one.stage not in DAILY:
            yield where, f"{one.stage.label}不是按日的报告", _OF_DAY
        for key in ("closes_at", "due_at"):
            if not _CLOCK.fullmatch(getattr(one, key)):
                yield f"{where} {key}", f"“{getattr(one, key)}”不是时刻", "如 09:00"
        if one.closes_at >= one.due_at:
            yield where, f"{one.closes_at} 截止，{one.due_at} 就要报出", "截止要早于报出"


def _wrong_domains(limits: ReportLimits, domains: list[Domain]) -> Iterator[tuple[str, str, str]]:
    seen: set[str] = set()
    for domain in domains:
        for code in domain.codes:
            if code in seen:
                yield f"domain {domain.id}", f"编码 {code} 写了两次", "一个前缀只能属于一个领域"
            seen.add(code)
        for grade in (None, *Grade):
            of = limits.minutes(domain, grade)
            if not 0 < of.telephone <= of.written <= of.legal:
                yield (
                    f"domain {domain.id}",
                    f"时限 电话{of.telephone}、书面{of.written}、法定{of.legal} 分钟没有递增",
                    "应为 0 < 电话 ≤ 书面 ≤ 法定",
                )
    if "1" not in seen:
        yield "domain", "有的编码不属于任何领域", '请为其余事件写一个 codes = ["1"] 的领域'
