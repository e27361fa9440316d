"""`imece queues`."""

import json
from typing import Any

import redis
import sqlalchemy as sa
import typer
from typer.testing import CliRunner

from imece import db, ledger
from imece.cli import queues
from imece.contracts.notify import PruneMessages
from imece.ids import new_id


def listed(*words: str) -> str:
    app = typer.Typer()
    queues.register(app)
    app.command()(lambda: None)
    return CliRunner().invoke(app, ["queues", "list", *words], catch_exceptions=False).stdout


def test_a_queue_that_nobody_consumes_says_so(database: sa.Engine, redis_client: redis.Redis) -> None:
    with db.transaction() as session:
        ledger.submit(session, PruneMessages())

    def line() -> dict[str, Any]:
        found: dict[str, dict[str, Any]] = {row["queue"]: row for row in json.loads(listed("--json"))}
        return found["notify.maintenance"]

    assert (line()["queued"], line()["note"]) == (1, "queued, nobody consumes this queue")
    with database.begin() as connection:
        connection.execute(
            sa.text(
                "insert into ledger.worker (id, service, pool, host, machine, pid, pid_started, queues, threads)"
                " values (:id, 'notify', 'maintenance', 'here', 'here', 1, 0, '{notify.maintenance}', 1)"
            ),
            {"id": new_id()},
        )
    assert line()["note"] == ""
    assert "notify.maintenance" in listed()
