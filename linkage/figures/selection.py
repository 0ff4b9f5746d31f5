"""统计口径: which incidents a question is about, and the cut of the record that answers it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

import msgspec
from sqlalchemy import ColumnElement, Connection, or_, select

from linkage import vigilance
from linkage.areas import AREAS
from linkage.beijing import date_second
from linkage.kinds import Kind
from linkage.record import BEIJING, Record
from linkage.sources import OURSELVES
from linkage.tables import incident, ledger
from linkage.vocabulary import IncidentStatus, Labelled

# Stands for "no area" in a choice of areas: incidents without a position, or outside the city.
NO_AREA = ""
NO_AREA_LABEL = "未定区县"


class Period(Labelled):
    DAY = "day", "近 24 小时"
    TODAY = "today", "今天"
    WEEK = "week", "近 7 天"
    MONTH = "month", "近 30 天"
    CUSTOM = "custom", "自选日期"


class Cut(msgspec.Struct, frozen=True):
    """The state of the record that figures were taken from: its revision, and when."""

    revision: int
    at: datetime

    def __str__(self) -> str:
        return f"数据截至 {date_second(self.at)}（北京时间），修订号 {self.revision}"


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Incidents opened in [since, until). Empty choices mean all.

    Real incidents and exercises are never counted together: `exercise` says which of the two.
    Incidents merged into another are left out, because the other one counts for them. So are our
    own findings (系统故障: a silent system, a sensor that is stuck), which are nothing that
    happened in the city: only a question that names them has them, and `faults` is that question.
    """

    since: datetime
    until: datetime
    kinds: tuple[Kind, ...] = ()
    areas: tuple[str, ...] = ()
    source_id: str = ""
    exercise: bool = False

    def previous(self) -> "Selection":
        """The same question about the period of the same length just before."""
        length = self.until - self.since
        return msgspec.structs.replace(self, since=self.since - length, until=self.since)

    @property
    def of_faults(self) -> bool:
        """Whether the question names our own findings."""
        return Kind.SYSTEM_FAULT in self.kinds or self.source_id == OURSELVES

    def faults(self) -> "Selection":
        """The same question about our own findings alone."""
        return msgspec.structs.replace(self, kinds=(Kind.SYSTEM_FAULT,))

    def question(self, source_names: Mapping[str, str]) -> str:
        """In words, for the head of a table or file."""
        since, until = date_second(self.since), date_second(self.until)
        span = f"{since} 至 {until} 建立的事件（北京时间，不含终点）"
        every = "全部" if self.of_faults else "全部（不含系统故障）"
        kinds = "、".join(k.label for k in self.kinds) or every
        areas = "、".join(area_name(a) for a in self.areas) or "全部"
        source = source_names.get(self.source_id, self.source_id) or "全部"
        mark = "演练数据" if self.exercise else "实战数据（不含演练）"
        return f"{span}；类别：{kinds}；区县：{areas}；接入系统：{source}；{mark}"


def area_name(code: str | None) -> str:
    return AREAS.get(code, code) if code else NO_AREA_LABEL


def span_of(
    period: Period, now: datetime, first: date | None = None, last: date | None = None
) -> tuple[datetime, datetime]:
    """The [since, until) of a period at `now`. Beijing days; both ends of CUSTOM are included.

    It ends at `now` at the latest: what is asked about has happened, so asking again about the
    same span finds the same incidents.
    """
    today = now.astimezone(BEIJING).date()
    if period is Period.DAY:
        return now - timedelta(days=1), now
    if period is Period.CUSTOM:
        first, last = first or today, last or today
        if last < first:
            first, last = last, first
        return _midnight(first), min(now, _midnight(last + timedelta(days=1)))
    back = {Period.TODAY: 0, Period.WEEK: 6, Period.MONTH: 29}[period]
    return _midnight(today - timedelta(days=back)), now


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BEIJING).astimezone(UTC)


@contextmanager
def snapshot(record: Record, at: datetime) -> Iterator[tuple[Connection, Cut]]:
    """Read as of one moment, whatever is being written: tables that must agree do agree."""
    with record.read() as cx:
        if cx.dialect.name == "postgresql":  # SQLite's readers have one snapshot anyway
            cx = cx.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901
            cx.execute(vigilance.TAKES_ITS_TIME)
        revision = cx.execute(select(ledger.c.revision).where(ledger.c.id == 1)).scalar_one()
        yield cx, Cut(revision, at)


def conditions(selection: Selection, *, merged: bool = False) -> list[ColumnElement[bool]]:
    """What a row of `incident` must satisfy. `merged`: those merged into another too."""
    row = incident.c
    must = [
        row.opened_at >= selection.since,
        row.opened_at < selection.until,
        row.exercise == selection.exercise,
    ]
    if not merged:
        must.append(row.status != IncidentStatus.MERGED)
    if not selection.of_faults:
        must.append(row.kind != Kind.SYSTEM_FAULT)
    if selection.kinds:
        must.append(row.kind.in_(selection.kinds))
    if selection.areas:
        named = row.area_code.in_([a for a in selection.areas if a != NO_AREA])
        unknown = row.area_code.is_(None)
        must.append(or_(named, unknown) if NO_AREA in selection.areas else named)
    if selection.source_id:
        must.append(row.source_ids.contains(f'"{selection.source_id}"', autoescape=True))
    return must
