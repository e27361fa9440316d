"""`imece jobs`."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
import sqlalchemy as sa
import typer
from click.testing import Result
from typer.testing import CliRunner

from imece import db, ledger
from imece.cli import jobs
from imece.cli.output import whoever
from imece.errors import Conflict, Invalid, NotFound
from imece.ids import new_id
from imece.ledger import moves


@pytest.fixture(autouse=True)
def ground(database: sa.Engine, redis_client: redis.Redis) -> None:
    """An empty ledger and an empty Redis."""


def imece(*words: str, stdin: str | None = None) -> Result:
    """`imece jobs ...`. What it raises on purpose is raised here, too."""
    app = typer.Typer()
    jobs.register(app)
    app.command()(lambda: None)  # with a second command the group keeps its name
    result = CliRunner().invoke(app, ["jobs", *words], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def submitted(*more: str) -> UUID:
    return UUID(imece("submit", "notify.prune", *more).stdout.strip())


def job(job_id: UUID) -> ledger.Job:
    with db.transaction() as session:
        return ledger.find(session, job_id)


def end(job_id: UUID, *, well: bool) -> None:
    with db.quick() as connection:
        (claimed,) = moves.claim(connection, [job_id], worker := new_id())
        attempt = moves.Attempt(job_id, claimed.attempt)
        if well:
            moves.succeed(connection, [(attempt, '{"deleted": 3}')], worker)
        else:
            error = {"type": "Permanent", "en": "The disk is full.", "tr": "Disk dolu."}
            moves.end(connection, attempt, ledger.State.FAILED, moves.Ending("failed", True, error, "Traceback: here"), worker)


def test_a_job_is_asked_for_in_the_name_of_whoever_types(company: UUID) -> None:
    found = job(submitted("--company", str(company)))
    assert (found.kind, found.state, found.company_id, found.requested_by) == ("notify.prune", "queued", company, whoever())


def test_with_a_key_it_is_asked_for_once() -> None:
    assert submitted("--key", "once") == submitted("--key", "once")


def test_for_programs_the_id_comes_as_json() -> None:
    assert job(UUID(json.loads(imece("submit", "notify.prune", "--json").stdout)["id"])).state == "queued"


def test_arguments_come_from_the_line_a_file_or_stdin(tmp_path: Path) -> None:
    args = json.dumps({"to": "ş@example.invalid", "subject": "Konu", "text": "Metin"})
    (tmp_path / "args.json").write_text(args, encoding="utf-8")
    for given, stdin in ((args, None), (f"@{tmp_path}/args.json", None), ("-", args)):
        done = imece("submit", "notify.send_email", given, stdin=stdin)
        assert job(UUID(done.stdout.strip())).args["subject"] == "Konu"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("notify.send_email", "{}"), "subject"),
        (("notify.send_email", "not json"), "arguments"),
        (("notify.send_email", "@/nowhere/args.json"), "/nowhere/args.json"),
        (("notify.prune", '{"colour": "red"}'), "colour"),
    ],
)
def test_what_is_wrong_with_the_arguments_is_said(words: tuple[str, ...], named: str) -> None:
    with pytest.raises(Invalid, match=named):
        imece("submit", *words)


def test_an_unknown_kind_names_those_that_exist() -> None:
    with pytest.raises(NotFound, match=r"no kind 'notify\.fly'.*notify\.send_email"):
        imece("submit", "notify.fly")


def test_a_company_that_is_no_id_is_wrong_usage() -> None:
    assert imece("submit", "notify.prune", "--company", "Güneş").exit_code == 2


def test_jobs_are_listed_newest_first_for_people_and_whole_for_programs() -> None:
    first = submitted()
    while new_id().int >> 80 <= first.int >> 80:
        pass  # within one millisecond the order of ids is anybody's
    second = submitted()
    end(first, well=False)
    listed: list[dict[str, Any]] = json.loads(imece("list", "--json").stdout)
    assert [UUID(row["id"]) for row in listed] == [second, first]
    assert listed[1]["error"]["tr"] == "Disk dolu."
    assert "notify.prune" in imece("list").stdout
    assert [UUID(row["id"]) for row in json.loads(imece("list", "--json", "--state", "failed").stdout)] == [first]
    assert json.loads(imece("list", "--json", "--text", "disk is full").stdout) != []
    assert json.loads(imece("list", "--json", "--kind", "notify.send_email").stdout) == []


def test_an_empty_ledger_says_so() -> None:
    assert "no jobs" in imece("list").stdout


def test_a_job_is_shown_with_its_attempts_and_their_tracebacks() -> None:
    job_id = submitted()
    assert "no attempt has ended yet" in imece("show", str(job_id)).stdout
    end(job_id, well=False)
    shown = imece("show", str(job_id)).stdout
    assert "Disk dolu." in shown
    assert "Traceback: here" in shown
    told = json.loads(imece("show", str(job_id), "--json").stdout)
    assert (told["state"], told["attempts"][0]["outcome"]) == ("failed", "failed")


def test_a_job_that_is_not_there_is_not_found() -> None:
    for command in ("show", "cancel", "retry", "watch"):
        with pytest.raises(NotFound):
            imece(command, str(new_id()))


@pytest.mark.parametrize(("well", "code", "word"), [(True, 0, "deleted"), (False, 1, "Disk dolu.")])
def test_watching_ends_with_the_job_and_says_how(well: bool, code: int, word: str) -> None:
    job_id = submitted()
    end(job_id, well=well)
    done = imece("watch", str(job_id))
    assert done.exit_code == code
    assert word in done.stdout


def test_a_job_is_cancelled_and_retried() -> None:
    job_id = submitted()
    assert imece("cancel", str(job_id)).stdout.strip() == "cancelled"
    assert job(job_id).cancel_requested_by == whoever()
    with pytest.raises(Conflict):
        imece("cancel", str(job_id))
    assert imece("retry", str(job_id)).stdout.strip() == "queued"
    assert job(job_id).state == "queued"


def test_a_running_job_is_asked_to_end() -> None:
    job_id = submitted()
    with db.quick() as connection:
        moves.claim(connection, [job_id], new_id())
    assert imece("cancel", str(job_id)).stdout.strip() == "asked to end (now running)"


def test_an_account_without_a_name_acts_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose user has no line in /etc/passwd."""

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 10001")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert whoever().removeprefix("cli:").isdigit()
