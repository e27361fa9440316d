"""Every check, with the thing it looks at really broken."""

import shutil
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
import redis
import sqlalchemy as sa

from imece import broker, checks, clock, config, db, ids, service, storage
from imece.contracts.notify import PruneMessages
from imece.errors import Misconfigured
from imece.service import Pool, Service, Tick
from imece.testing import Stack


@pytest.fixture
def setting(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Change the environment; what was read from it is forgotten before and after."""
    config.settings.cache_clear()
    storage._store.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    config.settings.cache_clear()
    storage._store.cache_clear()


def levels(check: object) -> list[tuple[str, str]]:
    assert callable(check)
    return [(finding.about, finding.level) for finding in check()]


def test_a_sound_stack_is_not_refused(database: sa.Engine, redis_client: redis.Redis) -> None:
    checks.wait_for_servers()
    checks.refuse_if_unsafe()

    assert levels(checks.database) == [("postgres", "ok"), ("clock", "ok")]
    assert levels(checks.redis_server) == [("redis", "ok")]
    assert levels(checks.known_settings) == [("settings", "ok")]


def test_a_redis_that_throws_keys_away_is_refused(database: sa.Engine, redis_client: redis.Redis) -> None:
    redis_client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(Misconfigured, match=r"allkeys-lru.*noeviction"):
            checks.refuse_if_unsafe()
    finally:
        redis_client.config_set("maxmemory-policy", "noeviction")


def test_a_redis_without_append_only_file_is_a_warning(redis_client: redis.Redis) -> None:
    redis_client.config_set("appendonly", "no")
    try:
        assert levels(checks.redis_server) == [("redis", "ok"), ("redis", "warning")]
    finally:
        redis_client.config_set("appendonly", "yes")


def test_an_old_redis_is_refused(database: sa.Engine, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "OLDEST_REDIS", (99, 0))

    with pytest.raises(Misconfigured, match=r"too old; imece needs 99\.0"):
        checks.refuse_if_unsafe()


def test_an_old_postgres_is_refused(database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "OLDEST_POSTGRES", 99)

    with pytest.raises(Misconfigured, match="too old; imece needs 99"):
        checks.refuse_if_unsafe()


@pytest.mark.parametrize(("server", "variable"), [("postgres", "IMECE_DATABASE_URL"), ("redis", "IMECE_REDIS_URL")])
def test_a_server_that_never_answers_is_given_up_by_its_variable(
    server: str, variable: str, stack: Stack, database: sa.Engine, setting: pytest.MonkeyPatch
) -> None:
    setting.setenv("IMECE_SERVER_PATIENCE", "0.5")
    getattr(stack, server).stop()
    began = time.monotonic()

    with pytest.raises(Misconfigured, match=f"does not answer.*{variable}"):
        checks.wait_for_servers()

    assert time.monotonic() - began < 5
    with pytest.raises(Misconfigured, match=f"does not answer.*{variable}"):
        checks.refuse_if_unsafe()
    stack.start()


def test_a_server_that_comes_late_is_waited_for(stack: Stack, database: sa.Engine, capfd: pytest.CaptureFixture[str]) -> None:
    stack.redis.stop()
    waiting = threading.Thread(target=checks.wait_for_servers)
    waiting.start()
    waiting.join(0.5)
    assert waiting.is_alive()

    stack.start()
    waiting.join(10)

    assert not waiting.is_alive()


def test_no_password_is_shown(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("IMECE_REDIS_URL", "redis://:kanarya@127.0.0.1:1/0")
    setting.setenv("IMECE_DATABASE_URL", "postgresql://imece:kanarya@127.0.0.1:1/imece")
    setting.setenv("IMECE_SERVER_PATIENCE", "0")
    config.settings.cache_clear()
    db.forget()
    try:
        found = list(checks.everything())
    finally:
        setting.undo()
        config.settings.cache_clear()
        db.forget()

    assert {f.level for f in found if f.about in {"postgres", "redis"}} == {"fault"}
    assert "kanarya" not in repr(found)


@pytest.mark.parametrize("variable", ["IMECE_SERVER_PATIENCE", "NOTIFY_SMTP_PORT"])
def test_a_wrong_setting_is_named_by_its_variable_and_not_by_its_value(variable: str, setting: pytest.MonkeyPatch) -> None:
    from notify import settings as notify_settings

    setting.setenv(variable, "kanarya")
    config.settings.cache_clear()
    notify_settings.settings.cache_clear()

    (finding,) = checks.known_settings()

    assert finding.level == "fault"
    assert variable in finding.en
    assert variable in finding.tr
    assert "kanarya" not in finding.en
    setting.undo()
    notify_settings.settings.cache_clear()


def test_a_storage_that_cannot_be_written_is_refused(database: sa.Engine, redis_client: redis.Redis, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("IMECE_STORAGE_URL", "file:///proc/no-such-place")
    config.settings.cache_clear()

    with pytest.raises(Misconfigured, match="IMECE_STORAGE_URL"):
        checks.refuse_if_unsafe()

    assert [f.level for f in checks.everything() if f.about == "storage"] == ["fault"]


def test_a_schema_behind_the_code_is_refused_and_one_ahead_is_not(database: sa.Engine) -> None:
    """While a new version is rolled out, the old one meets a newer schema and must go on."""
    with database.begin() as connection:
        now = connection.scalar(sa.text("SELECT version_num FROM ledger.schema_version"))
        connection.execute(sa.text("UPDATE ledger.schema_version SET version_num = 'ledger_9999'"))
    checks.refuse_if_unsafe()

    with database.begin() as connection:
        connection.execute(sa.text("DELETE FROM ledger.schema_version"))
    try:
        with pytest.raises(Misconfigured, match=r"ledger.*imece migrate"):
            checks.refuse_if_unsafe()
    finally:
        with database.begin() as connection:
            connection.execute(sa.text("INSERT INTO ledger.schema_version VALUES (:now)"), {"now": now})


@pytest.mark.parametrize(("ahead", "level"), [(timedelta(seconds=20), "warning"), (timedelta(minutes=-5), "fault")])
def test_clocks_that_differ_are_found(ahead: timedelta, level: str, database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    right = clock.now
    monkeypatch.setattr(clock, "now", lambda: right() + ahead)

    assert ("clock", level) in levels(checks.database)


def test_a_disk_that_fills_up_is_found(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    left = shutil.disk_usage(stack.home).free
    monkeypatch.setattr(checks, "_DISK_WARNING", left + 2**30)
    assert levels(checks.disk) == [("disk", "warning")]

    monkeypatch.setattr(checks, "_DISK_FAULT", left + 2**30)
    assert levels(checks.disk) == [("disk", "fault")]


def test_a_queue_that_no_pool_consumes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    card = Service("notify", "", pools=(Pool("maintenance", queues=("notify.maintenance",)),))
    monkeypatch.setattr(service, "installed", lambda: {"notify": card})

    found = list(checks.queues())

    assert {f.level for f in found} == {"fault"}
    assert any("notify.email" in f.en and "no pool" in f.en for f in found)


def test_a_contract_without_an_actor_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "handlers", dict)

    assert any(f.level == "fault" and "notify.send_email has no actor" in f.en for f in checks.queues())


def test_a_tick_for_a_service_that_is_not_installed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    card = Service("alone", "", ticks=(Tick("1 2 * * *", PruneMessages()),))
    monkeypatch.setattr(service, "installed", lambda: {"alone": card})

    (finding,) = checks.queues()

    assert finding.level == "fault"
    assert "notify is not installed" in finding.en


def test_jobs_that_wait_for_a_worker_that_is_not_there_are_found(database: sa.Engine, company: UUID) -> None:
    assert levels(checks.consumers) == [("consumers", "ok")]
    with database.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO ledger.job (id, kind, version, queue, state, max_attempts, args, company_id, requested_by)"
                " VALUES (:id, 'notify.prune_messages', 1, 'notify.maintenance', 'queued', 3, '{}', :company, 'test')"
            ),
            {"id": ids.new_id(), "company": company},
        )

    (finding,) = checks.consumers()

    assert (finding.level, finding.en[:6]) == ("warning", "1 jobs")


def test_a_check_that_breaks_does_not_hide_the_others(stack: Stack, database: sa.Engine) -> None:
    stack.postgres.stop()

    found = {finding.about: finding.level for finding in checks.everything()}

    stack.start()
    assert found["postgres"] == found["migrations"] == found["consumers"] == "fault"
    assert found["redis"] == found["storage"] == "ok"
    broker.forget()
