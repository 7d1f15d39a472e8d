"""What Alembic runs to bring a database up to date: in the transaction of `migrations.upgrade`."""

from alembic import context

from alerts.db.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
