"""The card of `pricing`."""

from imece.contracts.pricing import ClaimBatches, FetchProducts, PrunePrices, ScorePrices, SendDigests
from imece.service import Pool, Service, Tick

card = Service(
    name="pricing",
    about="Price radar: a million products, checked politely",
    pools=(
        # A batch mostly waits for its shops' pace, so that many go side by side; what it computes, one core does for some ten thousand pages a second.
        Pool("io", queues=("pricing.high", "pricing.medium", "pricing.low", "pricing.catalogue"), threads=8, prefetch=2),
        Pool("maintenance", queues=("pricing.maintenance",), threads=1, prefetch=1),
    ),
    ticks=(
        Tick("0 * * * *", ClaimBatches(tier="high"), catch_up_hours=1),
        Tick("0 */6 * * *", ClaimBatches(tier="medium"), catch_up_hours=6),
        Tick("0 3 * * *", ClaimBatches(tier="low")),
        # A claim takes no more than the stores have time for soon, and intervals end at any minute: so whatever is due is also looked for in between.
        Tick("5-59/10 * * * *", ClaimBatches(), catch_up_hours=1),
        Tick("0 4 * * *", FetchProducts()),
        Tick("*/30 * * * *", SendDigests(), catch_up_hours=1),
        Tick("45 */4 * * *", ScorePrices(), catch_up_hours=4),
        Tick("0 2 * * *", PrunePrices()),
    ),
    serves=True,
    face=True,
)
