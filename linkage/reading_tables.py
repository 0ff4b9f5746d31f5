"""Tables of readings: one row per series with its latest value and what is known of it, its
history in packs, and what happened on it.

Times are epoch milliseconds: a reading costs a few bytes, not a row. None of these ids come from
the ledger's sequence: no gap in a series is a missing record.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from linkage.columns import Id, metadata

series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("source_id", String(40), nullable=False),
    Column("station_id", String(60), nullable=False),  # theirs: MN, telemetry address
    Column("factor", String(48), nullable=False),
    Column("span", String(8), nullable=False),
    Column("exercise", Boolean, nullable=False),
    Column("unit", String(20), nullable=False),
    Column("lon", Float),  # as a payload stated it; data/stations.toml goes before
    Column("lat", Float),
    # The latest.
    Column("value", Float),
    Column("quality", String(12), nullable=False),
    Column("measured_ms", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    # What was judged, for those who look; the rule itself goes by `memory`.
    Column("level", Integer, nullable=False),  # of the rule's levels, from 1; 0: none stands
    Column("severity", String(10), nullable=False),  # of that level; "" where none stands
    Column("level_since_ms", BigInteger),
    Column("fault", String(10), nullable=False),  # stuck, flapping or ""
    Column("fault_since_ms", BigInteger),
    Column("memory", Text, nullable=False),  # JSON of linkage.readings.judge.State
    Column("recent", LargeBinary, nullable=False),  # readings that wait to be packed
    Column("packs", Integer, nullable=False),  # how many were packed
    Column("revision", Id, nullable=False, index=True),  # of the live feed
    UniqueConstraint("station_id", "source_id", "factor", "span", "exercise"),
)

# A run of readings of one series: linkage/readings/packing.py.
reading_pack = Table(
    "reading_pack",
    metadata,
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("last_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("first_ms", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

# Every change that a judgement made, told or folded: what the weekly list counts.
reading_event = Table(
    "reading_event",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("series_id", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("change", String(10), nullable=False),
    Column("level", Integer, nullable=False),
    Column("value", Float),
    Column("told", Boolean, nullable=False),  # an alert was made of it
    Column("lasted_s", Float),  # of a crossing that ended
    Index(None, "at_ms"),
)
