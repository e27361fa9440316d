"""The card of `pricing`."""

from imece.contracts.pricing import PrunePrices
from imece.service import Pool, Service, Tick

card = Service(
    name="pricing",
    about="Price radar: a million products, checked politely",
    pools=(Pool("maintenance", queues=("pricing.maintenance",), threads=1, prefetch=1),),
    ticks=(Tick("15 2 * * *", PrunePrices()),),
)
