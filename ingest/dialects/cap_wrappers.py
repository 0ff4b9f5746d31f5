"""The CAP alerts of one payload: the payload itself, or what an envelope holds.

EDXL-DE 1.0 (OASIS, `contentObject`) and Atom or RSS feeds (`entry`, `item`) with CAP inside. An
index that only links to its alerts holds none: no address in a payload is ever called.
"""

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from ingest.json_form import shown
from ingest.xml_form import local_name, xml_root
from linkage.alerts import Classified, Unreadable
from linkage.intake.arrivals import Remark

NAMESPACES = ("{urn:oasis:names:tc:emergency:cap:1.2}", "{urn:oasis:names:tc:emergency:cap:1.1}")
ALERTS = tuple(f"{space}alert" for space in NAMESPACES)
# Envelope → what each of its pieces is called.
ENVELOPES = {"EDXLDistribution": "contentObject", "feed": "entry", "entry": "entry", "rss": "item"}
MOST_PIECES = 200
_PRACTICE = {"Exercise", "Test"}
_OPEN = ("", "UNCLASSIFIED", "公开", "非密", "无")


class Wrapped(NamedTuple):
    """An alert, or why this piece holds none. `exercise`: the envelope says it is practice."""

    found: Element | Unreadable | Remark
    exercise: bool = False


def single(root: Element) -> bool:
    """Whether the payload is one alert and nothing around it. Raises `Unreadable` for neither."""
    name = local_name(root)
    if root.tag in ALERTS:
        return True
    if name in ENVELOPES:
        return False
    raise _no_alert(root)


def unwrapped(root: Element, charset: str) -> Iterator[Wrapped]:
    """Every alert of an envelope, or why there is none, in order. Raises `Unreadable`."""
    exercise = _practice(root)
    name = ENVELOPES[local_name(root)]
    pieces = [element for element in root.iter() if local_name(element) == name]
    if not pieces:
        yield Wrapped(Remark(f"{local_name(root)} 中没有 {name}，没有预警"))
    if len(pieces) > MOST_PIECES:
        raise Unreadable(f"{name}：超过 {MOST_PIECES} 个，请分批发送", name)
    for piece in pieces:
        try:
            found = list(_alerts(piece, charset))
        except Unreadable as why:
            yield Wrapped(why)
            continue
        yield from (Wrapped(one, exercise) for one in found)


def _alerts(piece: Element, charset: str) -> Iterator[Element | Remark]:
    within = [element for element in piece.iter() if local_name(element) == "alert"]
    for element in within:
        if element.tag not in ALERTS:
            raise _no_alert(element)
    if within:
        yield from within
        return
    # Some envelopes carry the alert as text: escaped, or in a CDATA section.
    written = (element.text or "" for element in piece.iter())
    for text in written:
        if text.lstrip()[:1] == "<" and "alert" in text:
            root = xml_root(text, charset)
            if not single(root):
                break
            yield root
            return
    if any(local_name(element) == "nonXMLContent" for element in piece.iter()):
        yield Remark("信封中的附件不是预警，未作处理，原始报文已留存")
        return
    name = local_name(piece)
    reason = "没有内嵌的 CAP 正文（摘要、链接和附件都不算；本系统不访问外部地址）"
    raise Unreadable(f"{name}：{reason}，请对方把完整预警放进报文", name)


def _practice(root: Element) -> bool:
    """What the envelope says of everything inside. Raises `Classified`, `Unreadable`."""
    status = ""
    for element in root.iter():
        name, text = local_name(element), (element.text or "").strip()
        if name in {"combinedConfidentiality", "confidentiality"}:
            if not any(text.upper() == word or (word and word in text.upper()) for word in _OPEN):
                raise Classified("信封标有密级，不得进入本系统：正文未留存，请走涉密渠道", name)
        elif name == "distributionStatus":
            status = text
    if status in {"Draft", "System"}:
        reason = f"distributionStatus：{status} 是草稿或系统内部报文，不作预警"
        raise Unreadable(f"{reason}，应为 Actual、Exercise、Test", "distributionStatus")
    return status in _PRACTICE


def _no_alert(element: Element) -> Unreadable:
    tag = str(element.tag)
    if local_name(element) == "alert" and "cap" in tag and tag.endswith("1.0}alert"):
        what = f"CAP 1.0（{tag[1:-6]}）不接收"
    elif tag == "alert":
        what = "alert 没有命名空间，分不清是哪个版本的 CAP"
    else:
        what = f"根元素 {shown(tag)} 不是 CAP 1.2 的 alert"
    return Unreadable(f"{what}，应为 {ALERTS[0]}", "alert")
