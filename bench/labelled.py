"""Reports with the truth beside them: which event each is about. Seeded: figures can be repeated.

Positions are off as each desk's are, one in fifteen is missing, one in fifty was not converted from
GCJ-02; names are mistyped, shortened, or replaced by the next landmark.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

import msgspec

from bench.town import HIGHWAYS, Spot, Town, moved
from bench.wording import HURT, MOTOR, RIDDEN, SCENES, STUFF, VEHICLES, Scene
from linkage.alerts import Alert, Point
from linkage.kinds import Kind

START = datetime(2026, 8, 5, 10, 0, tzinfo=UTC)  # 18:00 in Beijing
GCJ_EAST_M, GCJ_NORTH_M = 508.0, -114.0  # how far GCJ-02 is off in this city
# Shares of (most, some, few) reports and how far off their positions are, in metres.
ERRORS_M = {
    "110-cad": ((60, 90.0), (32, 220.0), (8, 480.0)),
    "120-cad": ((65, 80.0), (28, 180.0), (7, 400.0)),
    "122-cad": ((70, 60.0), (25, 150.0), (5, 350.0)),
    "119-cad": ((85, 40.0), (12, 120.0), (3, 300.0)),
}
OTHER_ERRORS_M = ((90, 50.0), (10, 200.0), (0, 0.0))
SLIPS = dict(zip("苍梧绣苑郁瀛巨盐棠晶徐御锦凤", "仓吾秀院玉赢具言堂金许玉金风", strict=True))


class Report(NamedTuple):
    """`event`: the truth. `case`: which part of the set it belongs to."""

    alert: Alert
    event: int
    case: str
    arrived_s: float


class Event(msgspec.Struct):
    """One thing that happened, with what its witnesses have in common."""

    id: int
    scene: Scene
    spot: Spot
    at: datetime
    case: str
    vehicles: tuple[str, str]
    plates: tuple[str, str]
    stuff: str
    hurt: str
    people: int
    building: str
    exercise: bool = False
    kind: Kind | None = None  # forces the desk's kind, for near misses
    says: str = ""


class Writer:
    """Turns events into reports, as the desks would have sent them."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.town = Town(self.rng)
        self.reports: list[Report] = []
        self._events = 0
        self._refs = 0

    def event(self, name: str, at: datetime, case: str, spot: Spot | None = None) -> Event:
        rng, town = self.rng, self.town
        scene = SCENES[name]
        if spot is None:
            spot = town.place_for(scene.where)
        self._events += 1
        fast = MOTOR if spot.highway >= 0 else list(VEHICLES)
        return Event(
            id=self._events,
            scene=scene,
            spot=spot,
            at=at,
            case=case,
            vehicles=(rng.choice(fast), rng.choice(fast if spot.highway >= 0 else RIDDEN)),
            plates=(self.plate(), self.plate()),
            stuff=rng.choice(STUFF),
            hurt=rng.choice(HURT),
            people=rng.randint(1, 4),
            building=f"{rng.randint(1, 24)}" if spot.compound else "",
        )

    def tell(self, event: Event, count: int | None = None) -> None:
        """Report the event as often as such events are, by the desks that hear of them."""
        rng, scene = self.rng, event.scene
        if count is None:
            count = 1 + rng.choices(range(len(scene.calls)), scene.calls)[0]
        first = rng.choices(list(scene.first), list(scene.first.values()))[0]
        phone = self.phone()
        heard = [first]
        self.report(event, first, 0.0, phone)
        minutes = 0.0
        for _ in range(count - 1):
            minutes += rng.expovariate(1 / scene.delay)
            if rng.random() < 0.12 and heard[-1] in scene.first:
                self.report(event, heard[-1], minutes, phone)  # the same caller again
                continue
            others = [d for d in scene.desks if d not in heard] or list(scene.desks)
            desk = rng.choice(others if rng.random() < 0.7 else list(scene.desks))
            heard.append(desk)
            self.report(event, desk, minutes, self.phone())

    def report(self, event: Event, desk: str, minutes: float, phone: str) -> None:
        rng = self.rng
        self._refs += 1
        kind, text = self._told(event, desk)
        plates = tuple(
            p for p in event.plates[: rng.choice((1, 1, 2))] if desk in {"122-cad", "transport"}
        )
        at = event.at + timedelta(minutes=minutes)
        point = self._point(event.spot, desk)
        alert = Alert(
            source_id=desk,
            source_ref=f"{desk[:3]}-{self._refs:06d}",
            kind=kind,
            event_code=kind.event_code,
            source_kind=kind.label,
            occurred_at=at.replace(microsecond=0),
            place=self._slip(self.place(event, desk)),
            point=point,
            area_code=event.spot.area_code if point else None,
            caller_phone=phone if desk in {"110-cad", "119-cad", "120-cad", "122-cad"} else None,
            plates=plates if rng.random() < 0.6 else (),
            hazmat=event.scene.hazmat and rng.random() < 0.7,
            text=text,
            exercise=event.exercise,
        )
        late = rng.expovariate(1 / 40.0)  # the desk types before it sends
        self.reports.append(Report(alert, event.id, event.case, at.timestamp() + late))

    def _told(self, event: Event, desk: str) -> tuple[Kind, str]:
        rng = self.rng
        told = event.scene.desks[desk]
        text = event.says or rng.choice(told.says)
        a, b = (rng.choice(VEHICLES[v]) for v in event.vehicles)
        text = text.format(
            a=a,
            b=b,
            plate=event.plates[0],
            hurt=event.hurt if rng.random() < 0.8 else rng.choice(HURT),
            n=event.people,
            stuff=event.stuff,
            floor=rng.randint(2, 18),
        )
        return event.kind or rng.choice(told.kinds), text

    def place(self, event: Event, desk: str) -> str:
        rng, spot = self.rng, event.spot
        if spot.highway >= 0:
            return self._on_highway(spot, desk)
        if rng.random() < 0.08 and not spot.compound:
            # The caller names the next landmark instead.
            near = [
                s
                for s in self.town.spots[spot.district]
                if s.street == spot.street and abs(s.house - spot.house) < 25
            ]
            if near:
                return f"{rng.choice(near).name}附近"
        number = f"{event.building}{rng.choice(('号楼', '栋', '幢'))}" if event.building else ""
        crossed = f"{spot.street}与{spot.crossing}{rng.choice(('交叉口', '路口'))}"
        if desk in {"119-cad", "122-cad", "fire", "work-safety", "market"}:
            street = crossed if spot.crossing else f"{spot.street}{spot.house}号"
            exact = rng.random() < 0.8
            return f"连云港市{spot.district}{street}{spot.name}{number if exact else ''}"
        told = rng.random()
        if spot.crossing and told < 0.7:
            return crossed
        if spot.name and told < 0.75:
            return f"{spot.street if told < 0.3 else ''}{spot.name}{number if told < 0.5 else ''}"
        if told < 0.95:
            tail = rng.choice(("附近", "路边", "上", f"{spot.house}号"))
            return f"{spot.district if told < 0.85 else ''}{spot.street}{tail}"
        return spot.district

    def _on_highway(self, spot: Spot, desk: str) -> str:
        rng = self.rng
        _, called, *_ = HIGHWAYS[spot.highway]
        name = rng.choice(called)
        sure = desk in {"122-cad", "transport", "119-cad"}
        if rng.random() > (0.85 if sure else 0.45):
            return name
        post = spot.post_m + (0 if sure else rng.choice((-500, 0, 0, 0, 500)))
        km, metres = divmod(max(post, 0), 1000)
        if rng.random() < 0.5 or name[-1].isdigit():
            return f"{name} K{km}+{metres:03d}"
        return f"{name}{km}公里" + (f"{metres}米处" if metres and sure else "处")

    def _point(self, spot: Spot, desk: str) -> Point | None:
        rng = self.rng
        if rng.random() < 1 / 15:
            return None
        shares = ERRORS_M.get(desk, OTHER_ERRORS_M)
        error = rng.choices([e for _, e in shares], [s for s, _ in shares])[0]
        if spot.highway >= 0 and desk in {"110-cad", "120-cad"}:
            error *= 2  # the caller drives on
        if desk == "environment":
            error = 600.0  # the station stands where it stands
        east, north = rng.gauss(0, error / 1.2), rng.gauss(0, error / 1.2)
        if rng.random() < 1 / 50:
            east, north = east + GCJ_EAST_M, north + GCJ_NORTH_M
        lon, lat = moved(spot.lon, spot.lat, east, north)
        return Point(round(lon, 6), round(lat, 6))

    def _slip(self, place: str) -> str:
        rng = self.rng
        if rng.random() < 0.06:
            for right, wrong in SLIPS.items():
                if right in place:
                    return place.replace(right, wrong, 1)
        return place

    def phone(self) -> str:
        return f"1{self.rng.choice('35789')}{self.rng.randrange(10**9):09d}"

    def plate(self) -> str:
        letters = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
        return "苏G" + "".join(self.rng.choice(letters) for _ in range(5))


def evening_until(writer: Writer, events: int, hours: float, mix: dict[str, float]) -> None:
    """A normal evening, four to five times as busy as a real one, so that chance has its chance."""
    rng = writer.rng
    for _ in range(events):
        at = START + timedelta(hours=rng.uniform(0, hours))
        name = rng.choices(list(mix), list(mix.values()))[0]
        writer.tell(writer.event(name, at, "evening"))
