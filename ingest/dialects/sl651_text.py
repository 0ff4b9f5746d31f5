"""Bodies of SL 651-2014 in the ASCII coding: names and values parted by blanks. §6.6.2."""

import re
from datetime import timedelta

from ingest.dialects.beijing_time import beijing_time
from ingest.dialects.sl651_elements import SERIES, Body
from ingest.dialects.sl651_frames import station_address
from ingest.dialects.sl651_words import CLASSES
from linkage.alerts import Unreadable

_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_STEP = re.compile(r"DR([DHN])([0-9]{2})")
_STEPS = {"D": timedelta(days=1), "H": timedelta(hours=1), "N": timedelta(minutes=1)}
_SERIES = re.compile(r"DRP|DRZ[1-8]")
_NAME = re.compile(r"[A-Z][A-Z0-9]{0,9}")
_FREE = {"RGZS": "人工置数", "PIC": "图片", "DATA": "流速批量数据"}
_MISSING = frozenset({"M", "F"})


def read_text(body: bytes) -> Body:
    """Raises Unreadable without a time. Where the words do not add up, those before are kept."""
    text = body.decode("ascii", "backslashreplace").upper()
    if len(text) < 16:
        reason = f"正文只有 {len(text)} 个字符，缺少流水号或发报时间"
        raise Unreadable(f"{reason}；请检查遥测站", "正文")
    said = Body(beijing_time(text[4:16], "发报时间"))
    try:
        _walk(text[16:].split(), said)
    except Unreadable as why:
        said.wrong.append(why)
    return said


def _walk(words: list[str], said: Body) -> None:
    step: timedelta | None = None
    while words:
        word = words.pop(0)
        if word in _FREE:
            said.left.append(_FREE[word])
            break
        if word == "ST":
            said.station_id = station_address(_next(words, word))
            # Z and others are elements too: then a value stands behind them.
            if len(words) > 1 and words[0] in _CLASS_WORDS and not _is_value(words[1]):
                words.pop(0)
        elif word == "TT":
            said.at = beijing_time(_next(words, word), "观测时间")
        elif found := _STEP.fullmatch(word):
            step = int(found[2]) * _STEPS[found[1]] or None
        elif step is not None:
            _even_interval([word, *words], step, said)
            break
        else:
            _element(word, _next(words, word), said)


_CLASS_WORDS = frozenset(CLASSES.decode())


def _is_value(word: str) -> bool:
    return word in _MISSING or _NUMBER.fullmatch(word) is not None


def _next(words: list[str], name: str) -> str:
    if not words:
        raise Unreadable(f"要素 {name[:20]} 后面没有值", name[:20])
    return words.pop(0)


def _element(name: str, word: str, said: Body) -> None:
    if not _NAME.fullmatch(name):
        raise Unreadable(f"要素标识符 {name[:20]!r} 读不懂，后面无法继续读", name[:20])
    if _SERIES.fullmatch(name):
        said.add_series(name, _series(name, word))
    elif name == "ZT":
        try:
            said.add_status(int(word, 16) & 0xFFFFFFFF)
        except ValueError:
            said.wrong.append(Unreadable(f"ZT：状态 {word[:20]!r} 不是 8 位十六进制", name))
    else:
        _value(name, word, said, timedelta(0))


def _value(name: str, word: str, said: Body, later: timedelta) -> None:
    if word in _MISSING:
        said.add(name, None, later)
    elif _NUMBER.fullmatch(word):
        said.add(name, float(word), later)
    else:
        said.wrong.append(Unreadable(f"{name}：应为数值，收到 {word[:20]!r}", name))


def _even_interval(words: list[str], step: timedelta, said: Body) -> None:
    """Names once, then their values group by group, a step apart. 表 30."""
    names: list[str] = []
    while words and words[0] not in _MISSING and _NAME.fullmatch(words[0]):
        names.append(words.pop(0))
    if not names or len(words) % len(names):
        raise Unreadable(f"均匀时段报有 {len(names)} 个要素、{len(words)} 个值，不成整组", "DR")
    for n, word in enumerate(words):
        _value(names[n % len(names)], word, said, n // len(names) * step)


def _series(name: str, word: str) -> list[float | None]:
    """Twelve values of two (rain, 0.1 mm) or four (level, cm) hex digits; all F: none."""
    width, unit = (2, 10) if name == "DRP" else (4, 100)
    if not re.fullmatch(rf"[0-9A-Fa-f]{{{SERIES * width}}}", word):
        reason = f"{name}：应为 {SERIES * width} 位十六进制，收到 {word[:20]!r}（{len(word)} 位）"
        raise Unreadable(reason, name)
    groups = [word[n : n + width].upper() for n in range(0, len(word), width)]
    return [None if group == "F" * width else int(group, 16) / unit for group in groups]
