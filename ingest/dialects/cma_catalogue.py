"""Lists of warnings as the weather services' web sites and apps have them, without CAP.

Told apart by their keys: `alertid, issuetime, title, pic` (nmc), `id, title, signaltype,
signallevel, effective, eventType, severity, type` (weather.cma, and relays that have code and
colour in `type`), `identifier, head, SIGNALTYPE, SIGNALLEVEL, ISSUETIME` (the page of one warning)
and `w1` to `w10` (the older app). Their level codes run in different directions, so each is
looked up in [source.severities] of its source and never guessed. No record names the one it
replaces: there is one warning of a kind by one office, and its number here is office and kind.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from ingest import fields
from ingest.dialects.cap_info import ASSUMED, LIFE
from ingest.dialects.warning_words import COLOUR_OF, SEVERITY_OF, highest, said_in
from ingest.fields import LINE, TEXT
from ingest.json_form import Form, shown
from ingest.local_time import clock
from linkage.alerts import USUAL_LIFE, Alert, Unreadable
from linkage.areas import AREAS, named_area
from linkage.event_codes import known_code
from linkage.source_tables import KindRule
from linkage.sources import Source
from linkage.vocabulary import Certainty, MessageKind, Urgency, WarningColour

LISTS = ("data.page.list", "data.list", "data", "Data")
# Kind (four digits) and level (the last) are in the name of the symbol.
_SYMBOL = re.compile(r"(p[0-9]{4})[0-9]{2}([0-9])(?:\.[a-z]{3})?$")
# 某台发布大雾橙色预警信号, 将暴雨黄色预警升级为橙色: after the last verb stands the event.
_EVENT = re.compile(
    r".*(?:发布|更新|变更|解除|确认|将)([\u4e00-\u9fff]{1,10}?)(?:[红橙黄蓝]色*)?预警"
)
_ENDS = re.compile(r"解除[\u4e00-\u9fff]{0,14}预警")
# 11B20_yellow, and the number beside it: 620421-20260710023227-11B2002.
_TYPED = re.compile(r"([0-9]{2}[A-Z][0-9]{2})_([a-z]+)")
_DIVISION = re.compile(r"([0-9]{6})-[0-9]{14}-[0-9A-Z]+")
_OFFICE = re.compile(r"([0-9]{11}(?:[0-9]{3})?)_[0-9]{14}(?:_[0-9])?")
_BY_NAME = {name: code for code, name in AREAS.items()}


class _Record(NamedTuple):
    """One record of any of the forms, under our names. `levels`: code → what it is called."""

    ref: str
    title: str
    text: str
    place: str
    division: str
    time: str  # the key it stands under
    words: tuple[str, ...]  # what may name the kind, surest first
    codes: tuple[str, ...]
    levels: dict[str, str]
    colours: tuple[str, ...]
    ends: str = ""  # the key of its end
    cancelled: bool = False


def reader(source: Source) -> Callable[[Form], Alert]:
    when = clock(source)
    # Of several words with one code the first names it.
    by_code = {rule.event_code: rule for rule in reversed(list(source.kinds.values()))}

    def read(form: Form) -> Alert:
        inner = form.get("Data")
        form = inner if type(inner) is dict else form
        record = _record(form)
        rule, code = _kind(record, source, by_code)
        colour, note = _colour(record, source)
        issued = when(form.get(record.time), record.time)
        ends = record.cancelled or _ENDS.search(record.title or record.text[:80])
        headline = record.title or f"{record.place}{rule.word}{colour.label}预警"
        office = _OFFICE.fullmatch(record.ref)
        series = office[1] if office else record.division or record.place or record.ref
        expires = fields.moment(form, record.ends, when)
        facts = {
            "alert_id": record.ref if office else "",
            "notes": [note] if note else [],
            USUAL_LIFE: "" if expires or ends else ASSUMED,
        }
        return Alert(
            source_id=source.id,
            source_ref=f"{series[:100]}/{code}",
            revision=int(issued.timestamp()),
            message_kind=MessageKind.CANCEL if ends else MessageKind.ALERT,
            kind=rule.kind,
            event_code=code,
            source_kind=rule.word,
            occurred_at=issued,
            sent_at=issued,
            expires_at=expires or issued + LIFE,
            place=record.place,
            area_codes=(record.division,) if record.division else (),
            severity=SEVERITY_OF[colour],
            urgency=Urgency.UNKNOWN,
            certainty=Certainty.LIKELY,
            warning_colour=colour,
            headline=headline[:LINE],
            text=record.text,
            exercise=rule.exercise,
            facts={name: value for name, value in facts.items() if value},
        )

    return read


def _record(form: Form) -> _Record:
    if "alertid" in form:
        return _nmc(form)
    if "w5" in form or "w6" in form:
        return _app(form)
    if "title" in form and "id" in form:
        return _cma(form)
    if "identifier" in form and "ISSUETIME" in form:
        return _page(form)
    wanted = "alertid，或 id 与 title，或 identifier 与 ISSUETIME，或 w1 至 w10"
    raise Unreadable(f"不是已知的预警目录形式：应有 {wanted}", "id")


def _nmc(form: Form) -> _Record:
    ref, pic = fields.own_reference(form, "alertid"), fields.text(form, "pic")
    return _listed(form, ref, pic, "issuetime", {})


def _cma(form: Form) -> _Record:
    ref, symbol = fields.own_reference(form, "id"), fields.text(form, "type")
    level = fields.text(form, "severity")
    record = _listed(form, ref, symbol, "effective", {"severity": level} if level else {})
    typed = _TYPED.fullmatch(symbol)
    code, colour = typed.groups() if typed else ("", "")
    return record._replace(
        words=(*filter(None, [fields.text(form, "signaltype")]), *record.words),
        codes=tuple(filter(None, [fields.text(form, "eventType"), code, *record.codes])),
        colours=(fields.text(form, "signallevel"), colour),
    )


def _page(form: Form) -> _Record:
    """One warning with its end, as the page that shows it has it."""
    record = _listed(form, fields.own_reference(form, "identifier"), "", "ISSUETIME", {})
    title = fields.text(form, "head")
    place = "".join(fields.text(form, key) for key in ("PROVINCE", "CITY", "STATIONNAME"))
    return record._replace(
        title=title,
        text=fields.text(form, "ISSUECONTENT", TEXT),
        place=record.place or place,
        words=tuple(filter(None, [fields.text(form, "SIGNALTYPE"), _event(title)])),
        colours=(fields.text(form, "SIGNALLEVEL"),),
        ends="RELIEVETIME",
        cancelled=fields.text(form, "msgType") == "Cancel",
    )


def _event(title: str) -> str:
    found = _EVENT.match(title)
    return found[1] if found else ""


def _listed(form: Form, ref: str, symbol: str, time: str, levels: dict[str, str]) -> _Record:
    title = fields.text(form, "title")
    found = _SYMBOL.search(symbol)
    division = ref[:6] if _OFFICE.fullmatch(ref) or _DIVISION.fullmatch(ref) else ""
    return _Record(
        ref=ref,
        title=title,
        text=fields.text(form, "description", TEXT) or fields.text(form, "content", TEXT),
        place=AREAS.get(division, ""),
        division=named_area(division) or division,
        time=time,
        words=tuple(filter(None, [_event(title)])),
        codes=(found[1],) if found else (),
        levels={**levels, **({"图标": found[2]} if found else {})},
        colours=(),
    )


def _app(form: Form) -> _Record:
    names = [fields.text(form, key) for key in ("w1", "w2", "w3")]
    place = "".join(names)
    if not place:
        raise Unreadable("w1：省、市、县都没有写，不知是哪里的预警", "w1")
    nearest = next(name for name in reversed(names) if name)
    level = fields.text(form, "w6")
    return _Record(
        ref=place,
        title="",
        text=fields.text(form, "w9", TEXT),
        place=place,
        division=_BY_NAME.get(nearest, "320700" if nearest == "连云港市" else ""),
        time="w8",
        words=tuple(filter(None, [fields.text(form, "w5")])),
        codes=tuple(filter(None, [fields.text(form, "w4")])),
        levels={"w6": level} if level else {},
        colours=(fields.text(form, "w7"),),
    )


def _kind(record: _Record, source: Source, by_code: dict[str, KindRule]) -> tuple[KindRule, str]:
    """By GB/T 35561 code, else by a code or a word of the source's table."""
    for stated in record.codes:
        code = known_code(stated)
        if code in by_code:
            return by_code[code], code
    for theirs in (*record.codes, *record.words):
        rule = source.kinds.get(theirs)
        if rule is not None:
            return rule, rule.event_code
    unknown = next(iter((*record.words, *record.codes)), "")
    if not unknown:
        raise Unreadable(f"title：{shown(record.title)} 看不出是哪一类预警", "title")
    where = f'sources.toml [[source]] "{source.id}" 的 [source.kinds]'
    line = f'"{unknown[:40]}" = …'
    raise Unreadable(f"类别：{shown(unknown)} 不在 {where}，请补一行 {line}", "title")


def _colour(record: _Record, source: Source) -> tuple[WarningColour, str]:
    said: dict[str, WarningColour] = {}
    for name, level in record.levels.items():
        severity = source.severities.get(level)
        if severity is None or severity not in COLOUR_OF:
            where = f'sources.toml [[source]] "{source.id}" 的 [source.severities]'
            reason = f'{name}：级别 {shown(level)} 不在 {where}，请补一行 "{level[:40]}" = …'
            raise Unreadable(f"{reason}（各系统的级别方向不同，不能猜）", name)
        said[f"{name} {level}"] = COLOUR_OF[severity]
    said |= said_in(record.title, record.colours)
    found = highest(said)
    if found is None:
        raise Unreadable("title：标题和级别都没有说明预警颜色（红橙黄蓝）", "title")
    return found
