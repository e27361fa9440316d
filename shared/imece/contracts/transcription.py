"""What can be asked of `transcription`."""

from datetime import timedelta

from imece.contracts.contract import Contract


class PruneRecordings(Contract, kind="transcription.prune", queue="transcription.maintenance", soft_limit=timedelta(hours=1)):
    """Delete recordings and results whose retention has passed."""
