"""What our own processes say of themselves: the probe that went round broker, intake, database,
and the watch that the intake keeps beside its messages."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select

from linkage.figures.flood import Flood, Passed
from linkage.intake.troubles import Spell
from linkage.intake.watch import Listening
from linkage.intake_tables import service_state
from linkage.log import as_json
from linkage.record import Writing
from linkage.vocabulary import Labelled

INGEST, WATCH, BROKER, CLASH = "ingest", "watch", "broker", "clash"
CERTIFICATES = "certificates"
BOARD = "board/"  # and the name of the machine: its paper board
# The probe goes round every 5 s; three missed ones are a fault.
PROBE_EVERY_S = 5.0
PROBE_LATE_S = 15.0


class Probe(msgspec.Struct, frozen=True):
    """What the probe carries: when it left, by our own clock."""

    sent_at: datetime


class ServiceState(msgspec.Struct, frozen=True):
    at: datetime
    detail: dict[str, Any]

    def is_late(self, now: datetime) -> bool:
        return (now - self.at).total_seconds() > PROBE_LATE_S


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """What the intake's watch left at its last turn; it survives a restart.

    `received`, `per_s`: messages of all sources so far and lately. `dropped`: by the broker, as
    it counts; `dropped_at`: when that last rose. `gap`: when we heard nobody though we were well.
    `gap_told`: the last absence of ours (its beginning) that was told.
    """

    connected: bool = False
    received: int = 0
    per_s: float = 0.0
    spells: dict[str, Spell] = {}
    gap: Listening = Listening()
    gap_told: datetime | None = None
    dropped: int | None = None
    dropped_at: datetime | None = None
    flood: Flood | None = None
    floods: tuple[Passed, ...] = ()


class Road(Labelled):
    """How far a message gets on its way from the broker into the database."""

    WELL = "well", "接入正常"
    BROKER_AWAY = "broker_away", "消息服务器不可达"
    BEHIND = "behind", "积压追赶中"
    PROBE_LOST = "probe_lost", "自检报文没有回来"
    STUCK = "stuck", "接入进程没有运转"
    NEVER = "never", "接入从未启动"


WHAT_TO_DO = {
    Road.WELL: "",
    Road.BROKER_AWAY: "接入进程和数据库正常，但连不上消息服务器：请检查消息服务器是否在运行、"
    "网络是否通（python -m ingest check）；期间请各单位改用电话报送",
    Road.BEHIND: "中断期间积下的报文正在补收，新报文排在后面：请等待，并留意最近接报时间",
    Road.PROBE_LOST: "已连上消息服务器，但自检报文收不到："
    "请检查本账号对 linkage/v1/probe/ 的读写权限，再看接入日志",
    Road.STUCK: "接入进程已停、卡住或写不进数据库：请看接入日志的最后几行，重启接入进程；"
    "报文仍在消息服务器上，重启后补收",
    Road.NEVER: "请启动接入进程（python -m ingest run）",
}


def note_probe(
    w: Writing, payload: bytes, received_at: datetime, broker_note: Mapping[str, object]
) -> None:
    """Leave the round trip where every screen sees it. A foreign probe is ignored.

    After an absence it also leaves from when to when we heard nobody.
    """
    try:
        probe = msgspec.json.decode(payload, type=Probe)
    except msgspec.DecodeError:
        return
    trip_ms = round((received_at - probe.sent_at).total_seconds() * 1000, 1)
    before = read_service(w.cx)
    gap: dict[str, object] = {}
    if before is not None:
        gap = {key: before.detail[key] for key in ("deaf_from", "back_at") if key in before.detail}
        if before.is_late(received_at):
            gap = {"deaf_from": before.at, "back_at": received_at}
    set_service(w, INGEST, received_at, {**broker_note, "round_trip_ms": trip_ms, **gap})


def set_service(w: Writing, name: str, at: datetime, detail: Mapping[str, object]) -> None:
    w.cx.execute(delete(service_state).where(service_state.c.name == name))
    w.cx.execute(insert(service_state).values(name=name, at=at, detail=as_json(detail)))


def read_service(cx: Connection, name: str = INGEST) -> ServiceState | None:
    return read_services(cx, name).get(name)


def read_services(cx: Connection, *names: str) -> dict[str, ServiceState]:
    """Those that are there; all of them where none is named."""
    rows = select(service_state)
    if names:
        rows = rows.where(service_state.c.name.in_(names))
    return {
        row.name: ServiceState(row.at.astimezone(UTC), msgspec.json.decode(row.detail))
        for row in cx.execute(rows.order_by(service_state.c.name))
    }


def watch_of(services: Mapping[str, ServiceState]) -> Watch | None:
    """What the watch left, or None: it never kept watch."""
    state = services.get(WATCH)
    return msgspec.convert(state.detail, Watch) if state else None


def listening(services: Mapping[str, ServiceState], now: datetime) -> Listening:
    """When we last could hear nobody. Without a watch nothing is known of it: always heard."""
    probe, watch = services.get(INGEST), watch_of(services)
    if probe is None or watch is None:
        return Listening()
    if probe.is_late(now):
        return Listening(probe.at)
    own = msgspec.convert(
        {k: v for k, v in probe.detail.items() if k in {"deaf_from", "back_at"}}, Listening
    )
    return max((own, watch.gap), key=_back)


def _back(gap: Listening) -> float:
    return gap.back_at.timestamp() if gap.back_at else 0.0


def road(services: Mapping[str, ServiceState], now: datetime) -> Road:
    """Where on its way a message stops. That the database answers is known: it was just read."""
    probe, turn, watch = services.get(INGEST), services.get(WATCH), watch_of(services)
    if probe is not None and not probe.is_late(now):
        return Road.WELL
    if probe is None and turn is None:
        return Road.NEVER
    if turn is None or watch is None or turn.is_late(now):
        return Road.STUCK
    if not watch.connected:
        return Road.BROKER_AWAY
    return Road.BEHIND if watch.per_s > 0 else Road.PROBE_LOST
