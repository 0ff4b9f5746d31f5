"""What the intake noticed of each source and agency, for 接入状态."""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, select

from linkage.datum import Datum
from linkage.intake_tables import source_quality
from linkage.vocabulary import Channel

# As with refusals: news for an hour, after that a figure.
IS_NEWS = timedelta(hours=1)


class SourceNotes(msgspec.Struct, frozen=True, kw_only=True):
    """`noted`: alerts taken although a field could not be read. `claims`: payloads that said they
    were another's. `late`: old messages the broker had kept. `skew_s`, `seems`: only while wrong.

    `others`: whose positions say so; "" stands for known points.
    """

    channel: Channel
    source_id: str
    noted: int
    last_note: str | None
    noted_at: datetime | None
    claims: int
    last_claim: str | None
    claimed_at: datetime | None
    late: int
    late_at: datetime | None
    skew_s: float | None
    seems: Datum | None
    off_m: float | None
    pairs: int | None
    others: tuple[str, ...]

    def is_doubtful(self, now: datetime) -> bool:
        """Whether somebody should look at this source."""
        wrong = self.skew_s is not None or self.seems is not None
        return wrong or self.is_new(self.noted_at, now) or self.is_new(self.claimed_at, now)

    @staticmethod
    def is_new(at: datetime | None, now: datetime) -> bool:
        return at is not None and now - at <= IS_NEWS


def source_notes(cx: Connection) -> list[SourceNotes]:
    """Of those of whom there is anything to say."""
    return [
        SourceNotes(
            channel=Channel(row.channel),
            source_id=row.source_id,
            noted=row.noted,
            last_note=row.last_note,
            noted_at=row.noted_at,
            claims=row.claims,
            last_claim=row.last_claim,
            claimed_at=row.claimed_at,
            late=row.late,
            late_at=row.late_at,
            skew_s=row.skew_s,
            seems=Datum(row.datum_seems) if row.datum_seems else None,
            off_m=row.datum_off_m,
            pairs=row.datum_pairs,
            others=msgspec.json.decode(row.datum_others or "[]", type=tuple[str, ...]),
        )
        for row in cx.execute(select(source_quality).order_by(source_quality.c.source_id))
    ]
