"""the intake's own work"""

import sqlalchemy as sa
from alembic import op

import linkage.columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_quality",
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("noted", linkage.columns.Id, nullable=False),
        sa.Column("last_note", sa.Text(), nullable=True),
        sa.Column("noted_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("claims", linkage.columns.Id, nullable=False),
        sa.Column("last_claim", sa.Text(), nullable=True),
        sa.Column("claimed_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("late", linkage.columns.Id, nullable=False),
        sa.Column("late_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("skew_s", sa.Float(), nullable=True),
        sa.Column("skew_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("datum_seems", sa.String(length=10), nullable=True),
        sa.Column("datum_off_m", sa.Float(), nullable=True),
        sa.Column("datum_pairs", sa.Integer(), nullable=True),
        sa.Column("datum_others", sa.Text(), nullable=True),
        sa.Column("datum_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("channel", "source_id", name=op.f("pk_source_quality")),
    )
    op.create_table(
        "device_alarm",
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("belongs_to", sa.String(length=80), nullable=False),
        sa.Column("source_ref", sa.String(length=120), nullable=False),
        sa.Column("since", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("seen_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "device", "name", name=op.f("pk_device_alarm")),
    )
    with op.batch_alter_table("device_alarm", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_device_alarm_belongs_to"), ["belongs_to"], unique=False
        )

    op.create_table(
        "errand",
        sa.Column(
            "id",
            linkage.columns.Id,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("progress", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errand")),
    )
    with op.batch_alter_table("errand", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_errand_state"), ["state"], unique=False)

    op.create_table(
        "fragment",
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("stream", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("since", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("inbound_id", linkage.columns.Id, nullable=False),
        sa.PrimaryKeyConstraint("source_id", "stream", "key", name=op.f("pk_fragment")),
    )
    op.create_table(
        "lane",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("worker_id", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lane")),
    )
    op.create_table(
        "reading_event",
        sa.Column("id", linkage.columns.Id, autoincrement=True, nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.String(length=10), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("lasted_s", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_event")),
    )
    with op.batch_alter_table("reading_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reading_event_at_ms"), ["at_ms"], unique=False)

    op.create_table(
        "reading_pack",
        sa.Column("series_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_ms", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "last_ms", "number", name=op.f("pk_reading_pack")),
    )
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("station_id", sa.String(length=60), nullable=False),
        sa.Column("factor", sa.String(length=48), nullable=False),
        sa.Column("span", sa.String(length=8), nullable=False),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("quality", sa.String(length=12), nullable=False),
        sa.Column("measured_ms", sa.BigInteger(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("level_since_ms", sa.BigInteger(), nullable=True),
        sa.Column("fault", sa.String(length=10), nullable=False),
        sa.Column("fault_since_ms", sa.BigInteger(), nullable=True),
        sa.Column("memory", sa.Text(), nullable=False),
        sa.Column("recent", sa.LargeBinary(), nullable=False),
        sa.Column("packs", sa.Integer(), nullable=False),
        sa.Column("revision", linkage.columns.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint(
            "station_id",
            "source_id",
            "factor",
            "span",
            "exercise",
            name=op.f("uq_series_station_id_source_id_factor_span_exercise"),
        ),
    )
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_series_revision"), ["revision"], unique=False)

    op.create_table(
        "set_aside",
        sa.Column(
            "inbound_id",
            linkage.columns.Id,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("inbound_id", name=op.f("pk_set_aside")),
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("started_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("seen_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("standby", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_late", sa.Boolean(), nullable=True))

    with op.batch_alter_table("inbound_message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mends", linkage.columns.Id, nullable=True))
        batch_op.add_column(sa.Column("mended_by", linkage.columns.Id, nullable=True))

    with op.batch_alter_table("source_state", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("excess", linkage.columns.Id, nullable=False, server_default="0")
        )
        batch_op.add_column(
            sa.Column("offline_at", linkage.columns.Moment(timezone=True), nullable=True)
        )
        batch_op.alter_column(
            "last_at", existing_type=linkage.columns.Moment(timezone=True), nullable=True
        )

    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("heading", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("speed_kmh", sa.Float(), nullable=True))
        batch_op.add_column(
            sa.Column("watched", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(
            sa.Column("hazmat", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("cargo", sa.Text(), nullable=True))

    with op.batch_alter_table("warning", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shapes", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("replaced_by", linkage.columns.Id, nullable=True))
        batch_op.add_column(
            sa.Column("sent_at", linkage.columns.Moment(timezone=True), nullable=True)
        )


def downgrade() -> None:
    op.execute("UPDATE source_state SET last_at = first_at WHERE last_at IS NULL")
    with op.batch_alter_table("unit", schema=None) as batch_op:
        for column in ("cargo", "hazmat", "watched", "speed_kmh", "heading"):
            batch_op.drop_column(column)

    with op.batch_alter_table("warning", schema=None) as batch_op:
        batch_op.drop_column("sent_at")
        batch_op.drop_column("replaced_by")
        batch_op.drop_column("shapes")

    with op.batch_alter_table("source_state", schema=None) as batch_op:
        batch_op.alter_column(
            "last_at", existing_type=linkage.columns.Moment(timezone=True), nullable=False
        )
        batch_op.drop_column("offline_at")
        batch_op.drop_column("excess")

    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_column("told_late")

    with op.batch_alter_table("inbound_message", schema=None) as batch_op:
        batch_op.drop_column("mended_by")
        batch_op.drop_column("mends")

    op.drop_table("worker")
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_series_revision"))

    op.drop_table("series")
    op.drop_table("reading_pack")
    with op.batch_alter_table("reading_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reading_event_at_ms"))

    op.drop_table("reading_event")
    op.drop_table("set_aside")
    op.drop_table("lane")
    op.drop_table("fragment")
    with op.batch_alter_table("errand", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_errand_state"))

    op.drop_table("errand")
    with op.batch_alter_table("device_alarm", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_alarm_belongs_to"))

    op.drop_table("device_alarm")
    op.drop_table("source_quality")
