"""What the record knows around one incident: how sure its position is, the wind, the substance.

Read side only, for the map. No word of a caller leaves here: texts are searched, not shown.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from linkage.alerts import Point
from linkage.desk.uncertainty import FACT, rough
from linkage.plan.knowledge import Knowledge
from linkage.plan.plume import Measured, judge
from linkage.reading_tables import series
from linkage.readings.clock import LENGTH_S
from linkage.readings.telemetry import Telemetry
from linkage.response.nearest import metres
from linkage.tables import alert, incident, incident_alert, unit
from linkage.vocabulary import PositionNote, Quality, Span

# The newest statements say all there is to draw; a storm of repeats adds nothing.
_ALERTS = 200
_WINDS = 5
_SPEED, _FROM, _SIXTEENTH = "wind_speed", "wind_direction", "wind_sixteenth"


class Spot(msgspec.Struct, frozen=True):
    """Where one source put it. `metres` 0: as good as the marker shows."""

    source: str
    lon: float
    lat: float
    note: str
    metres: int
    why: str


class Scene(msgspec.Struct, frozen=True):
    """`about_m`: of the marker itself. `substances`: names, in the order in which they were said.

    Times are epoch seconds."""

    about_m: int
    about_why: str
    spots: list[Spot]
    winds: list[dict[str, Any]]
    substances: list[str]


def read_scene(
    cx: Connection, telemetry: Telemetry, knowledge: Knowledge, incident_id: int, now: datetime
) -> Scene | None:
    """None: there is no such incident."""
    row = cx.execute(select(incident).where(incident.c.id == incident_id)).first()
    if row is None:
        return None
    said = _said(cx, incident_id)
    spots = [spot for one in said if (spot := _spot(one)) is not None]
    point = None if row.lon is None else Point(row.lon, row.lat)
    here = next((s for s in spots if point and metres(point, Point(s.lon, s.lat)) < 1), None)
    own = rough(PositionNote(row.position_note), point)
    winds = [] if point is None else _winds(cx, telemetry, point, said, exercise=row.exercise)
    return Scene(
        about_m=here.metres if here else own.metres if own else 0,
        about_why=here.why if here else own.why if own else "",
        spots=spots,
        winds=[_told(one) for one in judge(winds, now)[:_WINDS]],
        substances=[one.substance.name for one in knowledge.sheets(_texts(cx, row, said))],
    )


def _said(cx: Connection, incident_id: int) -> list[Any]:
    ask = (
        select(alert)
        .join(incident_alert, incident_alert.c.alert_id == alert.c.id)
        .where(incident_alert.c.incident_id == incident_id)
        .order_by(alert.c.id.desc())
        .limit(_ALERTS)
    )
    return list(cx.execute(ask))


def _facts(row: Any) -> dict[str, Any]:
    return msgspec.json.decode(row.facts, type=dict[str, Any]) if row.facts else {}


def _spot(row: Any) -> Spot | None:
    if row.lon is None or row.lat is None:
        return None
    note = PositionNote(row.position_note)
    found = rough(note, Point(row.lon, row.lat), _facts(row).get(FACT))
    about, why = (found.metres, found.why) if found else (0, "")
    return Spot(row.source_id, row.lon, row.lat, note.value, about, why)


def _texts(cx: Connection, row: Any, said: list[Any]) -> list[str]:
    """As the incident's own page reads them: what its vehicles carry, then the newest words."""
    plates = {plate for one in said if one.plates for plate in msgspec.json.decode(one.plates)}
    cargo = select(unit.c.cargo).where(unit.c.label.in_(plates), unit.c.cargo.is_not(None))
    texts = [*(cx.execute(cargo).scalars() if plates else ()), row.headline]
    for one in said:
        texts += [one.headline, one.text]
        texts += [value for value in _facts(one).values() if isinstance(value, str)]
    return texts


def _winds(
    cx: Connection, telemetry: Telemetry, scene: Point, said: list[Any], *, exercise: bool
) -> list[Measured]:
    found = [wind for one in said if (wind := _stated(one, scene)) is not None]
    return found + _measured(cx, telemetry, scene, exercise=exercise)


def _stated(row: Any, scene: Point) -> Measured | None:
    """What a source that reported it said of the wind there."""
    facts = _facts(row)
    turn: Any = facts.get("wind_from_deg")
    speed: Any = facts.get("wind_speed_ms")
    if not _is_turn(turn) or row.lon is None:
        return None
    return Measured(
        name=f"来报 {row.source_ref}",
        from_deg=float(turn) % 360,
        speed_ms=float(speed) if _is_speed(speed) else None,
        at=row.occurred_at,
        metres=metres(scene, Point(row.lon, row.lat)),
    )


def _measured(
    cx: Connection, telemetry: Telemetry, scene: Point, *, exercise: bool
) -> list[Measured]:
    """The latest wind of every station that measures one and stands somewhere."""
    ask = select(series).where(
        series.c.factor.in_((_SPEED, _FROM, _SIXTEENTH)),
        series.c.exercise.is_(exercise),
        series.c.quality == Quality.NORMAL.value,
        series.c.value.is_not(None),
    )
    latest: dict[tuple[str, str], dict[str, Any]] = {}
    for row in cx.execute(ask.order_by(series.c.measured_ms)):
        latest.setdefault((row.source_id, row.station_id), {})[row.factor] = row
    found = []
    for (source_id, station_id), by in latest.items():
        turn = by.get(_FROM) or by.get(_SIXTEENTH)
        place = telemetry.station_of(source_id, station_id)
        at = place.point if place else _stated_place(turn)
        if turn is None or at is None:
            continue
        degrees = turn.value if turn.factor == _FROM else (turn.value - 1) * 22.5
        speed = by.get(_SPEED)
        if not _is_turn(degrees):
            continue
        found.append(
            Measured(
                name=place.name if place else station_id,
                from_deg=float(degrees) % 360,
                speed_ms=speed.value if speed and _is_speed(speed.value) else None,
                at=min(_ended(turn), _ended(speed) if speed else _ended(turn)),
                metres=metres(scene, at),
            )
        )
    return found


def _stated_place(row: Any) -> Point | None:
    return Point(row.lon, row.lat) if row is not None and row.lon is not None else None


def _ended(row: Any) -> datetime:
    ended = row.measured_ms / 1000 + LENGTH_S[Span(row.span)]
    return datetime.fromtimestamp(min(ended, row.received_ms / 1000), UTC)


def _is_turn(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 360


def _is_speed(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100


def _told(one: Measured) -> dict[str, Any]:
    return {
        "name": one.name,
        "from_deg": round(one.from_deg),
        "speed_ms": None if one.speed_ms is None else round(one.speed_ms, 1),
        "at": int(one.at.timestamp()),
        "metres": round(one.metres),
        "doubt": one.doubt,
    }
