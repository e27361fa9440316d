"""Settings of the lanes: how fast, how many at once, at what price, and for how long."""

from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, NamedTuple

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

#: Segments (for chats and mails: messages) a second where nothing is set. Twilio's is that of a sender name; gateways in Turkey take lists.
USUAL_RATES = {
    "twilio": 10.0,
    "netgsm": 500.0,
    "iletimerkezi": 500.0,
    "goldsms": 500.0,
    "telegram": 25.0,
    "webhook": 20.0,
    "email": 50.0,
}


class Price(NamedTuple):
    """What one segment costs."""

    amount: Decimal
    currency: str


class Rates(BaseSettings):
    """How messages flow towards their providers."""

    rates: Annotated[dict[str, float], NoDecode] = Field(
        {}, description="Segments a second by provider, of all our processes together: twilio=10,netgsm=500"
    )
    sender_rates: Annotated[dict[str, float], NoDecode] = Field(
        {}, description="Segments a second of a single sender, where its provider limits it: +15550100=1,IMECE=10"
    )
    prices: Annotated[dict[str, Price], NoDecode] = Field(
        {}, description="What a segment costs, by provider, for dry runs and sums: netgsm=0.21 TRY,twilio=0.0471 USD"
    )
    in_flight: int = Field(
        64, ge=1, le=512, description="Requests under way at once in each pump: the rate times the provider's answer time, or more"
    )
    pumps: int = Field(2, ge=1, le=16, description="Pumps side by side for each provider")
    worth_hours: float = Field(24, gt=0, le=720, description="Hours that a message without an end of its own is worth sending")
    doubt_minutes: float = Field(
        30, ge=0, description="How long an outcome that nobody can tell is waited for, until the message is left as it is"
    )
    webhook_secret: SecretStr = Field(
        SecretStr(""), description="What webhooks are signed with, for receivers that check it; empty: unsigned"
    )
    secret: SecretStr = Field(
        SecretStr(""),
        description="What passwords for one use are sealed with: the same for all processes; empty: one kept under IMECE_HOME",
    )

    @field_validator("rates", "sender_rates", mode="before")
    @classmethod
    def _numbers(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return {name: _positive(name, number) for name, number in _pairs(value)}

    @field_validator("prices", mode="before")
    @classmethod
    def _prices(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        found = {}
        for name, text in _pairs(value):
            amount, _, currency = text.partition(" ")
            try:
                found[name] = Price(Decimal(amount), currency.strip().upper())
            except InvalidOperation:
                raise ValueError(f"{name}: a price is written as 0.21 TRY") from None
            if len(found[name].currency) != 3:
                raise ValueError(f"{name}: a price is written as 0.21 TRY")
        return found

    def rate(self, provider: str) -> float:
        """Segments a second that all of us together may give to a provider."""
        return self.rates.get(provider) or USUAL_RATES.get(provider, 10.0)

    @property
    def worth(self) -> timedelta:
        """How long a message without an end of its own is worth sending."""
        return timedelta(hours=self.worth_hours)

    @property
    def doubt(self) -> timedelta:
        """How long an unknown outcome is waited for."""
        return timedelta(minutes=self.doubt_minutes)


def _pairs(text: str) -> list[tuple[str, str]]:
    found = []
    for part in (part.strip() for part in text.split(",") if part.strip()):
        name, equals, value = part.partition("=")
        if not equals:
            raise ValueError(f"{part}: written as name=value")
        found.append((name.strip(), value.strip()))
    return found


def _positive(name: str, text: str) -> float:
    number = float(text)
    if not number > 0:
        raise ValueError(f"{name}: more than nothing")
    return number
