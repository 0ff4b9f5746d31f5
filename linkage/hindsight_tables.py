"""The table of what the desks were shown: written as they are told it, read to look back."""

from sqlalchemy import Boolean, Column, Index, LargeBinary, String, Table

from linkage.columns import Id, metadata, moment

# A row is some seconds of the live feed, or (`whole`) all that stood at its beginning.
desk_moment = Table(
    "desk_moment",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    moment("began_at", nullable=False),
    moment("ended_at", nullable=False),  # it is known that nothing more was told until then
    Column("whole", Boolean, nullable=False),
    Column("follows", Boolean, nullable=False),  # nothing is missing between the row before and it
    Column("recorder", String(40), nullable=False),
    Column("body", LargeBinary, nullable=False),  # frames as sent, a JSON list, zlib
    Index("ix_desk_moment_whole_began_at", "whole", "began_at"),
    Index("ix_desk_moment_ended_at", "ended_at"),
)
