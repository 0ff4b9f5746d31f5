"""The tables of the duty room: people, shifts, hand-overs, notes, roll calls; reports, warnings
out, exercises. As in linkage/tables.py: times are UTC, JSON is text."""

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text, UniqueConstraint

from linkage.columns import PERSONAL, Id, metadata, moment

person = Table(
    "person",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    Column("agency_id", String(40)),  # None: of the command centre
    Column("telephone", Text, nullable=False, info=PERSONAL),
    Column("mobile", Text, nullable=False, info=PERSONAL),
    Column("email", Text, nullable=False, info=PERSONAL),
    Column("webhook", Text, nullable=False, info=PERSONAL),  # the id in 政务微信
    Column("active", Boolean, nullable=False),
    moment("changed_at", nullable=False),
)

# One person at one post for one span.
shift = Table(
    "shift",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("post", String(12), nullable=False),
    Column("person_id", Id, nullable=False, index=True),
    moment("starts_at", nullable=False, index=True),
    moment("ends_at", nullable=False),
    Column("set_by", Text, nullable=False),
    moment("set_at", nullable=False),
    UniqueConstraint("post", "person_id", "starts_at"),
)

handover = Table(
    "handover",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    moment("change_at", nullable=False, unique=True),  # when the shifts change
    Column("sheet", Text, nullable=False),  # JSON, as it was drawn up and as both sign it
    Column("digest", String(64), nullable=False),  # SHA-256 of the sheet
    Column("given_by", Text),
    moment("given_at"),
    Column("taken_by", Text),
    moment("taken_at"),
    Column("changes", Text),  # JSON: what had changed between the sheet and the second signature
    moment("made_at", nullable=False),
    Column("version", Integer, nullable=False),
)

# What the next shift must know; struck, never deleted.
duty_note = Table(
    "duty_note",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    moment("at", nullable=False, index=True),
    Column("author", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("struck_by", Text),
    moment("struck_at"),
)

roll_call = Table(
    "roll_call",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("called_by", Text, nullable=False),
    moment("called_at", nullable=False, index=True),
    moment("due_at", nullable=False),
    moment("reminded_at"),  # who had not answered was sought by other means
    Column("exercise", Boolean, nullable=False),
)

roll_call_answer = Table(
    "roll_call_answer",
    metadata,
    Column("roll_call_id", Id, primary_key=True, autoincrement=False),
    Column("agency_id", String(40), primary_key=True),
    moment("answered_at"),
    Column("answered_by", Text),
    Column("means", String(12)),
    Column("note", Text),
)

report = Table(
    "report",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("incident_id", Id, index=True),  # None: a zero report, a daily brief
    Column("authority", String(40), nullable=False),  # to whom; the last level of the topic
    Column("domain", String(24), nullable=False),  # whose limits: data/report_limits.toml
    Column("stage", String(12), nullable=False),
    Column("serial", Integer, nullable=False),  # 续报一 is 1
    Column("number", String(40)),  # given when it is signed
    Column("status", String(12), nullable=False),
    Column("elements", Text, nullable=False),  # JSON object by element
    Column("basis", Text, nullable=False),  # why it is due: clause and what decided
    moment("runs_from", nullable=False),  # when the limits began to run
    moment("telephone_due_at"),
    moment("written_due_at"),
    moment("legal_due_at"),
    moment("telephoned_at"),
    Column("telephoned_by", Text),
    Column("telephone_note", Text),
    Column("written_by", Text, nullable=False),
    moment("written_at", nullable=False),
    Column("authors", Text),  # JSON list of names: none of them may sign it
    moment("submitted_at"),
    Column("signed_by", Text),
    moment("signed_at"),
    Column("returned_by", Text),
    moment("returned_at"),
    Column("return_reason", Text),
    moment("sent_at"),  # the broker has it
    moment("received_at"),  # the authority's receipt, whether it took or returned it
    Column("receipt", Text),  # in the authority's words
    Column("grade", String(16)),  # as it was when this was written: a higher one is due again
    Column("outbound_id", Id),  # the message, whose bytes are sent again without a receipt
    moment("resent_at"),
    Column("resends", Integer, nullable=False),
    Column("late_reason", Text),
    Column("exercise", Boolean, nullable=False),
    moment("changed_at", nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "status"),
)

# A warning of ours to the public. What others warn of stands in `warning`.
public_warning = Table(
    "public_warning",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("identifier", String(60), unique=True),  # CAP; given when it is approved
    Column("message_kind", String(8), nullable=False),
    Column("replaces_id", Id),  # the one it updates or cancels
    Column("incident_id", Id, index=True),
    Column("status", String(12), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("event_code", String(5), nullable=False),  # 类别
    Column("colour", String(8), nullable=False),  # 级别
    moment("starts_at", nullable=False),  # 起始时间
    moment("expires_at", nullable=False),
    Column("area", Text, nullable=False),  # 可能影响范围, in words
    Column("area_codes", Text, nullable=False),  # JSON list
    Column("headline", Text, nullable=False),
    Column("notice", Text, nullable=False),  # 警示事项
    Column("measures", Text, nullable=False),  # 应采取措施
    Column("issuer", Text, nullable=False),  # 发布单位
    moment("issued_at"),  # 发布时间
    Column("composed_by", Text, nullable=False),
    Column("authors", Text, nullable=False),  # JSON list of names: none of them may approve it
    moment("composed_at", nullable=False),
    moment("submitted_at"),
    Column("approved_by", Text),
    moment("approved_at"),
    Column("return_reason", Text),
    Column("xml", Text),
    Column("outbound_id", Id),  # the message to the public channels
    Column("file", Text),  # where it lies on disk
    moment("published_at"),  # the broker has it
    moment("ended_at"),  # updated, cancelled or expired
    Column("exercise", Boolean, nullable=False),
    moment("changed_at", nullable=False),
    Column("version", Integer, nullable=False),
    Column("revision", Id, nullable=False, index=True),  # of the live feed
    Index(None, "status"),
)

exercise = Table(
    "exercise",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("scenario", String(40), nullable=False),  # of data/demo; "": nothing is played
    Column("speed", Float, nullable=False),  # how many times faster than told it is played
    Column("page_leaders", Boolean, nullable=False),  # whether an escalation may go to 带班领导
    Column("started_by", Text, nullable=False),
    moment("started_at", nullable=False, index=True),
    moment("ended_at"),
    Column("ended_by", Text),
    Column("end_reason", Text),
    Column("score", Text),  # JSON: the score sheet as it was printed
)
