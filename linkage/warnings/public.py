"""对外预警: one of our own warnings, as composed, approved, published; read side and its row."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, select, update

from linkage.desk.facts import rows_of
from linkage.duty_tables import public_warning
from linkage.errors import NotAllowed, Raced
from linkage.kinds import Kind
from linkage.log import as_json
from linkage.record import Writing
from linkage.response_vocabulary import PublicWarningStatus as Status
from linkage.vocabulary import MessageKind, WarningColour
from linkage.warnings.legal import Text

# Allowed moves. A lifting is 已解除 from the moment it is approved.
NEXT: dict[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.PENDING, Status.DISCARDED}),
    Status.RETURNED: frozenset({Status.PENDING, Status.DISCARDED}),
    Status.PENDING: frozenset({Status.ISSUED, Status.CANCELLED, Status.RETURNED}),
    Status.ISSUED: frozenset({Status.UPDATED, Status.CANCELLED, Status.EXPIRED}),
    Status.UPDATED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.EXPIRED: frozenset(),
    Status.DISCARDED: frozenset(),
}
AT_WORK = (Status.DRAFT, Status.RETURNED, Status.PENDING)
OPEN_TO_EDIT = frozenset({Status.DRAFT, Status.RETURNED})
# As many as our own reader takes of others.
MOST_EARLIER = 100


class PublicWarning(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    identifier: str | None
    message_kind: MessageKind
    replaces_id: int | None
    incident_id: int | None
    status: Status
    kind: Kind
    event_code: str
    colour: WarningColour
    starts_at: datetime
    expires_at: datetime
    area: str
    area_codes: tuple[str, ...]
    headline: str
    notice: str
    measures: str
    issuer: str
    issued_at: datetime | None
    composed_by: str
    authors: tuple[str, ...]
    composed_at: datetime
    submitted_at: datetime | None
    approved_by: str | None
    return_reason: str | None
    xml: str | None
    file: str | None
    published_at: datetime | None
    ended_at: datetime | None
    exercise: bool
    changed_at: datetime
    version: int

    @property
    def text(self) -> Text:
        return Text(**{name: getattr(self, name) for name in Text.__struct_fields__})

    @property
    def in_force(self) -> bool:
        return self.status is Status.ISSUED


def at_work(cx: Connection) -> list[PublicWarning]:
    """Drafts, returned ones and those that wait for a signature, the newest first."""
    its = public_warning.c
    query = select(public_warning).where(its.status.in_([s.value for s in AT_WORK]))
    return _read(cx, query.order_by(its.changed_at.desc(), its.id.desc()))


def published(cx: Connection, limit: int = 50) -> list[PublicWarning]:
    """What went out, the newest first."""
    its = public_warning.c
    query = select(public_warning).where(its.issued_at.is_not(None))
    return _read(cx, query.order_by(its.issued_at.desc(), its.id.desc()).limit(limit))


def find_public(cx: Connection, warning_id: int) -> PublicWarning | None:
    found = _read(cx, select(public_warning).where(public_warning.c.id == warning_id))
    return found[0] if found else None


def earlier(cx: Connection, it: PublicWarning) -> list[PublicWarning]:
    """The series that it goes on with, from the first warning to the one it replaces."""
    series: list[PublicWarning] = []
    last: PublicWarning | None = it
    while last is not None and last.replaces_id is not None and len(series) < MOST_EARLIER:
        last = find_public(cx, last.replaces_id)
        if last is not None:
            series.insert(0, last)
    return series


def _read(cx: Connection, query: Any) -> list[PublicWarning]:
    return [as_public(row) for row in rows_of(cx, query)]


def as_public(row: RowMapping | dict[str, Any]) -> PublicWarning:
    lists = {name: msgspec.json.decode(row[name]) for name in ("area_codes", "authors")}
    return msgspec.convert({**row, **lists}, PublicWarning)


def as_seen(w: Writing, warning_id: int, version: int) -> PublicWarning:
    """The warning as the officer's screen showed it, or Raced."""
    found = find_public(w.cx, warning_id)
    if found is None:
        raise NotAllowed(f"没有标识为 {warning_id} 的对外预警，请刷新后重新选择。")
    if found.version != version:
        raise Raced(
            f"“{found.headline}”已被他人处理，现为“{found.status.label}”，"
            "您的操作未生效；请查看最新内容后再决定。"
        )
    return found


def move(it: PublicWarning, to: Status) -> Status:
    """`to`, or NotAllowed."""
    if to not in NEXT[it.status]:
        raise NotAllowed(f"“{it.headline}”现为“{it.status.label}”，不能改为“{to.label}”。")
    return to


def write_down(w: Writing, it: PublicWarning, **values: Any) -> int:
    """Change the row; returns its new version."""
    lists = {name: as_json(v) for name, v in values.items() if isinstance(v, tuple)}
    w.cx.execute(
        update(public_warning)
        .where(public_warning.c.id == it.id)
        .values(
            **(values | lists),
            version=it.version + 1,
            changed_at=w.at,
            revision=w.next_revision(),
        )
    )
    return it.version + 1


def text_columns(text: Text) -> dict[str, Any]:
    columns = {name: getattr(text, name) for name in Text.__struct_fields__}
    return columns | {"area_codes": as_json(text.area_codes)}
