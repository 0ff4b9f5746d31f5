"""One info block of a CAP warning → the columns of an alert. CAP 1.2 §3.2.2."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ingest.dialects.cap_areas import read_areas
from ingest.dialects.cap_block import Block
from ingest.dialects.warning_words import colour_of, higher
from ingest.fields import TEXT
from ingest.json_form import shown
from ingest.local_time import with_offset
from linkage.alerts import USUAL_LIFE, Unreadable
from linkage.event_codes import known_code
from linkage.source_tables import KindRule
from linkage.sources import Source
from linkage.vocabulary import Certainty, Severity, Urgency

LIFE = timedelta(hours=24)  # of a warning that states no end
ASSUMED = "来报未写失效时间，按 24 小时计"
NEEDED = ("category", "event", "urgency", "severity", "certainty")
_URGENCIES = {u.value.capitalize(): u for u in Urgency}
_CERTAINTIES = {c.value.capitalize(): c for c in Certainty}
_SEVERITIES = {s.value.capitalize(): s for s in Severity}
# Some feeds put the colour where CAP has the severity.
_COLOUR_SEVERITIES = {
    "RED": Severity.EXTREME,
    "ORANGE": Severity.SEVERE,
    "YELLOW": Severity.MODERATE,
    "BLUE": Severity.MINOR,
}
# 暴雨橙色预警信号: the event is what stands before its level.
_TAIL = re.compile(r"(?:[红橙黄蓝]色?)?预警(?:信号)?$")
Columns = dict[str, Any]


def reader(source: Source) -> Callable[[Block, datetime], Columns]:
    """How to read an info block: (block, when the alert was sent) → columns. Raises Unreadable."""
    # Of several words with one code the first names it.
    by_code = {rule.event_code: rule for rule in reversed(list(source.kinds.values()))}
    areas_of = read_areas(source)

    def read(info: Block, sent: datetime) -> Columns:
        info.need(*NEEDED)
        event, headline = info.line("event"), info.line("headline")
        rule, code = _kind(info, event, source, by_code)
        word = rule.word if known_code(event) else event
        starts = _time(info, "effective") or sent
        severity = info.choice("severity", {**_SEVERITIES, **_COLOUR_SEVERITIES})
        stated = [value for _, value in info.pairs("parameter")]
        found = colour_of(stated, headline, info.find("severity"), severity)
        if found is None:
            reason = "severity：标题、参数与 severity 都没有说明预警颜色（红橙黄蓝）"
            raise Unreadable(reason, "severity")
        areas = areas_of(info.blocks("area"))
        told = [info.lines("description"), info.lines("instruction")]
        notes = [note for note in (found.note, *areas.notes) if note]
        expires = _time(info, "expires")
        return {
            "exercise": rule.exercise,
            "kind": rule.kind,
            "event_code": code,
            "source_kind": word[:80],
            "occurred_at": starts,
            "expires_at": expires or _usual_end(info, starts),
            "severity": higher(severity, found.colour),
            "urgency": info.choice("urgency", _URGENCIES),
            "certainty": info.choice("certainty", _CERTAINTIES),
            "warning_colour": found.colour,
            "headline": headline or f"{word}{found.colour.label}预警",
            "text": "\n".join(t for t in told if t)[:TEXT],
            "place": areas.place,
            "area_codes": areas.codes,
            "shapes": areas.shapes,
            "notes": notes,
            USUAL_LIFE: "" if expires else ASSUMED,
        }

    return read


def _time(info: Block, name: str) -> datetime | None:
    found = info.find(name)
    return with_offset(found, name) if found else None


def _usual_end(info: Block, starts: datetime) -> datetime:
    """Of a warning that states none; told days ahead, it lives from when it is to begin."""
    return max(starts, _time(info, "onset") or starts) + LIFE


def _kind(
    info: Block, event: str, source: Source, by_code: dict[str, KindRule]
) -> tuple[KindRule, str]:
    """Kind by GB/T 35561 code first, which some write as the event, else by word."""
    stated = [*(value for _, value in info.pairs("eventCode")), event]
    codes = [code for code in map(known_code, stated) if code]
    for code in codes:
        if code in by_code:
            return by_code[code], code
    rule = source.kinds.get(event) or source.kinds.get(_TAIL.sub("", event))
    if rule is None:
        where = f'sources.toml [[source]] "{source.id}" 的 [source.kinds]'
        line = f'"{event[:40]}" = …'
        raise Unreadable(f"event：{shown(event)} 不在 {where}，请补一行 {line}", "event")
    return rule, codes[0] if codes else rule.event_code
