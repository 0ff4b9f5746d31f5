"""Is a source's datum what it says? Found by its neighbours, within twenty messages."""

from datetime import UTC, datetime, timedelta
from math import cos, radians
from pathlib import Path
from random import Random

import pytest

from linkage.alerts import Point
from linkage.datum import Datum, from_wgs84, to_wgs84
from linkage.errors import BadConfig
from linkage.intake.datum_watch import ENOUGH, METRES, DatumWatch, Suspicion
from linkage.intake.known_points import load_known_points
from linkage.kinds import Kind
from linkage.vocabulary import PositionNote
from tests.builders import alert

START = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
DECLARED = {
    "110-cad": Datum.GCJ02,
    "119-cad": Datum.WGS84,
    "120-cad": Datum.GCJ02,
    "122-cad": Datum.CGCS2000,
}
OTHERS = ("119-cad", "120-cad", "122-cad")
KNOWN = Path(__file__).parents[1] / "data" / "known_points.toml"
SEEDS = range(10)


class City:
    """Events anywhere in the city; every system sees them a little elsewhere."""

    def __init__(self, seed: int, noise_m: float, outliers: float = 0.1) -> None:
        self.draw, self.noise, self.outliers = Random(seed), noise_m, outliers
        self.watch = DatumWatch(DECLARED, {"海州区政府": Point(119.157852, 34.573224)})
        self.now, self.events = START, 0
        self.found: dict[str, tuple[int, Suspicion]] = {}
        self.last: dict[str, Suspicion | None] = {}

    def seen_by(self, source: str, spot: Point, real: Datum) -> Point:
        """Where our conversion puts what `source` sends, being in truth in `real`."""
        scatter, draw = self.noise / METRES, self.draw
        lon = spot.lon + draw.gauss(0, scatter) / cos(radians(spot.lat))
        lat = spot.lat + draw.gauss(0, scatter)
        if draw.random() < self.outliers:
            lon, lat = lon + draw.uniform(-0.05, 0.05), lat + draw.uniform(-0.05, 0.05)
        return Point(*to_wgs84(DECLARED[source], *from_wgs84(real, lon, lat)))

    def event(self, source: str, real: Datum, other: str) -> None:
        draw = self.draw
        spot = Point(draw.uniform(118.6, 119.7), draw.uniform(34.1, 35.0))
        self.events += 1
        first = alert(source_id=other, point=self.seen_by(other, spot, DECLARED[other]))
        self.watch.opened(self.events, first)
        joins = alert(source_id=source, point=self.seen_by(source, spot, real))
        self.watch.joined(self.events, joins)
        self.look()

    def look(self) -> None:
        self.now += timedelta(seconds=1)
        if self.watch.due(self.now):
            self.last = self.watch.verdicts(self.now)
            for source, found in self.last.items():
                if found is not None:
                    self.found.setdefault(source, (self.events, found))


@pytest.mark.parametrize("real", [Datum.WGS84, Datum.BD09])
def test_a_wrong_label_is_found_within_twenty_messages(real: Datum) -> None:
    """P22: 110 says GCJ-02 and sends another; 100 m of scatter, one position in ten wild."""
    needed = []
    for seed in SEEDS:
        city = City(seed, noise_m=100)
        for _ in range(20):
            city.event("110-cad", real, city.draw.choice(OTHERS))
        at, found = city.found["110-cad"]
        needed.append(at)
        assert found.seems is real
        assert found.off_m > 400
        assert found.pairs >= ENOUGH
    print(f"{real.label}: 第 {sorted(needed)} 条时发现")


def test_a_thousand_right_messages_raise_no_flag() -> None:
    """P22: no source is blamed while all of them are right, whatever the seed."""
    for seed in SEEDS:
        city = City(seed, noise_m=100)
        for _ in range(1000):
            city.event("110-cad", Datum.GCJ02, city.draw.choice(OTHERS))
        assert city.found == {}, seed


def test_who_is_compared_with_a_wrong_one_is_not_blamed_for_it() -> None:
    city = City(3, noise_m=50)
    for _ in range(40):
        city.event("110-cad", Datum.WGS84, city.draw.choice(OTHERS))
        city.event("119-cad", Datum.WGS84, "122-cad")
    assert {s for s, found in city.last.items() if found} == {"110-cad"}
    assert city.last["119-cad"] is None


def test_two_that_only_have_each_other_are_both_named() -> None:
    city = City(5, noise_m=50)
    for _ in range(20):
        city.event("110-cad", Datum.WGS84, "119-cad")
    assert {s for s, found in city.last.items() if found} == {"110-cad", "119-cad"}
    assert city.last["110-cad"] is not None
    assert city.last["110-cad"].others == ("119-cad",)


def test_a_known_point_says_who_of_the_two_is_right() -> None:
    city = City(7, noise_m=50)
    spot = Point(119.157852, 34.573224)
    for _ in range(20):
        city.event("110-cad", Datum.WGS84, "119-cad")
        city.events += 1
        at = city.seen_by("110-cad", spot, Datum.WGS84)
        city.watch.opened(city.events, alert(place="海州区政府", point=at))
        city.look()
    assert {s for s, found in city.last.items() if found} == {"110-cad"}


@pytest.mark.parametrize("opens", [True, False])
def test_a_register_of_ours_bears_witness_and_is_not_judged(opens: bool) -> None:
    """The position of a station or a panel is what we wrote down, whatever datum its source has."""
    city = City(5, noise_m=50, outliers=0.0)
    draw = city.draw
    for _ in range(20):
        spot = Point(draw.uniform(118.6, 119.7), draw.uniform(34.1, 35.0))
        city.events += 1
        ours = alert(source_id="122-cad", point=spot, source_xy=None)
        wrong = alert(source_id="110-cad", point=city.seen_by("110-cad", spot, Datum.WGS84))
        first, then = (ours, wrong) if opens else (wrong, ours)
        city.watch.opened(city.events, first)
        city.watch.joined(city.events, then)
        city.look()
    assert {s for s, found in city.last.items() if found} == {"110-cad"}
    assert "122-cad" not in city.last


def test_a_source_that_was_put_right_is_cleared() -> None:
    city = City(11, noise_m=80)
    for _ in range(20):
        city.event("110-cad", Datum.WGS84, city.draw.choice(OTHERS))
    assert city.last["110-cad"] is not None
    for _ in range(60):
        city.event("110-cad", Datum.GCJ02, city.draw.choice(OTHERS))
    assert city.last["110-cad"] is None


def test_only_a_marker_that_is_meant_exactly_is_compared() -> None:
    watch = DatumWatch(DECLARED, {})
    for n in range(20):
        off = Point(119.18, 34.6)
        watch.opened(n, alert(source_id="119-cad"))
        watch.joined(n, alert(point=off, position_note=PositionNote.COARSE))
        watch.joined(n, alert(point=None, position_note=PositionNote.MISSING))
        watch.joined(n, alert(point=off, kind=Kind.EARTHQUAKE))
        watch.joined(n, alert(point=off, source_id="119-cad"))
        watch.joined(10_000 + n, alert(point=off))  # opened before our time
    assert not watch.due(START)


def test_a_source_that_declares_nothing_is_not_judged() -> None:
    watch = DatumWatch({}, {})
    watch.opened(1, alert(source_id="119-cad"))
    watch.joined(1, alert(point=Point(119.18, 34.6)))
    assert not watch.due(START)


def test_the_shipped_points_are_in_the_city_and_found_by_their_full_names() -> None:
    known = load_known_points(KNOWN)
    assert len(known) >= 20
    assert known["海州区人民政府"] == known["连云港市海州区人民政府"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "一项也没有"),
        ('[[point]]\nnames=["x"]\nlon=34.6\nlat=119.2\nbasis="b"', "不在本市"),
        ('[[point]]\nnames=[]\nlon=119.2\nlat=34.6\nbasis="b"', "没有名称"),
        ('[[point]]\nnames=["x"]\nlat=34.6\nbasis="b"', "缺少 lon"),
        ('[[point]]\nnames=["x"]\nlon=119.2\nlat=34.6\nbasis="b"\nwho="x"', "不认识"),
    ],
)
def test_a_broken_file_of_points_says_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "known_points.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadConfig, match=words):
        load_known_points(file)
