"""What can be asked of `pricing`."""

from datetime import timedelta

from imece.contracts.contract import Contract


class PrunePrices(Contract, kind="pricing.prune", queue="pricing.maintenance", soft_limit=timedelta(hours=1)):
    """Delete price data whose retention has passed."""
