"""JT/T 808 0x0200: one report of a terminal → where the vehicle is, and which alarms stand."""

import struct
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from ingest.dialects.jt808_added import added_facts
from ingest.dialects.jt808_words import (
    ALARMS,
    CLEARED,
    OPENING,
    OPENING_MASK,
    POSITIONED,
    SHIFTED,
    SOUTH,
    WEST,
    alarm_words,
    state_words,
)
from ingest.position import Convert, Position, converter, position
from linkage.alerts import Alert, Unreadable
from linkage.areas import AREAS, area_code
from linkage.datum import Datum
from linkage.intake.arrivals import Part
from linkage.intake.device_state import NOT_YET, DeviceState
from linkage.kinds import HAZMAT_KINDS
from linkage.response.feedback import UnitReport
from linkage.sources import Source
from linkage.vehicles import Vehicle, vehicles
from linkage.vocabulary import Certainty, PositionNote, Severity

LEAST = 28  # bytes; what follows is read for an alert alone
_BODY = struct.Struct(">IIIIHHH")
_BEIJING = timedelta(hours=8)
# An alarm bit is set in every report while the alarm stands, every half minute or so: after an
# hour without one, it is a new alarm.
PAUSE = timedelta(hours=1)
STATE = 40  # characters: unit.state
_state = lru_cache(4096)(state_words)


class Report:
    """The fixed part of one report. `at` None: its clock was not set."""

    __slots__ = ("alarms", "at", "body", "direction", "latitude", "longitude", "speed", "status")

    def __init__(self, body: bytes) -> None:
        if len(body) < LEAST:
            sizes = f"位置信息 {len(body)} 字节，应不少于 {LEAST} 字节"
            raise Unreadable(f"{sizes}；请检查终端或网关是否截断报文", "消息体")
        alarms, status, lat, lon, _, speed, direction = _BODY.unpack_from(body)
        self.alarms, self.status, self.body = alarms, status, body
        self.latitude = (-lat if status & SOUTH else lat) / 1e6
        self.longitude = (-lon if status & WEST else lon) / 1e6
        self.speed, self.direction = speed / 10, direction
        self.at = _moment(body[22:28].hex())


class Positions:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._vehicles = vehicles()
        self._usual = converter(source.datum)
        self._shifted = converter(Datum.GCJ02)

    def one(self, terminal: str, body: bytes) -> Sequence[Part | Unreadable]:
        report = Report(body)
        vehicle = self._vehicles.get(terminal)
        where = self._where(report, vehicle)
        unit = self._unit(terminal, report, vehicle, where, live=True)
        return (*self._states(terminal, report, vehicle, where), unit)

    def batch(self, terminal: str, body: bytes) -> Sequence[Part | Unreadable]:
        """Late or saved-up reports: every change of an alarm, and the newest position."""
        reports, wrong = _reports(body)
        parts: list[Part | Unreadable] = list(wrong)
        vehicle = self._vehicles.get(terminal)
        reports.sort(key=lambda r: r.at or NOT_YET)
        before = None
        for number, report in enumerate(reports, 1):
            standing = report.alarms & OPENING_MASK
            if standing != before or number == len(reports):
                where = self._where(report, vehicle)
                parts += self._states(terminal, report, vehicle, where)
            before = standing
        if reports:
            newest = reports[-1]
            where = self._where(newest, vehicle)
            parts.append(self._unit(terminal, newest, vehicle, where, live=False))
        return parts

    def _where(self, report: Report, vehicle: Vehicle | None) -> Position:
        if not report.status & POSITIONED:
            sent = (report.longitude, report.latitude) if report.longitude else None
            return None, sent, PositionNote.MISSING
        return position(report.longitude, report.latitude, self._to_wgs84(report, vehicle))

    def _to_wgs84(self, report: Report, vehicle: Vehicle | None) -> Convert:
        if vehicle is not None and vehicle.datum is not None:
            return converter(vehicle.datum)
        # 经保密插件加密: the shift of GCJ-02 is that plug-in's.
        return self._shifted if report.status & SHIFTED else self._usual

    def _unit(
        self,
        terminal: str,
        report: Report,
        vehicle: Vehicle | None,
        where: Position,
        *,
        live: bool,
    ) -> UnitReport:
        return UnitReport(
            agency_id=(vehicle.agency if vehicle else "") or self._source.agency,
            unit_id=vehicle.plate if vehicle else terminal,
            label=vehicle.plate if vehicle else f"终端 {terminal}",
            state=_state(report.alarms, report.status, report.speed > 0, STATE),
            point=where[0],
            at=report.at,
            heading=report.direction if report.direction < 360 else None,
            speed_kmh=report.speed,
            watched=not (vehicle and vehicle.force),
            hazmat=bool(vehicle and vehicle.hazmat),
            cargo=vehicle.cargo if vehicle else None,
            lost=not report.status & POSITIONED,
            live=live,
        )

    def _states(
        self, terminal: str, report: Report, vehicle: Vehicle | None, where: Position
    ) -> list[Part | Unreadable]:
        """Which alarms stand, and which of them no line of the table knows."""
        alarms: list[tuple[str, Alert]] = []
        wrong: list[Part | Unreadable] = []
        for bit in OPENING if report.alarms & OPENING_MASK else ():
            if report.alarms >> bit & 1:
                try:
                    alarms.append((ALARMS[bit], self._alert(bit, terminal, report, vehicle, where)))
                except Unreadable as why:
                    wrong.append(why)
        if wrong and not alarms:
            return wrong
        state = DeviceState(
            source_id=self._source.id,
            group=terminal,
            device=terminal,
            at=report.at,
            pause=PAUSE,
            alarms=tuple(alarms),
            says=CLEARED,
        )
        return [state, *wrong]

    def _alert(
        self, bit: int, terminal: str, report: Report, vehicle: Vehicle | None, where: Position
    ) -> Alert:
        point, sent_xy, note = where
        hazmat = bool(vehicle and vehicle.hazmat)
        word = f"{'危化品' if hazmat else ''}车辆{ALARMS[bit]}"
        rule = self._source.kinds.get(word)
        if rule is None:
            table = f'sources.toml [[source]] "{self._source.id}" 的 [source.kinds]'
            raise Unreadable(f'“{word}”不在 {table}，请在表中补一行 "{word}" = …', "报警标志")
        area = area_code(point)
        name = vehicle.plate if vehicle else f"终端{terminal}"
        cargo = vehicle.cargo if vehicle else None
        return Alert(
            source_id=self._source.id,
            source_ref="",  # of the alarm from first to last: linkage.intake.device_alarms
            kind=rule.kind,
            event_code=rule.event_code,
            source_kind=rule.word,
            occurred_at=NOT_YET,
            place=AREAS.get(area or "", ""),
            point=point,
            source_xy=sent_xy,
            position_note=note,
            area_code=area,
            severity=_severity(bit, hazmat),
            certainty=Certainty.POSSIBLE if bit == 0 else Certainty.LIKELY,
            plates=(vehicle.plate,) if vehicle else (),
            hazmat=hazmat or rule.kind in HAZMAT_KINDS,
            headline=f"{name} {rule.word}" + (f"，载运{cargo}" if cargo else ""),
            text=_text(terminal, name, report, vehicle, where),
            exercise=rule.exercise,
            facts=_facts(bit, terminal, report, vehicle),
        )


def _severity(bit: int, hazmat: bool) -> Severity:
    """The terminal states none: a tanker on its side is grave until somebody has looked."""
    if hazmat:
        return Severity.SEVERE
    return Severity.MODERATE if bit == 0 else Severity.SEVERE if bit == 30 else Severity.MODERATE


def _text(
    terminal: str, name: str, report: Report, vehicle: Vehicle | None, where: Position
) -> str:
    owner = f"（{vehicle.owner}）" if vehicle and vehicle.owner else ""
    said = [f"{name}{owner}车载终端自动报警：{alarm_words(report.alarms)}"]
    said.append(f"车速 {report.speed:g} 千米/时")
    if where[0] is None and where[1] is not None:
        said.append(f"终端未定位，末次坐标 {where[1][0]:.6f}, {where[1][1]:.6f}")
    if vehicle is None:
        line = f'请在 data/vehicles.toml 补登一条 [[vehicle]] terminal = "{terminal}"'
        unset = "终端手机号是零，请安装单位设置"
        said.append(f"车牌和货物不明，{unset if terminal == '0' else line}")
    return "，".join(said)


def _facts(bit: int, terminal: str, report: Report, vehicle: Vehicle | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"alarm": ALARMS[bit], "terminal": terminal}
    facts["speed_kmh"] = report.speed
    if report.direction < 360:
        facts["heading_deg"] = report.direction
    others = report.alarms & ~(1 << bit)
    if others:
        facts["other_alarms"] = alarm_words(others)
    facts |= added_facts(report.body[LEAST:])
    if vehicle is None:
        return facts
    stated = {"owner": vehicle.owner, "substance": vehicle.substance, "un": vehicle.un}
    return facts | {key: value for key, value in stated.items() if value}


def _reports(body: bytes) -> tuple[list[Report], list[Unreadable]]:
    """The items of 0x0704: how many, which sort, then each with its length."""
    if len(body) < 3:
        sizes = f"定位数据批量上传 {len(body)} 字节，应不少于 3 字节"
        raise Unreadable(f"{sizes}；请检查终端或网关是否截断报文", "消息体")
    stated = int.from_bytes(body[:2])
    reports: list[Report] = []
    wrong: list[Unreadable] = []
    at = 3
    while at + 2 <= len(body):
        end = at + 2 + int.from_bytes(body[at : at + 2])
        try:
            reports.append(Report(body[at + 2 : end]))
        except Unreadable as why:
            wrong.append(why)
        at = end
    found = len(reports) + len(wrong)
    if found != stated:
        counts = f"定位数据批量上传写有 {stated} 项，实收 {found} 项"
        wrong.append(Unreadable(f"{counts}；请检查终端或网关是否截断报文", "数据项个数"))
    return reports, wrong


def _moment(digits: str) -> datetime | None:
    """BCD YYMMDDhhmmss, Beijing time; None where it is none, as before the first fix."""
    d = digits
    try:
        when = datetime.fromisoformat(f"20{d[:2]}-{d[2:4]}-{d[4:6]}T{d[6:8]}:{d[8:10]}:{d[10:]}Z")
    except ValueError:
        return None
    return when - _BEIJING
