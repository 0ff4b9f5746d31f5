"""The CAP alerts of one payload: the payload itself, or what an envelope holds.

EDXL-DE 1.0 and 2.0 (OASIS), whose names differ in capitals between their editions, Atom and RSS
feeds with CAP inside, a plain list of alerts (IPAWS) and SOAP. An index that only links to its
alerts holds none: no address in a payload is ever called.
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
# Envelope → what each of its pieces is called, both without regard to capitals.
ENVELOPES = {
    "edxldistribution": "contentObject",
    "feed": "entry",
    "entry": "entry",
    "rss": "item",
    "rdf": "item",
    "alerts": "alert",
    "envelope": "Body",
}
MOST_PIECES = 200
_ATTACHMENTS = {"nonxmlcontent", "othercontent", "jsoncontent"}
_LIVE, _PRACTICE = {"actual"}, {"exercise", "test"}
# The envelope leaves it to what is inside: DE 2.0 has a word for having no word.
_UNSAID = {"", "unknown", "noappropriatedefault"}
# Whole words: 不公开 and NON-PUBLIC are none of them.
_OPEN = frozenset({"", "UNCLASSIFIED", "PUBLIC", "公开", "非密", "无"})
_PLAINLY = "UNCLASSIFIED "  # AND NOT SENSITIVE, as DE 1.0 has it


class Wrapped(NamedTuple):
    """An alert, or why this piece holds none. `exercise`: the envelope says it is practice."""

    found: Element | Unreadable | Remark
    exercise: bool = False


def single(root: Element) -> bool:
    """Whether the payload is one alert and nothing around it. Raises `Unreadable` for neither."""
    if root.tag in ALERTS:
        return True
    if local_name(root).lower() in ENVELOPES:
        return False
    raise _no_alert(root)


def unwrapped(root: Element, charset: str, *, written: bool = False) -> Iterator[Wrapped]:
    """Every alert of an envelope, or why there is none, in order. Raises `Unreadable`.

    `written`: it stood as text in another one; in it no text is taken for XML again.
    """
    exercise = _practice(root)
    name = ENVELOPES[local_name(root).lower()]
    pieces = _outermost(root, name.lower())
    if not pieces:
        yield Wrapped(Remark(f"{local_name(root)} 中没有 {name}，没有预警"))
    if len(pieces) > MOST_PIECES:
        raise Unreadable(f"{name}：超过 {MOST_PIECES} 个，请分批发送", name)
    for piece in pieces:
        try:
            found = list(_alerts(piece, charset, written=written))
        except Classified:
            raise
        except Unreadable as why:
            yield Wrapped(why)
            continue
        yield from (Wrapped(one, exercise or practised) for one, practised in found)


def _outermost(element: Element, name: str) -> list[Element]:
    """Envelopes lie in envelopes: what is in a piece is read with it, and once."""
    if local_name(element).lower() == name:
        return [element]
    return [piece for child in element for piece in _outermost(child, name)]


def _alerts(piece: Element, charset: str, *, written: bool) -> Iterator[Wrapped]:
    within = [element for element in piece.iter() if local_name(element) == "alert"]
    for element in within:
        if element.tag not in ALERTS:
            raise _no_alert(element)
    if within:
        yield from map(Wrapped, within)
        return
    # Some envelopes carry the alert as text: escaped, or in a CDATA section.
    texts = () if written else (element.text or "" for element in piece.iter())
    for text in texts:
        if _seems_alert(text):
            root = xml_root(text, charset)
            yield from [Wrapped(root)] if single(root) else unwrapped(root, charset, written=True)
            return
    if any(local_name(element).lower() in _ATTACHMENTS for element in piece.iter()):
        yield Wrapped(Remark("信封中的附件不是预警，未作处理，原始报文已留存"))
        return
    name = local_name(piece)
    reason = "没有内嵌的 CAP 正文（摘要、链接和附件都不算；本系统不访问外部地址）"
    raise Unreadable(f"{name}：{reason}，请对方把完整预警放进报文", name)


def _seems_alert(text: str) -> bool:
    """Not the markup of a summary that speaks of an alert."""
    text = text.lstrip()
    return text[:1] == "<" and "alert" in text and ("emergency:cap" in text or "<alert" in text)


def _practice(root: Element) -> bool:
    """What the envelopes say of everything inside; of several the most careful counts.

    Raises `Classified`, `Unreadable`.
    """
    exercise = False
    for element in root.iter():
        name = local_name(element)
        if name.lower() in {"combinedconfidentiality", "confidentiality"}:
            text = _stated(element).upper()
            if text not in _OPEN and not text.startswith(_PLAINLY):
                raise Classified("信封标有密级，不得进入本系统：正文未留存，请走涉密渠道", name)
        elif name.lower() == "distributionstatus":
            status = _stated(element)
            if status.lower() in _PRACTICE:
                exercise = True
            elif status.lower() not in _LIVE | _UNSAID:
                reason = f"{name}：{shown(status)} 不作预警，应为 Actual、Exercise、Test"
                raise Unreadable(reason, name)
    return exercise


def _stated(element: Element) -> str:
    """Its text; in DE 2.0 that of the value in it, beside the name of the list of values."""
    values = [e for e in element.iter() if local_name(e).lower() == "value"]
    return " ".join((e.text or "").strip() for e in values or [element])


def _no_alert(element: Element) -> Unreadable:
    tag = str(element.tag)
    if local_name(element) == "alert" and "cap" in tag and tag.endswith("1.0}alert"):
        what = f"CAP 1.0（{tag[1:-6]}）不接收"
    elif tag == "alert":
        what = "alert 没有命名空间，分不清是哪个版本的 CAP"
    else:
        what = f"根元素 {shown(tag)} 不是 CAP 1.2 的 alert"
    return Unreadable(f"{what}，应为 {ALERTS[0]}", "alert")
