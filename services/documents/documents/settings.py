"""Settings of documents, from the environment (`DOCUMENTS_...`)."""

from datetime import timedelta
from functools import cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from imece import config


class Settings(BaseSettings):
    """How long documents are kept, and where people find them."""

    model_config = SettingsConfigDict(env_prefix="DOCUMENTS_", env_file=".env", extra="ignore")

    public_url: str = Field("http://127.0.0.1:8300", description="The gateway's address as people use it; links in mails begin with it")
    keep_workbooks_days: int = Field(90, ge=7, description="Days until an uploaded workbook, and the one of its refused rows, is deleted")
    keep_archives_days: int = Field(90, ge=7, description="Days until a ZIP of letters is deleted; the letters stay")
    keep_letters_days: int = Field(3653, ge=30, description="Days until a letter, its PDF and its batch are deleted")

    @property
    def keep_workbooks(self) -> timedelta:
        """How long a workbook is kept."""
        return timedelta(days=self.keep_workbooks_days)

    @property
    def keep_archives(self) -> timedelta:
        """How long a ZIP is kept."""
        return timedelta(days=self.keep_archives_days)

    @property
    def keep_letters(self) -> timedelta:
        """How long a letter is kept."""
        return timedelta(days=self.keep_letters_days)


@cache
def settings() -> Settings:
    """The settings of this process, read once. Tests call `settings.cache_clear()` after changing the environment."""
    return config.load(Settings)
