"""Settings of `transcription`, from the environment (`TRANSCRIPTION_...`)."""

from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ByteSize, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from imece import config


class Settings(BaseSettings):
    """What listens, where recordings come from, and how long what became of them is kept."""

    model_config = SettingsConfigDict(env_prefix="TRANSCRIPTION_", env_file=".env", extra="ignore")

    host: str = Field("127.0.0.1", description="Address that the face listens on, for the gateway")
    port: int = Field(8311, ge=1, le=65535, description="Port of the face")
    public_url: str = Field("http://127.0.0.1:8300", description="The gateway's address as people use it; links in mails begin with it")

    model: Literal["tiny", "base", "small", "medium", "turbo", "large-v3"] = Field(
        "small", description="Model of recordings that ask for none; where it cannot be had, base writes them and says so"
    )
    models: Path | None = Field(None, description="Folder of the models; empty: <IMECE_HOME>/models")
    offline: bool = Field(False, description="Never fetch a model: use what is there")
    device: str = Field("auto", description="auto, cpu, cuda, or cuda:1")
    compute_type: str = Field("auto", description="auto: int8 on a processor, float16 on a card; or one of CTranslate2's")
    threads: int = Field(0, ge=0, le=256, description="Threads that a model uses; 0: as many as there are processors")
    part_windows: int = Field(4, ge=1, le=32, description="Windows of a third of a minute heard in one go: what a crash costs at most")
    unload_seconds: float = Field(300.0, ge=1, description="Seconds after which a model that nobody needs leaves the memory")

    scratch: Path | None = Field(None, description="Folder of sound at work; empty: <IMECE_HOME>/transcription. A gigabyte holds 9 hours")
    fetch_most: ByteSize = Field(ByteSize(4 << 30), description="Most bytes of a recording fetched from an address (4GiB)")
    fetch_minutes: int = Field(180, ge=1, le=230, description="Longest time that fetching one may take")
    allowed_networks: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Private networks that recordings may be fetched from all the same, with commas between: a file server's"
    )

    keep_sources_days: float = Field(0, ge=0, description="Days that a recording stays after its transcript is ready; 0: it goes at once")
    keep_failed_days: float = Field(7, ge=0, description="Days that a recording stays whose transcription failed or was cancelled")
    keep_audio_days: float = Field(90, ge=0, description="Days that a small copy of its sound stays, for the player; 0: none is made")
    keep_transcripts_days: float = Field(730, ge=1, description="Days that a transcript stays, with its files and its edits")

    @field_validator("allowed_networks", mode="before")
    @classmethod
    def _networks(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        networks = tuple(one.strip() for one in given.split(",") if one.strip())
        for one in networks:
            ip_network(one)
        return networks

    @property
    def models_folder(self) -> Path:
        """Where the models are."""
        return self.models or config.settings().home / "models"

    @property
    def scratch_folder(self) -> Path:
        """Where sound at work is: of this machine, and of no other."""
        return self.scratch or config.settings().home / "transcription"

    @property
    def home(self) -> str:
        """Where people see their recordings."""
        return f"{self.public_url.rstrip('/')}/transcription"


@cache
def settings() -> Settings:
    """The settings of this process, read once. Raises Misconfigured, naming the variable. Tests call `settings.cache_clear()` after a change."""
    return config.load(Settings)
