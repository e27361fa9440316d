"""Claims about the tables."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from imece import db
from imece.ids import new_id
from notify.models import Base


def test_the_migrations_make_what_the_models_say(database: sa.Engine) -> None:
    with database.connect() as connection:
        options = {
            "include_schemas": True,
            "include_name": lambda name, kind, _parents: name == "notify" if kind == "schema" else name != "schema_version",
            "compare_server_default": True,
        }
        assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []
        made = sa.inspect(connection).get_check_constraints("effect", "notify")
    declared = {str(check.name) for check in Base.metadata.tables["notify.effect"].constraints if isinstance(check, sa.CheckConstraint)}
    assert {check["name"] for check in made} == declared


NONSENSE = {
    "sending without a claim": "update notify.effect set state = 'sending'",
    "done without the provider's word": "update notify.effect set state = 'done', attempt = 1, started_at = now(), claim = id, settled_at = now()",
    "done without ever being tried": "update notify.effect set state = 'done', answer = '250', settled_at = now()",
    "failed without a reason": "update notify.effect set state = 'failed', settled_at = now()",
    "unknown without a reason": "update notify.effect set state = 'unknown', attempt = 1, started_at = now(), claim = id, settled_at = now()",
    "settled and not": "update notify.effect set settled_at = now()",
    "an attempt without a time": "update notify.effect set attempt = 1, claim = id",
    "a state nobody knows": "update notify.effect set state = 'lost'",
    "a second effect of one key": "insert into notify.effect select gen_random_uuid(), message_id, key, reference, state from notify.effect",
    "a second message of one job": "insert into notify.message select gen_random_uuid(), company_id, job_id, channel, recipient, subject, locale from notify.message",
    "a message to nobody": "update notify.message set recipient = ''",
    "a password in the clear": "update notify.message set kind = 'otp', text = '493027'",
    "refused without a reason": "update notify.message set state = 'refused'",
    "waiting for nobody": "update notify.message set state = 'queued'",
    "a message that nobody asked for": "update notify.message set job_id = null",
    "a message without segments": "update notify.message set segments = 0",
    "a message in a state nobody knows": "update notify.message set state = 'lost'",
}


@pytest.mark.parametrize("statement", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_cannot_be_written(database: sa.Engine, statement: str) -> None:
    message = new_id()
    with db.transaction() as session:
        session.execute(
            sa.text("insert into notify.message values (:id, null, :id, 'email', 'ali@example.com', 'Konu', 'tr')"), {"id": message}
        )
        session.execute(
            sa.text("insert into notify.effect (id, message_id, key, reference, state) values (:id, :id, 'email:1', '<1@x>', 'intended')"),
            {"id": message},
        )
    if "insert into notify.effect" in statement:
        statement = statement.replace("notify.effect select", "notify.effect (id, message_id, key, reference, state) select")

    with pytest.raises(sa.exc.IntegrityError), db.transaction() as session:
        session.execute(sa.text(statement))
