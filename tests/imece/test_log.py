"""What a log line says, and what it must not say."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from imece import config, log


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Logging is set up anew, in JSON, and afterwards it is as it was."""
    root = logging.getLogger()
    handlers, level, known = root.handlers, root.level, structlog.get_config()
    noisy = {name: logging.getLogger(name).level for name in ("dramatiq", "urllib3", "asyncio", "apscheduler", "alembic")}
    monkeypatch.setenv("IMECE_LOG_FORMAT", "json")
    config.settings.cache_clear()
    yield
    root.handlers = handlers
    root.setLevel(level)
    for name, was in noisy.items():
        logging.getLogger(name).setLevel(was)
    structlog.configure(**known)
    structlog.contextvars.clear_contextvars()
    log.job.set(None)
    config.settings.cache_clear()


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """The last line."""
    line: dict[str, str] = json.loads(capsys.readouterr().err.splitlines()[-1])
    return line


def test_a_line_has_its_event_its_keys_its_service_and_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(service="documents", pool="io")
    log.get("documents").info("letters.packed", letters=207, party="Güneş")
    line = said(capsys)
    assert line["timestamp"].endswith("Z")
    assert {name: line[name] for name in ("event", "letters", "party", "service", "pool", "level")} == {
        "event": "letters.packed", "letters": 207, "party": "Güneş", "service": "documents", "pool": "io", "level": "info",
    }  # fmt: skip


def test_what_a_job_does_carries_the_jobs_id(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(service="documents")
    log.job.set({"job_id": "0199", "kind": "documents.prune", "attempt": 2})
    log.get("documents").info("pruned", attempt=7)
    line = said(capsys)
    assert (line["job_id"], line["kind"], line["attempt"]) == ("0199", "documents.prune", 7)
    logging.getLogger("some.library").warning("from below %s", 1)
    line = said(capsys)
    assert (line["event"], line["job_id"]) == ("from below 1", "0199")


def test_secrets_are_blanked(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(service="notify")
    log.get("notify").info(
        "x", smtp_password="hunter2", api_key="hunter2", Authorization="Bearer hunter2", url="smtp://ayşe:hunter2@mail.invalid:25/x"
    )
    shown = capsys.readouterr().err
    assert "hunter2" not in shown
    assert "smtp://ayşe:***@mail.invalid:25/x" in shown


def test_an_exception_is_told_with_its_traceback_and_without_its_variables(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for form in ("json", "console"):
        monkeypatch.setenv("IMECE_LOG_FORMAT", form)
        config.settings.cache_clear()
        log.configure(service="notify")
        password = "hunter2"
        try:
            int("away" if password else "")
        except ValueError:
            log.get("notify").exception("failed")
        shown = capsys.readouterr().err
        assert "ValueError: invalid literal" in shown
        assert "hunter2" not in shown


def test_libraries_are_quiet_unless_everything_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    log.configure()
    assert not logging.getLogger("dramatiq").isEnabledFor(logging.INFO)
    monkeypatch.setenv("IMECE_LOG_LEVEL", "DEBUG")
    config.settings.cache_clear()
    log.configure()
    assert logging.getLogger("dramatiq").isEnabledFor(logging.DEBUG)
