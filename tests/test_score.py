"""The score sheet: each step against its target, what is owed and what is not."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from linkage.clocks.rule_file import read_clocks
from linkage.errors import BadConfig
from linkage.exercise import sheet
from linkage.exercise.score import (
    Facts,
    HandoverFacts,
    IncidentFacts,
    ReportFacts,
    Score,
    TaskFacts,
    Verdict,
    score,
    verdict,
)
from linkage.exercise.targets import ExerciseRules, Moment, load_exercise_rules
from linkage.record import BEIJING
from linkage.vocabulary import AssignmentRole

DATA = Path(__file__).parents[1] / "data"
RULES: ExerciseRules = load_exercise_rules(DATA / "exercise.toml")
CLOCKS = read_clocks(DATA)


def after(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)


def scored(now: datetime, **facts: Any) -> Score:
    usual = {"title": "台风", "exercise": True, "began_at": now, "until": after(now, 7200)}
    return score(Facts(**usual | facts), RULES.targets, CLOCKS)


def task(now: datetime, **changes: Any) -> TaskFacts:
    stamps: dict[str, datetime | None] = {
        "issued_at": now,
        "told_at": now,
        "acknowledge_due_at": after(now, 60),
        "en_route_due_at": None,
        "on_scene_due_at": after(now, 900),
        "report_due_at": after(now, 1800),
        "delivered_at": after(now, 1),
        "acknowledged_at": after(now, 20),
        "en_route_at": after(now, 70),
        "on_scene_at": after(now, 700),
        "reported_at": None,
    }
    stamps |= {name: changes.pop(name) for name in list(changes) if name in stamps}
    usual: dict[str, Any] = {
        "number": "20261122-0001",
        "agency_id": "fire",
        "agency": "消防",
        "role": AssignmentRole.LEAD,
        "has_units": True,
        "ended": False,
        "stamps": stamps,
    }
    return TaskFacts(**usual | changes)


def steps(sheet_of: Score) -> dict[str, Verdict]:
    return {line.step: line.verdict for line in sheet_of.lines}


@pytest.mark.parametrize(("done", "said"), [(60, Verdict.MET), (61, Verdict.LATE)])
def test_at_the_very_second_it_is_due_it_is_in_time(
    now: datetime, done: int, said: Verdict
) -> None:
    assert verdict(after(now, 60), after(now, done), after(now, 600)) is said


def test_what_is_not_due_yet_is_not_missed(now: datetime) -> None:
    assert verdict(after(now, 60), None, after(now, 59)) is Verdict.OPEN
    assert verdict(after(now, 60), None, after(now, 61)) is Verdict.MISSED


def test_what_has_no_limit_is_missed_only_when_it_is_over(now: datetime) -> None:
    """Nobody has set a term for their way there; while they are on it they have missed nothing."""
    waits = task(now, on_scene_due_at=None, on_scene_at=None, reported_at=after(now, 60))
    so_far = scored(now, tasks=(waits,), over=False)
    assert steps(so_far)["到场"] is Verdict.UNTIMED
    assert so_far.missed == ()
    assert steps(scored(now, tasks=(waits,)))["到场"] is Verdict.MISSED
    late = task(now, on_scene_at=None, reported_at=after(now, 60))
    assert steps(scored(now, tasks=(late,), over=False))["到场"] is Verdict.MISSED


def test_each_step_of_an_order_is_held_against_its_own_limit(now: datetime) -> None:
    found = scored(now, tasks=(task(now),))
    assert steps(found) == {
        "系统收到": Verdict.MET,
        "签收": Verdict.MET,
        "出动": Verdict.LATE,
        "到场": Verdict.MET,
        "反馈": Verdict.MISSED,
    }
    assert [line.basis for line in found.missed] == [CLOCKS.by_id["feedback"].basis]
    assert found.share_met == pytest.approx(3 / 5)


def test_a_minute_to_set_out_holds_for_the_fire_service_and_ten_for_others(now: datetime) -> None:
    assert steps(scored(now, tasks=(task(now),)))["出动"] is Verdict.LATE
    slower = task(now, agency_id="environment", en_route_at=after(now, 500))
    assert steps(scored(now, tasks=(slower,)))["出动"] is Verdict.MET


def test_who_refused_owes_no_more_and_who_is_only_told_owes_a_signature(now: datetime) -> None:
    refused = task(now, ended=True, en_route_at=None, on_scene_at=None)
    assert set(steps(scored(now, tasks=(refused,)))) == {"系统收到", "签收"}
    told = task(now, role=AssignmentRole.INFORM, acknowledged_at=None)
    assert steps(scored(now, tasks=(told,)))["签收"] is Verdict.MISSED
    assert "到场" not in steps(scored(now, tasks=(told,)))


def test_a_department_without_vehicles_is_not_asked_when_they_came(now: datetime) -> None:
    assert "到场" not in steps(scored(now, tasks=(task(now, has_units=False),)))


def test_who_signed_has_the_order_and_who_is_there_has_set_out(now: datetime) -> None:
    """Its clocks stop so: the sheet of one exercise must not blame what was never chased."""
    found = scored(
        now, tasks=(task(now, delivered_at=None, en_route_at=None, on_scene_at=after(now, 50)),)
    )
    took = {line.step: (line.verdict, line.took_s) for line in found.lines}
    assert took["出动"] == (Verdict.MET, 50)
    assert took["系统收到"] == (Verdict.LATE, 20)


def test_a_system_that_sends_no_receipts_owes_none(now: datetime) -> None:
    assert "系统收到" not in steps(scored(now, tasks=(task(now, receipts=False),)))


def test_time_is_taken_from_where_the_limit_begins(now: datetime) -> None:
    """Ten minutes from the signature are not eleven from the order."""
    slow = task(now, agency_id="environment", en_route_at=after(now, 620))
    (line,) = [one for one in scored(now, tasks=(slow,)).lines if one.step == "出动"]
    assert (line.verdict, line.took_s) == (Verdict.MET, 600)


def test_a_grade_and_a_response_are_owed_only_where_the_figures_want_them(now: datetime) -> None:
    moments = {Moment.REPORTED: now, Moment.OPENED: after(now, 1), Moment.PROPOSED: after(now, 5)}
    one = IncidentFacts(number="1", headline="罐车", severity="severe", moments=moments)
    assert set(steps(scored(now, incidents=(one,)))) == {"建立事件", "核实"}
    graded = IncidentFacts(
        number="1",
        headline="罐车",
        severity="severe",
        moments=moments | {Moment.GRADED: after(now, 60), Moment.VERIFIED: after(now, 30)},
        grade_wanted=True,
        response_wanted=True,
    )
    found = steps(scored(now, incidents=(graded,)))
    assert found["定级"] is Verdict.MET
    assert found["启动响应"] is Verdict.MISSED


def test_a_report_is_held_against_telephone_written_and_law(now: datetime) -> None:
    one = ReportFacts(
        name="1 首报",
        runs_from=now,
        telephone_due_at=after(now, 1800),
        telephoned_at=None,
        written_due_at=after(now, 3600),
        legal_due_at=after(now, 7000),
        sent_at=after(now, 3700),
        received_at=None,
        basis="条例 §12",
    )
    found = steps(scored(now, reports=(one,)))
    assert found == {
        "电话报告": Verdict.MISSED,
        "书面报告": Verdict.LATE,
        "法定时限": Verdict.MET,
    }


def test_one_signature_is_no_hand_over(now: datetime) -> None:
    half = HandoverFacts(change_at=now, given_at=now, taken_at=None)
    assert scored(now, handovers=(half,)).missed
    both = HandoverFacts(change_at=now, given_at=now, taken_at=after(now, 60))
    assert not scored(now, handovers=(both,)).missed


def test_the_printed_sheet_says_first_that_it_was_an_exercise(now: datetime) -> None:
    printed = sheet.text(scored(now, tasks=(task(now),), deviations=("增加卫生（配合）",)))
    assert printed.startswith("【演练】台风")
    assert "增加卫生" in printed
    assert "未完成的步骤：1" in printed
    real = sheet.text(scored(now, exercise=False))
    assert "演练" not in real


def test_what_is_due_tomorrow_says_so(now: datetime) -> None:
    """The final report is owed a day after the end: its clock alone would read as already past."""
    one = ReportFacts(
        name="1 终报",
        runs_from=now,
        telephone_due_at=None,
        telephoned_at=None,
        written_due_at=now + timedelta(days=1),
        legal_due_at=None,
        sent_at=None,
        received_at=None,
        basis="",
    )
    found = scored(now, reports=(one,))
    tomorrow = (now + timedelta(days=1)).astimezone(BEIJING)
    assert f"\t{tomorrow:%m-%d %H:%M:%S}\t" in sheet.text(found)
    assert f"{now.astimezone(BEIJING):%Y-%m-%d}" in sheet.summary(found)


def test_a_target_without_ground_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "exercise.toml"
    good = (Path(__file__).parents[1] / "data" / "exercise.toml").read_text("utf-8")
    for was, wrong, says in (
        ('from = "reported"', 'from = "told"', "exercise.toml: target"),
        ("within_s = 5\n", "within_s = 0\n", "应大于 0 秒"),
        ('id = "started"', 'id = "opened"', "id 重复"),
    ):
        file.write_text(good.replace(was, wrong, 1), "utf-8")
        with pytest.raises(BadConfig, match=says):
            load_exercise_rules(file)
