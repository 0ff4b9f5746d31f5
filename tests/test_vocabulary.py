"""Every stored code has one Chinese label, and fits its column."""

from collections.abc import Iterator

import pytest
from sqlalchemy import String

from linkage import actions, duty_tables, kinds, response_tables, response_vocabulary, vocabulary
from linkage import response_vocabulary as words
from linkage.actions import Action
from linkage.kinds import AREA_KINDS, ROUTINE_KINDS, Kind
from linkage.tables import alert, assignment, incident, incident_link, log_entry, warning
from linkage.vocabulary import (
    FIRE_ALARM_LEVELS,
    OPEN_STATUSES,
    RESPONSE_LEVELS,
    TRIAGE_LEVELS,
    AssignmentRole,
    AssignmentStatus,
    Disposition,
    Grade,
    IncidentStatus,
    Labelled,
    LinkKind,
    LinkState,
    MessageKind,
    Severity,
    WarningColour,
    WarningStatus,
)


def _labelled() -> Iterator[type[Labelled]]:
    """Every vocabulary of the record itself."""
    for module in (vocabulary, kinds, actions, response_vocabulary):
        for thing in vars(module).values():
            if isinstance(thing, type) and issubclass(thing, Labelled) and thing is not Labelled:
                yield thing


EVERY = sorted(set(_labelled()), key=lambda e: e.__name__)


@pytest.mark.parametrize("codes", EVERY)
def test_a_code_is_lower_case_and_has_its_own_label(codes: type[Labelled]) -> None:
    for code in codes:
        assert code == code.value == code.name.lower()
        assert code.label.strip() == code.label != ""
    labels = [code.label for code in codes]
    assert len(set(labels)) == len(labels)


def test_a_code_is_the_string_that_is_stored() -> None:
    assert Severity("severe") is Severity.SEVERE
    assert f"{Severity.SEVERE}" == "severe"
    assert Severity.SEVERE.label == "严重"


@pytest.mark.parametrize(
    ("column", "codes"),
    [
        (alert.c.kind, Kind),
        (alert.c.severity, Severity),
        (alert.c.message_kind, MessageKind),
        (alert.c.warning_colour, WarningColour),
        (incident.c.kind, Kind),
        (incident.c.status, IncidentStatus),
        (incident.c.grade, Grade),
        (incident.c.disposition, Disposition),
        (incident_link.c.kind, LinkKind),
        (incident_link.c.state, LinkState),
        (assignment.c.status, AssignmentStatus),
        (assignment.c.role, AssignmentRole),
        (log_entry.c.action, Action),
        (warning.c.status, WarningStatus),
        (duty_tables.shift.c.post, words.Post),
        (duty_tables.report.c.stage, words.ReportStage),
        (duty_tables.report.c.status, words.ReportStatus),
        (duty_tables.public_warning.c.status, words.PublicWarningStatus),
        (duty_tables.public_warning.c.message_kind, MessageKind),
        (duty_tables.roll_call_answer.c.means, words.Means),
        (response_tables.joint_response.c.status, words.ResponseStatus),
        (response_tables.joint_response.c.command, words.CommandLevel),
        (response_tables.notice.c.means, words.Means),
        (response_tables.notice.c.about, words.About),
        (response_tables.notice.c.status, words.NoticeStatus),
        (response_tables.need.c.sort, words.NeedSort),
        (response_tables.need.c.status, words.NeedStatus),
        (response_tables.need_offer.c.status, words.NeedStatus),
        (response_tables.clock_firing.c.about, words.About),
        (response_tables.clock_firing.c.step, words.Step),
    ],
)
def test_every_code_fits_its_column(column: object, codes: type[Labelled]) -> None:
    """SQLite would take a longer one; PostgreSQL refuses it in the night."""
    length = column.type.length  # type: ignore[attr-defined]
    assert isinstance(column.type, String)  # type: ignore[attr-defined]
    assert max(len(code) for code in codes) <= length


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_national_code(kind: Kind) -> None:
    """GB/T 35561-2017: class, group, and two digits; 19000 is 其他突发事件."""
    code = kind.event_code
    assert len(code) == 5
    assert code[0] == "1"
    assert code[1] in "123496" or code == "19000"
    assert code[2].isupper() or code == "19000"


def test_routine_calls_are_no_area_events() -> None:
    assert not AREA_KINDS & ROUTINE_KINDS


def test_severity_is_sorted_from_unknown_to_extreme() -> None:
    ranks = [s.rank for s in sorted(Severity, key=lambda s: s.rank)]
    assert ranks == [0, 1, 2, 3, 4]
    assert Severity.UNKNOWN.rank < Severity.MINOR.rank < Severity.EXTREME.rank


def test_the_scales_run_as_the_law_says() -> None:
    assert list(RESPONSE_LEVELS) == [1, 2, 3, 4]
    assert RESPONSE_LEVELS[1] == "Ⅰ级", "1 is the highest"
    assert list(FIRE_ALARM_LEVELS) == [1, 2, 3, 4, 5]
    assert FIRE_ALARM_LEVELS[5] == "五级火警", "5 is the worst"
    assert TRIAGE_LEVELS[1] == "濒危", "1 is the worst"
    assert next(iter(Grade)) is Grade.EXCEPTIONAL


def test_open_is_what_has_not_ended() -> None:
    ended = {IncidentStatus.CLOSED, IncidentStatus.CANCELLED, IncidentStatus.MERGED}
    assert set(IncidentStatus) - OPEN_STATUSES == ended
