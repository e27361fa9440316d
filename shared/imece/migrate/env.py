"""Alembic runs this file for one schema; `imece.migrate` says which."""

import sqlalchemy as sa
from alembic import context

from imece import db

schema = context.config.attributes["schema"]

with db.engine().connect() as connection:
    connection.detach()  # what is set here must not come back with the pool's next guest
    # Rather fail and be run again than stand in the way of a busy table.
    connection.execute(sa.text("set lock_timeout = '4s'"))
    connection.execute(sa.text(f'create schema if not exists "{schema}"'))
    connection.commit()
    context.configure(connection=connection, version_table="schema_version", version_table_schema=schema, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
