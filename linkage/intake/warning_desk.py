"""预警: forecasts with a colour. They are shown beside incidents, and swallow none."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, String, any_, bindparam, func, insert, select, update

from linkage.alerts import USUAL_LIFE, Alert
from linkage.intake.known import Key
from linkage.intake.warning_ids import forms, meant, parts
from linkage.log import as_json
from linkage.record import Writing
from linkage.tables import warning
from linkage.vocabulary import MessageKind, WarningColour, WarningStatus

# A warning without an end is common in the wild; none is shown for ever. domain §3.2.
DEFAULT_LIFE = timedelta(hours=24)


# Stands in the record for a warning that was ended before it arrived: it must not come to life.
_NOT_RECEIVED = 0
# Of one series; nobody lifts and lowers a warning more often.
MOST_UPDATES = 100
_FIELDS = tuple(
    warning.c[name]
    for name in (
        *("id", "alert_id", "source_id", "source_ref", "status"),
        *("event_code", "area_codes", "sent_at", "replaced_by", "incident_id"),
    )
)


def take_warning(
    w: Writing, alert: Alert, alert_id: int, received_at: datetime, *, stale: bool = False
) -> str:
    """Open, replace or end a warning; returns what was done, for the log.

    `stale`: the source has stated a newer revision already.
    """
    own = (alert.source_id, alert.source_ref)
    named = [key for key in alert.references if key != own]
    before = _rows(w, own, named, exercise=alert.exercise)
    mine = _meant(own, before, forms(own[1]))
    others = {key: _meant(key, before, parts(key[1])) for key in named}
    new = w.next_id()
    if stale:
        _insert(w, new, alert, alert_id, own, WarningStatus.SUPERSEDED)
        return "迟到的旧版本，现行版本更新，不再生效"
    every = {row.id: row for rows in (mine, *others.values()) for row in rows}
    active = [row for row in every.values() if row.status == WarningStatus.ACTIVE._value_]
    cancels = alert.message_kind is MessageKind.CANCEL
    # A source that numbers its revisions may warn again under the number it has cancelled.
    ended_early = [row for row in mine if _is_final(row)] if alert.revision is None else []
    if every and not active and not ended_early and alert.message_kind is not MessageKind.ALERT:
        standing = _standing(w, alert, every.values())
        if any(row.sent_at > alert.sent_at for row in standing):
            if not cancels:
                _insert(w, new, alert, alert_id, own, WarningStatus.SUPERSEDED)
            return "迟到的报文，所指预警已有更新的预警替代，不再生效"
        active = standing
    status = WarningStatus.CANCELLED if cancels else WarningStatus.SUPERSEDED
    by = None if cancels else new
    _end(w, active, status, received_at, by)
    for key, rows in others.items():
        if not rows:
            _insert(w, w.next_id(), alert, _NOT_RECEIVED, key, status, by)
    if cancels:
        if not every:
            _insert(w, new, alert, _NOT_RECEIVED, own, status)
        lifted = _lift(w, every.values())
        return f"解除预警，结束此前 {len(active)} 条{lifted}"
    if ended_early:
        late = WarningStatus(ended_early[0].status)
        _insert(w, new, alert, alert_id, own, late)
        return f"迟到的预警，{late.label}，不再生效"
    return _open(w, new, alert, alert_id, received_at, active)


def _standing(w: Writing, alert: Alert, named: Iterable[Any]) -> list[Any]:
    """What stands now in the place of what is named, where that has been replaced.

    Many a sender names the first message of a series in all that follow it.
    """
    following = {row.replaced_by for row in named if row.replaced_by is not None}
    for _ in range(MOST_UPDATES):
        if not following:
            break
        rows = w.cx.execute(select(*_FIELDS).where(warning.c.id.in_(following))).all()
        active = [row for row in rows if row.status == WarningStatus.ACTIVE._value_]
        if active:
            return [row for row in active if _goes_on(alert, row)]
        following = {row.replaced_by for row in rows if row.replaced_by is not None}
    return []


def _goes_on(alert: Alert, row: Any) -> bool:
    """Whether the message is about this warning, of which it names an older one.

    One warning may have become several: then kind and divisions tell. What was sent together,
    or at a time that is not known, does not go on from each other.
    """
    if alert.sent_at is None or row.sent_at is None or row.sent_at == alert.sent_at:
        return False
    if alert.message_kind is MessageKind.CANCEL:
        return True
    same = row.event_code == alert.event_code and row.area_codes == as_json(alert.area_codes)
    return same and bool(alert.area_codes)


def _lift(w: Writing, named: Iterable[Any]) -> str:
    """An all-clear for what has run out already: every screen must still hear of it.

    The second at which it ran out stays.
    """
    over = [row for row in named if row.status == WarningStatus.EXPIRED._value_]
    for row in over:
        w.cx.execute(
            update(warning)
            .where(warning.c.id == row.id)
            .values(status=WarningStatus.CANCELLED._value_, revision=w.next_revision())
        )
    return f"，其中 {len(over)} 条此前已到期" if over else ""


def _open(  # noqa: PLR0917
    w: Writing,
    new: int,
    alert: Alert,
    alert_id: int,
    received_at: datetime,
    replaced: Sequence[Any],
) -> str:
    own = (alert.source_id, alert.source_ref)
    instead = f"，替代此前 {len(replaced)} 条" if replaced else ""
    colour = alert.warning_colour.label if alert.warning_colour else ""
    # The response that was prepared for the warning goes on under the one in its place.
    incident_id = next((row.incident_id for row in replaced if row.incident_id), None)
    if _ends(alert) <= received_at:
        status = WarningStatus.EXPIRED
        _insert(w, new, alert, alert_id, own, status, incident_id=incident_id)
        return f"{colour}预警到达时{status.label}，不再生效{instead}"
    status = WarningStatus.ACTIVE
    _insert(w, new, alert, alert_id, own, status, incident_id=incident_id)
    until = "，来报未写失效时间，按常规时长计" if _end_assumed(alert) else ""
    return f"{colour}预警生效{instead}{until}"


def _ends(alert: Alert) -> datetime:
    return alert.expires_at or alert.occurred_at + DEFAULT_LIFE


def _end_assumed(alert: Alert) -> bool:
    return alert.expires_at is None or USUAL_LIFE in alert.facts


def _rows(w: Writing, own: Key, named: Sequence[Key], *, exercise: bool) -> list[Any]:
    """What is known of the warnings that are named; an exercise never touches a real one."""
    refs = {*forms(own[1]), *(one for _, ref in named for one in parts(ref))}
    mine = warning.c
    return list(
        w.cx.execute(
            select(*_FIELDS).where(_among(w, refs), mine.exercise == exercise).order_by(mine.id)
        )
    )


def _among(w: Writing, refs: set[str]) -> ColumnElement[bool]:
    """One parameter for the whole list, as a number has dozens of forms."""
    if w.sqlite:
        listed = func.json_each(as_json(sorted(refs))).table_valued("value")
        return warning.c.source_ref.in_(select(listed.c.value))
    return warning.c.source_ref == any_(bindparam("refs", list(refs), ARRAY(String)))


def _meant(key: Key, rows: Sequence[Any], written: Sequence[str]) -> list[Any]:
    """The rows that `key` names, in whatever form."""
    possible = set(written)
    own = [row for row in rows if row.source_id == key[0] and row.source_ref in possible]
    named = set(meant(key[1], [row.source_ref for row in own]))
    return [row for row in own if row.source_ref in named]


def _is_final(row: Any) -> bool:
    return bool(row.alert_id == _NOT_RECEIVED or row.status == WarningStatus.CANCELLED._value_)


def _insert(  # noqa: PLR0917
    w: Writing,
    new: int,
    alert: Alert,
    alert_id: int,
    key: Key,
    status: WarningStatus,
    replaced_by: int | None = None,
    *,
    incident_id: int | None = None,
) -> None:
    """`status`: any but ACTIVE never was in force here, at no moment."""
    colour = alert.warning_colour or WarningColour.BLUE
    w.cx.execute(
        insert(warning).values(
            id=new,
            alert_id=alert_id,
            source_id=key[0],
            source_ref=key[1],
            kind=alert.kind._value_,
            event_code=alert.event_code,
            colour=colour._value_,
            status=status._value_,
            headline=alert.headline,
            text=alert.text,
            area_codes=as_json(alert.area_codes),
            shapes=as_json(alert.shapes) if alert.shapes else None,
            effective_at=alert.occurred_at,
            expires_at=_ends(alert),
            end_assumed=_end_assumed(alert) or None,
            ended_at=None if status is WarningStatus.ACTIVE else alert.occurred_at,
            sent_at=alert.sent_at,
            replaced_by=replaced_by,
            incident_id=incident_id,
            exercise=alert.exercise,
            revision=w.next_revision(),
        )
    )


def _end(
    w: Writing, rows: Sequence[Any], status: WarningStatus, at: datetime, by: int | None
) -> None:
    if rows:
        w.cx.execute(
            update(warning)
            .where(warning.c.id == bindparam("warning_id"))
            .values(status=status._value_, ended_at=at, replaced_by=by, revision=bindparam("rev")),
            [{"warning_id": row.id, "rev": w.next_revision()} for row in rows],
        )
