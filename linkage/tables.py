"""The shared incident table and its neighbours. A comment where a column needs one.

Times are UTC; positions are WGS-84, with the source's own coordinates kept. JSON is stored as
text in both databases, so that a row reads and hashes the same everywhere.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from linkage.alerts import Casualties
from linkage.columns import PERSONAL, Id, metadata, moment

# One row, locked first by every write: ids, feed revisions and the log chain are in commit order.
ledger = Table(
    "ledger",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("revision", Id, nullable=False),  # of the live feed: rises with every change
    Column("last_id", Id, nullable=False),  # one sequence for the ids of all tables
    Column("log_hash", String(64), nullable=False),  # hash of the newest log_entry
    Column("number_day", String(8), nullable=False),  # Beijing day of the last incident number
    Column("number_of_day", Integer, nullable=False),
)

inbound_message = Table(
    "inbound_message",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("channel", String(16), nullable=False),  # alert, feedback, heartbeat, unit
    Column("source_id", String(40), nullable=False),  # from the topic, never from the payload
    Column("topic", String(200), nullable=False),
    Column("payload", LargeBinary, nullable=False),  # byte for byte; empty where 涉密
    moment("received_at", nullable=False),
    Column("retained", Boolean, nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("reason", Text),  # why rejected or duplicate, for a person
    Column("field", String(80)),  # which field could not be read
    Column("alert_id", Id),
    Column("incident_id", Id),
    Column("mends", Id),  # the refused message whose bytes these are, put right by a person
    Column("mended_by", Id),  # a refused message: the later one that was taken in its place
    Index(None, "outcome", "source_id", "id"),
)

alert = Table(
    "alert",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("source_id", String(40), nullable=False),
    Column("source_ref", String(120), nullable=False),  # the source's own record number
    Column("revision", Id, nullable=False),
    Column("message_kind", String(8), nullable=False),
    Column("references_json", Text),  # [[source_id, source_ref], …]
    Column("kind", String(24), nullable=False),
    Column("event_code", String(5), nullable=False),  # GB/T 35561-2017
    Column("source_kind", String(80), nullable=False),  # the source's own word
    moment("occurred_at", nullable=False),
    moment("sent_at"),  # by the source's clock
    moment("received_at", nullable=False),  # by ours
    Column("place", Text, nullable=False),
    Column("lon", Float),
    Column("lat", Float),
    Column("source_x", Float),  # as sent, in the source's datum
    Column("source_y", Float),
    Column("position_note", String(12), nullable=False),
    Column("area_code", String(6)),  # GB/T 2260, by point in polygon
    Column("severity", String(10), nullable=False),
    Column("urgency", String(10), nullable=False),
    Column("certainty", String(10), nullable=False),
    Column("warning_colour", String(8)),
    Column("fire_alarm_level", Integer),
    Column("triage_level", Integer),
    Column("casualties", Text),  # JSON object of the counts that were stated
    Column("caller_name", Text, info=PERSONAL),
    Column("caller_phone", Text, info=PERSONAL),
    Column("plates", Text),  # JSON list
    Column("hazmat", Boolean, nullable=False),
    Column("headline", Text, nullable=False),
    Column("text", Text, nullable=False),
    moment("expires_at"),
    Column("facts", Text),  # JSON object
    Column("exercise", Boolean, nullable=False),
    Column("digest", String(32), nullable=False),  # of the payload: same again, or changed
    Column("inbound_id", Id, nullable=False),
    UniqueConstraint("source_ref", "source_id", "revision"),
)

incident = Table(
    "incident",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("number", String(20), nullable=False, unique=True),  # read aloud: 20261122-0017
    Column("kind", String(24), nullable=False),
    Column("event_code", String(5), nullable=False),
    Column("status", String(12), nullable=False),
    Column("headline", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("lon", Float),
    Column("lat", Float),
    Column("position_note", String(12), nullable=False),
    Column("area_code", String(6)),
    Column("severity", String(10), nullable=False),
    Column("severity_rank", Integer, nullable=False),  # for sorting only
    Column("fire_alarm_level", Integer),
    Column("grade_proposed", String(16)),
    Column("grade_reason", Text),  # the clause the proposal rests on
    Column("grade", String(16)),  # confirmed by a person
    Column("response_level", Integer),  # 1 to 4, what we have activated
    Column("hazmat", Boolean, nullable=False),
    *(Column(people, Integer) for people in Casualties.__struct_fields__),  # deaths …
    Column("alert_count", Integer, nullable=False),
    Column("source_ids", Text, nullable=False),  # JSON list, in order of first report
    moment("occurred_at", nullable=False),
    moment("opened_at", nullable=False),
    moment("last_alert_at", nullable=False),
    moment("changed_at", nullable=False),
    moment("verified_at"),
    moment("dispatched_at"),
    moment("acknowledged_at"),
    moment("en_route_at"),
    moment("on_scene_at"),
    moment("controlled_at"),
    moment("resolved_at"),
    moment("closed_at"),
    Column("disposition", String(16)),
    Column("claimed_by", Text),
    moment("claimed_at"),
    Column("merged_into", Id),
    Column("told_late", Boolean),  # hours old when the broker replayed it: no bell rings for it
    Column("exercise", Boolean, nullable=False),
    Column("version", Integer, nullable=False),  # optimistic locking: what the officer saw
    Column("revision", Id, nullable=False, index=True),  # of the live feed
    Index(None, "status", "kind"),
    Index(None, "opened_at"),
)

incident_alert = Table(
    "incident_alert",
    metadata,
    Column("alert_id", Id, primary_key=True, autoincrement=False),
    Column("incident_id", Id, nullable=False, index=True),
    Column("score", Float),  # None: it opened the incident
    Column("reasons", Text),  # JSON list of [text, points]: the score card
    Column("decided_by", Text, nullable=False),  # "rule", or the person
    moment("decided_at", nullable=False),
)

incident_link = Table(
    "incident_link",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("from_id", Id, nullable=False, index=True),  # the later incident
    Column("to_id", Id, nullable=False, index=True),  # the earlier one, or the area event
    Column("kind", String(12), nullable=False),
    Column("state", String(12), nullable=False),
    Column("score", Float),
    Column("reasons", Text),
    Column("alert_ids", Text),  # JSON list: what a merge or split moved, so that undo moves it back
    Column("assignment_ids", Text),  # JSON list: likewise
    Column("passed_on", Text),  # JSON {column: [was, became]}: what `to` took over from `from`
    Column("decided_by", Text, nullable=False),
    moment("decided_at", nullable=False),
)

assignment = Table(
    "assignment",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("incident_id", Id, ForeignKey("incident.id"), nullable=False, index=True),
    Column("agency_id", String(40), nullable=False, index=True),
    Column("role", String(10), nullable=False),
    Column("task", Text, nullable=False),
    Column("reason", Text, nullable=False),  # why this agency: run card row, or the officer
    Column("revision", Integer, nullable=False),  # of the order; rises with every change
    Column("status", String(12), nullable=False),
    Column("exercise", Boolean, nullable=False),
    Column("issued_by", Text, nullable=False),
    moment("issued_at", nullable=False),
    moment("acknowledge_due_at"),
    moment("en_route_due_at"),
    moment("on_scene_due_at"),
    moment("report_due_at"),
    moment("told_at"),  # when the order as it stands was put into the outbox
    moment("delivered_at"),  # the agency's system has it; acknowledged_at: a person answers for it
    moment("undelivered_at"),  # when we noted that its system had not said so in time
    moment("acknowledged_at"),
    moment("en_route_at"),
    moment("on_scene_at"),
    moment("working_at"),
    moment("reported_at"),
    moment("completed_at"),
    moment("declined_at"),
    moment("cancelled_at"),
    moment("cancel_read_at"),  # the agency has signed that it read the withdrawal
    moment("chased_at"),
    moment("changed_at", nullable=False),
    Column("last_feedback", Text),  # the agency's own words
    Column("last_feedback_by", Text),
    Column("casualties", Text),
    Column("needs", Text),
    Column("live_revision", Id, nullable=False, index=True),  # of the live feed
    Index(None, "status"),
)

outbound_message = Table(
    "outbound_message",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("assignment_id", Id, index=True),
    Column("agency_id", String(40), nullable=False),
    Column("topic", String(200), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("retain", Boolean, nullable=False),
    # Nothing in it is real: it waits for what is.
    Column("exercise", Boolean, nullable=False),
    moment("created_at", nullable=False),
    moment("sent_at", index=True),  # the broker confirmed it
    # The newer message that says all this one said; it need not be sent any more.
    Column("superseded_by", Id),
    Column("attempts", Integer, nullable=False),
    moment("last_attempt_at"),
    moment("retry_at"),  # not before this; a failed message waits longer each time
    Column("last_error", Text),
)

log_entry = Table(
    "log_entry",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    moment("at", nullable=False),
    Column("actor", Text, nullable=False),  # a person and role, or "rule:…", "source:…", "agency:…"
    Column("action", String(40), nullable=False),
    Column("incident_id", Id, index=True),
    Column("assignment_id", Id),
    Column("reason", Text, nullable=False),
    Column("before", Text),  # JSON
    Column("after", Text),  # JSON
    Column("hash", String(64), nullable=False),  # of this entry and the hash before it
)

warning = Table(
    "warning",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("alert_id", Id, nullable=False),
    Column("source_id", String(40), nullable=False),
    Column("source_ref", String(120), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("event_code", String(5), nullable=False),
    Column("colour", String(8), nullable=False),
    Column("status", String(12), nullable=False),
    Column("headline", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("area_codes", Text, nullable=False),  # JSON list
    Column("shapes", Text),  # JSON list of linkage.alerts.Shape
    moment("effective_at", nullable=False),
    moment("expires_at", nullable=False),
    Column("end_assumed", Boolean),  # the source names no end: expires_at is the usual life
    moment("ended_at"),
    moment("sent_at"),  # by the source's clock
    Column("replaced_by", Id),  # the warning that took its place
    Column("incident_id", Id, index=True),  # the area incident opened for it by a person
    Column("exercise", Boolean, nullable=False),
    Column("revision", Id, nullable=False, index=True),
    Index(None, "source_ref", "source_id"),
)

unit = Table(
    "unit",
    metadata,
    Column("agency_id", String(40), primary_key=True),
    Column("unit_id", String(60), primary_key=True),
    Column("label", Text, nullable=False),
    Column("state", String(40), nullable=False),
    Column("lon", Float),
    Column("lat", Float),
    Column("assignment_id", Id),
    Column("heading", Integer),  # degrees from north, clockwise; of what moves
    Column("speed_kmh", Float),
    Column("watched", Boolean, nullable=False),  # a vehicle that is followed, not one that helps
    Column("hazmat", Boolean, nullable=False),  # it carries dangerous goods
    Column("cargo", Text),
    moment("reported_at", nullable=False),
    Column("revision", Id, nullable=False, index=True),
)
