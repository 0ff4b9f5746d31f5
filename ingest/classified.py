"""涉密: what is marked secret may not enter this system. Its text is neither stored nor quoted."""

import re
from html import unescape

from linkage.alerts import Classified
from linkage.sources import CHARSETS, Source

_MARK = re.compile(r"[绝机秘]\s{0,8}密\s{0,8}[★☆]")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
# What a field of secrecy may say without being secret; anything else is taken as secret.
_OPEN = frozenset(
    {"", "0", "00", "0.0", "false", "f", "null", "none", "no", "n", "否", "无", "公开", "普通"}
    | {"非密", "非涉密", "非保密", "不涉密", "不保密", "无密级"}
)
_SECRET = frozenset({"1", "2", "3", "true", "True", "是", "绝密", "机密", "秘密", "Y", "y"})
_KEPT_OUT = "正文未留存，请走涉密渠道；确非涉密的，请对方写 0"
_REASON = "报文标有涉密标志，不得进入本系统：正文未留存，请走涉密渠道"
_SHORT = 4  # characters: a word of a code, not of the text


def refuse_mark(text: str) -> None:
    """Raise `Classified` when the text carries 绝密★, 机密★ or 秘密★, also as escapes."""
    # One-character searches first: they cost next to nothing, and most payloads have none.
    escaped = "\\" in text or "&" in text
    if "★" in text or "☆" in text or (escaped and ("\\u260" in text or "&#" in text)):
        plain = unescape(_ESCAPE.sub(lambda found: chr(int(found[1], 16)), text))
        if _MARK.search(plain) or _MARK.search(text):
            raise Classified(_REASON)


def refuse_field(value: object, field: str | None) -> None:
    """Raise `Classified` when the source's field of secrecy says so, or says what we don't know."""
    if value == "0" or value is None:
        return
    said = str(value).strip()
    if said.lower() in _OPEN:
        return
    if said in _SECRET or len(said) > _SHORT:
        raise Classified(_REASON, field)
    # What we do not know is taken as secret; who agreed on the word must learn which it was.
    raise Classified(f"{field} 写作“{said}”，不是明确的“否”，按涉密处理：{_KEPT_OUT}", field)


def refuse_suspect(payload: bytes, source: Source) -> None:
    """The careful look at a payload that could not be read, before anything may quote it.

    Broken JSON, a wrong character set or a doubled key must not carry a secret into a reason or
    into the table of raw messages.
    """
    for charset in CHARSETS:
        # Half a mark is enough to be careful about, so unreadable bytes are passed over.
        text = payload.decode(charset, errors="ignore")
        refuse_mark(text)
        if source.classified:
            for value in _values(text, source.classified):
                # In a character set that is not theirs only a plain yes can be told from noise.
                if charset == source.charset or value in _SECRET:
                    refuse_field(value, source.classified)


def _values(text: str, field: str) -> list[str]:
    """What seems to stand behind a field, in text that is neither good JSON nor good XML."""
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    leaf = re.escape(field.rpartition(".")[2])
    return re.findall(rf'["<]{leaf}["\s>:]+"?([^",<}}\s]*)', plain, re.IGNORECASE)
