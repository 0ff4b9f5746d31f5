"""What devices have said of themselves: the alarms that stand, or stood last."""

from sqlalchemy import Column, String, Table, Text

from linkage.columns import metadata, moment

# One row for each alarm a device has ever raised: its newest time from first report to last.
device_alarm = Table(
    "device_alarm",
    metadata,
    Column("source_id", String(40), primary_key=True),
    Column("device", String(80), primary_key=True),  # theirs, from the whole to the piece
    Column("name", String(40), primary_key=True),  # of the alarm
    Column("belongs_to", String(80), nullable=False, index=True),  # the panel or vehicle
    Column("source_ref", String(120), nullable=False),  # of the record it became
    moment("since", nullable=False),
    moment("seen_at", nullable=False),
    moment("ended_at"),  # None: it stands
    Column("said", Text, nullable=False),  # JSON: the alert it made
)
