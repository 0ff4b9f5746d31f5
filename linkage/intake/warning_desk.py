"""预警: forecasts with a colour. They are shown beside incidents, and swallow none."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from linkage.alerts import Alert
from linkage.intake.known import Key
from linkage.log import as_json
from linkage.record import Writing
from linkage.tables import warning
from linkage.vocabulary import MessageKind, WarningColour, WarningStatus

# A warning without an end is common in the wild; none is shown for ever. domain §3.2.
DEFAULT_LIFE = timedelta(hours=24)


# Stands in the record for a warning that was ended before it arrived: it must not come to life.
_NOT_RECEIVED = 0


def take_warning(w: Writing, alert: Alert, alert_id: int, received_at: datetime) -> str:
    """Open, replace or end a warning; returns what was done, for the log."""
    own = (alert.source_id, alert.source_ref)
    named = {*alert.references, own}
    before = _rows(w, named, exercise=alert.exercise)
    ended_early = [row for row in before if _key(row) == own and _is_final(row)]
    active = [row for row in before if row.status == WarningStatus.ACTIVE._value_]
    cancels = alert.message_kind is MessageKind.CANCEL
    status = WarningStatus.CANCELLED if cancels else WarningStatus.SUPERSEDED
    _end(w, active, status, received_at)
    for missing in named - {own} - {_key(row) for row in before}:
        _insert(w, alert, _NOT_RECEIVED, missing, status, received_at)
    if cancels:
        if not before:
            _insert(w, alert, _NOT_RECEIVED, own, status, received_at)
        return f"解除预警，结束此前 {len(active)} 条"
    if ended_early:
        late = WarningStatus(ended_early[0].status)
        _insert(w, alert, alert_id, own, late, received_at)
        return f"迟到的预警，{late.label}，不再生效"
    _insert(w, alert, alert_id, own, WarningStatus.ACTIVE, None)
    replaced = f"，替代此前 {len(active)} 条" if active else ""
    colour = alert.warning_colour.label if alert.warning_colour else ""
    return f"{colour}预警生效{replaced}"


def _rows(w: Writing, named: set[Key], *, exercise: bool) -> list[Any]:
    """What is known of the warnings that are named; an exercise never touches a real one."""
    mine = warning.c
    rows = w.cx.execute(
        select(mine.id, mine.alert_id, mine.source_id, mine.source_ref, mine.status).where(
            mine.source_ref.in_({ref for _, ref in named}), mine.exercise == exercise
        )
    )
    return [row for row in rows if _key(row) in named]


def _key(row: Any) -> Key:
    return row.source_id, row.source_ref


def _is_final(row: Any) -> bool:
    return bool(row.alert_id == _NOT_RECEIVED or row.status == WarningStatus.CANCELLED._value_)


def _insert(  # noqa: PLR0917
    w: Writing,
    alert: Alert,
    alert_id: int,
    key: Key,
    status: WarningStatus,
    ended_at: datetime | None,
) -> None:
    colour = alert.warning_colour or WarningColour.BLUE
    w.cx.execute(
        insert(warning).values(
            id=w.next_id(),
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
            effective_at=alert.occurred_at,
            expires_at=alert.expires_at or alert.occurred_at + DEFAULT_LIFE,
            ended_at=ended_at,
            exercise=alert.exercise,
            revision=w.next_revision(),
        )
    )


def _end(w: Writing, rows: Sequence[Any], status: WarningStatus, at: datetime) -> None:
    if rows:
        w.cx.execute(
            update(warning)
            .where(warning.c.id == bindparam("warning_id"))
            .values(status=status._value_, ended_at=at, revision=bindparam("rev")),
            [{"warning_id": row.id, "rev": w.next_revision()} for row in rows],
        )
