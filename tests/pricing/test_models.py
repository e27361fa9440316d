"""Claims about the tables."""

from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from pricing.models import Base


def _ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Not the tables that only statements touch."""
    if kind == "schema":
        return name == "pricing"
    return kind != "table" or not str(name).startswith(("schema_version", "price_", "check_hour", "watch_state"))


def test_the_migrations_make_what_the_models_say(database: sa.Engine) -> None:
    with database.connect() as connection:
        options = {"include_schemas": True, "include_name": _ours, "compare_server_default": True}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    assert [one for one in found if "comment" not in str(one)[:40]] == []
