"""Warnings in CAP 1.2 (OASIS) with the profile of the Chinese warning platform.

docs/dialects/cap.md says what is taken, what is refused and why. In short: Chinese is chosen by
language, not by place; times may have a blank for the T; each info block of the chosen language
is a warning of its own; without `expires` a warning lives for 24 hours.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

from msgspec.structs import replace

from ingest.dialects import cap_info
from ingest.dialects.cap_block import Block
from ingest.dialects.cap_references import named
from ingest.dialects.cap_wrappers import single, unwrapped
from ingest.fields import LINE, REF_LENGTH
from ingest.json_form import shown
from ingest.local_time import with_offset
from ingest.xml_form import xml_root
from linkage.alerts import USUAL_LIFE, Alert, Classified, Unreadable
from linkage.intake.arrivals import Part, Remark, Several
from linkage.intake.warning_ids import MOST_PARTS, part
from linkage.kinds import Kind
from linkage.sources import Source
from linkage.vocabulary import MessageKind, WarningColour

NEEDED = ("identifier", "sender", "sent", "status", "msgType", "scope")
_EXERCISE = {"Actual": False, "Exercise": True, "Test": True}
_DOES = {
    "Alert": MessageKind.ALERT,
    "Update": MessageKind.UPDATE,
    "Cancel": MessageKind.CANCEL,
    "Ack": MessageKind.ACK,
    "Error": MessageKind.ERROR,
}
# Scope → the element that says for whom.
_SCOPES = {"Public": "", "Restricted": "restriction", "Private": "addresses"}
_CHINESE = ("zh-cn", "zh", "zh-hans", "zh-hans-cn", "cmn", "zh-hk", "zh-tw", "zh-hant")
_ALSO_CHINESE = ("zh", "cmn", "chi")  # zh_CN, zho, chi, Chinese
Parts = list[Part | Unreadable]


def reader(source: Source) -> Callable[[str], Alert | Several]:
    read_info = cap_info.reader(source)

    def read_one(element: Element) -> Parts:
        return _Message(Block(element), source).read(read_info)

    def read(text: str) -> Alert | Several:
        root = xml_root(text, source.charset)
        if single(root):
            parts = read_one(root)
        else:
            parts = []
            for found, exercise in unwrapped(root, source.charset):
                parts += _practised(_tried(read_one, found), exercise=exercise)
        if len(parts) == 1 and single(root):
            if isinstance(parts[0], Unreadable):
                raise parts[0]
            if isinstance(parts[0], Alert):
                return parts[0]
        return Several(tuple(parts))

    return read


def _tried(read_one: Callable[[Element], Parts], found: Element | Unreadable | Remark) -> Parts:
    """One alert of an envelope: what is wrong with it does not touch its neighbours."""
    if not isinstance(found, Element):
        return [found]
    try:
        return read_one(found)
    except Classified:
        raise
    except Unreadable as why:
        return [why]


def _practised(parts: Parts, *, exercise: bool) -> Parts:
    if not exercise:
        return parts
    return [replace(p, exercise=True) if isinstance(p, Alert) else p for p in parts]


class _Message:
    """One alert element."""

    def __init__(self, alert: Block, source: Source) -> None:
        self.alert, self.source = alert, source

    def read(self, read_info: Callable[[Block, datetime], dict[str, Any]]) -> Parts:
        """Its warnings, or a word why it holds none. Raises `Unreadable`."""
        alert = self.alert
        alert.need(*NEEDED)
        self.ref = _identifier(alert.find("identifier"))
        self.sent = with_offset(alert.find("sent"), "sent")
        self.exercise = self._status()
        self.does = alert.choice("msgType", _DOES)
        self.scope = self._scope()
        self.references = self._references()
        if self.exercise is None:
            return [Remark("系统内部报文（status=System），已登记，不作预警")]
        if self.does in {MessageKind.ACK, MessageKind.ERROR}:
            note = alert.line("note")[:100]
            said = f"{self.does.label}回执（msgType={alert.find('msgType')}），已登记，不作预警"
            return [Remark(f"{said}：{note}" if note else said)]
        infos, notes = _chosen(alert.blocks("info"))
        if self.does is MessageKind.UPDATE and not self.references:
            notes.append("更新没有写明所指的预警（references 为空），此前的预警未结束")
        if self.does is MessageKind.CANCEL:
            return [self._cancel(infos, notes, read_info)]
        if not infos:
            raise Unreadable("info：缺少 info 段，没有预警内容", "info")
        if len(infos) == 1:
            return [self._warning(infos[0], 1, read_info(infos[0], self.sent), notes)]
        if len(infos) > MOST_PARTS:
            raise Unreadable(f"info：同一语言 {len(infos)} 段，超过 {MOST_PARTS} 段", "info")
        _identifier(part(self.ref, MOST_PARTS).replace(" ", ""), REF_LENGTH - 1)
        return [self._part(n, info, notes, read_info) for n, info in enumerate(infos, 1)]

    def _part(
        self,
        number: int,
        info: Block,
        notes: list[str],
        read_info: Callable[[Block, datetime], dict[str, Any]],
    ) -> Alert | Unreadable:
        try:
            return self._warning(info, number, read_info(info, self.sent), notes)
        except Unreadable as why:
            return Unreadable(f"第 {number} 个 info：{why.reason}", why.field)

    def _warning(
        self, info: Block | None, number: int, columns: dict[str, Any], notes: list[str]
    ) -> Alert:
        scope = self.alert.find("scope")
        facts = {
            "sender": self.alert.line("sender"),
            "issuer": info.line("senderName") if info is not None else "",
            "scope": scope if self.scope else "",
            "notes": [*columns.pop("notes", ()), *notes],
        }
        life = columns.pop(USUAL_LIFE, "")
        if self.does is not MessageKind.CANCEL:  # a lifting has no life of its own
            facts[USUAL_LIFE] = life
        never_real = columns.pop("exercise", False)
        return Alert(
            source_id=self.source.id,
            source_ref=part(self.ref, number),
            message_kind=self.does,
            references=self.references,
            sent_at=self.sent,
            exercise=bool(self.exercise) or never_real,
            facts={k: v for k, v in facts.items() if v},
            **columns,
        )

    def _cancel(
        self,
        infos: list[Block],
        notes: list[str],
        read_info: Callable[[Block, datetime], dict[str, Any]],
    ) -> Alert:
        """Says only which warning ends: what is wrong with its own words must not keep it alive."""
        info = infos[0] if infos else None
        columns = _bare_cancel(self.sent)
        if info is not None:
            try:
                columns = read_info(info, self.sent)
            except Unreadable as why:
                notes = [*notes, f"解除已生效，其内容未能读取：{why.reason}"]
                columns["headline"] = info.line("headline") or columns["headline"]
        return self._warning(info, 1, columns, notes)

    def _status(self) -> bool | None:
        """Whether it is practice; None for what systems say among themselves."""
        status = self.alert.find("status")
        if status == "System":
            return None
        if status == "Draft":
            reason = "status：Draft 是草稿，不得作为预警发布，请对方定稿后以 Actual 发送"
            raise Unreadable(reason, "status")
        return bool(self.alert.choice("status", _EXERCISE))

    def _scope(self) -> str:
        """The element that limits the scope; "" for everybody."""
        whom: str = self.alert.choice("scope", _SCOPES)
        if whom and not self.alert.find(whom):
            scope = self.alert.find("scope")
            raise Unreadable(f"{whom}：scope 为 {scope} 时的 CAP 必备元素缺失", whom)
        return whom

    def _references(self) -> tuple[tuple[str, str], ...]:
        if self.does is MessageKind.ALERT:
            return ()  # a first alert may name a kindred one, or itself: it ends none
        found = named(self.alert.find("references"))
        if not found and self.does is MessageKind.CANCEL:
            raise Unreadable("references：解除必须写明所指的预警", "references")
        return tuple((self.source.id, ref) for ref in found)


def _chosen(infos: list[Block]) -> tuple[list[Block], list[str]]:
    """The blocks of one language, Chinese first, and a note which others were left out."""
    by_language: dict[str, list[Block]] = {}
    for info in infos:
        by_language.setdefault(info.find("language").lower() or "en-us", []).append(info)
    if len(by_language) < 2:
        return infos, []
    ours = next((name for name in _CHINESE if name in by_language), None)
    if ours is None:
        also = (name for name in by_language if name.startswith(_ALSO_CHINESE))
        ours = next(also, next(iter(by_language)))
    others = "、".join(name for name in by_language if name != ours)
    chinese = ours.startswith(_ALSO_CHINESE)
    return by_language[ours], [] if chinese else [f"没有中文内容，取 {ours}；另有 {others}"[:LINE]]


def _bare_cancel(sent: datetime) -> dict[str, Any]:
    return {
        "kind": Kind.WEATHER,
        "event_code": Kind.WEATHER.event_code,
        "source_kind": "解除",
        "occurred_at": sent,
        "expires_at": sent,
        # Which colour it ends is in the warning that it names.
        "warning_colour": WarningColour.BLUE,
        "headline": "解除预警",
    }


def _identifier(text: str, most: int = REF_LENGTH) -> str:
    if len(text) > most or set(text) & set(" ,<&\t\n"):
        reason = f"identifier：{shown(text)} 不能含空格、逗号，至多 {most} 个字符"
        raise Unreadable(reason, "identifier")
    return text
