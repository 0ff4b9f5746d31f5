"""个人信息 by role: nobody reads a caller's name or number on a page before asking for it."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest
from streamlit.testing.v1 import AppTest

from linkage.access_vocabulary import View
from linkage.desk.find import search
from linkage.desk.live import open_incidents
from linkage.people import SEES, Actor
from linkage.record import Record
from linkage.response.own_desk import open_tasks
from linkage.vocabulary import AssignmentRole, Role
from tests.builders import alert
from tests.desk import issue, order
from tests.onrecord import put_incident
from tests.screens import desk_on, opened, shown, turn_to
from tests.signing import OFFICER
from tests.timekeeping import CLOCKS

# Each as a caller may leave it: in a field, in a sentence, with blanks.
NUMBERS = ("13912345678", "13812340000", "137 0000 1111", "320706198001011234")
NAME = "赵某某"
# Not shown to a department: it is not concerned.
ELSEWHERE = Actor("己", Role.AGENCY_OFFICER, "water")


@pytest.fixture
def record(fresh_sqlite: Callable[[], Record]) -> Record:
    return fresh_sqlite()


@pytest.fixture
def incident(record: Record) -> int:
    said = alert(
        occurred_at=datetime.now(UTC),
        headline=f"起火，联系人：{NAME}，电话{NUMBERS[1]}",
        text=f"报警人：{NAME}，身份证{NUMBERS[3]}，另有{NUMBERS[2]}",
        place=f"海州区某路（{NUMBERS[1]}旁）",
        caller_name=NAME,
        caller_phone=NUMBERS[0],
    )
    found = put_incident(record, said)
    issue(record, found, order("fire", AssignmentRole.LEAD), at=datetime.now(UTC))
    return found


def whole(screen: AppTest) -> str:
    """All that went to the browser, tables too."""
    tables = [each.value.to_csv() for each in screen.dataframe]
    code = [str(each.value) for each in screen.code]
    boxes = [str(each.options) for each in (*screen.selectbox, *screen.multiselect)]
    labels = [str(each.label) for each in (*screen.button, *screen.expander, *screen.tabs)]
    typed = [str(each.value) for each in (*screen.text_input, *screen.text_area)]
    html = [str(each.proto.body) for each in screen.get("html")]
    return "\n".join([shown(screen), *tables, *code, *boxes, *labels, *typed, *html])


def leaks(text: str) -> list[str]:
    plain = text.replace("\\", "")
    return [told for told in (*NUMBERS, NAME) if told in plain]


@pytest.mark.parametrize(
    "who",
    [
        OFFICER,
        Actor("研判员戊", Role.ANALYST),
        Actor("系统管理员己", Role.SYSTEM_ADMIN),
        Actor("安全管理员庚", Role.SECURITY_ADMIN),
        Actor("审计管理员辛", Role.AUDIT_ADMIN),
        ELSEWHERE,
        Actor("消防值班员", Role.AGENCY_OFFICER, "fire"),
    ],
    ids=lambda who: f"{who.role}-{who.agency_id or 'desk'}",
)
def test_no_page_of_a_role_shows_who_called_before_it_is_asked(
    who: Actor, record: Record, incident: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk_on(record, monkeypatch):
        for view, roles in SEES.items():
            # The map's layer is fed by the live picture: below.
            if who.role in roles and view.value not in {"situation", "wall"}:
                screen = opened(view.value, who, incident=str(incident))
                assert leaks(whole(screen)) == [], view
                for leaf in [tab.label for tab in screen.tabs if view is View.INCIDENT]:
                    assert leaks(whole(turn_to(screen, leaf))) == [], leaf


def test_the_live_picture_carries_nothing_of_a_caller(record: Record, incident: int) -> None:
    """It stands on the wall, where everybody reads it."""
    with record.read() as cx:
        rows = open_incidents(cx)
    told = msgspec.json.encode(rows).decode()
    assert str(incident) in told
    assert leaks(told) == []


def test_who_may_not_read_telephones_cannot_look_for_them_either(
    record: Record, incident: int
) -> None:
    now = datetime.now(UTC)
    assert [one.incident.id for one in search(record, NUMBERS[0], now).found] == [incident]
    assert not search(record, NUMBERS[0], now, personal=False).found
    found = search(record, "海州区", now, personal=False).found
    assert leaks(str(found)) == []


def test_a_department_that_takes_part_reads_the_place_and_no_number(
    record: Record, incident: int
) -> None:
    fire = Actor("消防值班员", Role.AGENCY_OFFICER, "fire")
    (task,) = open_tasks(record, fire, datetime.now(UTC), CLOCKS)
    assert "海州区" in task.scene.place
    assert leaks(str(task)) == []
    assert open_tasks(record, ELSEWHERE, datetime.now(UTC), CLOCKS) == ()
