"""Settings of `transcription`, from the environment (`TRANSCRIPTION_...`)."""

from functools import cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from imece.config import load


class Settings(BaseSettings):
    """Read at first use."""

    model_config = SettingsConfigDict(env_prefix="TRANSCRIPTION_", env_file=".env", extra="ignore")

    keep_recordings_days: int = Field(30, ge=1, description="Days that recordings uploaded for transcription are kept")


@cache
def settings() -> Settings:
    """The settings of this process. Raises Misconfigured, naming the variable."""
    return load(Settings)
