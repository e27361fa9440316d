"""The card of notify."""

from imece.contracts.notify import PruneMessages
from imece.service import Pool, Service, Tick

card = Service(
    name="notify",
    about="Messages to people: e-mail",
    pools=(
        # Every thread keeps one connection to the mail server: the number of connections, not the processor, makes the rate.
        Pool("io", queues=("notify.email",), threads=8, prefetch=64),
        Pool("maintenance", queues=("notify.maintenance",), threads=1, prefetch=1),
    ),
    ticks=(Tick("40 2 * * *", PruneMessages()),),
    needs=("catcher",),
)
