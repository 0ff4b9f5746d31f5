"""the desks: accounts, sessions, preferences"""

import sqlalchemy as sa
from alembic import op

import linkage.columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The index of the search. Ours are the grams and the look at the text itself; what the database
# brings is the list of rows under each gram, so nothing is kept that those two do not need.
_GRAMS = {
    "sqlite": (
        (
            "CREATE VIRTUAL TABLE search_gram USING"
            " fts5(grams, content='', detail='none', columnsize=0, tokenize='ascii')"
        ),
    ),
    "postgresql": (
        "CREATE TABLE search_gram (id bigint PRIMARY KEY, grams integer[] NOT NULL)",
        "CREATE INDEX ix_search_gram_grams ON search_gram USING gin (grams)",
    ),
}


def upgrade() -> None:
    op.create_table(
        "desk_moment",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("began_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("follows", sa.Boolean(), nullable=False),
        sa.Column("recorder", sa.String(length=40), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_moment")),
    )
    with op.batch_alter_table("desk_moment", schema=None) as batch_op:
        batch_op.create_index("ix_desk_moment_ended_at", ["ended_at"], unique=False)
        batch_op.create_index("ix_desk_moment_whole_began_at", ["whole", "began_at"], unique=False)

    op.create_table(
        "account",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("agency_id", sa.String(length=40), nullable=True),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("password_set_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("unified_id", sa.Text(), nullable=True),
        sa.Column("totp", sa.Text(), nullable=True),
        sa.Column("totp_step", linkage.columns.Id, nullable=True),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("locked_until", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("cast", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("changed_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
        sa.UniqueConstraint("unified_id", name=op.f("uq_account_unified_id")),
    )
    op.create_table(
        "preference",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("account_id", linkage.columns.Id, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("changed_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preference")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_preference_account_id_name")),
    )
    op.create_table(
        "sign_in",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("account_id", linkage.columns.Id, nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("means", sa.String(length=12), nullable=False),
        sa.Column("began_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("seen_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("ends_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("token", name=op.f("uq_sign_in_token")),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_ended_at"), ["ended_at"], unique=False)

    op.create_table(
        "sign_in_key",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("account_id", linkage.columns.Id, nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("made_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("ends_at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.Column("used_at", linkage.columns.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_key")),
        sa.UniqueConstraint("token", name=op.f("uq_sign_in_key_token")),
    )
    with op.batch_alter_table("sign_in_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_key_account_id"), ["account_id"], unique=False)

    op.create_table(
        "act_once",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", linkage.columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_act_once")),
    )
    with op.batch_alter_table("act_once", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_act_once_at"), ["at"], unique=False)

    op.create_table(
        "search_mark",
        sa.Column("name", sa.String(length=12), nullable=False),
        sa.Column("low", linkage.columns.Id, nullable=False),
        sa.Column("high", linkage.columns.Id, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_search_mark")),
    )
    op.create_table(
        "search_again",
        sa.Column("id", linkage.columns.Id, autoincrement=False, nullable=False),
        sa.Column("incident_id", linkage.columns.Id, nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_again")),
    )
    with op.batch_alter_table("search_again", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_search_again_incident_id"), ["incident_id"], unique=False
        )
    for statement in _GRAMS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE search_gram")
    with op.batch_alter_table("search_again", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_search_again_incident_id"))

    op.drop_table("search_again")
    op.drop_table("search_mark")
    with op.batch_alter_table("act_once", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_act_once_at"))

    op.drop_table("act_once")
    with op.batch_alter_table("desk_moment", schema=None) as batch_op:
        batch_op.drop_index("ix_desk_moment_whole_began_at")
        batch_op.drop_index("ix_desk_moment_ended_at")

    op.drop_table("desk_moment")
    with op.batch_alter_table("sign_in_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_key_account_id"))

    op.drop_table("sign_in_key")
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_ended_at"))
        batch_op.drop_index(batch_op.f("ix_sign_in_account_id"))

    op.drop_table("sign_in")
    op.drop_table("preference")
    op.drop_table("account")
