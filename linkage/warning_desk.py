"""预警: forecasts with a colour. They are shown beside incidents, and swallow none."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, select, update

from linkage.alerts import Alert
from linkage.log import as_json
from linkage.record import Writing
from linkage.tables import warning
from linkage.vocabulary import MessageKind, WarningStatus

# A warning without an end is common in the wild; none is shown for ever. domain §3.2.
DEFAULT_LIFE = timedelta(hours=24)


def take_warning(w: Writing, alert: Alert, alert_id: int, received_at: datetime) -> str:
    """Open, replace or end a warning; returns what was done, for the log."""
    assert alert.warning_colour is not None  # noqa: S101 - the caller sent a warning
    named = {*alert.references, (alert.source_id, alert.source_ref)}
    ended = _end(w, named, alert, received_at)
    if alert.message_kind is MessageKind.CANCEL:
        return f"解除预警，结束此前 {ended} 条"
    w.cx.execute(
        insert(warning).values(
            id=w.next_id(),
            alert_id=alert_id,
            source_id=alert.source_id,
            source_ref=alert.source_ref,
            kind=alert.kind._value_,
            event_code=alert.event_code,
            colour=alert.warning_colour._value_,
            status=WarningStatus.ACTIVE._value_,
            headline=alert.headline,
            text=alert.text,
            area_codes=as_json(alert.area_codes),
            effective_at=alert.occurred_at,
            expires_at=alert.expires_at or alert.occurred_at + DEFAULT_LIFE,
            exercise=alert.exercise,
            revision=w.next_revision(),
        )
    )
    replaced = f"，替代此前 {ended} 条" if ended else ""
    return f"{alert.warning_colour.label}预警生效{replaced}"


def _end(w: Writing, named: Iterable[tuple[str, str]], alert: Alert, received_at: datetime) -> int:
    """End the active warnings that this one names; an exercise never ends a real one."""
    mine = warning.c
    rows = w.cx.execute(
        select(mine.id, mine.source_id, mine.source_ref).where(
            mine.source_ref.in_({ref for _, ref in named}),
            mine.status == WarningStatus.ACTIVE._value_,
            mine.exercise == alert.exercise,
        )
    )
    ids = [row.id for row in rows if (row.source_id, row.source_ref) in set(named)]
    if not ids:
        return 0
    cancelled = alert.message_kind is MessageKind.CANCEL
    status = WarningStatus.CANCELLED if cancelled else WarningStatus.SUPERSEDED
    w.cx.execute(
        update(warning)
        .where(mine.id == bindparam("warning_id"))
        .values(status=status._value_, ended_at=received_at, revision=bindparam("rev")),
        [{"warning_id": one, "rev": w.next_revision()} for one in ids],
    )
    return len(ids)
