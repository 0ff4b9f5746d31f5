"""A series as its row has it: one factor of one station, by the moment or as a mean."""

from typing import Any

import msgspec

from linkage.alerts import Unreadable
from linkage.reading_tables import series
from linkage.readings.reading import Reading
from linkage.vocabulary import Quality

_MOST_STATION, _MOST_FACTOR, _MOST_UNIT = 60, 48, 20
Key = tuple[str, str, str, str, bool]  # station, source, factor, span, exercise


class Series(msgspec.Struct, gc=False):
    """A row of `series`; fields are its columns, in order."""

    id: int
    source_id: str
    station_id: str
    factor: str
    span: str
    exercise: bool
    unit: str
    lon: float | None
    lat: float | None
    value: float | None
    quality: str
    measured_ms: int
    received_ms: int
    level: int
    severity: str
    level_since_ms: int | None
    fault: str
    fault_since_ms: int | None
    memory: str
    recent: bytes
    packs: int
    revision: int

    @property
    def key(self) -> Key:
        return self.station_id, self.source_id, self.factor, self.span, bool(self.exercise)


assert Series.__struct_fields__ == tuple(c.name for c in series.columns)  # noqa: S101 - rows are written in this order


def key_of(reading: Reading) -> Key:
    return (
        reading.station_id,
        reading.source_id,
        reading.factor,
        reading.span.value,
        reading.exercise,
    )


def row_of(one: Series) -> tuple[Any, ...]:
    return msgspec.structs.astuple(one)


def new_series(series_id: int, key: Key) -> Series:
    station_id, source_id, factor, span, exercise = key
    return Series(
        id=series_id,
        source_id=source_id,
        station_id=station_id,
        factor=factor,
        span=span,
        exercise=exercise,
        unit="",
        lon=None,
        lat=None,
        value=None,
        quality=Quality.NORMAL.value,
        measured_ms=-1,
        received_ms=-1,
        level=0,
        severity="",
        level_since_ms=None,
        fault="",
        fault_since_ms=None,
        memory="",
        recent=b"",
        packs=0,
        revision=0,
    )


def does_not_fit(reading: Reading) -> Unreadable | None:
    """What no column can hold; a dialect has refused most of it already."""
    for what, text, most in (
        ("站号", reading.station_id, _MOST_STATION),
        ("因子", reading.factor, _MOST_FACTOR),
        ("单位", reading.unit, _MOST_UNIT),
    ):
        if len(text) > most or "\0" in text:
            return Unreadable(f"{what}超过 {most} 字或含非法字符：{text[:most]!r}")
    if not reading.station_id or not reading.factor:
        return Unreadable("站号或因子为空")
    return None
