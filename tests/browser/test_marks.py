"""What an officer reads off the map's marks: level, practice, which way, how old; and fast."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from linkage.kinds import Kind
from linkage.tables import unit
from linkage.vocabulary import Severity
from tests.browser import scene
from tests.browser.desk import Desk, Officer
from tests.parts import wait_until

MANY = 5000
KINDS = [kind for kind in Kind if kind is not Kind.SYSTEM_FAULT]
CORNER = {"lon": 118.55, "lat": 34.30}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Five thousand open at once; in one corner two that are real and one that is practice."""
    house = Desk(tmp_path_factory.mktemp("marks"))
    chance, now = random.Random(3), datetime.now(UTC)
    with house.record.write(now) as w:
        for n in range(MANY):
            town, lon, lat = chance.choice(scene.TOWNS)
            scene.open_incident(
                w,
                now - timedelta(minutes=chance.randint(1, 900)),
                kind=chance.choice(KINDS),
                headline=f"事件 {n}",
                place=town,
                severity=chance.choice(list(Severity)),
                lon=chance.gauss(lon, 0.06),
                lat=chance.gauss(lat, 0.05),
                position_note="coarse" if n % 20 == 0 else "exact",
            )
        for exercise, severity in ((False, "minor"), (False, "unknown"), (True, "extreme")):
            scene.open_incident(
                w, now, kind=Kind.FIRE, severity=severity, exercise=exercise, **CORNER
            )
        for name, ago, heading in (("new", 0, 90), ("old", 90, None)):
            row: dict[str, Any] = {
                "agency_id": "fire", "unit_id": name, "label": name, "state": "待命",
                "lon": 118.60, "lat": 34.20, "heading": heading, "speed_kmh": None,
                "watched": False, "hazmat": False, "reported_at": now - timedelta(minutes=ago),
                "revision": w.next_revision(),
            }  # fmt: skip
            w.cx.execute(insert(unit).values(**row))
    house.start()
    yield house
    house.stop()
    house.record.close()


DRAWN = """(() => { const times = []; for (let n = 0; n < 15; n++) {
  const from = performance.now(); board.marks.draw(); times.push(performance.now() - from); }
  return Math.min(...times); })()"""


@pytest.mark.parametrize("zoom", [8.5, 10, 11, 13])
def test_five_thousand_are_drawn_within_a_few_frames(officer: Officer, zoom: float) -> None:
    """D13: 5,000 open incidents; drawn in two frames, when nothing else has the processor."""
    officer.situation()
    officer.ask("(board.sift.routine = true, board.sift.keep(), 1)")
    officer.ask(f"board.map.setView([34.58, 119.17], {zoom}, {{animate: false}}) && 1")
    assert float(str(officer.ask(DRAWN))) < 34
    drawn = "board.marks.items.reduce((sum, item) => sum + item.rows.length, 0)"
    if zoom == 8.5:
        assert int(str(officer.ask(drawn))) == MANY + 3
        assert int(str(officer.ask("board.marks.items.length"))) < 60, "bubbles, no red block"


def test_a_bubble_counts_what_is_real_and_names_its_worst(officer: Officer) -> None:
    officer.situation()
    officer.ask(
        f"board.map.setView([{CORNER['lat']}, {CORNER['lon']}], 12, {{animate: false}}) && 1"
    )
    said = officer.ask(
        """(() => { const said = []; const { fillText } = CanvasRenderingContext2D.prototype;
        CanvasRenderingContext2D.prototype.fillText = function (text, ...at) {
          said.push(text); return fillText.call(this, text, ...at); };
        board.marks.draw(); CanvasRenderingContext2D.prototype.fillText = fillText;
        return said; })()"""
    )
    assert isinstance(said, list)
    assert "2" in said, "practice is not counted"
    assert "般" in said, "the worst in words, however little that is"
    assert "演1" in said


def test_levels_differ_by_their_rings_too(officer: Officer) -> None:
    officer.situation()
    sizes = officer.ask(
        """board.feed.words.severities.map(([code, , mark]) =>
        Linkage.shapes.sprite("fire", code, mark, false, 22).cssSize)"""
    )
    assert isinstance(sizes, list)
    assert sizes[0] == sizes[1] > sizes[2]
    rim = """(code) => { const drawn = Linkage.shapes.sprite("routine", code, "", false, 22);
      const row = drawn.getContext("2d").getImageData(0, drawn.height / 2, drawn.width / 2, 1).data;
      let turns = 0; let before = false;
      for (let n = 0; n < row.length; n += 4) {
        const white = row[n] > 225 && row[n + 1] > 225 && row[n + 2] > 225 && row[n + 3] > 200;
        if (white && !before) turns++;
        before = white;
      } return turns; }"""
    rings = officer.map.locator("body").evaluate(
        f"() => ['extreme', 'severe', 'moderate'].map({rim})"
    )
    assert rings == [2, 1, 1]


def test_only_who_has_a_direction_points_somewhere(officer: Officer) -> None:
    officer.situation()
    officer.ask("board.map.setView([34.20, 118.60], 14, {animate: false}) && 1")
    hints = officer.ask(
        """[...board.feed.units.values()].map((unit) =>
        Linkage.unitHint(board.feed, unit).map((e) => e.textContent).join(" "))"""
    )
    assert isinstance(hints, list)
    assert any("可能已不在此处" in hint for hint in hints)
    assert all("可调派" in hint for hint in hints)


def test_on_a_wall_of_4k_the_marks_grow_and_are_still_hit(officer: Officer) -> None:
    officer.page.set_viewport_size({"width": 3840, "height": 2160})
    officer.situation()
    officer.ask(
        f"board.map.setView([{CORNER['lat']}, {CORNER['lon']}], 12, {{animate: false}}) && 1"
    )
    wait_until(lambda: officer.ask("board.marks.k") == 2, 5)
    spot = f"board.map.latLngToLayerPoint([{CORNER['lat']}, {CORNER['lon']}])"
    wait_until(lambda: officer.ask(f"((board.marks.at({spot}) || {{}}).rows || []).length") == 3, 5)
