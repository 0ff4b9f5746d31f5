"""The hard parts of the labelled set: a storm, repeated calls, and pairs that must stay apart."""

from datetime import datetime, timedelta

from bench.labelled import START, Report, Writer, evening_until
from bench.town import Spot, moved
from bench.wording import EVENING, STORM
from linkage.kinds import Kind


def labelled_set(
    seed: int, events: int = 420, storm_events: int = 150, pairs: int = 6
) -> list[Report]:
    """Reports in order of arrival, about 1,200. `pairs`: how many near misses of each sort."""
    writer = Writer(seed)
    evening_until(writer, events, 6.0, EVENING)
    storm(writer, storm_events)
    tankers(writer)
    repeats(writer)
    for pair in PAIRS:
        for _ in range(pairs):
            pair(writer)
    return sorted(writer.reports, key=lambda report: report.arrived_s)


def storm(writer: Writer, events: int) -> None:
    """One hour of rain over one district: everybody calls about water, and life goes on."""
    rng = writer.rng
    for _ in range(events):
        at = START + timedelta(hours=rng.uniform(2.0, 3.0))
        name = rng.choices(list(STORM), list(STORM.values()))[0]
        spot = writer.town.on_street("海州区") if name != "power" else writer.town.home("海州区")
        writer.tell(writer.event(name, at, "storm", spot))


def tankers(writer: Writer) -> None:
    for name in ("tanker", "plant", "tanker", "plant"):
        writer.tell(writer.event(name, _any_time(writer), "hazmat"), count=5)


def repeats(writer: Writer) -> None:
    """A caller who calls again, and a fire the whole street sees."""
    for name in ("house fire", "crash", "gas", "fight") * 3:
        event = writer.event(name, _any_time(writer), "repeat caller")
        phone = writer.phone()
        desk = "119-cad" if "119-cad" in event.scene.first else "110-cad"
        writer.report(event, desk, 0.0, phone)
        writer.report(event, desk, writer.rng.uniform(1.0, 9.0), phone)
    for name in ("house fire", "shop fire", "site"):
        writer.tell(writer.event(name, _any_time(writer), "many callers"), count=9)


def two_fires_an_hour_apart(writer: Writer) -> None:
    at, case = _any_time(writer), "one street, one hour apart"
    home = writer.town.home()
    writer.tell(writer.event("house fire", at, case, home), count=2)
    later = at + timedelta(minutes=writer.rng.uniform(50, 80))
    spot = writer.town.along(home, writer.rng.uniform(60, 250))
    writer.tell(writer.event("shop fire", later, case, spot), count=2)


def two_crashes_on_one_highway(writer: Writer) -> None:
    at, case = _any_time(writer), "one highway, 3 km apart, same minute"
    spot = writer.town.on_highway()
    other = writer.town.along(spot, writer.rng.uniform(2600, 3600))
    for place in (spot, other):
        writer.tell(writer.event("highway crash", _soon(writer, at), case, place), count=2)


def one_telephone_two_events(writer: Writer) -> None:
    at, case = _any_time(writer), "one telephone, two events"
    phone = writer.phone()
    first = writer.event("crash", at, case)
    writer.report(first, "110-cad", 0.0, phone)
    names = ("theft", "fight", "crash", "errand", "house fire")
    later = at + timedelta(minutes=writer.rng.uniform(25, 180))
    second = writer.event(writer.rng.choice(names), later, case)
    desk = next(iter(second.scene.first))
    writer.report(second, desk, 0.0, phone)


def neighbours(writer: Writer) -> None:
    at, case = _any_time(writer), "one building, different matters"
    home = writer.town.home()
    names = writer.rng.sample(
        ("lift", "illness", "house fire", "theft", "noise", "gas", "fight"), 2
    )
    for name in names:
        event = writer.event(name, _soon(writer, at), case, home)
        event.building = "7"
        writer.tell(event, count=1)


def two_patients(writer: Writer) -> None:
    at, case = _any_time(writer), "a crash, and a patient next door"
    street = writer.town.on_street()
    writer.tell(writer.event("crash", at, case, street), count=2)
    beside = writer.town.along(street, writer.rng.uniform(30, 200))
    writer.tell(writer.event("illness", _soon(writer, at), case, beside), count=1)


def two_roads(writer: Writer) -> None:
    at, case = _any_time(writer), "same kind, 400 m apart, other road"
    street = writer.town.on_street()
    writer.tell(writer.event("crash", _soon(writer, at), case, street), count=1)
    lon, lat = moved(street.lon, street.lat, *writer.rng.choice(((380, 120), (-120, 390))))
    other = street._replace(lon=lon, lat=lat, street=writer.town.other_street(street), crossing="")
    other = other._replace(name="", compound=False, house=writer.rng.randint(1, 300))
    writer.tell(writer.event("crash", _soon(writer, at), case, other), count=1)


def an_exercise_beside_the_real_one(writer: Writer) -> None:
    at, case = _any_time(writer), "exercise twin"
    spot = writer.town.at_works()
    for exercise in (False, True):
        event = writer.event("plant", _soon(writer, at), case, spot)
        event.exercise, event.stuff = exercise, "苯"
        writer.tell(event, count=3)


def two_thefts(writer: Writer) -> None:
    at, case = _any_time(writer), "one compound, two thefts"
    home = writer.town.home()
    for _ in range(2):
        event = writer.event("theft", at + timedelta(minutes=writer.rng.uniform(0, 40)), case, home)
        event.kind = Kind.CRIMINAL_CASE
        writer.tell(event, count=1)


def two_crashes_at_one_crossing(writer: Writer) -> None:
    at, case = _any_time(writer), "one crossing, half an hour apart"
    street = writer.town.on_street()
    writer.tell(writer.event("crash", at, case, street), count=2)
    later = at + timedelta(minutes=writer.rng.uniform(28, 50))
    writer.tell(writer.event("crash", later, case, street), count=2)


def one_name_two_counties(writer: Writer) -> None:
    at, case = _any_time(writer), "one name, two counties, no position"
    for district in writer.rng.sample(("灌云县", "灌南县", "东海县", "赣榆区"), 2):
        spot: Spot = writer.town.on_street(district)._replace(street="人民路", crossing="")
        event = writer.event("crash", _soon(writer, at), case, spot)
        writer.tell(event, count=1)


PAIRS = (
    two_fires_an_hour_apart,
    two_crashes_on_one_highway,
    one_telephone_two_events,
    neighbours,
    two_patients,
    two_roads,
    an_exercise_beside_the_real_one,
    two_thefts,
    two_crashes_at_one_crossing,
    one_name_two_counties,
)


def _any_time(writer: Writer) -> datetime:
    return START + timedelta(hours=writer.rng.uniform(0, 6))


def _soon(writer: Writer, at: datetime) -> datetime:
    return at + timedelta(seconds=writer.rng.uniform(0, 90))
