"""`imece workers`."""

import json
from uuid import UUID

import pytest
import sqlalchemy as sa
import typer
from click.testing import Result
from typer.testing import CliRunner

from imece.cli import workers
from imece.cli.output import whoever
from imece.errors import NotFound
from imece.ids import new_id


def imece(*words: str) -> Result:
    app = typer.Typer()
    workers.register(app)
    app.command()(lambda: None)
    return CliRunner().invoke(app, ["workers", *words], catch_exceptions=False)


@pytest.fixture
def two(database: sa.Engine) -> tuple[UUID, UUID]:
    """One that lives and one that has stopped."""
    alive, stopped = new_id(), new_id()
    with database.begin() as connection:
        for worker, at in ((alive, None), (stopped, "now")):
            connection.execute(
                sa.text(
                    "insert into ledger.worker (id, service, pool, host, machine, pid, pid_started, queues, threads, stopped_at)"
                    " values (:id, 'notify', 'io', 'here', 'here', 1, 0, '{notify.email}', 4, cast(:at as timestamptz))"
                ),
                {"id": worker, "at": at},
            )
    return alive, stopped


def test_the_living_are_listed_and_the_others_on_request(two: tuple[UUID, UUID]) -> None:
    alive, stopped = two
    assert [row["id"] for row in json.loads(imece("list", "--json").stdout)] == [str(alive)]
    everyone = {row["id"]: row["state"] for row in json.loads(imece("list", "--all", "--json").stdout)}
    assert everyone == {str(alive): "alive", str(stopped): "stopped"}
    assert "notify" in imece("list").stdout


def test_nobody_is_said(database: sa.Engine) -> None:
    assert "no workers" in imece("list").stdout


def test_a_living_worker_is_asked_to_stop(two: tuple[UUID, UUID], database: sa.Engine) -> None:
    alive, stopped = two
    assert imece("stop", str(alive)).stdout.strip() == "asked to stop"
    with database.connect() as connection:
        asked = connection.execute(sa.text("select stop_requested_by from ledger.worker where id = :id"), {"id": alive}).scalar()
    assert asked == whoever()
    for nobody in (stopped, new_id()):
        with pytest.raises(NotFound):
            imece("stop", str(nobody))
