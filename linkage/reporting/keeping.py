"""The rule at work: opens the drafts that are due, stamps what was sent, sends again what nobody
answered. Looks at what has changed since it last looked, every few seconds."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import Connection, RowMapping, or_, select

from linkage.actions import Action
from linkage.alerts import NOBODY, Casualties
from linkage.duty_tables import report
from linkage.record import Record, Writing
from linkage.reporting.drafts import ENDED, Due, open_draft
from linkage.reporting.elements import counted
from linkage.reporting.following import Signed, next_report
from linkage.reporting.limits import ReportLimits
from linkage.reporting.obligation import IncidentFacts, is_worse, obligation
from linkage.reporting.prefill import Names
from linkage.reporting.reports import Report, chain_of, open_reports
from linkage.reporting.sending import (
    any_confirmed,
    due_for_resend,
    resend_unanswered,
    stamp_sent,
)
from linkage.response_vocabulary import ReportStage, ReportStatus
from linkage.tables import alert, incident, incident_alert, ledger, log_entry
from linkage.vocabulary import Grade, IncidentStatus, Severity

# What the record held long before this program looked is not reported now, as if it were new.
LOOKS_BACK = timedelta(days=7)
_COUNTED = timedelta(days=40)
_THOROUGH = timedelta(seconds=30)
_LATELY = timedelta(seconds=20)
_PEOPLE = Casualties.__struct_fields__
_GONE = (IncidentStatus.MERGED.value, IncidentStatus.CANCELLED.value)


class ReportKeeper:
    """One at work at a time; a second would find the drafts there and open none."""

    def __init__(self, record: Record, limits: ReportLimits, names: Names) -> None:
        self._record, self._limits, self._names = record, limits, names
        self._seen = -1  # the feed revision up to which incidents have been looked at
        self._thorough_at = datetime.min.replace(tzinfo=UTC)

    def look(self, now: datetime) -> list[int]:
        """Returns the drafts that it opened. Writes only where there is something to write."""
        with self._record.read() as cx:
            revision = cx.execute(select(ledger.c.revision).where(ledger.c.id == 1)).scalar_one()
            # Our clock may have been put back since.
            thorough = abs(now - self._thorough_at) >= _THOROUGH
            reported = _reported(cx, now)
            rows = _candidates(cx, self._limits, self._seen, now)
            rows += _again(cx, reported, -1 if thorough else self._seen, now)
            wanted = [
                row["id"]
                for row in {row["id"]: row for row in rows}.values()
                if self._worth_asking(row, reported) and self._due(cx, row, now) is not None
            ]
            unanswered = [one for one in open_reports(cx) if due_for_resend(one, self._limits, now)]
            sent = any_confirmed(cx)
        opened: list[int] = []
        if wanted or unanswered or sent:
            with self._record.write(now) as w:
                opened = self._open(w, wanted)
                if sent:
                    stamp_sent(w)
                for one in unanswered:
                    resend_unanswered(w, one, self._limits)
        self._seen = revision
        self._thorough_at = now if thorough else self._thorough_at
        return opened

    def _worth_asking(self, row: RowMapping, reported: set[int]) -> bool:
        """Of a storm's incidents only a few owe anything: no query for the others."""
        return (
            row["id"] in reported or obligation(_facts(row, row["changed_at"]), self._limits).owed
        )

    def _open(self, w: Writing, wanted: Sequence[int]) -> list[int]:
        """Asked again under the ledger's lock: an officer may have been faster."""
        opened = []
        for incident_id in wanted:
            row = (
                w.cx.execute(select(incident).where(incident.c.id == incident_id)).mappings().one()
            )
            due = self._due(w.cx, row, w.at)
            if due is not None:
                chain = chain_of(w.cx, incident_id)
                opened.append(open_draft(w, row, chain, due, self._limits, self._names))
        return opened

    def _due(self, cx: Connection, row: RowMapping, now: datetime) -> Due | None:
        return due_now(cx, row, self._limits, now)


def due_now(cx: Connection, row: RowMapping, limits: ReportLimits, now: datetime) -> Due | None:
    """The report that this incident owes at this moment and nobody has begun."""
    chain = chain_of(cx, row["id"])
    if any(one.is_open for one in chain):
        return None
    signed = [one for one in chain if one.signed_at is not None]
    if signed:
        due = _following(cx, row, signed[-1], limits, now)
        return None if due is None or _put_aside(chain, signed[-1], due) else due
    if row["status"] in _GONE or _given_up(chain, row):
        return None
    owed = obligation(_facts(row, _known_at(cx, row, limits)), limits)
    if not owed.owed:
        return None
    return Due(
        stage=ReportStage.FIRST,
        basis=owed.reason,
        runs_from=owed.runs_from,
        telephone_due_at=owed.telephone_due_at,
        written_due_at=owed.written_due_at,
        legal_due_at=owed.legal_due_at,
    )


def _given_up(chain: Iterable[Report], row: RowMapping) -> bool:
    """A leader has decided that it need not be reported, and it has not become worse since."""
    grades = [one.grade for one in chain if one.status is ReportStatus.WITHDRAWN]
    now = row["grade"] or row["grade_proposed"]
    return bool(grades) and not is_worse(Grade(now) if now else None, grades[-1])


def _put_aside(chain: Iterable[Report], last: Report, due: Due) -> bool:
    """A leader has decided that this very report need not go: what it says is its reason."""
    return any(
        one.status is ReportStatus.WITHDRAWN
        and one.id > last.id
        and (one.stage, one.basis) == (due.stage, due.basis)
        for one in chain
    )


def _following(
    cx: Connection, row: RowMapping, last: Report, limits: ReportLimits, now: datetime
) -> Due | None:
    if row["status"] == IncidentStatus.MERGED:
        return None  # the reports go on under the incident that it became part of
    grade = Grade(row["grade"]) if row["grade"] else None
    graded = _graded_at(cx, row["id"]) if is_worse(grade, last.grade) else None
    told = Signed(
        stage=last.stage,
        status=last.status,
        signed_at=last.signed_at or last.changed_at,
        grade=last.grade,
        counted=counted(last.elements),
        receipt=last.receipt,
        received_at=last.received_at,
    )
    ended_at = row["closed_at"] or row["resolved_at"] if row["status"] in ENDED else None
    if row["status"] in ENDED and ended_at is None:
        ended_at = row["changed_at"]
    facts = _facts(row, graded or row["changed_at"])
    following = next_report(told, facts, ended_at, limits, now)
    if following is None:
        return None
    return Due(
        stage=following.stage,
        basis=following.reason,
        runs_from=following.runs_from,
        telephone_due_at=following.telephone_due_at,
        written_due_at=following.written_due_at,
        legal_due_at=following.legal_due_at,
    )


def _candidates(cx: Connection, limits: ReportLimits, seen: int, now: datetime) -> list[RowMapping]:
    """What has changed and could be reportable."""
    it = incident.c
    telling = or_(
        it.grade.is_not(None),
        it.grade_proposed.is_not(None),
        it.response_level.is_not(None),
        it.severity.in_([Severity.SEVERE.value, Severity.EXTREME.value]),
        *(it[name] > 0 for name in _PEOPLE),
        *(it.event_code.startswith(code) for code in limits.sensitive.codes),
    )
    query = (
        select(incident)
        .where(it.revision > seen, it.opened_at > now - LOOKS_BACK)
        .where(it.status.not_in(_GONE), telling)
        .order_by(it.id)
    )
    return list(cx.execute(query).mappings())


def _reported(cx: Connection, now: datetime) -> set[int]:
    """Incidents with a report, until the law counts no more dead (30 days, with some to spare);
    and those that they became part of."""
    own = select(report.c.incident_id).where(
        report.c.incident_id.is_not(None), report.c.changed_at > now - _COUNTED
    )
    found = new = set(cx.execute(own).scalars())
    while new:
        into = select(incident.c.merged_into).where(
            incident.c.id.in_(new), incident.c.merged_into.is_not(None)
        )
        new = {*cx.execute(into).scalars()} - found
        found = found | new
    return found


def _again(cx: Connection, reported: set[int], seen: int, now: datetime) -> list[RowMapping]:
    """Of those that have been reported: what has changed, or whose report has. The clock alone
    makes a daily report due; for it all are looked at, `seen` being -1."""
    touched = select(report.c.incident_id).where(report.c.changed_at > now - _LATELY)
    it = incident.c
    query = (
        select(incident)
        .where(it.id.in_(reported), or_(it.revision > seen, it.id.in_(touched)))
        .order_by(it.id)
    )
    return list(cx.execute(query).mappings())


def _facts(row: RowMapping, known_at: datetime) -> IncidentFacts:
    return IncidentFacts(
        event_code=row["event_code"],
        occurred_at=row["occurred_at"],
        received_at=row["opened_at"],
        known_at=known_at,
        headline=row["headline"],
        place=row["place"],
        casualties=Casualties(**{name: row[name] for name in _PEOPLE}),
        grade=Grade(row["grade"]) if row["grade"] else None,
        grade_proposed=Grade(row["grade_proposed"]) if row["grade_proposed"] else None,
        response_level=row["response_level"],
        severity=Severity(row["severity"]),
    )


def _known_at(cx: Connection, row: RowMapping, limits: ReportLimits) -> datetime:
    """When the record first held what makes this reportable: the statement whose figures reached
    it, or the person's decision; whatever came first."""
    moments: list[datetime] = [row["changed_at"]]
    graded = _graded_at(cx, row["id"])
    if graded is not None and (row["grade"] or row["response_level"]):
        moments.append(graded)
    told = _told_at(cx, row, limits)
    if told is not None:
        moments.append(told)
    return min(moments)


def _graded_at(cx: Connection, incident_id: int) -> datetime | None:
    acts = (Action.CONFIRM_GRADE, Action.START_RESPONSE, Action.RAISE_LEVEL)
    query = (
        select(log_entry.c.at)
        .where(log_entry.c.incident_id == incident_id)
        .where(log_entry.c.action.in_([act.value for act in acts]))
        .order_by(log_entry.c.id.desc())
        .limit(1)
    )
    at: datetime | None = cx.execute(query).scalar()
    return at


def _told_at(cx: Connection, row: RowMapping, limits: ReportLimits) -> datetime | None:
    query = (
        select(alert.c.received_at, alert.c.casualties)
        .join(incident_alert, incident_alert.c.alert_id == alert.c.id)
        .where(incident_alert.c.incident_id == row["id"], alert.c.casualties.is_not(None))
        .order_by(alert.c.id)
    )
    so_far: dict[str, int] = {}
    bare = msgspec.structs.replace(
        _facts(row, row["changed_at"]),
        grade=None,
        grade_proposed=None,
        response_level=None,
        severity=Severity.UNKNOWN,
        casualties=NOBODY,
    )
    if obligation(bare, limits).owed:
        return bare.received_at  # by its kind alone
    received_at: datetime
    for received_at, stated in cx.execute(query):
        for name, count in msgspec.json.decode(stated).items():
            so_far[name] = max(count, so_far.get(name, 0))
        facts = msgspec.structs.replace(bare, casualties=Casualties(**so_far))
        if obligation(facts, limits).owed:
            return received_at
    return None
