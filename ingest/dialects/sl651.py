"""SL 651-2014: what hydrological stations send (水文监测数据通信规约). docs/dialects/sl651.md."""

from collections.abc import Sequence
from datetime import datetime

from ingest.dialects.sl651_elements import Body, read_body
from ingest.dialects.sl651_frames import FILLER, Frame, begins, cut, open_frame
from ingest.dialects.sl651_text import read_text
from ingest.dialects.sl651_words import (
    FLOWS,
    FUNCTIONS,
    LEVELS,
    METER_FAULTS,
    NAMES_LIKE_BYTES,
    PICTURE,
    STATUS_FACTORS,
    STORAGE_FAULT,
    SWITCHES,
    TEST,
    WITH_VALUES,
)
from ingest.framing import Framing, Join, ReadFrame
from linkage.alerts import Unreadable
from linkage.intake.arrivals import Part, Remark
from linkage.readings.factors import Naming, factors
from linkage.readings.reading import Reading
from linkage.sources import Source
from linkage.vocabulary import Quality


def reader(source: Source) -> ReadFrame:
    name = factors().naming("sl651", source.id)

    def read(piece: bytes, join: Join) -> Sequence[Part | Unreadable]:
        if not piece.strip(FILLER):
            return [Remark("只有分隔符，没有数据")]
        frame = open_frame(piece)
        called = FUNCTIONS.get(frame.function)
        if called is None:
            reason = f"功能码 {frame.function:02X} 不在 SL 651-2014 附录 B"
            raise Unreadable(f"{reason}；请向对方索取该功能码的说明", "功能码")
        called = f"{frame.function:02X} {called}"
        if not frame.is_up:
            return [Remark(f"{called}：中心站的下行报文，不含测量值")]
        if frame.function not in WITH_VALUES:
            packet = f"第 {frame.packet[0]}/{frame.packet[1]} 包" if frame.packet else ""
            if frame.function in SWITCHES:
                return [Remark(f"{called}{packet}：开关状态未转为读数，原文已留存")]
            kept = "，图片原文已留存" if frame.function == PICTURE else ""
            return [Remark(f"{called}{packet}：不含测量值{kept}")]
        body = frame.body
        if frame.packet:
            # Only the first packet has a serial number and a time: they are one body.
            whole = join(f"{frame.station_id} {frame.function:02X}", *frame.packet, body)
            if whole is None:
                return []
            body = b"".join(whole)
        said = read_text(body) if frame.is_text else read_body(body)
        return _parts(source.id, frame, said, name) or [Remark(f"{called}：没有要素")]

    return read


def _parts(source_id: str, frame: Frame, said: Body, name: Naming) -> list[Part | Unreadable]:
    broken: dict[str | None, set[str]] = {}
    faults: list[str] = []
    for status in said.statuses:
        for bit, (fault, what) in METER_FAULTS.items():
            if status.bits >> bit & 1:
                broken.setdefault(status.station_id, set()).add(what)
                faults.append(fault)
        faults += ["存储器异常"] if status.bits >> STORAGE_FAULT & 1 else []

    def reading(code: str, value: float | None, at: datetime, station: str | None) -> Reading:
        station_id = station or frame.station_id
        factor, unit, scale = name(station_id, code)
        if code in NAMES_LIKE_BYTES and not frame.is_text:
            factor, unit, scale = code, "", 1.0
        if scale != 1.0 and value is not None:
            value = float(f"{value * scale:.12g}")
        quality = Quality.NORMAL if value is not None else Quality.INVALID
        without = broken.get(station, ())
        if ("level" in without and code in LEVELS) or ("flow" in without and code in FLOWS):
            quality = Quality.FAULT
        return Reading(
            source_id=source_id,
            station_id=station_id,
            factor=factor,
            value=value,
            unit=unit,
            measured_at=at,
            quality=quality,
            exercise=frame.function == TEST,
        )

    parts: list[Part | Unreadable] = [reading(*one) for one in said.values]
    parts += said.wrong
    for status in said.statuses:
        # Their names are ids of data/factors.toml already.
        for bit, factor in STATUS_FACTORS.items():
            bit_value = float(status.bits >> bit & 1)
            parts.append(reading(factor, bit_value, status.at, status.station_id))
    if faults:
        parts.append(Remark(f"遥测站自报：{'、'.join(faults)}"))
    if said.left:
        parts.append(Remark(f"未采用（原文已留存）：{'、'.join(said.left)}"))
    return parts


FRAMING = Framing(cut=cut, begins=begins, reader=reader)
