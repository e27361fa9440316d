"""
What cannot work says so at the start: here is what can be wrong with an installation, each thing checked for real.

Processes wait for their servers and refuse to start on an unsafe ground; `imece doctor` shows everything at once.
"""

import shutil
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import redis
import sqlalchemy as sa

from imece import broker, clock, contracts, db, log, migrate, service, storage
from imece.config import settings
from imece.errors import ImeceError, Invalid, Misconfigured
from imece.service import Service
from imece.worker.actor import handlers

_logger = log.get("imece.checks")

OLDEST_POSTGRES = 16
OLDEST_REDIS = (6, 2)  #: the first with BLMOVE, on which an idle worker sleeps

_SKEW_WARNING, _SKEW_FAULT = timedelta(seconds=2), timedelta(minutes=1)
_DISK_WARNING, _DISK_FAULT = 2 * 1024**3, 200 * 1024**2  #: bytes that are left
_MEGABYTE = 1024**2

Level = Literal["ok", "warning", "fault"]


@dataclass(frozen=True)
class Finding:
    """What one check found. `fault` means that work is lost or stands still; `warning`, that it may."""

    about: str  #: a short word, the same in both languages: `redis`, `disk`
    level: Level
    en: str
    tr: str


def wait_for_servers() -> None:
    """
    Return once PostgreSQL and Redis answer; one line in the log says which is waited for.

    Raises Misconfigured, naming the server's place and variable, after `IMECE_SERVER_PATIENCE` seconds.
    """
    end = time.monotonic() + settings().server_patience
    for name, variable, place, ping in (
        ("PostgreSQL", "IMECE_DATABASE_URL", _database_place(), _ping_database),
        ("Redis", "IMECE_REDIS_URL", _redis_place(), _ping_redis),
    ):
        said = False
        while fault := ping():
            if time.monotonic() > end:
                raise Misconfigured(
                    f"{name} at {place} does not answer ({variable}): {fault}",
                    f"{place} adresindeki {name} yanıt vermiyor ({variable}): {fault}",
                )
            if not said:
                _logger.warning("checks.waiting", server=name, at=place, setting=variable, error=fault, seconds=settings().server_patience)
                said = True
            time.sleep(0.2)


def refuse_if_unsafe() -> None:
    """Raise Misconfigured for the first fault of the ground that every process stands on: servers, migrations, storage."""
    for check in (database, redis_server, migrations, blobs):
        for finding in check():
            if finding.level == "fault":
                raise Misconfigured(finding.en, finding.tr)


def refuse_orphans(card: Service, known: Collection[str]) -> None:
    """Raise Misconfigured when a contract of this service has no consumer or no actor among `known`, or an actor has no contract."""
    for finding in _orphans(card, known):
        raise Misconfigured(finding.en, finding.tr)


def everything() -> Iterator[Finding]:
    """
    All findings, the good ones too. A check that breaks is a fault by itself, and the others go on.

    A service that can lack something of its own says so in `<service>/needs.py`, by an `everything` like this one.
    """
    checks: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("settings", known_settings),
        ("postgres", database),
        ("migrations", migrations),
        ("redis", redis_server),
        ("storage", blobs),
        ("disk", disk),
        ("queues", queues),
        ("consumers", consumers),
        *((name, partial(_of_service, name)) for name in service.installed() if find_spec(f"{name}.needs")),
    )
    for about, check in checks:
        try:
            yield from check()
        except ImeceError as error:
            yield Finding(about, "fault", error.en, error.tr)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is what the reader has to know)
            reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            yield Finding(about, "fault", f"Could not be checked: {reason}", f"Denetlenemedi: {reason}")


def _of_service(name: str) -> Iterator[Finding]:
    found: Iterator[Finding] = import_module(f"{name}.needs").everything()
    return found


def known_settings() -> Iterator[Finding]:
    """The settings of the floor and of every installed service can be read."""
    names = [name for name in service.installed() if find_spec(f"{name}.settings")]
    for name in ("imece.config", *(f"{name}.settings" for name in names)):
        try:
            import_module(name).settings()
        except Misconfigured as error:
            yield Finding("settings", "fault", error.en, error.tr)
            return
    yield Finding("settings", "ok", f"Read for {', '.join(('imece', *names))}", f"Okundu: {', '.join(('imece', *names))}")


def database() -> Iterator[Finding]:
    """PostgreSQL answers, is new enough, and its clock agrees with this machine's."""
    place = _database_place()
    if fault := _ping_database():
        yield Finding(
            "postgres",
            "fault",
            f"PostgreSQL at {place} does not answer (IMECE_DATABASE_URL): {fault}",
            f"{place} adresindeki PostgreSQL yanıt vermiyor (IMECE_DATABASE_URL): {fault}",
        )
        return
    with db.engine().connect() as connection:
        number = int(connection.scalar(sa.text("SHOW server_version_num")) or 0) // 10000
        before = clock.now()
        theirs = connection.scalar(sa.text("SELECT clock_timestamp()"))
        ours = before + (clock.now() - before) / 2
    assert theirs is not None
    if number < OLDEST_POSTGRES:
        yield Finding(
            "postgres",
            "fault",
            f"PostgreSQL {number} at {place} is too old; imece needs {OLDEST_POSTGRES} or newer.",
            f"{place} adresindeki PostgreSQL {number} eski; imece en az {OLDEST_POSTGRES} ister.",
        )
    else:
        yield Finding("postgres", "ok", f"PostgreSQL {number} at {place}", f"PostgreSQL {number}, {place}")
    skew = abs(theirs - ours)
    seconds = skew.total_seconds()
    level: Level = "fault" if skew > _SKEW_FAULT else "warning" if skew > _SKEW_WARNING else "ok"
    if level == "ok":
        yield Finding("clock", level, "This machine and the database agree", "Bu makine ile veritabanının saatleri uyumlu")
    else:
        yield Finding(
            "clock",
            level,
            f"This machine and the database differ by {seconds:.0f} s: schedules fire at wrong times. Set up NTP on both.",
            f"Bu makine ile veritabanının saati {seconds:.0f} sn farklı: zamanlamalar yanlış anda çalışır. İkisinde de NTP kurun.",
        )


def migrations() -> Iterator[Finding]:
    """Every schema is as new as the code that is installed here; a newer one is fine, since migrations suit both versions."""
    behind = migrate.behind()
    if behind:
        yield Finding(
            "migrations",
            "fault",
            f"Behind the code: {', '.join(behind)}. Run `imece migrate`.",
            f"Kodun gerisinde: {', '.join(behind)}. `imece migrate` çalıştırın.",
        )
    else:
        yield Finding("migrations", "ok", ", ".join(migrate.schemas()), ", ".join(migrate.schemas()))


def redis_server() -> Iterator[Finding]:
    """Redis answers, is new enough, throws nothing away and keeps what it has."""
    place = _redis_place()
    if fault := _ping_redis():
        yield Finding(
            "redis",
            "fault",
            f"Redis at {place} does not answer (IMECE_REDIS_URL): {fault}",
            f"{place} adresindeki Redis yanıt vermiyor (IMECE_REDIS_URL): {fault}",
        )
        return
    told: dict[str, Any] = broker.client().info()  # type: ignore[assignment]  # not awaitable: the client is a synchronous one
    version = told["redis_version"]
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        wanted = ".".join(map(str, OLDEST_REDIS))
        yield Finding(
            "redis",
            "fault",
            f"Redis {version} at {place} is too old; imece needs {wanted} or newer.",
            f"{place} adresindeki Redis {version} eski; imece en az {wanted} ister.",
        )
        return
    policy = told.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield Finding(
            "redis",
            "fault",
            f"Redis at {place} throws keys away when its memory is full (maxmemory-policy {policy}). Set it to noeviction.",
            f"{place} adresindeki Redis belleği dolunca anahtar siliyor (maxmemory-policy {policy}). noeviction yapın.",
        )
        return
    yield Finding("redis", "ok", f"Redis {version} at {place}, noeviction", f"Redis {version}, {place}, noeviction")
    if not told.get("aof_enabled"):
        yield Finding(
            "redis",
            "warning",
            "Redis keeps no append-only file: after its restart jobs wait for the sweeper. Set appendonly yes.",
            "Redis ek günlüğü (AOF) tutmuyor: yeniden başlayınca işler süpürücüyü bekler. appendonly yes yapın.",
        )


def blobs() -> Iterator[Finding]:
    """A blob can be written, read and deleted."""
    try:
        storage.check()
    except Invalid as error:
        yield Finding("storage", "fault", error.en, error.tr)
        return
    place = settings().storage_url or str(settings().home / "storage")
    yield Finding("storage", "ok", place, place)


def disk() -> Iterator[Finding]:
    """There is room on the disks that this machine's part of imece writes to."""
    url = settings().storage_url
    folders = {settings().home} | ({Path(url.removeprefix("file://"))} if url.startswith("file://") else set())
    for folder in sorted(folders):
        there = next(parent for parent in (folder, *folder.parents) if parent.exists())
        left = shutil.disk_usage(there).free
        level: Level = "fault" if left < _DISK_FAULT else "warning" if left < _DISK_WARNING else "ok"
        yield Finding("disk", level, f"{left // _MEGABYTE} MB left for {folder}", f"{folder} için {left // _MEGABYTE} MB yer var")


def queues() -> Iterator[Finding]:
    """Every contract of an installed service has a pool that consumes its queue and an actor; every tick names such a contract."""
    wrong = [finding for card in service.installed().values() for finding in _orphans(card, _known(card))]
    yield from wrong
    if not wrong:
        count = sum(len(card.pools) for card in service.installed().values())
        yield Finding("queues", "ok", f"{count} pools, every contract has its actor", f"{count} havuz, her sözleşmenin aktörü var")


def consumers() -> Iterator[Finding]:
    """No job waits in a queue that no living worker serves."""
    query = sa.text(
        "SELECT queue, count(*) AS jobs FROM ledger.job WHERE state = 'queued' AND queue NOT IN"
        " (SELECT unnest(queues) FROM ledger.worker WHERE stopped_at IS NULL AND heartbeat_at > clock_timestamp() - interval '15 s')"
        " GROUP BY queue ORDER BY queue"
    )
    with db.quick() as connection:
        left = connection.execute(query).all()
    for queue, jobs in left:
        yield Finding(
            "consumers",
            "warning",
            f"{jobs} jobs wait in {queue}, which no living worker serves",
            f"{queue} kuyruğunda {jobs} iş bekliyor, bakan işçi yok",
        )
    if not left:
        yield Finding("consumers", "ok", "No job waits in a queue without a worker", "İşçisi olmayan kuyrukta bekleyen iş yok")


def _known(card: Service) -> Collection[str]:
    if card.pools:
        card.load_actors()
    return handlers()


def _orphans(card: Service, known: Collection[str]) -> Iterator[Finding]:
    mine = [contract for contract in contracts.declared() if contract.kind.partition(".")[0] == card.name]
    consumed = set(card.queues())
    for contract in mine:
        if contract.queue not in consumed:
            yield Finding(
                "queues",
                "fault",
                f"{contract.kind} goes to {contract.queue}, which no pool of {card.name} consumes.",
                f"{contract.kind}, {contract.queue} kuyruğuna gidiyor; {card.name} hizmetinin hiçbir havuzu ona bakmıyor.",
            )
        if contract.kind not in known:
            yield Finding(
                "queues",
                "fault",
                f"{contract.kind} has no actor in {card.name}.actors.",
                f"{contract.kind} için {card.name}.actors içinde aktör yok.",
            )
    for kind in known:
        if contracts.find(kind) is None:
            yield Finding("queues", "fault", f"The actor {kind} has no contract.", f"{kind} aktörünün sözleşmesi yok.")
    for tick in card.ticks:
        owner = tick.contract.kind.partition(".")[0]
        if owner not in service.installed():
            yield Finding(
                "queues",
                "fault",
                f"A tick of {card.name} submits {tick.contract.kind}, but {owner} is not installed.",
                f"{card.name} zamanlaması {tick.contract.kind} istiyor ama {owner} kurulu değil.",
            )


def _ping_database() -> str | None:
    try:
        with db.engine().connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    except sa.exc.DBAPIError as error:
        return str(error.orig).strip().partition("\n")[0]
    return None


def _ping_redis() -> str | None:
    client = broker.client()
    client.connection_pool.connection_kwargs["socket_timeout"] = 5
    try:
        client.ping()
    except redis.RedisError as error:
        return str(error)
    finally:
        client.close()
    return None


def _database_place() -> str:
    url = db.database_url()
    return f"{url.host}:{url.port or 5432}" if url.host else str(url.query.get("host", "localhost"))


def _redis_place() -> str:
    """Without the password."""
    parts = urlsplit(broker.redis_url())
    return parts.netloc.rpartition("@")[2] or parts.path
