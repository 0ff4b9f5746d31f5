"""From an alarm's first report to its last: one record of one source, over any restart.

A device repeats what stands; the record remembers what it has said, so that a repetition is
nothing new, the end is an update of the same record, and a later alarm is a record of its own.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    String,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
    update,
)

from linkage.alerts import Alert
from linkage.device_tables import device_alarm
from linkage.intake.device_state import DeviceState
from linkage.log import as_json
from linkage.record import BEIJING, Writing
from linkage.tables import alert as alert_table
from linkage.tables import incident, incident_alert
from linkage.vocabulary import OPEN_STATUSES, MessageKind

# A device's clock may be this far ahead, as a system's may (ingest.decode). Who saves reports up
# may send them days later; what is sent at once and says that it was sent an hour ago was dated by
# a clock that nobody sets, far more often than it was held up so long.
AHEAD, BEHIND, HELD_UP = timedelta(minutes=5), timedelta(days=7), timedelta(hours=1)
# What ended this long ago may still be the same event.
LINGERS = timedelta(hours=1)
_decode = msgspec.json.Decoder(Alert).decode

MOST_ASKED = 50
Key = tuple[str, str, str]  # source, device, name of the alarm
Owner = tuple[str, str]  # source, device or group


class Remembered(msgspec.Struct, kw_only=True):
    """One row. `ended_at` None: it stands. `said`: the alert it made, JSON."""

    source_id: str
    device: str
    name: str
    belongs_to: str
    source_ref: str
    since: datetime
    seen_at: datetime
    ended_at: datetime | None
    said: str


class DeviceAlarms:
    """Of one batch: read once, judged in order of arrival, written once."""

    def __init__(self, w: Writing, states: Iterable[DeviceState]) -> None:
        self._w = w
        self._rows: dict[Key, Remembered] = {}
        self._of_device: dict[Owner, list[Remembered]] = {}
        self._of_group: dict[Owner, list[Remembered]] = {}
        self._changed: dict[Key, bool] = {}  # what to write; True: a row that is not there yet
        self._event: dict[Owner, str | None] = {}  # of a group: an alarm of its open incident
        asked = list(states)
        if asked:
            for row in w.cx.execute(select(device_alarm).where(_that_matter(w, asked))).mappings():
                self._keep(Remembered(**row))

    def judge(self, state: DeviceState, received_at: datetime) -> list[Alert]:
        """What is new: alarms that begin, and updates of those that are over."""
        at = trusted_time(state, received_at)
        said: list[Alert] = []
        for name, alert in state.alarms:
            row = self._rows.get((state.source_id, state.device, name))
            if row is None or _begins_anew(row, at, state.pause):
                said.append(self._begin(state, name, alert, at, received_at))
            elif row.ended_at is None and at > row.seen_at:
                row.seen_at = at
                self._changed.setdefault(_key(row), False)
        standing = {name for name, _ in state.alarms}
        if state.whole:
            covered = self._of_group.get((state.source_id, state.group), ())
        else:
            covered = self._of_device.get((state.source_id, state.device), ())
        for row in covered:
            here = row.device == state.device and row.name in standing
            if here or row.ended_at is not None or at < row.seen_at:
                continue
            if state.covers(row.device):
                said.append(self._end(row, at, state.says.get(row.name) or state.says.get("")))
        return said

    def write(self) -> None:
        w, rows = self._w, self._rows
        added = [rows[key] for key, new in self._changed.items() if new]
        w.append(device_alarm, [_values(w, row) for row in added])
        moved = [msgspec.structs.asdict(rows[key]) for key, new in self._changed.items() if not new]
        if moved:
            w.cx.execute(_MOVE, [{f"new_{k}": v for k, v in row.items()} for row in moved])

    def _begin(
        self, state: DeviceState, name: str, alert: Alert, at: datetime, received_at: datetime
    ) -> Alert:
        before = self._rows.get((state.source_id, state.device, name))
        ref = f"{state.device}:{name}:{at.astimezone(BEIJING):%Y%m%d%H%M%S}"
        if before is not None and before.source_ref.startswith(ref):
            ref += f"-{int(before.source_ref[len(ref) + 1 :] or 1) + 1}"
        begun = replace(
            alert,
            source_ref=ref,
            occurred_at=at,
            sent_at=state.sent_at,
            references=(*alert.references, *self._same_event(state, at, ref)),
            facts=alert.facts if at == state.at else alert.facts | _stated(state, received_at),
        )
        if before is not None:
            self._of_group[state.source_id, before.belongs_to].remove(before)
            self._of_device[state.source_id, before.device].remove(before)
        row = Remembered(
            source_id=state.source_id,
            device=state.device,
            name=name,
            belongs_to=state.group,
            source_ref=ref,
            since=at,
            seen_at=at,
            ended_at=None,
            said=as_json(begun),
        )
        self._keep(row)
        self._changed.setdefault(_key(row), before is None)
        return begun

    def _end(self, row: Remembered, at: datetime, says: str | None) -> Alert:
        row.seen_at = row.ended_at = at
        self._changed.setdefault(_key(row), False)
        first = _decode(row.said)
        if says:
            over, how = f"不再报警：{says}", f"设备不再报警（{says}），不能视为恢复"
        else:
            over, how = "已恢复", "设备报告已恢复正常"
        return replace(
            first,
            message_kind=MessageKind.UPDATE,
            sent_at=at,
            headline=f"{first.headline}（{over}）",
            text=f"{first.text}；{how}，现场情况请核实",
            facts=first.facts if says else first.facts | {"recovered_at": at.isoformat()},
        )

    def _same_event(self, state: DeviceState, at: datetime, ref: str) -> list[tuple[str, str]]:
        """An alarm of the same panel or vehicle whose incident is still open, for `ref` to join.

        A closed one must not swallow a new alarm: nobody looks at it any more.
        """
        group = (state.source_id, state.group)
        if group not in self._event:
            self._event[group] = self._open_event(group, at)
        known = self._event[group]
        if known is None:
            self._event[group] = ref  # what follows in this batch joins this one
            return []
        return [(state.source_id, known)]

    def _open_event(self, group: Owner, at: datetime) -> str | None:
        lately = [
            row.source_ref
            for row in self._of_group.get(group, ())
            if row.ended_at is None or at - row.ended_at <= LINGERS
        ]
        if not lately:
            return None
        a, i = alert_table.c, incident.c
        return self._w.cx.execute(
            select(a.source_ref)
            .join_from(alert_table, incident_alert, incident_alert.c.alert_id == a.id)
            .join(incident, i.id == incident_alert.c.incident_id)
            .where(a.source_id == group[0], a.source_ref.in_(lately[-MOST_ASKED:]))
            .where(i.status.in_([status.value for status in OPEN_STATUSES]))
            .order_by(i.opened_at.desc(), a.id)
            .limit(1)
        ).scalar_one_or_none()

    def _keep(self, row: Remembered) -> None:
        self._rows[_key(row)] = row
        self._of_group.setdefault((row.source_id, row.belongs_to), []).append(row)
        self._of_device.setdefault((row.source_id, row.device), []).append(row)


_KEYS = ("source_id", "device", "name")
_MOVE = (
    update(device_alarm)
    .where(*(device_alarm.c[name] == bindparam(f"new_{name}") for name in _KEYS))
    .values({c.name: bindparam(f"new_{c.name}") for c in device_alarm.c if c.name not in _KEYS})
)


def trusted_time(state: DeviceState, received_at: datetime) -> datetime:
    """When it was so. By our clock where the device's is wrong: the time that had passed between
    event and sending, both by the wrong clock, is taken off."""
    at, sent_at = state.at, state.sent_at
    if at is None:
        return received_at
    on_time = sent_at is None or -AHEAD <= received_at - sent_at <= HELD_UP
    if on_time and -AHEAD <= received_at - at <= BEHIND:
        return at
    age = (sent_at or at) - at
    return received_at - age if timedelta(0) <= age <= timedelta(days=1) else received_at


def _begins_anew(row: Remembered, at: datetime, pause: timedelta) -> bool:
    if row.ended_at is None:
        return at - row.seen_at > pause
    # In the second of a reset what still burns is stated anew: there the order of arrival counts.
    return at >= row.ended_at


def _stated(state: DeviceState, received_at: datetime) -> dict[str, Any]:
    if state.at is None:
        return {}
    off = int((received_at - (state.sent_at or state.at)).total_seconds())
    wrong = {"clock_ahead_s": -off} if off < 0 else {"clock_behind_s": off}
    return {"stated_at": state.at.isoformat(), **wrong}


def _key(row: Remembered) -> Key:
    return row.source_id, row.device, row.name


def _values(w: Writing, row: Remembered) -> tuple[Any, ...]:
    return tuple(
        w.moment(value) if isinstance(value, datetime) else value
        for value in msgspec.structs.astuple(row)
    )


def _that_matter(w: Writing, states: Sequence[DeviceState]) -> ColumnElement[bool]:
    """What stands, what ended a moment ago, and the last of the devices that speak."""
    d = device_alarm.c
    lately = or_(d.ended_at.is_(None), d.ended_at >= w.at - LINGERS)
    spoken = _among(w, d.device, {state.device for state in states})
    return and_(_among(w, d.belongs_to, {state.group for state in states}), or_(lately, spoken))


def _among(w: Writing, column: Column[str], values: set[str]) -> ColumnElement[bool]:
    """One parameter for the whole list."""
    if w.sqlite:
        listed = func.json_each(as_json(sorted(values))).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(bindparam(column.name, sorted(values), ARRAY(String)))
