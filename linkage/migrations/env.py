"""Alembic's entry: runs the versions on the connection that `linkage.schema` hands over."""

from alembic import context

from linkage import (
    access_tables,
    device_tables,
    duty_tables,
    hindsight_tables,
    intake_tables,
    once_tables,
    reading_tables,
    response_tables,
    search_tables,
    tables,
)
from linkage.columns import metadata

# Importing a module of tables is what makes them known.
KNOWN = (
    access_tables,
    device_tables,
    tables,
    intake_tables,
    once_tables,
    reading_tables,
    response_tables,
    duty_tables,
    hindsight_tables,
    search_tables,
)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
