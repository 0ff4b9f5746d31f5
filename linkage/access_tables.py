"""The tables of who may sit at a desk: accounts, sessions, one-time keys, what each prefers."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint

from linkage.columns import Id, metadata, moment

account = Table(
    "account",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("login", String(60), nullable=False, unique=True),  # as typed at sign-in, lower case
    Column("name", Text, nullable=False, unique=True),  # as signed on every act
    Column("role", String(20), nullable=False),
    Column("agency_id", String(40)),  # of a department's officer
    Column("password", Text),  # argon2id; None: not set yet, or of the unified identity only
    moment("password_set_at"),
    Column("unified_id", Text, unique=True),  # the subject that the city's 统一身份认证 knows
    Column("totp", Text),  # sealed secret of the second factor; None: not enrolled
    Column("totp_step", Id),  # the time step used last: a code serves once
    Column("failed", Integer, nullable=False),  # wrong passwords or codes in a row
    moment("locked_until"),
    Column("active", Boolean, nullable=False),
    Column("cast", Boolean, nullable=False),  # of the demonstration: enters without a password
    Column("made_by", Text, nullable=False),
    moment("made_at", nullable=False),
    moment("changed_at", nullable=False),
    Column("version", Integer, nullable=False),
)

# One stay at a desk, from signing in to signing out.
sign_in = Table(
    "sign_in",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("account_id", Id, nullable=False, index=True),
    Column("token", String(64), nullable=False, unique=True),  # SHA-256 of what the browser holds
    Column("means", String(12), nullable=False),
    moment("began_at", nullable=False),
    moment("seen_at", nullable=False),  # the person's last act, to the minute
    moment("ends_at", nullable=False),  # whatever happens
    moment("ended_at"),
    Column("ended_by", Text),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Index(None, "ended_at"),
)

# A link that serves once: to set a first password, or to come in from the unified identity.
sign_in_key = Table(
    "sign_in_key",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("account_id", Id, nullable=False, index=True),
    Column("purpose", String(12), nullable=False),
    Column("token", String(64), nullable=False, unique=True),  # SHA-256
    moment("made_at", nullable=False),
    moment("ends_at", nullable=False),
    moment("used_at"),
)

preference = Table(
    "preference",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("account_id", Id, nullable=False),
    Column("name", String(40), nullable=False),
    Column("value", Text, nullable=False),  # JSON
    moment("changed_at", nullable=False),
    UniqueConstraint("account_id", "name"),
)
