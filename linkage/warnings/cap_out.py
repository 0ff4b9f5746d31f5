"""One of our own warnings as CAP 1.2 XML, as GB/T 35965.1 and the national platform use it. Pure.

What people typed stays text: it is escaped, and what XML has no place for is left out.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from unicodedata import category
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

import msgspec

from linkage.event_codes import EVENT_CODES
from linkage.exercise.marking import mark
from linkage.vocabulary import MessageKind, WarningColour
from linkage.warnings.legal import Text
from linkage.warnings.relations import area_name

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
_BEIJING = timezone(timedelta(hours=8))
_GEOCODE = "CPEAS Geographic Code"
_EVENT_CODE = "国标码"
# The level as the weather service appends it. 突发事件应对法 §63.
LEVEL = {
    WarningColour.RED: "[I级/特别严重]",
    WarningColour.ORANGE: "[II级/严重]",
    WarningColour.YELLOW: "[III级/较重]",
    WarningColour.BLUE: "[IV级/一般]",
}
_SEVERITY = {
    WarningColour.RED: "Extreme",
    WarningColour.ORANGE: "Severe",
    WarningColour.YELLOW: "Moderate",
    WarningColour.BLUE: "Minor",
}
# Unicode: controls, format signs (zero width, right to left), line and paragraph separators.
_UNSEEN = ("Cc", "Cf", "Zl", "Zp")
_URGENCY = {WarningColour.RED: "Immediate"}
# XML 1.0 §2.2: no control characters but tab, line feed and carriage return; no surrogates.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Reference(msgspec.Struct, frozen=True):
    """An earlier message that this one updates or lifts."""

    sender: str
    identifier: str
    sent: datetime

    def __str__(self) -> str:
        return f"{self.sender},{self.identifier},{_moment(self.sent)}"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """`category`, `respond`: words of CAP."""

    identifier: str
    sender: str
    sent: datetime
    message_kind: MessageKind
    text: Text
    category: str
    respond: tuple[str, ...]
    references: tuple[Reference, ...] = ()
    exercise: bool = False


def identifier(sender: str, sent: datetime, taken: Iterable[str]) -> str | None:
    """The sender, the second in Beijing, a serial; None: ten were sent within this second."""
    stem = f"{sender}_{sent.astimezone(_BEIJING):%Y%m%d%H%M%S}"
    used = set(taken)
    return next((f"{stem}_{n}" for n in range(10) if f"{stem}_{n}" not in used), None)


def to_xml(message: Message) -> bytes:
    """The message in UTF-8, with its declaration."""
    register_namespace("", NAMESPACE)
    alert = Element(f"{{{NAMESPACE}}}alert")
    _put(alert, "identifier", message.identifier)
    _put(alert, "sender", message.sender)
    _put(alert, "sent", _moment(message.sent))
    _put(alert, "status", "Exercise" if message.exercise else "Actual")
    _put(alert, "msgType", message.message_kind.value.capitalize())
    _put(alert, "scope", "Public")
    if message.references:
        _put(alert, "references", " ".join(map(str, message.references)))
    _info(SubElement(alert, f"{{{NAMESPACE}}}info"), message)
    body: bytes = tostring(alert, encoding="UTF-8", xml_declaration=True)
    return body


def _info(info: Element, message: Message) -> None:
    text, drill = message.text, mark(exercise=message.exercise)
    lifts = message.message_kind is MessageKind.CANCEL
    colour = text.colour or WarningColour.BLUE
    _put(info, "language", "zh-CN")
    _put(info, "category", message.category)
    _put(info, "event", EVENT_CODES.get(text.event_code, text.kind.label))
    for word in ("AllClear",) if lifts else message.respond:
        _put(info, "responseType", word)
    _put(info, "urgency", "Past" if lifts else _URGENCY.get(colour, "Expected"))
    _put(info, "severity", _SEVERITY[colour])
    _put(info, "certainty", "Likely")
    _pair(info, "eventCode", _EVENT_CODE, text.event_code)
    if text.starts_at is not None:
        _put(info, "effective", _moment(text.starts_at))
    if text.expires_at is not None:
        _put(info, "expires", _moment(text.expires_at))
    _put(info, "senderName", text.issuer)
    _put(info, "headline", drill + text.headline)
    _put(info, "description", drill + text.notice)
    if text.measures.strip():
        _put(info, "instruction", drill + text.measures)
    area = SubElement(info, f"{{{NAMESPACE}}}area")
    _put(area, "areaDesc", text.area)
    for code in text.area_codes:
        _pair(area, "geocode", _GEOCODE, f"{code:0<12}")


def usual_headline(text: Text, event: str, message_kind: MessageKind) -> str:
    """As the weather service words it: 连云港市气象台发布台风黄色预警[III级/较重]."""
    if text.colour is None:
        return ""
    does = "发布" if message_kind is MessageKind.ALERT else message_kind.label
    return f"{text.issuer}{does}{event}{text.colour.label}预警{LEVEL[text.colour]}"


def usual_area(codes: Iterable[str]) -> str:
    return "、".join(map(area_name, codes))


def clean(text: str) -> str:
    """Without what XML, and any screen, has no place for, and what turns words round unseen."""
    plain = _NOT_XML.sub("", text)
    return "".join(c for c in plain if c in "\t\n\r" or category(c) not in _UNSEEN)


def _put(parent: Element, name: str, text: str) -> None:
    SubElement(parent, f"{{{NAMESPACE}}}{name}").text = clean(text)


def _pair(parent: Element, name: str, value_name: str, value: str) -> None:
    pair = SubElement(parent, f"{{{NAMESPACE}}}{name}")
    _put(pair, "valueName", value_name)
    _put(pair, "value", value)


def _moment(at: datetime) -> str:
    # §3.3.2: to the second, with the offset, never Z.
    return at.astimezone(_BEIJING).isoformat(timespec="seconds")
