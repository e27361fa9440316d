"""
Settings of the floor, from the environment (`IMECE_...`), checked at the start; the defaults run the embedded stack on a laptop.

Each service has its own beside its code (`<service>/settings.py`, prefix `<SERVICE>_`). A secret may be given as `NAME_FILE`, the path of a
file that holds it, as container secrets are.
"""

import os
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from imece.errors import Misconfigured


class Settings(BaseSettings):
    """The floor's settings. `database_url` and `redis_url` empty means: the embedded servers under `home`."""

    model_config = SettingsConfigDict(env_prefix="IMECE_", env_file=".env", extra="ignore")

    home: Path = Field(Path("var"), description="Folder of the embedded stack: data, logs, uploads")
    database_url: SecretStr = Field(SecretStr(""), description="postgresql://user:password@host:5432/database")
    redis_url: SecretStr = Field(
        SecretStr(""),
        description="redis://:password@host:6379, or redis+sentinel://:password@host:26379,host:26379/master-name",
    )
    storage_url: str = Field("", description="file:///folder or s3://bucket/prefix; empty: <home>/storage")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] = "console"
    server_patience: float = Field(30.0, ge=0, description="Seconds to wait at the start for PostgreSQL and Redis")
    grace: float = Field(25.0, ge=0, description="Seconds a stopping worker lets its running jobs finish")
    keep_succeeded_days: int = Field(30, ge=1, description="Days a succeeded or cancelled job stays in the ledger")
    keep_failed_days: int = Field(90, ge=1, description="Days a failed job stays in the ledger")
    health_port: int = Field(0, ge=0, le=65535, description="Port of this process's /healthz and /metrics; 0: none")
    health_host: str = Field("127.0.0.1", description="Address that /healthz and /metrics listen on")
    locale: Literal["tr", "en"] = Field("tr", description="Language where the reader's own is not known")
    face_secret: SecretStr = Field(
        SecretStr(""), description="What the gateway signs its requests to faces with: the same for all; empty: one kept under `home`"
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()


S = TypeVar("S", bound=BaseSettings)


def load(kind: type[S]) -> S:
    """
    Read settings of `kind` from the environment, and from the file `.env` (another one: `IMECE_ENV_FILE`; none: empty) under it.

    Raises Misconfigured with one line per wrong variable, each named as the operator wrote it and without its value.
    """
    prefix = str(kind.model_config.get("env_prefix", ""))
    try:
        return kind(_env_file=os.environ.get("IMECE_ENV_FILE", ".env") or None, **_from_files(kind, prefix))  # noqa: TID251 (as below)
    except ValidationError as error:
        wrong = "; ".join(f"{prefix}{'_'.join(map(str, e['loc']))}".upper() + f": {e['msg']}" for e in error.errors())
        raise Misconfigured(f"Wrong settings: {wrong}", f"Hatalı ayarlar: {wrong}") from None


def _from_files(kind: type[BaseSettings], prefix: str) -> dict[str, Any]:
    """Values of `NAME_FILE` variables, for the fields that have one."""
    found: dict[str, Any] = {}
    for name in kind.model_fields:
        path = os.environ.get(f"{prefix}{name}_file".upper())  # noqa: TID251 (this is the place)
        if path:
            try:
                found[name] = Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                variable = f"{prefix}{name}_file".upper()
                raise Misconfigured(f"{variable}: cannot read {path}: {error.strerror}") from None
    return found


def kept_secret(name: str) -> bytes:
    """64 hexadecimal digits that were made at random once and are kept in the file `name` under `IMECE_HOME`, for its owner only."""
    kept = settings().home / name
    kept.parent.mkdir(parents=True, exist_ok=True)
    if not kept.exists():
        draft = kept.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(os.urandom(32).hex(), encoding="ascii")
        try:
            os.link(draft, kept)  # whole or not at all, and the first of two processes wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return kept.read_bytes()


@cache
def settings() -> Settings:
    """The floor's settings of this process, read once. Tests call `settings.cache_clear()` after changing the environment."""
    return load(Settings)
