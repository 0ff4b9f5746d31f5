"""the joint response and the duty room"""

import sqlalchemy as sa
from alembic import op

import linkage.columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _upgrade_response()
    _upgrade_duty()
    _upgrade_outbox()
    _upgrade_warning()


def _upgrade_response() -> None:
    op.create_table(
        "clock_firing",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("rule_id", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=16), nullable=False),
        sa.Column("about_id", linkage.columns.Id, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=12), nullable=False),
        sa.Column("incident_id", linkage.columns.Id, nullable=True),
        sa.Column("assignment_id", linkage.columns.Id, nullable=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("due_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("fired_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_firing")),
        sa.UniqueConstraint(
            "rule_id",
            "about",
            "about_id",
            "round",
            "number",
            name=op.f("uq_clock_firing_rule_id_about_about_id_round_number"),
        ),
    )
    with op.batch_alter_table("clock_firing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clock_firing_fired_at"), ["fired_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_clock_firing_incident_id"), ["incident_id"], unique=False
        )

    op.create_table(
        "exercise",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scenario", sa.String(length=40), nullable=False),
        sa.Column("speed", sa.Float(), nullable=False),
        sa.Column("page_leaders", sa.Boolean(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("started_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("score", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exercise")),
    )
    with op.batch_alter_table("exercise", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exercise_started_at"), ["started_at"], unique=False)

    op.create_table(
        "handover",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("change_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=True),
        sa.Column("given_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("taken_by", sa.Text(), nullable=True),
        sa.Column("taken_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("changes", sa.Text(), nullable=True),
        sa.Column("made_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
        sa.UniqueConstraint("change_at", name=op.f("uq_handover_change_at")),
    )
    op.create_table(
        "joint_response",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("incident_id", linkage.columns.Id, nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("command", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("expected_until", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("measures", sa.Text(), nullable=False),
        sa.Column("card_row", sa.Integer(), nullable=True),
        sa.Column("card_version_id", linkage.columns.Id, nullable=True),
        sa.Column("proposal", sa.Text(), nullable=True),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("started_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("changed_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_response")),
    )
    with op.batch_alter_table("joint_response", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_joint_response_incident_id"), ["incident_id"], unique=False
        )

    op.create_table(
        "need",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("incident_id", linkage.columns.Id, nullable=False),
        sa.Column("assignment_id", linkage.columns.Id, nullable=True),
        sa.Column("agency_id", sa.String(length=40), nullable=True),
        sa.Column("sort", sa.String(length=12), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("amount", sa.Float(), nullable=True),
        sa.Column("measure", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("changed_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("closed_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
    )
    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_need_incident_id"), ["incident_id"], unique=False)

    op.create_table(
        "need_offer",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("need_id", linkage.columns.Id, nullable=False),
        sa.Column("agency_id", sa.String(length=40), nullable=False),
        sa.Column("amount", sa.Float(), nullable=True),
        sa.Column("unit_id", sa.String(length=60), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("offered_by", sa.Text(), nullable=False),
        sa.Column("offered_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("on_the_way_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("arrived_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("released_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("said_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("changed_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_offer")),
    )
    with op.batch_alter_table("need_offer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_need_offer_need_id"), ["need_id"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("means", sa.String(length=12), nullable=False),
        sa.Column("about", sa.String(length=16), nullable=False),
        sa.Column("about_id", linkage.columns.Id, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.String(length=40), nullable=True),
        sa.Column("person_id", linkage.columns.Id, nullable=True),
        sa.Column("incident_id", linkage.columns.Id, nullable=True),
        sa.Column("assignment_id", linkage.columns.Id, nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("created_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("not_before", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_attempt_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("retry_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("sent_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("done_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("result_by", sa.Text(), nullable=True),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_notice_about_about_id"), ["about", "about_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_notice_assignment_id"), ["assignment_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_notice_incident_id"), ["incident_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_notice_status_not_before"), ["status", "not_before"], unique=False
        )

    op.create_table(
        "notice_attempt",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("notice_id", linkage.columns.Id, nullable=False),
        sa.Column("at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("worked", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_attempt")),
    )
    with op.batch_alter_table("notice_attempt", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_notice_attempt_notice_id"), ["notice_id"], unique=False
        )


def _upgrade_duty() -> None:
    op.create_table(
        "person",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.String(length=40), nullable=True),
        sa.Column("telephone", sa.Text(), nullable=False),
        sa.Column("mobile", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("name", name=op.f("uq_person_name")),
    )
    op.create_table(
        "public_warning",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("identifier", sa.String(length=60), nullable=True),
        sa.Column("message_kind", sa.String(length=8), nullable=False),
        sa.Column("replaces_id", linkage.columns.Id, nullable=True),
        sa.Column("incident_id", linkage.columns.Id, nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("event_code", sa.String(length=5), nullable=False),
        sa.Column("colour", sa.String(length=8), nullable=False),
        sa.Column("starts_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("expires_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("area_codes", sa.Text(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("measures", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("issued_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("composed_by", sa.Text(), nullable=False),
        sa.Column("authors", sa.Text(), nullable=False),
        sa.Column("composed_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("submitted_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("return_reason", sa.Text(), nullable=True),
        sa.Column("xml", sa.Text(), nullable=True),
        sa.Column("outbound_id", linkage.columns.Id, nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("published_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("ended_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("changed_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", linkage.columns.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_warning")),
        sa.UniqueConstraint("identifier", name=op.f("uq_public_warning_identifier")),
    )
    with op.batch_alter_table("public_warning", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_public_warning_incident_id"), ["incident_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_public_warning_revision"), ["revision"], unique=False)
        batch_op.create_index(batch_op.f("ix_public_warning_status"), ["status"], unique=False)

    op.create_table(
        "report",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("incident_id", linkage.columns.Id, nullable=True),
        sa.Column("authority", sa.String(length=40), nullable=False),
        sa.Column("domain", sa.String(length=24), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("elements", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("runs_from", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("telephone_due_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("written_due_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("legal_due_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("telephoned_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("telephoned_by", sa.Text(), nullable=True),
        sa.Column("telephone_note", sa.Text(), nullable=True),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("written_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("authors", sa.Text(), nullable=True),
        sa.Column("submitted_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.Column("signed_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("returned_by", sa.Text(), nullable=True),
        sa.Column("returned_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("return_reason", sa.Text(), nullable=True),
        sa.Column("sent_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("received_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("grade", sa.String(length=16), nullable=True),
        sa.Column("outbound_id", linkage.columns.Id, nullable=True),
        sa.Column("resent_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("resends", sa.Integer(), nullable=False),
        sa.Column("late_reason", sa.Text(), nullable=True),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("changed_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
    )
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_incident_id"), ["incident_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_status"), ["status"], unique=False)

    op.create_table(
        "duty_note",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("struck_by", sa.Text(), nullable=True),
        sa.Column("struck_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_note")),
    )
    with op.batch_alter_table("duty_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_duty_note_at"), ["at"], unique=False)

    op.create_table(
        "roll_call",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("called_by", sa.Text(), nullable=False),
        sa.Column("called_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("due_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("reminded_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_call")),
    )
    with op.batch_alter_table("roll_call", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roll_call_called_at"), ["called_at"], unique=False)

    op.create_table(
        "roll_call_answer",
        sa.Column("roll_call_id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("agency_id", sa.String(length=40), nullable=False),
        sa.Column("answered_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("means", sa.String(length=12), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("roll_call_id", "agency_id", name=op.f("pk_roll_call_answer")),
    )
    op.create_table(
        "run_card_version",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("effective_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kept_by", sa.Text(), nullable=False),
        sa.Column("kept_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_card_version")),
        sa.UniqueConstraint("digest", name=op.f("uq_run_card_version_digest")),
    )
    op.create_table(
        "shift",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("post", sa.String(length=12), nullable=False),
        sa.Column("person_id", linkage.columns.Id, nullable=False),
        sa.Column("starts_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("ends_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
        sa.UniqueConstraint(
            "post", "person_id", "starts_at", name=op.f("uq_shift_post_person_id_starts_at")
        ),
    )
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shift_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_shift_starts_at"), ["starts_at"], unique=False)

    op.create_table(
        "unit_booking",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("agency_id", sa.String(length=40), nullable=False),
        sa.Column("unit_id", sa.String(length=60), nullable=False),
        sa.Column("incident_id", linkage.columns.Id, nullable=False),
        sa.Column("assignment_id", linkage.columns.Id, nullable=True),
        sa.Column("booked_by", sa.Text(), nullable=False),
        sa.Column("booked_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("released_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("release_reason", sa.Text(), nullable=True),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_booking")),
    )
    with op.batch_alter_table("unit_booking", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_unit_booking_agency_id_unit_id"), ["agency_id", "unit_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_unit_booking_incident_id"), ["incident_id"], unique=False
        )

    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("en_route_due_at", linkage.columns.Moment(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("told_at", linkage.columns.Moment(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("delivered_at", linkage.columns.Moment(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("undelivered_at", linkage.columns.Moment(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("cancel_read_at", linkage.columns.Moment(timezone=True), nullable=True)
        )


def _upgrade_outbox() -> None:
    # Of what the version before has not sent, an exercise is not told apart: it all counts as real.
    with op.batch_alter_table("outbound_message", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("exercise", sa.Boolean(), server_default=sa.false(), nullable=False)
        )


def _upgrade_warning() -> None:
    with op.batch_alter_table("warning", schema=None) as batch_op:
        batch_op.add_column(sa.Column("end_assumed", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("incident_id", linkage.columns.Id, nullable=True))
        batch_op.create_index(batch_op.f("ix_warning_incident_id"), ["incident_id"], unique=False)


def downgrade() -> None:
    _downgrade_warning()
    with op.batch_alter_table("outbound_message", schema=None) as batch_op:
        batch_op.drop_column("exercise")

    _downgrade_duty()
    _downgrade_response()


def _downgrade_warning() -> None:
    with op.batch_alter_table("warning", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_warning_incident_id"))
        batch_op.drop_column("incident_id")
        batch_op.drop_column("end_assumed")


def _downgrade_duty() -> None:
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_column("cancel_read_at")
        batch_op.drop_column("undelivered_at")
        batch_op.drop_column("delivered_at")
        batch_op.drop_column("told_at")
        batch_op.drop_column("en_route_due_at")

    with op.batch_alter_table("unit_booking", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unit_booking_incident_id"))
        batch_op.drop_index(batch_op.f("ix_unit_booking_agency_id_unit_id"))

    op.drop_table("unit_booking")
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shift_starts_at"))
        batch_op.drop_index(batch_op.f("ix_shift_person_id"))

    op.drop_table("shift")
    op.drop_table("run_card_version")
    op.drop_table("roll_call_answer")
    with op.batch_alter_table("roll_call", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roll_call_called_at"))

    op.drop_table("roll_call")
    with op.batch_alter_table("duty_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_duty_note_at"))

    op.drop_table("duty_note")
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_report_status"))
        batch_op.drop_index(batch_op.f("ix_report_incident_id"))

    op.drop_table("report")
    with op.batch_alter_table("public_warning", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_public_warning_status"))
        batch_op.drop_index(batch_op.f("ix_public_warning_revision"))
        batch_op.drop_index(batch_op.f("ix_public_warning_incident_id"))

    op.drop_table("public_warning")


def _downgrade_response() -> None:
    op.drop_table("person")
    with op.batch_alter_table("notice_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_attempt_notice_id"))

    op.drop_table("notice_attempt")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_status_not_before"))
        batch_op.drop_index(batch_op.f("ix_notice_incident_id"))
        batch_op.drop_index(batch_op.f("ix_notice_assignment_id"))
        batch_op.drop_index(batch_op.f("ix_notice_about_about_id"))

    op.drop_table("notice")
    with op.batch_alter_table("need_offer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_need_offer_need_id"))

    op.drop_table("need_offer")
    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_need_incident_id"))

    op.drop_table("need")
    with op.batch_alter_table("joint_response", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_joint_response_incident_id"))

    op.drop_table("joint_response")
    op.drop_table("handover")
    with op.batch_alter_table("exercise", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exercise_started_at"))

    op.drop_table("exercise")
    with op.batch_alter_table("clock_firing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clock_firing_incident_id"))
        batch_op.drop_index(batch_op.f("ix_clock_firing_fired_at"))

    op.drop_table("clock_firing")
