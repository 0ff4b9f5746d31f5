"""HJ 212-2017: what environmental monitors send (污染物在线监控系统). docs/dialects/hj212.md.

Frames of HJ/T 212-2005 are read too: they lack version and flags, and use the older factor codes.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from ingest.dialects.beijing_time import beijing_time
from ingest.dialects.checksums import crc_hj212
from ingest.dialects.hj212_frames import begins, cut
from ingest.dialects.hj212_words import (
    CONVERTED_VALUES,
    DATA,
    KEPT_RAW,
    NO_FACTOR,
    OF_DEVICES,
    RESULTS,
    RUNNING_STATES,
    SAID,
    SUFFIXES,
)
from ingest.framing import BLANK, Framing, Join, ReadFrame
from linkage.alerts import Unreadable
from linkage.intake.arrivals import Part, Remark
from linkage.readings.factors import CONVERTED, factors
from linkage.readings.reading import Reading
from linkage.sources import Source
from linkage.vocabulary import Quality

Parts = list[Part | Unreadable]
_MN = re.compile(r"[0-9A-Za-z_-]{1,40}")
_CODE = re.compile(r"[0-9A-Za-z_]{1,20}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,15}(\.[0-9]{0,15})?|\.[0-9]{1,15})([eE][+-]?[0-9]{1,2})?")


class _Statement(NamedTuple):
    """Whose values, by which command, of what time."""

    station_id: str
    command: str
    at: datetime


_STATED = re.compile(r"\b((?:Data|Alarm)Time) *=([^;,]*)", re.IGNORECASE)
_SEPARATORS = re.compile("([;,=])")
ReadValues = Callable[[_Statement, str], Parts]


def reader(source: Source) -> ReadFrame:
    values_of = _Values(source)

    def read(piece: bytes, join: Join) -> Sequence[Part | Unreadable]:
        if not piece.startswith(b"##"):
            return [Remark("只有换行，没有数据")]
        head, _, area = _segment(piece).partition("CP=&&")
        fields = dict(pair.partition("=")[::2] for pair in head.split(";"))
        if "CN" not in fields or "MN" not in fields:
            fields = {name.strip().upper(): text.strip() for name, text in fields.items()}
        command = fields.get("CN", "")
        station_id = fields.get("MN", "")
        if not _MN.fullmatch(station_id):
            raise Unreadable(
                f"MN：设备编号 {station_id[:40]!r} 应为 24 位十六进制字符；请检查数采仪设置", "MN"
            )
        area = area.removesuffix("&&")
        if command not in DATA:
            return [_remark(command, area)]
        if fields.get("PNUM", "1") in {"", "0", "1"}:
            parts: Parts = []
            for of_one_time in _apart(area):
                at = _time(of_one_time, fields)
                parts += values_of(_Statement(station_id, command, at), of_one_time)
            return parts
        return _packets(fields, area, join, values_of)

    return read


def _segment(piece: bytes) -> str:
    """The data segment, if length and CRC are as the frame says; what differs is told, or both."""
    before, closing, tail = piece[6:].rstrip(BLANK).rpartition(b"&&")
    segment, crc = before + closing, tail.decode("ascii", "backslashreplace")
    if not 0 < len(tail) <= 4 or b"&&" not in before:
        reason = f"帧不完整：帧头说数据段 {int(piece[2:6])} 字节，缺少结尾的 && 或 CRC"
        raise Unreadable(f"{reason}（收到 {len(piece)} 字节）；请检查网络与分帧", "帧")
    wrong = []
    if int(piece[2:6]) != len(segment):
        wrong.append(f"长度：帧头写 {piece[2:6].decode()}，数据段实为 {len(segment):04}")
    right = f"{crc_hj212(segment):04X}"
    if crc.upper().rjust(4, "0") != right:  # printed without its zeros, it is the same number
        wrong.append(f"CRC：帧尾写 {crc}，按数据段应为 {right}")
    if wrong:
        raise Unreadable(f"{'；'.join(wrong)}。请检查数采仪或传输", "帧")
    return segment.decode("ascii", "backslashreplace")


def _remark(command: str, area: str) -> Remark:
    said = SAID.get(command)
    if said is None:
        reason = f"CN：命令编码 {command[:20]!r} 不在 HJ 212-2017 表 9"
        raise Unreadable(f"{reason}；请对方改正，或告知维护人员增加该命令", "CN")
    results = "、".join(RESULTS[item] for item in re.split("[;,]", area) if item in RESULTS)
    return Remark(f"CN={command} {said}{f'：{results}' if results else ''}，不含测量值")


def _apart(area: str) -> list[str]:
    """A store that is emptied may state several times in one frame, each before its values."""
    if area.count("DataTime=") == 1:
        return [area]
    starts = [found.start() for found in _STATED.finditer(area) if found[1][0] in "Dd"]
    if len(starts) < 2:
        return [area]
    return [area[at:end] for at, end in pairwise([0, *starts[1:], len(area)])]


def _time(area: str, fields: dict[str, str]) -> datetime:
    """Of the moment; of a mean, where its span begins (HJ 212-2017 table 8). QN where it lacks."""
    found = _STATED.search(area)
    if found:
        return _moment(found[2].strip(), found[1])
    if "QN" not in fields:
        reason = "DataTime：缺少数据时间，帧头也没有 QN"
        raise Unreadable(f"{reason}；请检查数采仪的报文格式", "DataTime")
    return _moment(fields["QN"], "QN")


def _moment(digits: str, name: str) -> datetime:
    """With milliseconds or without. Twelve digits may begin with a year or with a century."""
    if len(digits) not in {14, 17}:
        reason = f"{name}：时间 {digits[:20]!r} 应为 YYYYMMDDhhmmss"
        raise Unreadable(f"{reason}；请检查数采仪的报文格式", name)
    return beijing_time(digits[:14], name)


def _packets(fields: dict[str, str], area: str, join: Join, values_of: ReadValues) -> Parts:
    """A packet with a time of its own is read at once: a lost neighbour must not hold an alarm up.
    The others wait for the packet that has the time."""
    number, total = fields.get("PNO", ""), fields["PNUM"]
    if not (number.isdecimal() and total.isdecimal() and len(number + total) < 9):
        reason = f"PNO：分包号 {number[:9]!r}/{total[:9]!r} 不是数字"
        raise Unreadable(f"{reason}；请检查数采仪的分包设置", "PNO")
    whose = (fields["MN"], fields["CN"])
    key = " ".join((*whose, fields.get("QN", "")[:17]))
    whole = join(key, int(number), int(total), area.encode())
    parts = values_of(_Statement(*whose, _time(area, fields)), area) if _has_time(area) else []
    if whole is not None:
        areas = [packet.decode() for packet in whole]
        at = _time(next(filter(_has_time, areas), ""), fields)
        for other in areas:
            if not _has_time(other):
                parts += values_of(_Statement(*whose, at), other)
    return parts


def _has_time(area: str) -> bool:
    return _STATED.search(area) is not None


class _Values:
    """The values of one source's stations. Called with whose they are and the data area."""

    def __init__(self, source: Source) -> None:
        self._source_id = source.id
        self._name = factors().naming("hj212", source.id)
        self._qualities = factors().qualities["hj212"]

    def __call__(self, of: _Statement, area: str) -> Parts:
        parts: Parts = []
        said, unread = _by_code(area, parts)
        for code, values in said.items():
            suffixes = [s for s in DATA[of.command][1] if s in values][:1]
            suffixes += [s for s in CONVERTED_VALUES if s in values]
            for suffix in suffixes:
                try:
                    parts.append(self._reading(of, code, suffix, values))
                except Unreadable as why:
                    parts.append(why)
            unread += [f"{code}-{s}" for s in values if s not in suffixes and s not in KEPT_RAW]
        if unread:
            parts.append(Remark(f"未采用的字段（原文已留存）：{'、'.join(unread)[:200]}"))
        if not parts:
            parts.append(Remark(f"CN={of.command}：没有可采用的测量值"))
        return parts

    def _reading(self, of: _Statement, code: str, suffix: str, said: dict[str, str]) -> Reading:
        field = f"{code}-{suffix}"
        quality = self._quality(code, "Flag", said)
        if suffix in CONVERTED_VALUES and quality.may_alarm:
            quality = self._quality(code, "ZsFlag", said)
        factor, unit, scale = self._name(of.station_id, code)
        value = _value(field, said[suffix], quality)
        if scale != 1.0 and value is not None:
            value = float(f"{value * scale:.12g}")
        if suffix in CONVERTED_VALUES:
            factor += CONVERTED
        elif suffix in OF_DEVICES:
            factor, unit = field, OF_DEVICES[suffix]
        return Reading(
            source_id=self._source_id,
            station_id=of.station_id,
            factor=factor,
            value=value,
            unit=unit,
            measured_at=of.at,
            span=DATA[of.command][0],
            quality=quality,
        )

    def _quality(self, code: str, suffix: str, said: dict[str, str]) -> Quality:
        flag = said.get(suffix) or "N"
        quality = self._qualities.get(flag) or self._qualities.get(flag.upper())
        if quality is None:
            line = f'请在 data/factors.toml 的 [quality.hj212] 补一行 {flag[:8]} = "…"'
            reason = f"{code}-{suffix}：数据标记 {flag[:8]!r} 不在表中，该值未采用"
            raise Unreadable(f"{reason}；{line}", f"{code}-{suffix}")
        return quality


def _value(field: str, number: str, quality: Quality) -> float | None:
    """None where the instrument says itself that it measured nothing."""
    if field.endswith("-RS") and number not in RUNNING_STATES:
        reason = f"{field}：运行状态 {number[:8]!r} 应为 0 到 5"
        raise Unreadable(f"{reason}；请检查数采仪设置", field)
    if _NUMBER.fullmatch(number):
        return float(number)
    if quality.may_alarm:
        reason = f"{field}：应为数值，收到 {number[:40]!r}"
        raise Unreadable(f"{reason}；没有测得的值请带数据标记发送", field)
    return None


def _by_code(area: str, parts: Parts) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Their factors, each with what stands behind its suffixes; and the fields nobody knows."""
    said: dict[str, dict[str, str]] = {}
    unread: list[str] = []
    values: dict[str, str] = {}
    field = suffix = ""
    if " " in area:
        area = "".join(part.strip() for part in _SEPARATORS.split(area))
    for item in area.replace(",", ";").split(";"):
        before = field
        field, equals, text = item.partition("=")
        if field and not equals and suffix:
            # The rest of a value with a comma in it: 1,5 is neither 1 nor 1.5.
            wrong = f"{values.pop(suffix, '')},{field}"[:40]
            reason = f"{before}：应为数值，收到 {wrong!r}；小数点应写作 ."
            parts.append(Unreadable(reason, before))
            field = before
            continue
        code, dash, suffix = field.rpartition("-")
        suffix = SUFFIXES.get(suffix) or SUFFIXES.get(suffix.lower(), suffix)
        if not dash or not _CODE.fullmatch(code):
            suffix = ""
            if field and field.lower() not in NO_FACTOR:
                unread.append(field)
            continue
        values = said.setdefault(code, {})
        if values.setdefault(suffix, text) != text:
            reason = f"{field}：同一帧里写了两次，数值不同"
            parts.append(Unreadable(f"{reason}；已采用前一个，请检查数采仪", field))
    return said, unread


FRAMING = Framing(cut=cut, begins=begins, reader=reader)
