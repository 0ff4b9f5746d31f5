"""What the search keeps beside the record: how far it is indexed, and words that were changed.

The index proper is `search_gram`, made by statement in migration 0004, each database its own way:
an FTS5 table in SQLite, integer arrays under a GIN index in PostgreSQL. It can be built anew from
the alerts at any time: python -m linkage index.
"""

from sqlalchemy import Column, String, Table, Text

from linkage.columns import Id, metadata

# Indexed is what lies above `low` and up to `high`: new rows are taken in upwards, an older
# record downwards. Of alerts the ids, of incidents the feed revisions.
search_mark = Table(
    "search_mark",
    metadata,
    Column("name", String(12), primary_key=True),
    Column("low", Id, nullable=False),
    Column("high", Id, nullable=False),
)

# An incident whose headline or place no alert of it says, an officer's correction for one: its
# words as they were indexed last. `id` stands in the index like that of an alert.
search_again = Table(
    "search_again",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("incident_id", Id, nullable=False, index=True),
    Column("said", Text, nullable=False),
)
