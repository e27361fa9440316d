"""Settings of `pricing`, from the environment (`PRICING_...`)."""

from dataclasses import replace
from functools import cache
from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from imece import config
from imece.priority import PRESETS, Preset


class Settings(BaseSettings):
    """How shops are asked, how products are scored, and how long what is known of them is kept."""

    model_config = SettingsConfigDict(env_prefix="PRICING_", env_file=".env", extra="ignore")

    host: str = Field("127.0.0.1", description="Address that the face listens on, for the gateway")
    port: int = Field(8310, ge=1, le=65535, description="Port of the face")
    public_url: str = Field("http://127.0.0.1:8300", description="The gateway's address as people use it; links in digests begin with it")
    contact: str = Field("", max_length=200, description="Mail address or page that shops find in the User-Agent")
    allowed_networks: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Private networks that may be asked all the same, with commas between: 127.0.0.0/8 for the demo shop; never in production",
    )
    proxies: dict[str, str] = Field(
        default_factory=dict, description='Proxy by domain, * for all others: {"*": "http://proxy.example:3128"}'
    )
    interface_keys: dict[str, SecretStr] = Field(default_factory=dict, description="Bearer token of a shop's interface, by domain")
    connections: int = Field(256, ge=1, le=4096, description="Connections that one batch may hold open")

    batch_size: int = Field(1000, ge=10, le=5000, description="Products in a batch")
    batch_minutes: int = Field(
        40, ge=1, le=45, description="How long one batch may take at its stores' pace; what is left then is given back"
    )
    open_batches: int = Field(2000, ge=1, description="Batches that may wait and run at once, of all companies")

    scoring: Literal["seed", "old_code"] = Field(
        "seed", description="How products are scored: the documented rule, or the one the old code ran"
    )
    weight_active_deal: float | None = Field(None, ge=0, le=100, description="Points for an active deal, in place of the rule's")
    weight_volatility: float | None = Field(None, ge=0, le=1, description="Weight of the variation, in place of the rule's")
    weight_popularity: float | None = Field(None, ge=0, le=1, description="Weight of the popularity, in place of the rule's")
    weight_recency: float | None = Field(None, ge=0, le=1, description="Weight of the time unseen, in place of the rule's")
    discount_days: int = Field(30, ge=1, le=365, description="Days before a discount whose lowest price its label is held against")

    keep_imports_days: int = Field(30, ge=1, description="Days that lists uploaded for import, and what was refused of them, are kept")
    keep_history_months: int = Field(
        13, ge=2, description="Months of every price; of older ones the lowest, highest and last price are kept"
    )
    keep_deals_days: int = Field(90, ge=7, description="Days that a deal is kept after its end")
    keep_digests_days: int = Field(90, ge=7, description="Days that what was told to whom is kept")
    keep_checks_days: int = Field(30, ge=2, description="Days that batches and the counts of checks are kept")

    @field_validator("allowed_networks", mode="before")
    @classmethod
    def _networks(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        return tuple(str(ip_network(part.strip(), strict=False)) for part in given.split(",") if part.strip())

    @property
    def preset(self) -> Preset:
        """The rule that products are scored by."""
        rule = PRESETS[self.scoring]
        return replace(
            rule,
            active_deal=rule.active_deal if self.weight_active_deal is None else self.weight_active_deal,
            volatility=rule.volatility if self.weight_volatility is None else self.weight_volatility,
            popularity=rule.popularity if self.weight_popularity is None else self.weight_popularity,
            recency=rule.recency if self.weight_recency is None else self.weight_recency,
        )

    @property
    def home(self) -> str:
        """Where people see their prices."""
        return f"{self.public_url.rstrip('/')}/pricing"


@cache
def settings() -> Settings:
    """The settings of this process, read once. Raises Misconfigured, naming the variable. Tests call `settings.cache_clear()` after a change."""
    return config.load(Settings)
