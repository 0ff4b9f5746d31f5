"""The tables of the joint response: levels, card versions, needs, bookings, notices, clocks.

As in linkage/tables.py: times are UTC, JSON is text, ids come from the ledger's one sequence.
"""

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text, UniqueConstraint

from linkage.columns import PERSONAL, Id, metadata, moment

# What the law wants said when a response is started, and how it went on. 突发事件应对法 §72.
joint_response = Table(
    "joint_response",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("incident_id", Id, nullable=False, index=True),
    Column("status", String(12), nullable=False),
    Column("level", Integer, nullable=False),  # 1 to 4
    Column("command", String(12), nullable=False),  # who commands: county, city, province
    Column("subject", Text, nullable=False),  # 响应事项
    moment("expected_until"),  # 预计期限; None: until further notice, and subject says so
    Column("measures", Text, nullable=False),  # 应急处置措施
    Column("card_row", Integer),  # of the run card; None: chosen by hand
    Column("card_version_id", Id),  # the very text of the cards it rests on
    Column("proposal", Text),  # JSON of the proposal, as it was shown
    Column("started_by", Text, nullable=False),
    moment("started_at", nullable=False),
    moment("changed_at", nullable=False),
    Column("ended_by", Text),
    moment("ended_at"),
    Column("end_reason", Text),
    Column("exercise", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

run_card_version = Table(
    "run_card_version",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of the text
    Column("label", String(40), nullable=False),  # the version as people call it
    moment("effective_at", nullable=False),
    Column("text", Text, nullable=False),  # data/run_cards.toml, whole
    Column("kept_by", Text, nullable=False),
    moment("kept_at", nullable=False),
)

need = Table(
    "need",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("incident_id", Id, nullable=False, index=True),
    Column("assignment_id", Id),  # whose task it is needed for
    Column("agency_id", String(40)),  # who asks; None: the desk
    Column("sort", String(12), nullable=False),
    Column("what", Text, nullable=False),
    Column("amount", Float),  # None: not said
    Column("measure", String(20), nullable=False),  # 人, 台, 箱 …
    Column("status", String(12), nullable=False),
    Column("note", Text),
    Column("asked_by", Text, nullable=False),
    moment("asked_at", nullable=False),
    moment("changed_at", nullable=False),
    moment("closed_at"),
    Column("exercise", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

# One agency's share of a need; several may give to one.
need_offer = Table(
    "need_offer",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("need_id", Id, nullable=False, index=True),
    Column("agency_id", String(40), nullable=False),
    Column("amount", Float),
    Column("unit_id", String(60)),  # a vehicle or crew of the agency
    Column("status", String(12), nullable=False),
    Column("note", Text),
    Column("offered_by", Text, nullable=False),
    moment("offered_at", nullable=False),
    moment("on_the_way_at"),
    moment("arrived_at"),
    moment("released_at"),
    moment("said_at"),  # the newest answer, by the agency's own clock
    moment("changed_at", nullable=False),
)

# Which unit was sent where by us. What it reports itself stands in `unit`.
unit_booking = Table(
    "unit_booking",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("agency_id", String(40), nullable=False),
    Column("unit_id", String(60), nullable=False),
    Column("incident_id", Id, nullable=False, index=True),
    Column("assignment_id", Id),
    Column("booked_by", Text, nullable=False),
    moment("booked_at", nullable=False),
    moment("released_at"),
    Column("release_reason", Text),
    Column("exercise", Boolean, nullable=False),
    Index(None, "agency_id", "unit_id"),
)

# What goes to an agency or a person by another means than MQTT.
notice = Table(
    "notice",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("means", String(12), nullable=False),
    Column("about", String(16), nullable=False),
    Column("about_id", Id, nullable=False),
    Column("round", Integer, nullable=False),  # of what it is about: the order's revision
    Column("agency_id", String(40)),
    Column("person_id", Id),
    Column("incident_id", Id, index=True),
    Column("assignment_id", Id, index=True),
    Column("address", Text, nullable=False, info=PERSONAL),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("status", String(12), nullable=False),
    moment("created_at", nullable=False),
    moment("not_before", nullable=False),  # its turn comes when nobody has answered by then
    Column("attempts", Integer, nullable=False),
    moment("last_attempt_at"),
    moment("retry_at"),
    moment("sent_at"),  # the gateway took it, or the sheet lies on disk
    moment("done_at"),  # a person has it
    Column("result", Text),  # in words: the gateway's, the officer's, why void
    Column("result_by", Text),
    Column("exercise", Boolean, nullable=False),
    Index(None, "status", "not_before"),
    Index(None, "about", "about_id"),
)

notice_attempt = Table(
    "notice_attempt",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("notice_id", Id, nullable=False, index=True),
    moment("at", nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("worked", Boolean, nullable=False),
    Column("detail", Text, nullable=False),
)

# That a clock's step was taken. A clock itself is no row: it is what its subject's stamps say.
clock_firing = Table(
    "clock_firing",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("rule_id", String(40), nullable=False),
    Column("about", String(16), nullable=False),
    Column("about_id", Id, nullable=False),
    Column("round", Integer, nullable=False),  # the order's revision, the report's number …
    Column("number", Integer, nullable=False),  # of the step in the rule's ladder
    Column("step", String(12), nullable=False),
    Column("incident_id", Id, index=True),
    Column("assignment_id", Id),
    Column("owner", Text, nullable=False),  # who lets it run: agency id, or a post
    Column("told", Text, nullable=False),  # JSON list of who was told, in words
    moment("due_at", nullable=False),
    moment("fired_at", nullable=False, index=True),
    Column("exercise", Boolean, nullable=False),
    UniqueConstraint("rule_id", "about", "about_id", "round", "number"),
)
