"""Warnings in CAP 1.2 (OASIS) with the profile of the Chinese warning platform.

Chinese is chosen by language, not by place; times may have a blank for the T; areas carry
division codes and no polygon; without `expires` a warning lives for 24 hours.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ingest.dialects.warning_words import colour_of
from ingest.fields import LINE, REF_LENGTH, TEXT
from ingest.json_form import shown
from ingest.local_time import with_offset
from linkage.alerts import Alert, Unreadable
from linkage.event_codes import known_code
from linkage.kinds import Kind
from linkage.source_tables import KindRule
from linkage.sources import Source
from linkage.vocabulary import Certainty, MessageKind, Severity, Urgency

NAMESPACES = ("{urn:oasis:names:tc:emergency:cap:1.2}", "{urn:oasis:names:tc:emergency:cap:1.1}")
LIFE = timedelta(hours=24)  # of a warning that states no end
MOST_AREAS = 200
_EXERCISE = {"Actual": False, "Exercise": True, "Test": True}
_DOES = {"Alert": MessageKind.ALERT, "Update": MessageKind.UPDATE, "Cancel": MessageKind.CANCEL}
_SCOPES = ("Public", "Restricted", "Private")
_SEVERITIES = {s.value.capitalize(): s for s in Severity}
_URGENCIES = {u.value.capitalize(): u for u in Urgency}
_CERTAINTIES = {c.value.capitalize(): c for c in Certainty}
# Some feeds put the colour where CAP has the severity.
_COLOUR_SEVERITIES = {
    "RED": Severity.EXTREME,
    "ORANGE": Severity.SEVERE,
    "YELLOW": Severity.MODERATE,
    "BLUE": Severity.MINOR,
}


def reader(source: Source) -> Callable[[str], Alert]:
    by_code = {rule.event_code: rule for rule in source.kinds.values()}

    def read(text: str) -> Alert:
        alert = Block(_root(text))
        exercise = alert.choice("status", _EXERCISE)
        does = alert.choice("msgType", _DOES)
        scope = alert.choice("scope", {s: s for s in _SCOPES})
        sent = with_offset(alert.text("sent"), "sent")
        info = alert.chinese()
        if info is None and does is not MessageKind.CANCEL:
            raise Unreadable("info：缺少 info 段，没有预警内容", "info")
        said = Info(info, source, by_code) if info is not None else None
        facts = {
            "sender": alert.text("sender"),
            "issuer": info.find("senderName")[:LINE] if info is not None else "",
            "scope": scope if scope != "Public" else "",
        }
        rest = said.columns(sent) if said is not None else _bare_cancel(sent)
        return Alert(
            source_id=source.id,
            source_ref=_identifier(alert.text("identifier"), "identifier"),
            message_kind=does,
            references=_references(alert, source, does),
            sent_at=sent,
            **{**rest, "exercise": exercise or rest.get("exercise", False)},
            facts={k: v for k, v in facts.items() if v},
        )

    return read


def _root(text: str) -> Element:
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except DefusedXmlException:
        raise Unreadable("XML 含 DTD 或实体定义，按安全规定拒收") from None
    except (ParseError, ValueError, LookupError, RecursionError) as why:
        raise Unreadable(f"报文不是完整合法的 XML（{why}）") from None
    if root.tag not in {f"{space}alert" for space in NAMESPACES}:
        right = "{urn:oasis:names:tc:emergency:cap:1.2}alert"
        raise Unreadable(f"根元素 {shown(root.tag)} 不是 CAP 1.2 的 alert，应为 {right}", "alert")
    return root


class Block:
    """One element and its children, by their names in CAP."""

    def __init__(self, element: Element) -> None:
        self.element = element
        self.space = element.tag[: element.tag.index("}") + 1]

    def find(self, name: str) -> str:
        """The text of the first child of that name; "" where there is none."""
        return (self.element.findtext(self.space + name) or "").strip()

    def text(self, name: str) -> str:
        found = self.find(name)
        if not found:
            raise Unreadable(f"{name}：CAP 必备元素缺失", name)
        return found[:LINE]

    def choice(self, name: str, allowed: dict[str, Any]) -> Any:
        found = self.text(name)
        if found not in allowed:
            right = "、".join(allowed)
            raise Unreadable(f"{name}：{shown(found)} 不接收，应为 {right}", name)
        return allowed[found]

    def blocks(self, name: str) -> list["Block"]:
        return [Block(child) for child in self.element.findall(self.space + name)]

    def pairs(self, name: str) -> list[tuple[str, str]]:
        """valueName and value of every such child."""
        return [(b.find("valueName"), b.find("value")) for b in self.blocks(name)]

    def chinese(self) -> "Block | None":
        infos = self.blocks("info")
        zh = (i for i in infos if i.find("language").lower().startswith("zh"))
        return next(zh, infos[0] if infos else None)


class Info:
    """What the chosen info block says."""

    def __init__(self, block: Block, source: Source, by_code: dict[str, KindRule]) -> None:
        self.block, self.source, self.by_code = block, source, by_code
        self.event = block.text("event")
        self.headline = block.find("headline")[:LINE]

    def columns(self, sent: datetime) -> dict[str, Any]:
        block = self.block
        rule, code = self._kind()
        starts = self._time("effective") or sent
        severity = block.choice("severity", {**_SEVERITIES, **_COLOUR_SEVERITIES})
        stated = [value for _, value in block.pairs("parameter")]
        colour = colour_of(stated, self.headline, block.text("severity"), severity)
        if colour is None:
            reason = "severity：标题、参数与 severity 都没有说明预警颜色（红橙黄蓝）"
            raise Unreadable(reason, "severity")
        areas = block.blocks("area")
        told = [block.find("description"), block.find("instruction")]
        return {
            "exercise": rule.exercise,
            "kind": rule.kind,
            "event_code": code,
            "source_kind": self.event[:80],
            "occurred_at": starts,
            "expires_at": self._time("expires") or starts + LIFE,
            "severity": severity,
            "urgency": block.choice("urgency", _URGENCIES),
            "certainty": block.choice("certainty", _CERTAINTIES),
            "warning_colour": colour,
            "headline": self.headline or f"{self.event}{colour.label}预警",
            "text": "\n".join(t for t in told if t)[:TEXT],
            "place": "、".join(a.find("areaDesc") for a in areas[:MOST_AREAS])[:LINE],
            "area_codes": _area_codes(areas),
        }

    def _time(self, name: str) -> datetime | None:
        found = self.block.find(name)
        return with_offset(found, name) if found else None

    def _kind(self) -> tuple[KindRule, str]:
        """Kind by GB/T 35561 code first, else by word; the code as stated, if it is one."""
        codes = [c for c in (known_code(v) for _, v in self.block.pairs("eventCode")) if c]
        for code in codes:
            if code in self.by_code:
                return self.by_code[code], code
        rule = self.source.kinds.get(self.event)
        if rule is None:
            where = f'sources.toml [[source]] "{self.source.id}" 的 [source.kinds]'
            line = f'"{self.event[:40]}" = …'
            raise Unreadable(f"event：{shown(self.event)} 不在 {where}，请补一行 {line}", "event")
        return rule, codes[0] if codes else rule.event_code


def _bare_cancel(sent: datetime) -> dict[str, Any]:
    """A Cancel without info says only which warning ends; the colour it ends is in that one."""
    return {
        "kind": Kind.WEATHER,
        "event_code": Kind.WEATHER.event_code,
        "source_kind": "解除",
        "occurred_at": sent,
        "expires_at": sent,
        "warning_colour": colour_of(["蓝色"], "", "", Severity.MINOR),
        "headline": "解除预警",
    }


def _identifier(text: str, name: str) -> str:
    if len(text) > REF_LENGTH or set(text) & set(" ,<&\t\n"):
        raise Unreadable(f"{name}：{shown(text)} 不能含空格、逗号，至多 {REF_LENGTH} 个字符", name)
    return text


def _references(alert: Block, source: Source, does: MessageKind) -> tuple[tuple[str, str], ...]:
    """`sender,identifier,sent` each, parted by blanks; the blank in a time parts them once more."""
    found = []
    for triple in alert.find("references").split():
        parts = triple.split(",")
        if len(parts) > 1 and parts[1]:
            found.append((source.id, _identifier(parts[1], "references")))
    if not found and does is not MessageKind.ALERT:
        raise Unreadable("references：更新或解除必须写明所指的预警", "references")
    return tuple(found)


def _area_codes(areas: list[Block]) -> tuple[str, ...]:
    """Six digits of each division code named, each once."""
    codes = (value for area in areas for _, value in area.pairs("geocode"))
    six = (code[:6] for code in codes if len(code) >= 6 and code.isascii() and code[:6].isdecimal())
    return tuple(dict.fromkeys(six))[:MOST_AREAS]
