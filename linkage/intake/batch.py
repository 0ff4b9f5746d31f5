"""One batch inside its transaction: settle each arrival in order, then write table by table.

How many SQL statements that takes depends on the tables, not on the batch.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from linkage.alerts import Alert, Classified, Impostor, Unreadable
from linkage.correlation.open_incidents import OpenIncidents
from linkage.intake.accounts import Accounts
from linkage.intake.arrivals import Arrival, Offline, Part, Receipt, Remark, Several
from linkage.intake.device_alarms import DeviceAlarms
from linkage.intake.device_state import DeviceState
from linkage.intake.fates import Fate, receipts, together
from linkage.intake.fragments import Change, write_fragments
from linkage.intake.intake_rules import IntakeRules
from linkage.intake.known import (
    RecordKey,
    Statement,
    beside,
    known_statements,
    numbered,
    own_record,
    remember,
    said_before,
)
from linkage.intake.placing import Piece, Placing
from linkage.intake.rows import alert_row, digest
from linkage.intake.source_quality import SourceQuality
from linkage.intake.warning_desk import take_warning
from linkage.log import as_json
from linkage.own_state import note_probe
from linkage.readings.keeping import Judged, Keeping
from linkage.readings.reading import Reading
from linkage.record import Writing
from linkage.reporting.exchange import ReportReceipt
from linkage.reporting.receipts import apply_receipt
from linkage.response.feedback import Answered, UnitReport
from linkage.response.hear import hear
from linkage.response.units import Units
from linkage.roll_call.answering import apply_answer
from linkage.roll_call.message import RollAnswer
from linkage.tables import alert as alert_table
from linkage.tables import inbound_message
from linkage.vocabulary import Channel, Outcome


class Batch:
    def __init__(
        self,
        w: Writing,
        open_incidents: OpenIncidents,
        rules: IntakeRules,
        quality: SourceQuality,
    ) -> None:
        self._w = w
        self._rules = rules
        self._quality = quality
        self._placing = Placing(w, open_incidents, rules, quality.datum)
        self._known: dict[RecordKey, Statement] = {}
        self._alerts: list[tuple[Any, ...]] = []
        self._accounts = Accounts()
        self._fragments: list[Change] = []
        self._of_parts: dict[int, list[Fate]] = {}  # by message, where it says several things
        self._units: Units | None = None
        self._device_alarms: DeviceAlarms | None = None
        self._judged: dict[int, list[Alert]] = {}  # by the state's id(): what is new in it
        self._readings: Iterator[Judged] = iter(())  # in order of arrival

    def take(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        w = self._w
        parts = [part for a in arrivals for part in _parts(a)]
        alerts = [part for part in parts if isinstance(part, Alert)]
        if len(alerts) < len(parts):
            alerts += self._open_books(arrivals, parts)
        self._known, numbers = known_statements(w.cx, alerts)
        kept: list[tuple[Any, ...]] = []
        fates: list[tuple[int, Arrival, Fate]] = []
        for arrival in arrivals:
            if arrival.received_at is not w.at:
                w.turn_to(arrival.received_at)
            if arrival.channel is Channel.PROBE:
                note_probe(w, arrival.payload, arrival.received_at, self._rules.broker_note)
                continue
            inbound_id = w.next_id()
            fate = self._settle(arrival, inbound_id)
            kept.append(self._inbound_row(arrival, inbound_id, fate))
            fates.append((inbound_id, arrival, fate))
            self._count(arrival, fate)
        numbers |= self._placing.write()
        w.append(inbound_message, kept)
        w.append(alert_table, self._alerts)
        self._accounts.write(w)
        self._quality.write(w)
        if self._fragments:
            write_fragments(w, self._fragments)
        for book in (self._units, self._device_alarms):
            if book is not None:
                book.write()
        return [
            receipt
            for inbound_id, arrival, fate in fates
            if arrival.channel is Channel.ALERT
            for receipt in receipts(
                inbound_id, arrival, fate, self._of_parts.get(inbound_id, ()), numbers
            )
        ]

    def _open_books(self, arrivals: Sequence[Arrival], parts: Sequence[object]) -> list[Alert]:
        """What units, devices and stations said before; the alerts that these make now."""
        units = [part for part in parts if isinstance(part, UnitReport)]
        if units:
            self._units = Units(self._w, units)
        return self._open_devices(arrivals, parts) + self._judge_readings(arrivals)

    def _judge_readings(self, arrivals: Sequence[Arrival]) -> list[Alert]:
        readings = [
            (part, arrival.received_at)
            for arrival in arrivals
            for part in _parts(arrival)
            if isinstance(part, Reading)
        ]
        if not readings:
            return []
        judged = Keeping(self._w, self._rules.telemetry).take(readings)
        self._readings = iter(judged)
        return [alert for one in judged for alert in one.alerts]

    def _open_devices(self, arrivals: Sequence[Arrival], parts: Sequence[object]) -> list[Alert]:
        states = [part for part in parts if isinstance(part, DeviceState)]
        if not states:
            return []
        self._device_alarms = book = DeviceAlarms(self._w, states)
        for arrival in arrivals:
            for part in _parts(arrival):
                if isinstance(part, DeviceState):
                    self._judged[id(part)] = book.judge(part, arrival.received_at)
        return [alert for new in self._judged.values() for alert in new]

    def _settle(self, arrival: Arrival, inbound_id: int) -> Fate:
        content = arrival.content
        if isinstance(content, Alert):
            return self._settle_alert(arrival, content, inbound_id, digest(arrival.payload))
        if isinstance(content, Several):
            self._fragments += [(arrival.source_id, held, inbound_id) for held in content.held]
            each = [self._part(arrival, part, inbound_id) for part in content.parts]
            self._of_parts[inbound_id] = each
            return together(each)
        if isinstance(content, Answered):
            agency = self._rules.agencies[arrival.source_id]
            return Fate(*hear(self._w, content, agency, grading=self._rules.grading))
        if isinstance(content, RollAnswer):
            agency = self._rules.agencies[arrival.source_id]
            return Fate(*apply_answer(self._w, content, agency))
        if isinstance(content, ReportReceipt):
            return Fate(*apply_receipt(self._w, content, arrival.source_id))
        return self._part(arrival, content, inbound_id)

    def _part(
        self, arrival: Arrival, part: Part | Unreadable | Offline | None, inbound_id: int
    ) -> Fate:
        if isinstance(part, Unreadable):
            if isinstance(part, Impostor):
                who, at = arrival.source_id, arrival.received_at
                self._quality.claimed(arrival.channel, who, part, at)
            return Fate(Outcome.REJECTED, part.reason, part.field)
        if isinstance(part, Alert):
            # The same frame may come again among other neighbours: its own words count.
            return self._settle_alert(arrival, part, inbound_id, digest(as_json(part).encode()))
        if isinstance(part, UnitReport):
            return Fate(*self._units.take(part)) if self._units else Fate(Outcome.STORED)
        if isinstance(part, Reading):
            return self._settle_reading(arrival, next(self._readings), inbound_id)
        if isinstance(part, DeviceState):
            return self._settle_state(arrival, part, inbound_id)
        if isinstance(part, Offline):
            if arrival.retained:
                return Fate(Outcome.STORED, "保留的离线声明，不计入在线状态")
            self._accounts.gone(arrival.source_id, arrival.received_at)
            return Fate(Outcome.STORED, "系统声明离线")
        return Fate(Outcome.STORED, part.text if isinstance(part, Remark) else None)

    def _settle_state(self, arrival: Arrival, state: DeviceState, inbound_id: int) -> Fate:
        new = self._judged[id(state)]
        if not new:
            if state.alarms:
                return Fate(Outcome.DUPLICATE, "报警持续，已有记录")
            return Fate(Outcome.STORED)
        return self._settle_all(arrival, new, inbound_id)

    def _settle_reading(self, arrival: Arrival, judged: Judged, inbound_id: int) -> Fate:
        if judged.refused is not None:
            return Fate(Outcome.REJECTED, judged.refused.reason, judged.refused.field)
        if judged.duplicate:
            return Fate(Outcome.DUPLICATE, judged.duplicate)
        if not judged.alerts:
            return Fate(Outcome.STORED)
        return self._settle_all(arrival, judged.alerts, inbound_id)

    def _settle_all(self, arrival: Arrival, alerts: Sequence[Alert], inbound_id: int) -> Fate:
        """What the intake itself made of one part."""
        prints = [digest(as_json(alert).encode()) for alert in alerts]
        return together(
            [
                self._settle_alert(arrival, alert, inbound_id, print_)
                for alert, print_ in zip(alerts, prints, strict=True)
            ]
        )

    def _settle_alert(self, arrival: Arrival, alert: Alert, inbound_id: int, print_: str) -> Fate:
        record = own_record(alert)
        said = self._known.get(record)
        revision = alert.revision or 1
        if said is not None:
            again = said_before(alert, said, print_)
            if again:
                return Fate(Outcome.DUPLICATE, again, incident_id=said.incident_id)
            revision = numbered(alert, said)
        revision = beside(self._known, alert, revision)
        notes = self._quality.noticed(alert, arrival, new=said is None)
        w = self._w
        alert_id = w.next_id()
        row = alert_row(w, alert, alert_id, revision, arrival.received_at, inbound_id, print_)
        self._alerts.append(row)
        stale = said is not None and revision < said.newest
        if alert.is_warning:
            incident_id = None
            done = take_warning(w, alert, alert_id, arrival.received_at, stale=stale)
            w.log.add(f"source:{alert.source_id}", "warning", done, after={"alert": alert_id})
        else:
            piece = Piece(arrival, alert, alert_id, said, stale)
            incident_id = self._placing.place(piece, self._known)
        remember(self._known, record, revision, print_, incident_id)
        return Fate(Outcome.STORED, notes, alert_id=alert_id, incident_id=incident_id)

    def _inbound_row(self, arrival: Arrival, inbound_id: int, fate: Fate) -> tuple[Any, ...]:
        # 涉密: the text must not be kept here, the fact that it came must.
        classified = isinstance(arrival.content, Classified)
        return (
            inbound_id,
            arrival.channel._value_,
            arrival.source_id,
            arrival.topic,
            b"" if classified else arrival.payload,
            self._w.moment(arrival.received_at),
            arrival.retained,
            fate.outcome._value_,
            fate.reason,
            fate.field,
            fate.alert_id,
            fate.incident_id,
            arrival.mends,
            None,
        )

    def _count(self, arrival: Arrival, fate: Fate) -> None:
        content = arrival.content
        sent_at = content.sent_at if isinstance(content, Alert) else None
        # What the broker had kept, or a person has put right, is no sign of life.
        fresh = not arrival.retained and arrival.mends is None
        if sent_at is not None and fresh and fate.outcome is Outcome.STORED:
            delay = (arrival.received_at - sent_at).total_seconds()
            self._quality.delayed(arrival.source_id, delay, arrival.received_at)
        self._accounts.count(
            arrival.channel,
            arrival.source_id,
            fate.outcome,
            arrival.received_at,
            sent_at,
            alive=fresh and not isinstance(content, Offline),
            excess=arrival.excess,
        )


def _parts(arrival: Arrival) -> Sequence[object]:
    content = arrival.content
    return content.parts if isinstance(content, Several) else (content,)
