"""XML text → its root element, strictly: no DTD, no entity, nothing fetched, no abyss."""

import codecs
import re
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from linkage.alerts import Unreadable

MAX_ELEMENTS = 20_000
MAX_DEPTH = 32
_PROLOG = re.compile(r"<\?xml[^>]{0,200}?\bencoding\s{0,9}=\s{0,9}[\"']([^\"'>]{1,40})[\"']")
# What gateways put around a document, and a text file's mark.
_AROUND = " \t\r\n\0\ufeff"
# What is wrong, by the parser's own number.
_FAULTS = {
    2: "不是 XML 文字",
    3: "内容缺失，可能被截断",
    4: "有 XML 不允许的字符或未转义的 < &",
    5: "标签没有写完，可能被截断",
    7: "起止标签不配对",
    8: "同一属性写了两次",
    9: "文档结束后还有内容，一条报文只写一份文档",
    11: "有未定义的实体，& 应写作 &amp;",
    14: "字符引用的编号不允许",
    20: "CDATA 没有结束，可能被截断",
    27: "前缀没有声明命名空间",
}
# Each reads the ones before it: a prolog that names the older one says nothing wrong.
_CHINESE = {"gb2312", "gbk", "gb18030"}


def xml_root(text: str, charset: str) -> Element:
    """The root, or `Unreadable`. `charset`: what the text was decoded with."""
    text = text.strip(_AROUND)
    _refuse_other_charset(text, charset)
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except DefusedXmlException:
        raise Unreadable("XML 含 DTD 或实体定义，按安全规定拒收") from None
    except ParseError as why:
        line, column = why.position
        fault = _FAULTS.get(why.code, str(why))
        raise Unreadable(
            f"报文不是完整合法的 XML：第 {line} 行第 {column + 1} 个字符处，{fault}"
        ) from None
    except (ValueError, LookupError, RecursionError) as why:
        raise Unreadable(f"报文不是完整合法的 XML（{why}）") from None
    _refuse_abyss(root)
    return root


def local_name(element: Element) -> str:
    """Its name without the namespace."""
    return str(element.tag).rpartition("}")[2]


def _refuse_other_charset(text: str, charset: str) -> None:
    """The prolog and sources.toml may not disagree in silence; where all is ASCII they do not."""
    prolog = None if text.isascii() else _PROLOG.match(text)
    if prolog is None:
        return
    stated, agreed = _codec(prolog[1]), _codec(charset)
    if stated == agreed or (stated in _CHINESE and agreed in _CHINESE):
        return
    if agreed.startswith(stated):  # utf-16 beside utf-16-le
        return
    reason = f"XML 声明 encoding={prolog[1]}，与约定的 {charset} 不一致"
    raise Unreadable(f"{reason}，请对方改正声明，或核对 sources.toml 的 charset", "encoding")


def _codec(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return name


def _refuse_abyss(root: Element) -> None:
    level, count = [root], 1
    for _ in range(MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return
        count += len(level)
        if count > MAX_ELEMENTS:
            raise Unreadable(f"XML 元素超过 {MAX_ELEMENTS} 个，请减少")
    raise Unreadable(f"XML 嵌套超过 {MAX_DEPTH} 层，请减少层次")
