"""Alembic's entry: runs the versions on the connection that `linkage.schema` hands over."""

from alembic import context

from linkage import (
    device_tables,
    duty_tables,
    intake_tables,
    reading_tables,
    response_tables,
    tables,
)
from linkage.columns import metadata

# Importing a module of tables is what makes them known.
KNOWN = (device_tables, tables, intake_tables, reading_tables, response_tables, duty_tables)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
