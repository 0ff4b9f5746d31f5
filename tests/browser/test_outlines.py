"""Polygons and circles of warnings on the live map, and what is said of those that are none."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from linkage.alerts import Shape
from linkage.kinds import Kind
from linkage.log import as_json
from linkage.tables import warning
from linkage.vocabulary import ShapeNote
from tests.browser.desk import Desk, Officer
from tests.parts import wait_until

RING = (
    (119.1, 34.55),
    (119.1, 34.72),
    (119.42, 34.78),
    (119.52, 34.6),
    (119.3, 34.5),
    (119.1, 34.55),
)
DRAWN = """[...board.outlines.group.getLayers()].map((layer) =>
    layer.getRadius && layer instanceof L.Circle ? `circle ${layer.getRadius()}`
    : layer instanceof L.Polygon ? `polygon ${layer.getLatLngs()[0].length}`
    : layer instanceof L.CircleMarker ? "mark" : "label")"""


def warn(desk: Desk, ref: str, shapes: list[Shape], *, colour: str = "red") -> None:
    now = datetime.now(UTC)
    with desk.record.write(now) as w:
        w.cx.execute(
            insert(warning).values(
                id=w.next_id(),
                alert_id=0,
                source_id="weather",
                source_ref=ref,
                kind=Kind.RAINSTORM,
                event_code="11B03",
                colour=colour,
                status="active",
                headline="连云港市气象台发布暴雨预警",
                text="",
                area_codes="[]",
                shapes=as_json(shapes),
                effective_at=now,
                expires_at=now + timedelta(hours=2),
                exercise=False,
                revision=w.next_revision(),
            )
        )


def test_a_polygon_and_a_circle_are_drawn_where_they_are(officer: Officer, desk: Desk) -> None:
    officer.situation()
    shapes = [Shape(119.29, 34.65, ring=RING), Shape(119.56, 34.58, km=8.0)]
    warn(desk, "outlined", shapes)
    wait_until(lambda: officer.ask(f"{DRAWN}.length") == 2, 5)
    assert officer.ask(DRAWN) == ["polygon 5", "circle 8000"]
    north = "board.outlines.group.getLayers()[0].getBounds().getNorth()"
    assert officer.ask(north) == pytest.approx(34.78)


def test_an_outline_that_is_none_is_a_mark_with_its_reason_and_none_far_away(
    officer: Officer, desk: Desk
) -> None:
    """P14: shown by its middle with a word why; outside the city told, not drawn"""
    officer.situation()
    before = officer.ask(f"{DRAWN}.length")
    shapes = [
        Shape(119.25, 34.4, note=ShapeNote.CROSSING),
        Shape(120.6, 31.35, note=ShapeNote.OUTSIDE),
        Shape(note=ShapeNote.UNREADABLE),
    ]
    warn(desk, "crossing", shapes, colour="yellow")
    officer.map.get_by_text("暴雨黄色预警 · 边界自相交，仅示意").wait_for()
    assert officer.ask(f"{DRAWN}.length") == before + 2
    chip = officer.map.locator(".warning em").first
    assert chip.inner_text() == "范围边界自相交、在市域外、范围无法识别"


def test_the_layer_of_warnings_goes_as_a_whole(officer: Officer) -> None:
    officer.situation()
    wait_until(lambda: officer.ask(f"{DRAWN}.length > 0"), 5)
    officer.ask("board.layer('warned', false) || 1")
    assert officer.ask("board.map.hasLayer(board.outlines.group)") is False
    officer.ask("board.layer('warned', true) || 1")
    assert officer.ask("board.map.hasLayer(board.outlines.group)") is True
