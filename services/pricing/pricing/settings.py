"""Settings of `pricing`, from the environment (`PRICING_...`)."""

from functools import cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from imece.config import load


class Settings(BaseSettings):
    """Read at first use."""

    model_config = SettingsConfigDict(env_prefix="PRICING_", env_file=".env", extra="ignore")

    keep_imports_days: int = Field(30, ge=1, description="Days that product lists uploaded for import are kept")


@cache
def settings() -> Settings:
    """The settings of this process. Raises Misconfigured, naming the variable."""
    return load(Settings)
