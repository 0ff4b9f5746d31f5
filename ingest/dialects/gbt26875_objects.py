"""GB/T 26875.3 §8: the information objects of one frame → alarms that stand, values, remarks."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ingest.dialects.gbt26875_alarm import Alarms, Place, text_of
from ingest.dialects.gbt26875_words import (
    ALL_OVER,
    ANALOGUE,
    COMPONENT_BITS,
    COMPONENTS,
    DEVICE_BITS,
    FIRE,
    MANUAL_ALARM,
    MUTE,
    OPERATIONS,
    RESET,
    SYSTEM_BITS,
    SYSTEMS,
    TYPES,
    set_words,
)
from linkage.alerts import Alert, Unreadable
from linkage.intake.arrivals import Part, Remark
from linkage.intake.device_state import DeviceState
from linkage.readings.reading import Reading
from linkage.sources import Source

# A state is sent when it changes. Stated again for the same component after this long, without a
# reset between: the reset was lost, or nobody saw to the first one. Either way somebody must look.
PAUSE = timedelta(minutes=10)
TIME_TAG = 6
DEVICE = "传输装置"
MANUAL, ON_FIRE = "手动报警", "火警"

Parts = list[Part | Unreadable]


class Objects:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._alarms = Alarms(source)
        # Type → bytes without the time tag, what reads one.
        self._readers: dict[int, tuple[int, Callable[[Place, bytes], Parts]]] = {
            1: (4, self._system),
            2: (40, self._component),
            3: (10, self._analogue),
            4: (4, self._operation),
            21: (1, self._device),
            24: (2, self._device_operation),
        }

    def read(
        self, panel: str, data: bytes, sent_at: datetime | None
    ) -> Sequence[Part | Unreadable]:
        kind, count = data[0], data[1] if len(data) > 1 else 0
        name = TYPES.get(kind, "自定义数据" if kind >= 128 else "预留数据")
        if kind not in self._readers:
            return (Remark(f"GB/T 26875.3 类型 {kind} {name}，装置 {panel}"),)
        size, read_one = self._readers[kind]
        objects = data[2:]
        step = _step(len(objects), count, size)
        parts: Parts = []
        for start in range(0, len(objects) - step + 1, step):
            one = objects[start : start + step]
            at = moment(one[size : size + TIME_TAG]) if step > size else sent_at
            try:
                parts += read_one(Place(panel, at, sent_at), one[:size])
            except Unreadable as why:
                parts.append(why)
        if len(objects) != count * step:
            stated = f"{name}写有 {count} 个信息对象，应为 {count * step} 字节"
            how = f"收到 {len(objects)} 字节；完整的对象已处理，请检查装置或网关"
            parts.append(Unreadable(f"{stated}，{how}", "信息对象数目"))
        return parts

    def _system(self, at: Place, one: bytes) -> Parts:
        system, bits = _system_name(one), int.from_bytes(one[2:4], "little")
        device = f"{at.panel}/{one[0]}.{one[1]}"
        words = set_words(bits, SYSTEM_BITS)
        if bits & FIRE:
            alert = self._alarms.fire(at, device, part=system, said="", state=words)
            return [self._state(at, device, ((ON_FIRE, alert),))]
        # 复位: whatever still burns is stated anew.
        state = self._state(at, device, whole=bool(bits & RESET))
        return [state, Remark(f"{system}：{words}，装置 {at.panel}")]

    def _component(self, at: Place, one: bytes) -> Parts:
        number, address = one[2], one[3:7][::-1].hex().upper()
        bits = int.from_bytes(one[7:9], "little")
        device = f"{at.panel}/{one[0]}.{one[1]}/{number}.{address}"
        part = f"{COMPONENTS.get(number, f'部件类型 {number}')} {address}"
        words = set_words(bits, COMPONENT_BITS)
        if bits & FIRE:
            said = text_of(one[9:40])
            alert = self._alarms.fire(at, device, part=part, said=said, state=words, type_=number)
            return [self._state(at, device, ((ON_FIRE, alert),))]
        said = text_of(one[9:40]) or ""
        remark = Remark(f"{part}{f'（{said}）' if said else ''}：{words}，装置 {at.panel}")
        # Fire destroys the detector that reported it, too.
        return [self._state(at, device, says={"": words} if bits & MUTE else {}), remark]

    def _analogue(self, at: Place, one: bytes) -> Parts:
        number, address, kind = one[2], one[3:7][::-1].hex().upper(), one[7]
        unit, scale = ANALOGUE.get(kind, ("", 1.0))
        measured_at = at.at or at.sent_at
        if measured_at is None:
            return [Unreadable("模拟量的采样时间和发送时间都读不懂", "时间")]
        value = int.from_bytes(one[8:10], "little", signed=True) * scale
        return [
            Reading(
                source_id=self._source.id,
                station_id=f"{at.panel}/{one[0]}.{one[1]}/{number}.{address}",
                factor=f"gbt26875_{kind}",
                value=round(value, 3),
                unit=unit,
                measured_at=measured_at,
            )
        ]

    def _operation(self, at: Place, one: bytes) -> Parts:
        device = f"{at.panel}/{one[0]}.{one[1]}"
        return self._operated(at, device, _system_name(one), one[2])

    def _device(self, at: Place, one: bytes) -> Parts:
        device, words = f"{at.panel}/{DEVICE}", set_words(one[0], DEVICE_BITS)
        if one[0] & FIRE:
            alert = self._alarms.fire(at, device, part="用户信息传输装置", said="", state=words)
            return [self._state(at, device, ((ON_FIRE, alert),))]
        return [self._state(at, device), Remark(f"用户信息传输装置：{words}，装置 {at.panel}")]

    def _device_operation(self, at: Place, one: bytes) -> Parts:
        return self._operated(at, f"{at.panel}/{DEVICE}", "用户信息传输装置", one[0])

    def _operated(self, at: Place, device: str, part: str, bits: int) -> Parts:
        words = set_words(bits, OPERATIONS)
        if bits & MANUAL_ALARM:
            alert = self._alarms.fire(at, device, part=part, said="", state=words, by_hand=True)
            return [self._state(at, f"{device}/{MANUAL}", ((MANUAL, alert),))]
        remark = Remark(f"{part}操作：{words}，装置 {at.panel}")
        return [self._state(at, device, whole=True), remark] if bits & ALL_OVER else [remark]

    def _state(
        self,
        at: Place,
        device: str,
        alarms: tuple[tuple[str, Alert], ...] = (),
        *,
        whole: bool = False,
        says: Mapping[str, str] = {},
    ) -> DeviceState:
        return DeviceState(
            source_id=self._source.id,
            group=at.panel,
            device=device,
            at=at.at,
            sent_at=at.sent_at,
            pause=PAUSE,
            alarms=alarms,
            whole=whole,
            says=says,
        )


def _step(length: int, count: int, size: int) -> int:
    """Bytes from one object to the next, where they may not be those of the standard.

    Some devices leave the time tags out, some add bytes of their own to each object: one read by
    the wrong step would be a fire that nobody reported.
    """
    standard = size + TIME_TAG
    if length == count * size != count * standard:
        return size
    if length % standard and count > 1 and length % count == 0 and length // count > standard:
        return length // count
    return standard


def moment(stated: bytes) -> datetime | None:
    """Second, minute, hour, day, month, year of the century, one byte each; Beijing time."""
    second, minute, hour, day, month, year = stated
    try:
        local = datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return local - timedelta(hours=8)


def _system_name(one: bytes) -> str:
    return f"{SYSTEMS.get(one[0], f'系统类型 {one[0]}')}{one[1]}号"
