"""Tables of the intake's own work: its accounts, what waits for its other half, what people asked
it to do, which worker takes which lane."""

from sqlalchemy import Boolean, Column, Float, Integer, LargeBinary, String, Table, Text

from linkage.columns import Id, metadata, moment

# Accounting per source and channel: received = stored + duplicate + rejected, always.
source_state = Table(
    "source_state",
    metadata,
    Column("channel", String(16), primary_key=True),
    Column("source_id", String(40), primary_key=True),
    Column("received", Id, nullable=False),
    Column("stored", Id, nullable=False),
    Column("duplicate", Id, nullable=False),
    Column("rejected", Id, nullable=False),
    moment("first_at", nullable=False),
    moment("last_at"),  # it spoke; None while only old retained messages or its last will came
    Column("delay_s", Float),  # of the last message: received_at less sent_at
    Column("excess", Id, nullable=False),  # of received: above the agreed rate, taken in later
    moment("offline_at"),  # its last will came; in force until last_at is later
)

# What is noticed of a source (channel alert) or an agency (feedback, unit) beside what it says.
source_quality = Table(
    "source_quality",
    metadata,
    Column("channel", String(16), primary_key=True),
    Column("source_id", String(40), primary_key=True),
    Column("noted", Id, nullable=False),  # alerts taken although a field could not be read
    Column("last_note", Text),
    moment("noted_at"),
    Column("claims", Id, nullable=False),  # payloads that said they were another's: refused
    Column("last_claim", Text),  # who they said they were
    moment("claimed_at"),
    Column("late", Id, nullable=False),  # old messages the broker had kept, told as late
    moment("late_at"),
    Column("skew_s", Float),  # median of received less sent, while it is too much
    moment("skew_at"),
    Column("datum_seems", String(10)),  # another datum explains its positions better
    Column("datum_off_m", Float),
    Column("datum_pairs", Integer),
    Column("datum_others", Text),  # JSON: who says so; "" is a known point
    moment("datum_at"),
)

# What each of our own processes says of itself: the round-trip probe, the broker in use.
service_state = Table(
    "service_state",
    metadata,
    Column("name", String(40), primary_key=True),
    moment("at", nullable=False),
    Column("detail", Text, nullable=False),  # JSON
)

# Bytes of a frame that was cut, or of packets whose others have not come: they survive a restart.
fragment = Table(
    "fragment",
    metadata,
    Column("source_id", String(40), primary_key=True),
    Column("stream", String(80), primary_key=True),
    Column("key", String(120), primary_key=True),
    Column("data", LargeBinary, nullable=False),
    moment("since", nullable=False),
    Column("inbound_id", Id, nullable=False),  # the message it began in
)

# What a screen asks of the intake, which alone can read payloads: re-drive, try out a change.
errand = Table(
    "errand",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("asked_by", Text, nullable=False),
    moment("asked_at", nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    Column("payload", LargeBinary),
    Column("state", String(10), nullable=False, index=True),
    moment("done_at"),
    Column("progress", Text),  # JSON
    Column("result", Text),  # JSON
)

# Refused messages that a person leaves at that; a row goes when one takes it up again.
set_aside = Table(
    "set_aside",
    metadata,
    Column("inbound_id", Id, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    moment("decided_at", nullable=False),
)

# Who is at work. A worker that was not seen for a while is dead, and its lanes are free.
worker = Table(
    "worker",
    metadata,
    Column("id", String(80), primary_key=True),
    moment("started_at", nullable=False),
    moment("seen_at", nullable=False),
    Column("standby", Boolean, nullable=False),
    Column("detail", Text, nullable=False),  # JSON: host, process
)

# One MQTT session each; at most one worker holds it at a time.
lane = Table(
    "lane",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("worker_id", String(80)),  # None: free
)
