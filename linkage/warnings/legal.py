"""What the law asks of a warning to the public: eight fields, and one voice. Pure.

突发事件应对法 §64: 类别、级别、起始时间、可能影响范围、警示事项、应当采取的措施、发布单位和
发布时间。
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from unicodedata import normalize

import msgspec

from linkage.areas import AREAS
from linkage.event_codes import EVENT_CODES
from linkage.kinds import Kind
from linkage.vocabulary import MessageKind, WarningColour
from linkage.warnings.public_words import Issuer, Voice
from linkage.warnings.relations import CITY

# A warning that stands for longer is a notice; it is to be updated instead.
LONGEST = timedelta(days=10)
# Told for what began earlier than this is a slip of the hand.
EARLIEST = timedelta(days=1)
# What begins later is not known yet: a slip of the hand in the day or the year.
LATEST = timedelta(days=10)
MOST_TEXT = 2000
MOST_LINE = 200
MOST_AREAS = 20


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """What an officer composes. Empty strings and None are what is not filled in yet."""

    kind: Kind
    event_code: str  # 类别
    colour: WarningColour | None  # 级别
    starts_at: datetime | None  # 起始时间
    expires_at: datetime | None
    area: str  # 可能影响范围
    area_codes: tuple[str, ...]
    headline: str
    notice: str  # 警示事项
    measures: str  # 应当采取的措施
    issuer: str  # 发布单位; 发布时间 is given by the second who approves it


def missing(text: Text, message_kind: MessageKind) -> list[str]:
    """The legal fields that are not filled in, by name."""
    lifts = message_kind is MessageKind.CANCEL
    asked: Mapping[str, bool] = {
        "类别": text.event_code in EVENT_CODES,
        "级别": text.colour is not None,
        "起始时间": text.starts_at is not None,
        "可能影响范围": _says(text.area) and bool(text.area_codes),
        "解除原因" if lifts else "警示事项": _says(text.notice),
        # What is lifted asks nothing more of anybody.
        "应当采取的措施": lifts or _says(text.measures),
        "发布单位": bool(text.issuer.strip()),
    }
    return [name for name, given in asked.items() if not given]


def _says(text: str) -> bool:
    """Dots and blanks say nothing to anybody."""
    return any(c.isalnum() for c in text)


def wrong(text: Text, now: datetime, message_kind: MessageKind) -> Iterator[str]:
    """What is filled in and cannot be, each with what would be right."""
    starts, expires = text.starts_at, text.expires_at
    lifts = message_kind is MessageKind.CANCEL
    if expires is None:
        yield "失效时间没有填写：预警必须写明到何时为止。"
    elif starts is not None and expires <= starts and not lifts:
        yield "失效时间不晚于起始时间，请改正。"
    elif expires <= now and not lifts:
        yield "失效时间已经过去，请改正。"
    elif starts is not None and expires - starts > LONGEST and not lifts:
        yield f"有效期超过 {LONGEST.days} 天，请缩短，到期前可以更新。"
    if starts is not None and starts < now - EARLIEST and message_kind is MessageKind.ALERT:
        yield "起始时间早于一天以前，请改正。"
    if starts is not None and starts > now + LATEST and not lifts:
        yield f"起始时间在 {LATEST.days} 天以后，请改正。"
    for code in text.area_codes:
        # The province is known by name, and is not ours to warn.
        if code != CITY and code not in AREAS:
            yield f"区划代码 {code} 不属于本市，请在本市区县中选择。"
    if len(text.area_codes) > MOST_AREAS:
        yield f"影响区域超过 {MOST_AREAS} 个，请选“连云港市”。"
    for name, line, most in (
        ("标题", text.headline, MOST_LINE),
        ("影响范围", text.area, MOST_LINE),
        ("警示事项", text.notice, MOST_TEXT),
        ("应采取措施", text.measures, MOST_TEXT),
    ):
        if len(line) > most:
            yield f"{name}超过 {most} 字，请精简。"


def refusal(text: Text, voices: tuple[Voice, ...], issuers: Mapping[str, Issuer]) -> str | None:
    """Why this issuer may not speak of this kind: the clause, and who may. None: it may."""
    known = next((one for one in issuers.values() if one.name == text.issuer), None)
    if known is None and text.issuer.strip():
        names = "、".join(one.name for one in issuers.values())
        return f"发布单位“{text.issuer}”没有登记，应为其中之一：{names}。"
    for voice in voices:
        of = _spoken(text, voice)
        if of is not None and (known is None or known.id not in voice.issuers):
            return f"“{of}”只能由{voice.who}发布（{voice.basis}）。{voice.instead}。"
    return None


def _spoken(text: Text, voice: Voice) -> str | None:
    """What of the text is this voice's own: the kind that was chosen, or a word that was written.

    A word torn apart by blanks, dots or signs that nobody sees is the same word.
    """
    if voice.about(text.kind, text.event_code):
        return EVENT_CODES.get(text.event_code, text.kind.label)
    headline, *rest = map(_bare, (text.headline, text.notice, text.measures, text.area))
    found = (word for word in voice.words for said in (headline, *rest) if word in said)
    titles = "|".join(map(re.escape, voice.titles))
    title = re.search(f"(?:{titles})(?:[红橙黄蓝]色?)?(?:预警|警报|预报)", headline)
    return next(found, title.group() if titles and title else None)


def _bare(text: str) -> str:
    return "".join(c for c in normalize("NFKC", text) if c.isalnum())
