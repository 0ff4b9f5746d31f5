"""What must be reported to the province, by when, from which moment, and why; what comes next."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from linkage.alerts import Casualties
from linkage.reporting.following import Signed, next_report
from linkage.reporting.limits import load_report_limits
from linkage.reporting.obligation import IncidentFacts, Obligation, obligation
from linkage.response_vocabulary import ReportElement as E
from linkage.response_vocabulary import ReportStage, ReportStatus
from linkage.vocabulary import Grade, Severity

LIMITS = load_report_limits(Path(__file__).parents[1] / "data" / "report_limits.toml")
# 15:10 the call, 16:10 the third dead: domain §10.
CALLED = datetime(2026, 8, 5, 7, 10, tzinfo=UTC)
KNOWN = CALLED + timedelta(hours=1)
TANKER = IncidentFacts(
    event_code="12H99",
    occurred_at=CALLED - timedelta(minutes=5),
    received_at=CALLED,
    known_at=KNOWN,
    headline="苯罐车侧翻",
    place="G310国道",
)


def owed(**changes: Any) -> Obligation:
    return obligation(msgspec.structs.replace(TANKER, **changes), LIMITS)


def minutes_of(one: Obligation) -> tuple[float, ...]:
    dues = (one.telephone_due_at, one.written_due_at, one.legal_due_at)
    return tuple((due - one.runs_from).total_seconds() / 60 for due in dues)


def test_two_dead_are_the_citys_own_and_three_are_the_provinces() -> None:
    assert not owed(casualties=Casualties(deaths=2)).owed
    three = owed(casualties=Casualties(deaths=3))
    assert three.owed
    assert three.authority == "js-province"
    assert "死亡3人" in three.reason
    assert "《生产安全事故报告和调查处理条例》" in three.reason


def test_ten_badly_hurt_or_poisoned_together_are_enough() -> None:
    assert not owed(casualties=Casualties(critical=4, poisoned=5)).owed
    assert owed(casualties=Casualties(critical=4, poisoned=6)).owed


def test_the_limits_run_from_when_it_was_known_not_from_when_it_happened() -> None:
    three = owed(casualties=Casualties(deaths=3))
    assert three.runs_from == KNOWN
    assert minutes_of(three) == (30, 60, 120)


def test_pollution_and_disease_run_from_the_first_call() -> None:
    for code in ("12Q01", "13A99", "13E99"):
        assert owed(event_code=code, grade=Grade.MAJOR).runs_from == CALLED


def test_nobody_knew_before_the_first_call() -> None:
    early = owed(known_at=CALLED - timedelta(hours=1), grade=Grade.MAJOR)
    assert early.runs_from == CALLED


def test_figures_count_before_anybody_has_confirmed_the_grade() -> None:
    said = owed(grade_proposed=Grade.CONSIDERABLE)
    assert said.owed
    assert "待定级" in said.reason


def test_what_a_person_graded_stands_above_what_the_figures_propose() -> None:
    assert not owed(grade=Grade.ORDINARY, grade_proposed=Grade.CONSIDERABLE).owed


@pytest.mark.parametrize(("level", "due"), [(1, True), (3, True), (4, False)])
def test_a_response_of_level_three_and_above_is_reported(level: int, due: bool) -> None:
    assert owed(response_level=level).owed is due


def test_an_ordinary_pollution_goes_one_level_up_within_four_hours() -> None:
    said = owed(event_code="12Q02", grade=Grade.ORDINARY)
    assert said.owed
    assert minutes_of(said) == (30, 60, 240)
    assert minutes_of(owed(event_code="12Q02", grade=Grade.MAJOR)) == (30, 60, 120)


def test_missing_count_with_the_dead_in_a_disaster_only() -> None:
    people = Casualties(deaths=2, missing=8)
    assert owed(event_code="11A01", casualties=people).owed
    assert not owed(casualties=people).owed


def test_a_crowd_before_the_government_is_reported_whatever_its_grade() -> None:
    said = owed(event_code="14A99")
    assert said.owed
    assert "敏感" in said.reason


def test_a_school_counts_when_people_are_hurt_and_not_for_every_small_thing() -> None:
    school = {"place": "某某小学门口"}
    assert not owed(**school).owed
    assert not owed(**school, casualties=Casualties(injured=1)).owed
    assert owed(**school, casualties=Casualties(injured=3)).owed
    assert owed(**school, severity=Severity.SEVERE).owed


def test_what_is_not_owed_says_why_not() -> None:
    said = owed(grade=Grade.ORDINARY)
    assert "现为一般" in said.reason
    assert "较大" in said.reason


# ── what comes after a signed report ──────────────────────────────────────────────────────────

FIRST = Signed(
    stage=ReportStage.FIRST,
    status=ReportStatus.RECEIVED,
    signed_at=KNOWN + timedelta(minutes=20),
    grade=Grade.CONSIDERABLE,
    counted={E.DEATHS: 3, E.POISONED: 3},
)
NOW = KNOWN + timedelta(hours=2)
SAME = msgspec.structs.replace(
    TANKER,
    casualties=Casualties(deaths=3, poisoned=3),
    grade=Grade.CONSIDERABLE,
    known_at=NOW,
)


def following(
    facts: IncidentFacts = SAME, ended_at: datetime | None = None, now: datetime = NOW, **last: Any
) -> Any:
    told = msgspec.structs.replace(FIRST, **last)
    return next_report(told, facts, ended_at, LIMITS, now)


def test_nothing_new_asks_for_no_report() -> None:
    assert following() is None


def test_a_fourth_poisoned_asks_for_a_further_report_within_the_hour() -> None:
    more = msgspec.structs.replace(SAME, casualties=Casualties(deaths=3, poisoned=4))
    due = following(more)
    assert due.stage is ReportStage.FOLLOW_UP
    assert "中毒3→4人" in due.reason
    assert due.written_due_at == NOW + timedelta(hours=1)
    assert due.telephone_due_at is None


def test_a_figure_nobody_states_any_more_is_no_change() -> None:
    assert following(msgspec.structs.replace(SAME, casualties=Casualties(deaths=3))) is None


def test_graded_up_is_due_again_by_telephone_on_paper_and_by_law() -> None:
    due = following(msgspec.structs.replace(SAME, grade=Grade.MAJOR))
    assert due.stage is ReportStage.FOLLOW_UP
    assert "由较大提为重大" in due.reason
    assert (due.telephone_due_at, due.written_due_at, due.legal_due_at) == tuple(
        NOW + timedelta(minutes=m) for m in (30, 60, 120)
    )


def test_graded_down_is_no_new_duty() -> None:
    assert following(msgspec.structs.replace(SAME, grade=Grade.ORDINARY)) is None


def test_what_the_province_returned_is_reported_again() -> None:
    due = following(status=ReportStatus.REFUSED, receipt="缺少起因", received_at=NOW)
    assert due.stage is ReportStage.FOLLOW_UP
    assert "缺少起因" in due.reason


def test_the_end_asks_for_the_final_report() -> None:
    due = following(ended_at=NOW)
    assert due.stage is ReportStage.FINAL
    assert due.written_due_at == NOW + timedelta(days=1)


def test_after_the_final_report_only_the_dead_of_seven_days_count() -> None:
    final = {"stage": ReportStage.FINAL}
    assert following(ended_at=NOW, **final) is None
    late = msgspec.structs.replace(SAME, casualties=Casualties(deaths=4, poisoned=3))
    week = msgspec.structs.replace(late, known_at=CALLED + timedelta(days=6))
    assert following(week, ended_at=NOW, **final).stage is ReportStage.FOLLOW_UP
    later = msgspec.structs.replace(late, known_at=CALLED + timedelta(days=8))
    assert following(later, ended_at=NOW, **final) is None


def test_a_disaster_is_reported_every_day_by_ten_though_nothing_changed() -> None:
    flood = msgspec.structs.replace(SAME, event_code="11A01")
    morning = datetime(2026, 8, 6, 1, 30, tzinfo=UTC)  # 09:30 in Beijing
    due = following(flood, now=morning)
    assert due.stage is ReportStage.FOLLOW_UP
    assert due.written_due_at == datetime(2026, 8, 6, 2, tzinfo=UTC)
    assert following(flood, now=morning - timedelta(hours=1)) is None
    assert following(flood, now=morning, signed_at=morning - timedelta(minutes=5)) is None
    assert following(now=morning) is None, "an accident has no daily report"
