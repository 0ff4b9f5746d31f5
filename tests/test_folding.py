"""What the queue puts under one line in a flood, and what it never does."""

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from dashboard.hub import Hub
from linkage.alerts import Point, Shape
from linkage.desk.folding import Fold, Folding, FoldRule, load_fold_rule
from linkage.desk.live import LiveIncident, LiveWarning, open_incidents
from linkage.desk.outlines import holds
from linkage.errors import BadConfig
from linkage.kinds import Kind
from linkage.record import Record
from linkage.tables import warning as warning_table
from linkage.vocabulary import IncidentStatus, LinkKind, LinkState, Severity, WarningStatus
from tests.browser import scene
from tests.onrecord import put_link, put_warning
from tests.test_hub import Clock, read, whole

RULE = load_fold_rule(Path(__file__).parents[1] / "data" / "folding.toml")


def report(number: int, **changes: Any) -> LiveIncident:
    """A flooded street in 海州区, one a minute."""
    usual = LiveIncident(
        id=str(number),
        number=f"20261122-{number:04d}",
        kind="waterlogging",
        status="received",
        severity="moderate",
        rank=2,
        headline="道路积水",
        place="海州区",
        lon=119.17,
        lat=34.6,
        position_note="exact",
        area_code="320706",
        alerts=1,
        sources=["110-cad"],
        opened_at=1_000_000 + 60 * number,
        changed_at=1_000_000,
        claimed_by=None,
        grade=None,
        response_level=None,
        hazmat=False,
        exercise=False,
        version=1,
        told_late=False,
    )
    return msgspec.structs.replace(usual, **changes)


def warning(**changes: Any) -> LiveWarning:
    usual = LiveWarning(
        id="900",
        kind="rainstorm",
        colour="orange",
        headline="暴雨橙色预警",
        area_codes=["320706"],
        effective_at=0,
        expires_at=2_000_000,
        exercise=False,
        active=True,
    )
    return msgspec.structs.replace(usual, **changes)


def folded(
    reports: list[LiveIncident],
    warnings: list[LiveWarning] | None = None,
    links: list[tuple[str, str]] | None = None,
    rule: FoldRule = RULE,
) -> tuple[dict[str, str], dict[str, Fold]]:
    stand = [warning()] if warnings is None else warnings
    return Folding(rule).fold(reports, stand, links or [])


def test_five_flooded_streets_in_the_rainstorm_stand_under_one_line() -> None:
    under, lines = folded(
        [report(n) for n in range(1, 5)] + [report(5, severity="severe", rank=3, claimed_by="甲")]
    )
    assert set(under) == {"1", "2", "3", "4", "5"}
    (line,) = lines.values()
    assert (line.kind, line.warning, line.colour, line.count) == (
        *("waterlogging", "rainstorm", "orange"),
        5,
    )
    assert (line.severity, line.unclaimed) == ("severe", 4)
    assert line.newest_at == 1_000_300


def test_four_are_not_a_flood() -> None:
    assert folded([report(n) for n in range(1, 5)]) == ({}, {})


def test_five_in_half_a_day_are_not_a_flood() -> None:
    assert folded([report(n, opened_at=7200 * n) for n in range(1, 6)]) == ({}, {})


def test_a_straggler_of_the_morning_stands_by_itself() -> None:
    under, _ = folded([report(0, opened_at=1)] + [report(n) for n in range(1, 6)])
    assert "0" not in under
    assert len(under) == 5


@pytest.mark.parametrize(
    "changes",
    [{"severity": "extreme", "rank": 4}, {"life": True}, {"late": 1}],
    ids=["extreme", "life in danger", "a task is late"],
)
def test_what_endangers_life_or_is_late_is_never_folded(changes: dict[str, Any]) -> None:
    under, lines = folded([report(n) for n in range(1, 6)] + [report(6, **changes)])
    assert "6" not in under
    assert next(iter(lines.values())).count == 5


def test_a_burglary_is_no_matter_of_the_weather() -> None:
    assert folded([report(n, kind="criminal_case") for n in range(1, 9)]) == ({}, {})


def test_another_district_is_another_matter() -> None:
    assert folded([report(n, area_code="320723") for n in range(1, 9)]) == ({}, {})


def test_no_warning_no_line() -> None:
    assert folded([report(n) for n in range(1, 9)], warnings=[]) == ({}, {})


def test_practice_and_earnest_never_share_a_line() -> None:
    drills = [report(n, exercise=True) for n in range(10, 15)]
    real = [report(n) for n in range(1, 6)]
    under, lines = folded(real + drills)
    assert set(under) == {one.id for one in real}
    _, both = folded(real + drills, [warning(), warning(id="901", exercise=True)])
    assert sorted(line.exercise for line in both.values()) == [False, True]
    assert len(lines) == 1


def test_what_lies_in_the_outline_counts_where_no_division_is_named() -> None:
    ring = ((119.0, 34.5), (119.3, 34.5), (119.3, 34.7), (119.0, 34.7), (119.0, 34.5))
    drawn = warning(area_codes=[], shapes=[Shape(119.15, 34.6, ring=ring)])
    inside = [report(n) for n in range(1, 6)]
    under, _ = folded([*inside, report(6, lon=119.5, lat=34.1)], [drawn])
    assert set(under) == {one.id for one in inside}


def test_the_line_stays_the_same_as_the_colour_rises() -> None:
    """An officer who has unfolded it finds it unfolded."""
    reports = [report(n) for n in range(1, 6)]
    before, _ = folded(reports)
    after, _ = folded(reports, [warning(id="950", colour="red")])
    assert before == after


def test_three_that_may_be_one_event_stand_under_one_line_whatever_their_kind() -> None:
    reports = [
        report(1, kind="traffic_accident"),
        report(2, kind="injury"),
        report(3, kind="fire"),
        report(4, kind="fire"),
    ]
    under, lines = folded(reports, [], [("2", "1"), ("3", "2")])
    assert set(under) == {"1", "2", "3"}
    (line,) = lines.values()
    assert (line.id, line.kind, line.warning, line.count) == ("same:1", "traffic_accident", "", 3)


def test_two_that_may_be_one_event_are_shown_as_two() -> None:
    assert folded([report(1), report(2)], [], [("2", "1")]) == ({}, {})


def test_every_order_gives_the_same() -> None:
    chance = random.Random(42)
    reports = [report(n, kind=chance.choice(["waterlogging", "rescue"])) for n in range(1, 60)]
    links = [(str(n + 1), str(n)) for n in range(1, 20, 2)]
    wanted = folded(reports, None, links)
    for _ in range(5):
        chance.shuffle(reports)
        chance.shuffle(links)
        assert folded(reports, None, links) == wanted


def test_nobody_is_lost_and_every_count_is_true() -> None:
    chance = random.Random(7)
    reports = [
        report(
            n,
            kind=chance.choice(["waterlogging", "rescue", "fire", "criminal_case"]),
            area_code=chance.choice(["320706", "320703", None]),
            rank=chance.randrange(5),
            life=chance.random() < 0.1,
            opened_at=chance.randrange(20_000),
        )
        for n in range(1, 900)
    ]
    under, lines = folded(reports, [warning(), warning(id="901", area_codes=["320700"])])
    assert lines
    for key, line in lines.items():
        members = [one for one in reports if under.get(one.id) == key]
        assert line.count == len(members) >= RULE.at_least
        assert not any(one.life or one.rank == 4 for one in members)


def test_with_five_thousand_open_a_look_asks_for_the_place_of_the_new_one_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = random.Random(1)
    reports = [
        report(
            n,
            kind=chance.choice(["waterlogging", "rescue", "traffic_accident", "fire"]),
            area_code=chance.choice(["320706", "320703", "320707", "320722"]),
            opened_at=1_000_000 + chance.randrange(20_000),
            lon=119 + chance.random() / 2,
            lat=34.5 + chance.random() / 3,
        )
        for n in range(1, 5001)
    ]
    ring = tuple((119 + x / 10, 34.4 + y / 10) for x, y in ((0, 0), (4, 0), (4, 4), (0, 4), (0, 0)))
    stand = [
        warning(),
        warning(id="901", colour="red", area_codes=["320703"]),
        warning(id="902", area_codes=[], shapes=[Shape(119.2, 34.6, ring=ring)]),
    ]
    links = [(str(n + 1), str(n)) for n in range(1, 2000, 3)]
    folding = Folding(RULE)
    folding.fold(reports, stand, links)  # the places are asked once, when the warnings change
    asked: list[Point | None] = []

    def counted(shape: Shape, at: Point | None) -> bool:
        asked.append(at)
        return holds(shape, at)

    monkeypatch.setattr("linkage.desk.folding.holds", counted)
    for n in range(5001, 5012):
        reports.append(report(n))
        under, _ = folding.fold(reports, stand, links)
    assert len(under) > 2000
    assert len(asked) <= 1  # the eleven stand at one place


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def hub(record: Record, clock: Clock) -> Hub:
    return Hub(record, {}, {"kinds": {}}, clock, folding=Folding(RULE))


def streets(record: Record, now: datetime, count: int, **columns: Any) -> list[int]:
    usual = {"kind": Kind.WATERLOGGING, "area_code": "320706", "severity": Severity.MODERATE}
    with record.write(now) as w:
        return [scene.open_incident(w, now, **(usual | columns)) for _ in range(count)]


def test_the_feed_says_who_stands_under_which_line_and_only_once(
    hub: Hub, record: Record, now: datetime
) -> None:
    put_warning(record, ["320706"], at=now, expires_at=now + timedelta(hours=3))
    ids = streets(record, now, 4)
    hub.look()
    assert {row.get("fold", "") for row in whole(hub)["incidents"]} == {""}
    ids += streets(record, now, 1)
    frame = read(hub.look())
    assert sorted(int(row["id"]) for row in frame["incidents"]) == sorted(ids)
    (line,) = frame["folds"]
    assert (line["count"], line["kind"]) == (5, "waterlogging")
    assert {row["fold"] for row in frame["incidents"]} == {line["id"]}
    assert hub.look() is None
    (more,) = streets(record, now, 1)
    frame = read(hub.look())
    assert [row["id"] for row in frame["incidents"]] == [str(more)]
    assert [one["count"] for one in frame["folds"]] == [6]


def test_all_of_them_stay_in_the_picture_for_map_and_search(
    hub: Hub, record: Record, now: datetime
) -> None:
    put_warning(record, ["320706"], at=now, expires_at=now + timedelta(hours=3))
    ids = streets(record, now, 30)
    hub.look()
    picture = whole(hub)
    assert sorted(int(row["id"]) for row in picture["incidents"]) == sorted(ids)
    assert [line["count"] for line in picture["folds"]] == [30]


def test_the_line_is_gone_when_the_warning_ends_at_its_second(
    hub: Hub, record: Record, now: datetime, clock: Clock
) -> None:
    put_warning(record, ["320706"], at=now, expires_at=now + timedelta(hours=3))
    streets(record, now, 5)
    hub.look()
    clock.at = now + timedelta(hours=3)
    frame = read(hub.look())
    assert [one.get("count", 0) for one in frame["folds"]] == [0]
    assert {row["fold"] for row in frame["incidents"]} == {""}


def test_an_incident_that_turns_out_to_trap_somebody_comes_out(
    hub: Hub, record: Record, now: datetime
) -> None:
    put_warning(record, ["320706"], at=now, expires_at=now + timedelta(hours=3))
    ids = streets(record, now, 6)
    hub.look()
    with record.write(now) as w:
        scene.change_incident(w, ids[0], trapped=2)
    frame = read(hub.look())
    assert [(row["id"], row["fold"]) for row in frame["incidents"]] == [(str(ids[0]), "")]
    assert [one["count"] for one in frame["folds"]] == [5]


def test_proposals_of_one_cluster_fold_and_unfold_as_they_are_decided(
    hub: Hub, record: Record, now: datetime
) -> None:
    ids = streets(record, now, 3, kind=Kind.FIRE)
    for other in ids[1:]:
        put_link(record, other, ids[0], LinkKind.PROPOSED, LinkState.OPEN)
    hub.look()
    picture = whole(hub)
    assert [line["id"] for line in picture["folds"]] == [f"same:{ids[0]}"]
    with record.write(now) as w:
        scene.change_incident(w, ids[2], status=IncidentStatus.CLOSED)
    assert [one.get("count", 0) for one in read(hub.look())["folds"]] == [0]


def test_an_all_clear_reaches_every_desk_and_one_that_comes_later(
    hub: Hub, record: Record, now: datetime, clock: Clock
) -> None:
    """Lesson: silence hid the all-clear. It is in the feed whatever is muted or folded."""
    lifted = put_warning(record, ["320706"], at=now, expires_at=now + timedelta(hours=3))
    streets(record, now, 6)
    hub.look()
    clock.at = now + timedelta(minutes=10)
    with record.write(clock.at) as w:
        w.cx.execute(
            update(warning_table)
            .where(warning_table.c.id == lifted)
            .values(status=WarningStatus.CANCELLED, ended_at=w.at, revision=w.next_revision())
        )
    (told,) = read(hub.look())["warnings"]
    assert (told["id"], told["active"], told["end"]) == (str(lifted), False, "cancelled")
    late_desk = [w for w in whole(hub)["warnings"] if w["id"] == str(lifted)]
    assert [w["end"] for w in late_desk] == ["cancelled"]
    clock.at = now + timedelta(hours=1)
    hub.look()
    with record.read() as cx:
        assert len(open_incidents(cx)) == 6
    anew = Hub(record, {}, {"kinds": {}}, clock)
    anew.look()
    assert whole(anew).get("warnings", []) == []


def test_a_bad_rule_is_refused_with_place_and_remedy(tmp_path: Path) -> None:
    file = tmp_path / "folding.toml"
    file.write_text("at_least = 1\nwithin_min = 60\ncluster_at_least = 3\n", encoding="utf-8")
    with pytest.raises(BadConfig, match=r"folding.toml: at_least: 1 不合适；请写 3 到 100 的整数"):
        load_fold_rule(file)
