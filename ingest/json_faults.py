"""What is wrong with a payload that is no JSON, in words that its sender can act on."""

import re

_BYTE = re.compile(r"\(byte ([0-9]+)\)")
_UNESCAPED = {0x0A: "换行（应写 \\n）", 0x0D: "回车（应写 \\r）", 0x09: "制表符（应写 \\t）"}
_OPENING = re.compile(rb"[\s\xef\xbb\xbf]*([{\[])?(<)?")
# What msgspec says → what the sender reads; {at}: the byte, from 1.
_SAYINGS = (
    ("truncated", "到第 {size} 字节处中断，请检查是否截断"),
    ("trailing comma", "第 {at} 字节处多一个逗号"),
    ("object keys must be strings", "第 {at} 字节处的字段名没有双引号"),
    ("trailing characters", "第 {at} 字节起另有内容，一个报文应只有一个对象 {{…}} 或一个数组 […]"),
    ("surrogate", "第 {at} 字节处有不成对的 \\ud800 类编码"),
)


def why_broken(saying: str, raw: bytes) -> str:
    """`saying`: what msgspec said of it."""
    found = _BYTE.search(saying)
    at = int(found[1]) if found else len(raw)
    for word, ours in _SAYINGS:
        if word in saying:
            # Of a surplus it names the byte behind the first.
            return ours.format(at=at if "trailing" in saying else at + 1, size=len(raw))
    opens = _OPENING.match(raw)
    if opens is not None and opens[1] is None:
        return f"开头应为 {{ 或 [，收到的{'像是 XML' if opens[2] else '不是 JSON'}"
    if raw[at : at + 3] == b"NaN" or raw[at : at + 9].lstrip(b"-").startswith(b"Infinity"):
        return f"第 {at + 1} 字节处的 NaN 或 Infinity 不是数值，没有测值请写 null"
    if at < len(raw) and raw[at] < 0x20:
        sign = _UNESCAPED.get(raw[at], f"控制字符 {raw[at]:02X}")
        return f"第 {at + 1} 字节是文字里未转义的{sign}"
    return f"第 {at + 1} 字节处不合语法"
