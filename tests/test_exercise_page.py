"""演练 as the chief uses it: begun with a second click, marked everywhere, ended with a reason."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from linkage.exercise import exercises
from linkage.people import Actor
from linkage.record import Record
from linkage.vocabulary import IncidentStatus
from tests.builders import alert
from tests.desk import incident_row, issue, order
from tests.onrecord import put_incident
from tests.screens import desk_on, drawn, field, opened, press, shown

PAGES = ("situation", "responses", "duty", "intake", "analysis", "exercise")


@pytest.fixture
def record(fresh_sqlite: Callable[[], Record], monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    record = fresh_sqlite()
    with desk_on(record, monkeypatch):
        yield record
    record.close()


def begun(record: Record, chief: Actor) -> int:
    at = datetime.now(UTC) - timedelta(minutes=5)
    return exercises.begin(record, chief, "台风<b>演练</b>", at=at)


def test_before_the_first_exercise_the_page_says_so(record: Record, chief: Actor) -> None:
    text = shown(opened("exercise", chief))
    assert "还没有结束的演练" in text
    assert "演练进行中" not in text


def test_a_duty_officer_sees_the_page_and_may_not_begin(record: Record, officer: Actor) -> None:
    screen = opened("exercise", officer)
    assert "由值班长或指挥员操作" in shown(screen)
    press(screen, "exercise_confirm_begin")
    assert "无权执行" in shown(screen)
    assert exercises.read_running(record) is None


def test_the_chief_chooses_a_scenario_and_begins(record: Record, chief: Actor) -> None:
    screen = opened("exercise", chief)
    drawn(field(screen, "selectbox", "exercise_begin_story").set_value("typhoon").run())
    press(screen, "exercise_confirm_begin")
    one = exercises.read_running(record)
    assert one is not None
    assert (one.name, one.scenario, one.page_leaders) == ("台风＋泄洪＋危化", "typhoon", False)
    assert "已开始" in shown(screen)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_bears_the_mark_while_it_runs(record: Record, chief: Actor, name: str) -> None:
    assert "演练进行中" not in shown(opened(name, chief))
    begun(record, chief)
    marked = shown(opened(name, chief))
    assert "演练进行中" in marked
    assert "<b>" not in marked, "the name is words, not markup"


def test_it_ends_with_a_reason_and_the_sheet_stays(record: Record, chief: Actor) -> None:
    begun(record, chief)
    practised = put_incident(record, alert(exercise=True, occurred_at=datetime.now(UTC)))
    issue(record, practised, order("fire"), at=datetime.now(UTC))
    screen = opened("exercise", chief)
    press(screen, "exercise_confirm_end")
    assert "请写明结束演练的理由" in shown(screen)
    drawn(field(screen, "text_input", "exercise_end_reason").set_value("科目完成").run())
    press(screen, "exercise_confirm_end")
    assert exercises.read_running(record) is None
    assert incident_row(record, practised).status == IncidentStatus.CLOSED
    text = shown(screen)
    assert "科目完成" in text
    assert screen.dataframe[0].value["步骤"].tolist()
