"""即将超时: one list for however many desks, and never an old one."""

from datetime import UTC, datetime, timedelta

from dashboard.pressing import Face
from linkage.clocks.next_to_breach import said
from linkage.record import Record
from linkage.vocabulary import AssignmentStatus as S
from linkage.vocabulary import IncidentStatus
from tests.desk import LEAD, issue, order, say
from tests.onrecord import put_incident
from tests.timekeeping import CLOCKS

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


def test_twenty_desks_share_one_list_and_see_an_answer_at_once(record: Record) -> None:
    """With thousands late each list costs milliseconds: one a second, not one for each desk."""
    incident_id = put_incident(record, at=NOW, status=IncidentStatus.VERIFIED)
    (task,) = issue(record, incident_id, order("fire", LEAD), at=NOW)
    face, at = Face(CLOCKS), NOW + timedelta(seconds=61)
    face.pressing(record, at, None)
    first = face.pressing(record, at, None)
    assert said(first[0], at) == "消防（牵头）超时1秒未签收"
    assert face.pressing(record, at + timedelta(seconds=0.5), None) is first
    assert face.pressing(record, at, "health") == []
    assert face.pressing(record, at + timedelta(seconds=2), None) is not first
    say(record, "fire", task, S.ACKNOWLEDGED, at)
    face.look(record, at)  # another desk's page has seen it first
    assert all(run.late != "未签收" for run in face.pressing(record, at, None))
