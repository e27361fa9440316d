"""The card of notify."""

from imece.contracts.notify import PruneMessages, SettleMessages
from imece.service import Pool, Service, Tick

card = Service(
    name="notify",
    about="Messages to people: SMS, e-mail, Telegram, webhooks",
    pools=(
        # Every thread keeps one connection to the mail server: the number of connections, not the processor, makes the rate.
        Pool("io", queues=("notify.email",), threads=8, prefetch=64),
        # A bulk takes a thread for as long as it is looked after; the taking of single messages goes on beside it.
        Pool("messages", queues=("notify.messages", "notify.bulk"), threads=16, prefetch=16),
        # A pump has threads of its own for what is under way. A password for one use does not stand behind anything else.
        Pool("pump", queues=("notify.otp", "notify.pump"), processes=2, threads=16, prefetch=8),
        Pool("maintenance", queues=("notify.maintenance",), threads=1, prefetch=1),
    ),
    ticks=(
        Tick("40 2 * * *", PruneMessages()),
        Tick("* * * * *", SettleMessages(), catch_up_hours=1),
    ),
    needs=("catcher",),
    serves=True,
    face=True,
)
