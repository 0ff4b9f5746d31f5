"""A night with something on every page, its words those of `said`: what comes from people.

`said` is given what would ordinarily be said and returns what is said instead: hostile, or English.
Everything is done by the functions that the pages call, as the people who would do it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, update

from linkage.access.accounts import NewAccount, insert_account
from linkage.alerts import Casualties, Point
from linkage.beijing import BEIJING
from linkage.desk import incidents
from linkage.duty.edit import preview, take_import
from linkage.duty.read_roster import read_roster
from linkage.duty_tables import person
from linkage.exercise import exercises
from linkage.handover import notes
from linkage.kinds import Kind
from linkage.log import as_json
from linkage.people import Actor
from linkage.record import Record
from linkage.reporting import flow
from linkage.response import needs
from linkage.response.feedback import Want
from linkage.response_vocabulary import NeedSort
from linkage.roll_call import calling
from linkage.vocabulary import (
    AssignmentStatus,
    Grade,
    LinkKind,
    LinkState,
    Role,
    Severity,
    WarningColour,
)
from linkage.warnings.composing import compose, submit
from linkage.warnings.legal import Text
from tests.browser import scene
from tests.builders import alert
from tests.desk import AGENCIES, LEAD, declared, issue, order, say
from tests.onrecord import add_alert, put_incident, put_link
from tests.reporting import LIMITS, keeper, one
from tests.rosters import RULES, book, shift
from tests.test_public_warnings import WORDS

Said = Callable[[str], str]
S = AssignmentStatus
OFFICER, CHIEF = Actor("Kim", Role.DUTY_OFFICER), Actor("Lou", Role.DUTY_CHIEF)


class Night(NamedTuple):
    """What the pages are opened on."""

    incident: int
    task: int
    report: int


def whole_night(record: Record, said: Said, now: datetime) -> Night:
    """An officer, the chief and the departments have been at work for half an hour."""
    worst = _incidents(record, said, now)
    incidents.claim(record, OFFICER, worst, at=now - timedelta(minutes=22))
    incidents.note(
        record, OFFICER, worst, said("Caller rung back, wind from the south-east"), at=now
    )
    task = _response(record, said, now, worst)
    _surroundings(record, said, now)
    report = _report(record, said, now)
    _warning(record, said, now)
    _duty(record, said, now)
    with record.write(now) as w:
        new = NewAccount(login="t-named", name=said("Named"), role=Role.DUTY_OFFICER)
        insert_account(w, new, said("maker"), active=True)
    exercises.begin(record, CHIEF, said("Typhoon")[:60], at=now)
    return Night(worst, task, report)


def _incidents(record: Record, said: Said, now: datetime) -> int:
    """The worst of them, with a second statement and another that may be the same event."""
    ids = []
    for n, (kind, severity) in enumerate(
        [
            (Kind.HAZMAT_VEHICLE, Severity.EXTREME),
            (Kind.FIRE, Severity.SEVERE),
            (Kind.TRAFFIC_ACCIDENT, Severity.MODERATE),
            (Kind.LIFT, Severity.MINOR),
        ]
    ):
        call = alert(
            source_ref=said(f"J{n}"),
            kind=kind,
            event_code=kind.event_code,
            source_kind=said("overturned")[:80],
            severity=severity,
            headline=said("Tanker overturned"),
            text=said("A tanker of chlorine lies on its side and leaks"),
            place=said("Ring road, kilometre 12"),
            caller_name=said("Caller"),
            caller_phone="13812345678",
            plates=(said("G12345"),),
            point=Point(119.2 + 0.03 * n, 34.6),
            occurred_at=now - timedelta(minutes=30 - n),
            casualties=Casualties(deaths=3, poisoned=1) if n == 0 else Casualties(),
            facts={"firm": said("Works"), "goods": said("chlorine")} if n == 0 else {},
        )
        counts = {"deaths": 3, "poisoned": 1, "grade_proposed": Grade.CONSIDERABLE}
        more = {"grade_reason": said("Clause 3"), "at": call.occurred_at}
        ids.append(put_incident(record, call, **more, **(counts if n == 0 else {})))
        again = alert(
            source_id="119-cad",
            source_ref=said(f"F{n}"),
            source_kind=said("smoke")[:80],
            headline=said("Smoke"),
            place=said("Ring road"),
            text=said("Smoke is seen"),
            occurred_at=now,
        )
        add_alert(record, ids[-1], again)
    reasons = as_json([[said("400 m apart"), 30]])
    for first, kind, state in (
        (ids[1], LinkKind.PROPOSED, LinkState.OPEN),
        (ids[2], LinkKind.RELATED, LinkState.CONFIRMED),
    ):
        put_link(record, first, ids[0], kind, state, score=55.0, reasons=reasons)
    return ids[0]


def _response(record: Record, said: Said, now: datetime, worst: int) -> int:
    """One works and reports, one sends its order back, one is silent and late."""
    began = now - timedelta(minutes=20)
    task, back, _ = issue(
        record,
        worst,
        order("fire", LEAD, task=said("Stop the leak"), reason=said("Row 14")),
        order("health", task=said("Treat the poisoned"), reason=said("Row 15")),
        order("transport", task=said("Close the road"), reason=said("Row 16")),
        actor=OFFICER,
        at=began,
        declared=declared(began, subject=said("Chlorine"), measures=said("Close, evacuate")),
    )
    for minute, status in enumerate((S.ACKNOWLEDGED, S.EN_ROUTE, S.ON_SCENE), 1):
        told = {"text": said("Two engines"), "by": said("Station")}
        say(record, "fire", task, status, began + timedelta(minutes=minute), **told)
    say(
        *(record, "fire", task, S.REPORTED, began + timedelta(minutes=9)),
        text=said("The leak is smaller"),
        by=said("Station"),
        needs=said("Lime"),
        casualties=Casualties(deaths=3, poisoned=2),
    )
    why = said("All ambulances are out")
    say(record, "health", back, S.DECLINED, began + timedelta(minutes=2), text=why, by=said("Desk"))
    want = Want(sort=NeedSort.SUPPLIES, what=said("Lime")[:100], amount=3, measure="t")
    needs.ask(
        *(record, OFFICER, worst, want), agencies=AGENCIES, of=["fire"], note=said("soon"), at=now
    )
    return task


def _surroundings(record: Record, said: Said, now: datetime) -> None:
    with record.write(now) as w:
        scene.hostile_surroundings(w, now, [said("Tower") for _ in range(6)])


def _report(record: Record, said: Said, now: datetime) -> int:
    report = keeper(record).look(now)[0]
    draft = one(record, report)
    at_once = {
        each: said("Nothing more is known") for each in draft.elements if not draft.elements[each]
    }
    kept = {**draft.elements, **at_once}
    flow.save(record, OFFICER, draft.id, draft.version, kept, limits=LIMITS, at=now)
    return report


def _warning(record: Record, said: Said, now: datetime) -> None:
    text = Text(
        kind=Kind.TYPHOON,
        event_code=Kind.TYPHOON.event_code,
        colour=WarningColour.YELLOW,
        starts_at=now,
        expires_at=now + timedelta(hours=12),
        area=said("Lianyungang"),
        area_codes=("320700",),
        headline=said("Typhoon"),
        notice=said("Wind of force 8"),
        measures=said("Ships stay in port"),
        issuer="连云港市气象台",  # one of those registered
    )
    submit(record, OFFICER, compose(record, OFFICER, text, words=WORDS, at=now), 1, words=WORDS)


def _duty(record: Record, said: Said, now: datetime) -> None:
    today = now.astimezone(BEIJING).date()
    people = ("Ann Lee", "Bo Wu", "Cy Xu", "Di Yu")
    rows = [shift(today + timedelta(days=n), people=people) for n in range(-1, 2)]
    listed = tuple((each, "", "", 13800000000 + n, "", "") for n, each in enumerate(people))
    draft = read_roster(book(*rows, people=listed), RULES, AGENCIES, today)
    found = preview(record, draft, RULES, now)
    take_import(record, CHIEF, draft, found.digest, RULES, at=now)
    notes.add_note(record, OFFICER, said("The owner of the tanker has been told"), at=now)
    calling.call(record, CHIEF, AGENCIES, RULES.roll_call, at=now)
    with record.write(now) as w:
        for row in w.cx.execute(select(person.c.id, person.c.name)).all():
            w.cx.execute(update(person).where(person.c.id == row.id).values(name=said(row.name)))
