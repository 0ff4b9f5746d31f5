"""An alert as it may stand in a table and on a screen: nothing hidden in it, nothing lost unsaid.

Whoever reads the alert is told what was taken out of its words. Lengths count characters.
"""

from typing import Any, TypeVar

from msgspec.structs import replace

from ingest.forgiving import content_number, noted
from ingest.letters import LOST, SIGN_FOR_LOST, count_odd, plain, plain_within
from linkage.alerts import Alert, Unreadable
from linkage.intake.arrivals import Remark
from linkage.intake.device_state import DeviceState
from linkage.readings.reading import Reading
from linkage.response.feedback import UnitReport

T = TypeVar("T")
_WORDS = ("source_ref", "source_kind", "place", "headline", "text", "caller_name", "caller_phone")
_NAMES = {
    "source_ref": "编号",
    "source_kind": "类别",
    "place": "地点",
    "headline": "标题",
    "text": "内容",
    "caller_name": "报警人",
    "caller_phone": "电话",
}
_LONGEST_REF = 120  # alert.source_ref
_LONGEST_KIND, _LONGEST_FIELD = 80, 80  # alert.source_kind, inbound_message.field


def plain_alert(alert: Alert) -> Alert:
    """The alert as it may be kept; itself where there is nothing to say."""
    words = (
        f"{alert.place}{alert.text}{alert.headline}{alert.source_ref}{alert.source_kind}"
        f"{alert.caller_name}{alert.caller_phone}"
    )
    for value in alert.facts.values():
        if type(value) is str:
            words += value
    for _, ref in alert.references:
        words += ref
    # One look at all of them: nearly always there is nothing odd.
    if plain(words) == words:
        return alert
    return _plain(alert)


def plain_part(part: T) -> T:
    """The same for anything that a payload states; a refusal quotes what came, so it too."""
    if isinstance(part, Unreadable):
        part.reason = plain(part.reason)
        part.field = plain_within(part.field, _LONGEST_FIELD) if part.field else part.field
        part.args = (part.reason,)
        return part
    if isinstance(part, Alert):
        return plain_alert(part)  # type: ignore[return-value]
    if isinstance(part, DeviceState) and part.alarms:
        alarms = tuple((plain(name), plain_alert(alert)) for name, alert in part.alarms)
        part = replace(part, alarms=alarms)
    for field in _TEXTS.get(type(part), ()):
        was = getattr(part, field)
        if was and (now := plain(was)) is not was:
            part = replace(part, **{field: now})  # type: ignore[type-var]
    return part


_TEXTS: dict[type, tuple[str, ...]] = {
    Reading: ("station_id", "factor", "unit"),
    DeviceState: ("group", "device"),
    Remark: ("text",),
    UnitReport: ("unit_id", "label", "state", "cargo"),
}


def _plain(alert: Alert) -> Alert:
    changes: dict[str, Any] = {}
    notes = []
    for field in _WORDS:
        was = getattr(alert, field)
        if was and (now := plain(was)) != was:
            changes[field] = now
            notes.append(_told(_NAMES[field], was))
    if "source_kind" in changes:
        changes["source_kind"] = plain_within(changes["source_kind"], _LONGEST_KIND)
    facts = {}
    for key, was in alert.facts.items():
        facts[key] = plain(was) if type(was) is str else was
        if facts[key] != was:
            notes.append(_told(key, was))
    ref = changes.get("source_ref", alert.source_ref)
    if ref == "" != alert.source_ref or len(ref) > _LONGEST_REF or LOST in alert.source_ref:
        # Two numbers that lost a character each may look alike: neither may be taken for the other.
        changes["source_ref"] = content_number([alert.source_ref, alert.place, alert.text])
    references = tuple((source, plain(ref)) for source, ref in alert.references)
    return noted(replace(alert, **changes, facts=facts, references=references), notes)


def _told(name: str, was: str) -> str:
    lost, others = count_odd(was)
    said = []
    if lost:
        said.append(f"有 {lost} 个字在对方已损坏，以“{SIGN_FOR_LOST}”代替")
    if others:
        said.append(f"含 {others} 个控制字符，已去掉或显示为代码")
    return f"{name}：{'，'.join(said)}"
