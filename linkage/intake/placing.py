"""Which incident an alert belongs to: its own earlier one, a named one, a matching one, a new one.

Exactly one, always. Decisions are made in order of arrival against the open incidents, those
opened a moment ago included; the rows are written together at the end of the batch.
"""

from typing import Any, NamedTuple

from sqlalchemy import insert, select

from linkage.alerts import NOBODY, Alert
from linkage.correlation.correlate import CERTAIN, Match, correlate
from linkage.correlation.open_incidents import OpenIncidents, opened_by
from linkage.intake.arrivals import Arrival, is_late
from linkage.intake.datum_watch import DatumWatch
from linkage.intake.figures_told import figures_told
from linkage.intake.incident_state import IncidentState, open_from, state_of
from linkage.intake.intake_rules import IntakeRules
from linkage.intake.known import RecordKey, Statement
from linkage.intake.rows import AMENDED, amended, incident_row
from linkage.log import as_json
from linkage.plan.proposing import propose, rests_on_more
from linkage.record import Writing
from linkage.tables import incident, incident_alert, incident_link
from linkage.vocabulary import Disposition, IncidentStatus, LinkKind, LinkState, MessageKind

BY_RULE = "rule"


class Piece(NamedTuple):
    """One alert on its way into the record. `said`: what its source said of it before."""

    arrival: Arrival
    alert: Alert
    alert_id: int
    said: Statement | None
    stale: bool  # an older revision that came late: kept, not folded in


class _Fold(NamedTuple):
    incident_id: int
    piece: Piece
    again: bool


class Placing:
    def __init__(
        self, w: Writing, open_incidents: OpenIncidents, rules: IntakeRules, datum: DatumWatch
    ) -> None:
        self._w = w
        self._datum = datum
        self._open = open_incidents
        self._rules = rules
        self._opened: dict[int, IncidentState] = {}
        self._known: dict[int, IncidentState] = {}  # opened before this batch
        self._folds: list[_Fold] = []
        self._members: list[tuple[Any, ...]] = []
        self._links: list[dict[str, Any]] = []
        self._facts: dict[int, dict[str, Any]] = {}  # of the incidents that may be graded

    def place(self, piece: Piece, known: dict[RecordKey, Statement]) -> int:
        """Decide, and return the incident's id."""
        incident_id = self._decide(piece, known)
        alert = piece.alert
        if not piece.stale and (alert.facts or alert.casualties is not NOBODY):
            self._facts.setdefault(incident_id, {}).update(alert.facts)
        return incident_id

    def _decide(self, piece: Piece, known: dict[RecordKey, Statement]) -> int:
        alert, said = piece.alert, piece.said
        if said is not None and said.incident_id is not None:
            self._update(piece, said.incident_id)
            return said.incident_id
        for reference in alert.references:
            named = known.get((*reference, alert.exercise))
            if named is not None and named.incident_id is not None:
                text = f"来源指明关联记录 {reference[0]} {reference[1]}"
                reasons = ((text, CERTAIN),)
                self._attach(piece, Match(named.incident_id, CERTAIN, reasons, "joins"))
                return named.incident_id
        found = self._open.candidates(alert)
        match = correlate(alert, found, self._open.passed_over)
        if match is not None and match.decision == "joins":
            self._attach(piece, match)
            return match.incident_id
        incident_id = self._open_new(piece)
        if match is not None:
            kind, state = LinkKind.PROPOSED, LinkState.OPEN
            self._link(incident_id, match.incident_id, kind, state, match.score, match.reasons)
            self._open.likely_same(incident_id, match.incident_id)
        return incident_id

    def write(self) -> dict[int, str]:
        """Fold and write what was decided; gives the number of every incident touched."""
        w = self._w
        self._fold_all()
        known = [self._known[i] for i in sorted(self._known)]
        states = self._opened | self._known
        tables = self._rules.grading
        more = [i for i, f in self._facts.items() if i in self._known]
        more = [i for i in more if rests_on_more(self._known[i], self._facts[i], tables)]
        told = figures_told(w, more)
        for incident_id, facts in self._facts.items():
            if incident_id in states:
                propose(states[incident_id], told.get(incident_id, {}) | facts, tables)
        for state in states.values():
            state.revision = w.next_revision()
        for state in known:
            state.version += 1
        w.append(incident, [incident_row(w, state) for state in self._opened.values()])
        w.amend(incident, AMENDED, [amended(w, state) for state in known])
        w.append(incident_alert, self._members)
        if self._links:
            w.cx.execute(insert(incident_link), self._links)
        return {i: state.number for i, state in states.items()}

    def _update(self, piece: Piece, incident_id: int) -> None:
        """The same record of the same source again: later, changed, or withdrawn."""
        reason = "同一来源同一记录号的续报"
        if piece.alert.message_kind is MessageKind.CANCEL:
            reason = "来源撤销该记录"
        if piece.stale:
            reason = "迟到的旧版本，仅存档"
        else:
            self._folds.append(_Fold(incident_id, piece, again=True))
            if self._open.get(incident_id) is not None:
                self._open.absorb(incident_id, piece.alert)
            if piece.alert.message_kind is MessageKind.CANCEL:
                self._fold_all()  # what comes next must not join what this has ended
        self._member(piece.alert_id, incident_id, None, as_json([[reason, None]]))
        self._note(piece, "update", reason, incident_id)

    def _attach(self, piece: Piece, match: Match) -> None:
        self._folds.append(_Fold(match.incident_id, piece, again=False))
        self._datum.joined(match.incident_id, piece.alert)
        if self._open.get(match.incident_id) is not None:
            self._open.absorb(match.incident_id, piece.alert)
        card = as_json(match.reasons)
        self._member(piece.alert_id, match.incident_id, match.score, card)
        reason = "；".join(text for text, _ in match.reasons)
        self._note(piece, "attach", reason, match.incident_id)

    def _open_new(self, piece: Piece) -> int:
        w, alert, received_at = self._w, piece.alert, piece.arrival.received_at
        incident_id = w.next_id()
        state = open_from(alert, received_at, incident_id, w.next_number())
        state.told_late = is_late(alert, piece.arrival) or None
        self._opened[incident_id] = state
        reason = f"{alert.kind.label}，{alert.place or '地点未报'}"
        if alert.message_kind is MessageKind.CANCEL:
            # The cancel came before its alert: the alert, when it comes, joins what is closed.
            state.status, state.closed_at = IncidentStatus.CANCELLED, received_at
            state.disposition, reason = Disposition.FALSE_ALARM, "撤销报文先于警情到达"
        else:
            for area in self._open.related_areas(alert):
                card = ((f"在{area.kind.label}事件 {area.number} 的影响范围内", None),)
                kind, confirmed = LinkKind.AREA, LinkState.CONFIRMED
                self._link(incident_id, area.id, kind, confirmed, None, card)
            self._open.add(opened_by(alert, incident_id, state.number))
            self._datum.opened(incident_id, alert)
        self._member(piece.alert_id, incident_id, None, None)
        self._note(piece, "open", reason, incident_id)
        return incident_id

    def _fold_all(self) -> None:
        wanted = sorted(
            {fold.incident_id for fold in self._folds} - self._opened.keys() - self._known.keys()
        )
        if wanted:
            rows = self._w.cx.execute(select(incident).where(incident.c.id.in_(wanted)))
            self._known.update((row.id, state_of(row)) for row in rows)
        for fold in self._folds:
            state = self._opened.get(fold.incident_id) or self._known[fold.incident_id]
            self._fold(state, fold)
        self._folds.clear()

    def _fold(self, state: IncidentState, fold: _Fold) -> None:
        alert, received_at = fold.piece.alert, fold.piece.arrival.received_at
        state.absorb(alert, received_at, again=fold.again)
        alone = state.alert_count == 1 and state.status is IncidentStatus.RECEIVED
        if alert.message_kind is MessageKind.CANCEL and fold.again and alone:
            # Nobody else reported it and nobody acts on it. Otherwise an officer decides.
            state.status, state.closed_at = IncidentStatus.CANCELLED, received_at
            state.disposition = Disposition.FALSE_ALARM
            self._open.remove(state.id)

    def _member(
        self, alert_id: int, incident_id: int, score: float | None, card: str | None
    ) -> None:
        w = self._w
        self._members.append((alert_id, incident_id, score, card, BY_RULE, w.moment(w.at)))

    def _note(self, piece: Piece, action: str, reason: str, incident_id: int) -> None:
        actor = f"source:{piece.alert.source_id}"
        after = {"alert": piece.alert_id}
        self._w.log.add(actor, action, reason, incident_id=incident_id, after=after)

    def _link(  # noqa: PLR0917
        self,
        from_id: int,
        to_id: int,
        kind: LinkKind,
        state: LinkState,
        score: float | None,
        card: Any,
    ) -> None:
        w = self._w
        self._links.append(
            {
                "id": w.next_id(),
                "from_id": from_id,
                "to_id": to_id,
                "kind": kind._value_,
                "state": state._value_,
                "score": score,
                "reasons": as_json(card),
                "decided_by": BY_RULE,
                "decided_at": w.at,
            }
        )
