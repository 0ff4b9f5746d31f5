"""Alembic's entry: runs the versions on the connection that `linkage.schema` hands over."""

from alembic import context

from linkage import tables

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=tables.incident.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
