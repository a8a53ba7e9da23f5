"""Run by Alembic: brings the connection that `calls.hub.store` hands it up to date."""

from alembic import context

from calls.hub.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    # SQLite changes most of a table by making it anew.
    render_as_batch=True,
    # The store holds the transaction, around all of them.
    transactional_ddl=False,
)
context.run_migrations()
