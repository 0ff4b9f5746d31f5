"""What stands on the screen, and how it reads."""

from datetime import datetime, timedelta

import pytest

from dashboard import words
from linkage.desk.freshness import Freshness, Intake, Silent
from linkage.kinds import ROUTINE_KINDS, Kind
from linkage.vocabulary import IncidentStatus, Severity

WELL = Intake(alive=True, at=0, broker="mosquitto", durable=True, round_trip_ms=4.2)


def _state(now: datetime, **changes: object) -> Freshness:
    at = int(now.timestamp())
    facts: dict[str, object] = {
        "at": at,
        "last_alert_at": at - 3,
        "sources": 19,
        "silent": [],
        "intake": WELL,
    }
    return Freshness(**(facts | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "刚刚"),
        (0.9, "刚刚"),
        (1, "1 秒前"),
        (59, "59 秒前"),
        (60, "1 分钟前"),
        (3599, "59 分钟前"),
        (3600, "1 小时前"),
        (86399, "23 小时前"),
        (86400, "1 天前"),
        (-5, "刚刚"),
    ],
)
def test_the_time_that_passed_is_said_in_the_largest_unit(seconds: float, said: str) -> None:
    assert words.since(seconds) == said


def test_every_kind_has_a_shape() -> None:
    assert set(words.FAMILY_OF) == set(Kind)


def test_no_kind_belongs_to_two_families() -> None:
    claimed = [kind for kinds in words._FAMILIES.values() for kind in kinds]
    assert len(claimed) == len(set(claimed))


def test_only_everyday_calls_have_the_everyday_shape() -> None:
    plain = {kind for kind, family in words.FAMILY_OF.items() if family is words.Family.ROUTINE}
    assert plain == ROUTINE_KINDS | {Kind.OTHER}


def test_every_level_has_its_own_mark_so_that_colour_is_never_alone() -> None:
    assert set(words.SEVERITY_MARK) == set(Severity)
    assert len(set(words.SEVERITY_MARK.values())) == len(Severity)


def test_a_well_evening_shows_no_warm_light(now: datetime) -> None:
    shown = words.lights(_state(now), now)
    assert [light.colour for light in shown] == ["blue", "green", "green"]
    assert shown[0].text == "最近接报 3 秒前"


def test_a_dead_intake_is_red_and_says_what_to_do(now: datetime) -> None:
    shown = words.lights(_state(now, intake=Intake(alive=False, at=0)), now)
    (light,) = [light for light in shown if light.colour == "red"]
    assert light.text == "接入中断"
    assert "通知系统管理员" in light.help


def test_a_broker_in_memory_is_said_on_every_page(now: datetime) -> None:
    shown = words.lights(_state(now, intake=Intake(alive=True, at=0, durable=False)), now)
    assert "演示：broker 仅在内存" in [light.text for light in shown]


def test_silent_sources_are_counted_and_named(now: datetime) -> None:
    at = int(now.timestamp())
    silent = [Silent("earthquake", "地震", None), Silent("water", "水利", at - 720)]
    light = words.lights(_state(now, silent=silent), now)[-1]
    assert (light.text, light.colour) == ("失联 2 / 19", "red")
    assert "地震（从未收到）" in light.help
    assert "水利（12 分钟前）" in light.help


def test_while_we_hear_nothing_no_system_is_called_online(now: datetime) -> None:
    dead = Intake(alive=False, at=0, broker="mosquitto", durable=True, round_trip_ms=None)
    light = words.lights(_state(now, intake=dead), now)[-1]
    assert (light.text, light.colour) == ("各系统在线与否不明", "gray")


def test_a_database_that_is_away_is_the_only_thing_said(now: datetime) -> None:
    (light,) = words.lights(None, now)
    assert (light.text, light.colour) == ("数据库中断", "red")


def test_no_alert_at_all_is_said_so(now: datetime) -> None:
    assert words.lights(_state(now, last_alert_at=None), now)[0].text == "尚无接报"


def test_markdown_in_a_name_stays_signs() -> None:
    """D02"""
    assert words.plain("[x](javascript:alert(1)) **b** :fire:") == (
        r"\[x\]\(javascript\:alert\(1\)\) \*\*b\*\* \:fire\:"
    )


def test_the_clock_on_the_screen_is_beijings(now: datetime) -> None:
    assert words.clock(now.timestamp()) == "11-22 14:30:00"


def test_the_live_layer_gets_a_word_for_every_code() -> None:
    sent = words.for_screen({"110-cad": Named()})
    assert set(sent["kinds"]) == set(Kind)
    assert {code for code, _ in sent["statuses"]} == set(IncidentStatus)
    assert sent["severities"][0] == ["extreme", "特别严重", "特"]
    assert sent["sources"] == {"110-cad": "110 接处警", "linkage": "本系统"}


class Named:
    name = "110 接处警"
    expect_every = timedelta(minutes=2)
    grace = timedelta(seconds=30)
    in_service = False
