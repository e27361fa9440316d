"""What can be asked of `pricing`: products from lists and feeds, looks at their prices, deals and digests."""

from datetime import timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from imece.contracts.contract import Contract, Result, Role

#: Most products that one request may name.
MOST_NAMED = 10_000


class ProductsImported(Result):
    """What became of a list. `rows` = added + known + refused, but for blank rows; `faults` lists the first refused rows."""

    rows: int
    added: int
    known: int = Field(description="Products that were there already and have been brought up to date")
    refused: int
    faults: tuple[str, ...] = Field((), description="Why the first few rows were refused, each with its number")
    faults_key: str | None = Field(description="Key of the workbook that holds the refused rows and their reasons")


class ImportProducts(
    Contract,
    kind="pricing.import_products",
    queue="pricing.catalogue",
    soft_limit=timedelta(minutes=30),
    role=Role.OPERATOR,
    result=ProductsImported,
):
    """
    Products from a workbook or a CSV: a column of addresses, and beside it whatever is known of them.

    Good rows are taken, bad ones are handed back with their reasons. A product that is there already is brought up to date; stores and
    categories that are new are made.
    """

    workbook: str = Field(
        description="Storage key of the uploaded .xlsx, .xls, .xlsb, .ods or .csv", examples=["0199.../uploads/0199.../urunler.xlsx"]
    )
    category: str | None = Field(None, max_length=200, description="Category of the products whose row names none", examples=["Elektronik"])
    currency: str | None = Field(None, pattern="^[A-Z]{3}$", description="Currency of the products whose row names none; then the store's")
    locale: Literal["tr", "en"] = "tr"


class ProductsFetched(Result):
    """What became of the products that a feed names."""

    offers: int = Field(description="Products that it names")
    added: int
    known: int = Field(description="Products that were there already and have been brought up to date")
    left_out: int = Field(
        description="Products that do not belong in their category, have no address that may be asked, or are another store's"
    )
    priced: int = Field(0, description="Products whose price is the feed's, because the store's pages are not to be read")
    jobs: int = Field(0, description="Asked for all stores: how many jobs, one for each, have been submitted instead")


class FetchProducts(
    Contract,
    kind="pricing.fetch_products",
    queue="pricing.catalogue",
    soft_limit=timedelta(minutes=30),
    role=Role.OPERATOR,
    result=ProductsFetched,
):
    """The products that a store's own feed or sitemap names."""

    store_id: int | None = Field(None, ge=1, description="None: every store that has a feed")
    category_id: int | None = Field(None, ge=1, description="Category of what is new; its rules decide what is taken")


class BatchChecked(Result):
    """How a batch of looks ended. `outcomes` counts them by what they gave: ok, changed, unchanged, blocked, error ..."""

    checked: int
    changed: int
    failed: int
    deals: int = Field(description="Deals that began with these prices")
    left: int = Field(0, description="Products that were given back, because there was no time for them at their store's pace")
    outcomes: dict[str, int] = Field(default_factory=dict)


class _Batch(BaseModel):
    batch_id: UUID
    size: int = Field(ge=1, description="How many products are in it")

    @property
    def units(self) -> int:
        """One for each product."""
        return self.size


class CheckHigh(_Batch, Contract, kind="pricing.check_high", queue="pricing.high", soft_limit=timedelta(minutes=50), result=BatchChecked):
    """Look at the products of a batch that cannot wait: an active deal, a score of 80 and more, never seen, or asked for by somebody."""


class CheckMedium(
    _Batch, Contract, kind="pricing.check_medium", queue="pricing.medium", soft_limit=timedelta(minutes=50), result=BatchChecked
):
    """Look at the products of a batch whose score is 40 to 79."""


class CheckLow(_Batch, Contract, kind="pricing.check_low", queue="pricing.low", soft_limit=timedelta(minutes=50), result=BatchChecked):
    """Look at the products of a batch whose score is below 40."""


class BatchesClaimed(Result):
    """What was due and could be asked for."""

    batches: int
    products: int


class ClaimBatches(Contract, kind="pricing.claim_batches", queue="pricing.high", soft_limit=timedelta(minutes=5), result=BatchesClaimed):
    """Put due products into batches, one job each, for every company; no more than their stores have time for in the near future."""

    tier: Literal["high", "medium", "low"] | None = Field(None, description="None: all of them, the most urgent first")


class ProductsChecked(Result):
    """How the looks that somebody asked for ended. `products` have been put into batches for it."""

    products: int
    busy: int | None = Field(description="Of those named: in a batch already, or not watched; None where they were not named")
    checked: int
    changed: int
    failed: int
    deals: int
    left: int = Field(0, description="Products that there was no time for at their store's pace; they are due")


class CheckProducts(
    Contract,
    kind="pricing.check_products",
    queue="pricing.high",
    soft_limit=timedelta(minutes=5),
    role=Role.OPERATOR,
    result=ProductsChecked,
):
    """Look at products now, due or not: those named, or those that the other fields mean together. Its progress counts them."""

    product_ids: tuple[int, ...] = Field((), max_length=MOST_NAMED, description="Their ids; with them, the other fields are left empty")
    text: str | None = Field(None, max_length=200, description="Words of title, brand or number")
    category_id: int | None = Field(None, ge=1, description="This category and what is below it")
    store_id: int | None = Field(None, ge=1)
    state: str | None = Field(None, max_length=20, description="How the last look ended", examples=["error"])
    has_deal: bool | None = None
    min_price: Decimal | None = Field(None, ge=0)
    max_price: Decimal | None = Field(None, ge=0)


class PricesScored(Result):
    """How many products had their variation, and their priority or tier, written anew."""

    variations: int
    priorities: int


class ScorePrices(
    Contract, kind="pricing.score", queue="pricing.maintenance", soft_limit=timedelta(minutes=10), role=Role.ADMIN, result=PricesScored
):
    """Measure how much prices vary and score every product anew."""


class DigestsSent(Result):
    """How many people and chats are told, and of how many things."""

    digests: int
    lines: int


class SendDigests(
    Contract,
    kind="pricing.send_digests",
    queue="pricing.maintenance",
    soft_limit=timedelta(minutes=10),
    role=Role.OPERATOR,
    result=DigestsSent,
):
    """Tell everybody what has come up for them since the last time, in one message each. A company's own request tells its own."""


class PrunePrices(Contract, kind="pricing.prune", queue="pricing.maintenance", soft_limit=timedelta(hours=1)):
    """Delete price data whose retention has passed, end deals that are too old, and make room for the months ahead."""
