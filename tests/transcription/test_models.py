"""Claims about the tables."""

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from imece import db
from imece.ids import new_id
from transcription.models import Base


def _ours(name: str | None, kind: str, _parents: Any) -> bool:
    """The one index that only SQL can say is made by the migration alone."""
    if kind == "schema":
        return name == "transcription"
    return name not in {"schema_version", "segment_by_searchable"}


def test_the_migrations_make_what_the_models_say(database: sa.Engine) -> None:
    with database.connect() as connection:
        options = {"include_schemas": True, "include_name": _ours, "compare_server_default": True}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
        assert [one for one in found if "comment" not in str(one)[:40]] == []
        for table in Base.metadata.tables.values():
            made = {check["name"] for check in sa.inspect(connection).get_check_constraints(table.name, "transcription")}
            assert made == {str(check.name) for check in table.constraints if isinstance(check, sa.CheckConstraint)}


def test_a_search_is_answered_by_its_index(database: sa.Engine) -> None:
    query = "explain select 1 from transcription.segment s where transcription.searchable(s.text) @@ transcription.asked('borç')"
    with database.connect() as connection:
        connection.exec_driver_sql("set enable_seqscan = off")
        plan = " ".join(connection.exec_driver_sql(query).scalars())
        connection.rollback()
    assert "segment_by_searchable" in plan


NONSENSE = {
    "done without an end": "update transcription.recording set stage = 'done'",
    "an end without being done": "update transcription.recording set finished_at = now()",
    "listened to before it was measured": "update transcription.recording set duration = null",
    "a stage nobody knows": "update transcription.recording set stage = 'lost'",
    "no title": "update transcription.recording set title = ''",
    "a second recording of one job": "insert into transcription.recording (id, company_id, job_id, requested_by, title, stage, locale, model, wish, duration)"
    " select gen_random_uuid(), company_id, job_id, requested_by, title, stage, locale, model, wish, duration from transcription.recording",
    "heard by nobody": "update transcription.window set state = 'heard'",
    "a window that ends before it begins": "update transcription.window set t1 = t0",
    "another company's window": "update transcription.window set company_id = gen_random_uuid()",
    "an edit of nothing": "insert into transcription.edit (id, company_id, recording_id, window_idx, reason, before, after, by)"
    " select gen_random_uuid(), company_id, id, 0, 'edit', 'a', 'b', 'ayşe' from transcription.recording",
}


@pytest.mark.parametrize("statement", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_cannot_be_written(database: sa.Engine, company: UUID, statement: str) -> None:
    with db.transaction() as session:
        session.execute(
            sa.text(
                "insert into transcription.recording (id, company_id, job_id, requested_by, title, stage, locale, model, wish, duration)"
                " values (:id, :company, :id, 'ayşe', 'Toplantı', 'listening', 'tr', 'small', '{}', 60)"
            ),
            {"id": (recording := new_id()), "company": company},
        )
        session.execute(
            sa.text("insert into transcription.window (recording_id, idx, company_id, t0, t1) values (:id, 0, :company, 0, 20)"),
            {"id": recording, "company": company},
        )
    with pytest.raises(sa.exc.IntegrityError), db.transaction() as session:
        session.execute(sa.text(statement))
