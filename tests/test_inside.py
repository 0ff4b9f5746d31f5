"""圈选: what lies inside an outline is reckoned once, and leaves the house harmless and logged."""

import csv
import io
import json
import math
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import insert, select

from linkage.alerts import Point
from linkage.desk.inside import (
    Circle,
    Outline,
    Ring,
    centre,
    contains,
    geometry,
    in_words,
    km2,
    read_outline,
    within,
)
from linkage.desk.sites import registered_sites
from linkage.errors import NotAllowed, NotPermitted
from linkage.figures.area_export import AreaOrder, Sort, export_area, look_inside
from linkage.figures.export import Format
from linkage.panels import Panel
from linkage.people import Actor
from linkage.readings.stations import Station
from linkage.readings.telemetry import Telemetry
from linkage.readings.thresholds import Thresholds
from linkage.record import Record
from linkage.response.nearest import away
from linkage.tables import incident, log_entry, unit
from linkage.vocabulary import Role
from tests.past import put_incident

MIDDLE = Point(119.2, 34.6)
ROUND = Circle(119.2, 34.6, 3_000)
SQUARE = Ring(((119.1, 34.5), (119.3, 34.5), (119.3, 34.7), (119.1, 34.7)))
HOSTILE = ("${alert(1)}", "<img src=x onerror=alert(1)>", "=HYPERLINK(1)")


def test_a_circle_holds_what_is_nearer_than_its_radius() -> None:
    near, far = (Point(*away(MIDDLE, turn, m)) for turn, m in ((200, 2_990), (200, 3_010)))
    assert contains(ROUND, near)
    assert not contains(ROUND, far)
    assert within(ROUND, [far, None, near]) == [2]


def test_a_polygon_holds_what_lies_between_its_edges() -> None:
    assert contains(SQUARE, MIDDLE)
    assert not contains(SQUARE, Point(119.31, 34.6))
    notch = Ring(((119.1, 34.5), (119.3, 34.5), (119.3, 34.7), (119.2, 34.55), (119.1, 34.7)))
    assert not contains(notch, Point(119.2, 34.65))


def test_the_size_is_told_in_square_kilometres() -> None:
    assert km2(ROUND) == pytest.approx(math.pi * 9, rel=1e-4)
    high, wide = 0.2 * 111.195, 0.2 * 111.195 * math.cos(math.radians(34.6))
    assert km2(SQUARE) == pytest.approx(high * wide, rel=1e-4)
    assert km2(Ring(SQUARE.corners[::-1])) == pytest.approx(km2(SQUARE))
    assert "半径 3.0 公里，28.27 平方公里" in in_words(ROUND)
    assert centre(SQUARE).lat == pytest.approx(34.6)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("hello", "无法识别"),
        ({"form": "star"}, "无法识别"),
        ({"form": "circle", "lon": "x", "lat": 34.6, "radius_m": 10}, "无法识别"),
        ({"form": "circle", "lon": 119.2, "lat": 34.6, "radius_m": 1e9}, "10 米到 100 公里"),
        ({"form": "circle", "lon": 119.2, "lat": 34.6, "radius_m": float("nan")}, "半径"),
        ({"form": "circle", "lon": 0, "lat": 0, "radius_m": 500}, "本市"),
        ({"form": "ring", "corners": [[119, 34], [119.1, 34]]}, "顶点"),
        ({"form": "ring", "corners": [[119, 34.5]] * 201}, "顶点"),
        (
            {"form": "ring", "corners": [[119, 34], [119.2, 34.2], [119.2, 34], [119, 34.2]]},
            "互相交叉",
        ),
        ({"form": "ring", "corners": [[119, 34], [119.1, 34.1], [119.2, 34.2]]}, "互相交叉"),
    ],
)
def test_an_outline_that_is_none_is_refused_in_words(raw: Any, says: str) -> None:
    with pytest.raises(NotAllowed, match=says):
        read_outline(raw)


def test_what_a_browser_sends_is_read() -> None:
    sent = {"form": "circle", "lon": 119.2, "lat": 34.6, "radius_m": 3000}
    assert read_outline(sent) == ROUND
    assert read_outline({"form": "ring", "corners": [list(c) for c in SQUARE.corners]}) == SQUARE


@pytest.mark.parametrize("outline", [ROUND, SQUARE])
def test_the_outline_goes_into_the_file_anticlockwise_and_closed(outline: Outline) -> None:
    [ring] = geometry(outline)["coordinates"]
    assert ring[0] == ring[-1]
    turned = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
    assert turned > 0


@pytest.fixture
def area(record: Record, now: datetime) -> Record:
    with record.write(now) as w:
        put_incident(w, now, headline=HOSTILE[0], place=HOSTILE[2], trapped=3, lon=119.2, lat=34.61)
        put_incident(w, now, headline="张三 13912345678 报", lon=119.2, lat=34.6)
        put_incident(w, now, exercise=True, lon=119.21, lat=34.6)
        put_incident(w, now, status="closed", lon=119.2, lat=34.6)
        put_incident(w, now, lon=119.4, lat=34.6)
        put_incident(w, now, lon=None, lat=None)
        put_incident(w, now, kind="system_fault", lon=119.2, lat=34.6)
        for name, hours, watched in (("U1", 0, False), ("V1", 1, True), ("V2", 30, True)):
            row = {
                "agency_id": "fire", "unit_id": name, "label": f"+{name}", "state": "待命",
                "lon": 119.2, "lat": 34.59, "watched": watched, "hazmat": False,
                "reported_at": now - timedelta(hours=hours), "revision": w.next_revision(),
            }  # fmt: skip
            w.cx.execute(insert(unit).values(**row))
    return record


@pytest.fixture
def order(now: datetime, analyst: Actor) -> AreaOrder:
    station = Station(source="water", id="S1", name="小塔山站", lon=119.2, lat=34.6)
    return AreaOrder(
        actor=analyst,
        why="通报下风向单位",
        outline=ROUND,
        telemetry=Telemetry({("water", "S1"): station}, Thresholds(), {}),
        sites=registered_sites(
            {"A": Panel(address="A", name="罐区", place="徐圩", lon=119.2, lat=34.6)}
        ),
        agency_names={"fire": "消防"},
        at=now,
    )


def test_inside_are_the_open_ones_and_practice_stands_apart(area: Record, order: AreaOrder) -> None:
    found = look_inside(area, order)
    assert len(found.of(Sort.INCIDENT)) == 2
    assert len(found.of(Sort.INCIDENT, exercise=True)) == 1
    assert [row.name for row in found.of(Sort.UNIT)] == ["+U1"]
    assert [row.name for row in found.of(Sort.VEHICLE)] == ["+V1"], "a day old is not there"
    assert [row.name for row in found.of(Sort.STATION)] == ["小塔山站"]
    assert [row.name for row in found.of(Sort.SITE)] == ["罐区"]
    assert found.unlocated == 1


def test_the_table_runs_no_formula_and_names_no_number(area: Record, order: AreaOrder) -> None:
    """D03: what lies inside an outline, as CSV, with text that looks like a formula."""
    name, body = export_area(area, order, Format.CSV)
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    assert len(rows) == 7
    assert {row["分类"] for row in rows} == {sort.label for sort in Sort}
    assert [row["演练"] for row in rows].count("是") == 1
    assert name.startswith("圈选范围_含演练_28.3平方公里_20261122-")
    assert rows[0]["被困人数"] == ""
    assert {"3"} <= {row["被困人数"] for row in rows}
    text = body.decode("utf-8-sig")
    assert "13912345678" not in text
    assert "'=HYPERLINK(1)" in text
    assert "'+U1" in text


def test_the_map_file_begins_with_the_outline(area: Record, order: AreaOrder) -> None:
    _, body = export_area(area, order, Format.GEOJSON)
    found = json.loads(body)
    assert found["total"] == 7
    assert found["features"][0]["geometry"]["type"] == "Polygon"
    assert len(found["features"]) == 8
    assert found["exercise"] is True


def test_every_export_says_who_what_for_and_how_many(area: Record, order: AreaOrder) -> None:
    export_area(area, order, Format.CSV)
    with area.read() as cx:
        [line] = cx.execute(select(log_entry).where(log_entry.c.action == "export")).all()
    assert line.reason == "通报下风向单位"
    after = json.loads(line.after)
    assert after["rows"] == 7
    assert "半径 3.0 公里" in after["question"]


def test_no_purpose_no_right_no_file(area: Record, order: AreaOrder, now: datetime) -> None:
    def asked(**changes: Any) -> AreaOrder:
        said = {name: getattr(order, name) for name in AreaOrder.__struct_fields__}
        return AreaOrder(**said | changes)

    with pytest.raises(NotAllowed, match="用途"):
        export_area(area, asked(why=" "), Format.CSV)
    outsider = Actor("部门甲", Role.AGENCY_OFFICER, "fire")
    with pytest.raises(NotPermitted):
        export_area(area, asked(actor=outsider), Format.CSV)
    with pytest.raises(NotAllowed, match="CSV"):
        export_area(area, order, Format.EXCEL)
    with area.read() as cx:
        assert cx.execute(select(log_entry).where(log_entry.c.action == "export")).all() == []
        assert cx.execute(select(incident.c.id)).all()
