"""
Migrations by Alembic, from code: the ledger's first, then those of every installed service, each in its own schema.

A service ships only `<service>/migrations/versions/*.py`. Migrations run before the old version stops, so each must suit both.
"""

from importlib import import_module
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from imece import db, service

#: Any constant: whoever holds it migrates, everybody else waits.
_LOCK = 0x696D656365


def schemas() -> list[str]:
    """The schemas of this house, the ledger first."""
    return ["ledger", *(card.name for card in service.installed().values() if card.has_schema)]


def upgrade() -> list[str]:
    """
    Bring every schema to its newest revision; returns the schemas that changed.

    Safe to run from several machines at once: one migrates, the others wait and find nothing to do.
    """
    with db.engine().connect() as lock:
        lock.execute(sa.text("set local lock_timeout = 0"))
        lock.execute(sa.select(sa.func.pg_advisory_lock(_LOCK)))
        lock.commit()
        try:
            changed = behind()
            for schema in changed:
                command.upgrade(_config(schema), "head")
        finally:
            lock.execute(sa.select(sa.func.pg_advisory_unlock(_LOCK)))
            lock.commit()
    return changed


def behind() -> list[str]:
    """The schemas that are older than this code. One that is newer is not named: migrations suit the version before them too."""
    return [schema for schema in schemas() if (current := _current(schema)) != _newest(schema) and _known(schema, current)]


def _config(schema: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(_versions(schema)))
    config.attributes["schema"] = schema
    return config


def _versions(schema: str) -> Path:
    package = import_module("imece.ledger" if schema == "ledger" else schema)
    return Path(str(package.__file__)).parent / "migrations" / "versions"


def _newest(schema: str) -> str | None:
    return ScriptDirectory.from_config(_config(schema)).get_current_head()


def _known(schema: str, revision: str | None) -> bool:
    return revision is None or revision in {script.revision for script in ScriptDirectory.from_config(_config(schema)).walk_revisions()}


def _current(schema: str) -> str | None:
    with db.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table_schema": schema, "version_table": "schema_version"})
        return context.get_current_revision()
