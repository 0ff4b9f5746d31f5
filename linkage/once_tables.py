"""Which acts of the live screens have been done: a browser that comes back says them again."""

from sqlalchemy import Column, String, Table

from linkage.columns import metadata, moment

act_once = Table(
    "act_once",
    metadata,
    Column("key", String(64), primary_key=True),  # made by the browser for one click
    moment("at", nullable=False, index=True),
)
