"""The card of `transcription`."""

from imece.contracts.transcription import PruneRecordings
from imece.service import Pool, Service, Tick

card = Service(
    name="transcription",
    about="Recordings to text, subtitles and chapters",
    pools=(
        # One part at a time, with all the processors. Two are fetched ahead of each queue, so that behind an urgent part the next one is there before
        # any other. A model must not be forked, and what it leaves in memory goes with the process, between two parts.
        Pool(
            "cpu",
            queues=("transcription.high", "transcription.normal"),
            threads=1,
            prefetch=2,
            ordered=True,
            recycle_jobs=500,
            recycle_mb=6144,
        ),
        # Sound is read and cut into windows here, by a child that can be killed; the rest is waiting for the network.
        Pool("io", queues=("transcription.io",), threads=3, prefetch=3, recycle_mb=2048),
        Pool("maintenance", queues=("transcription.maintenance",), threads=1, prefetch=1),
    ),
    ticks=(Tick("25 2 * * *", PruneRecordings()),),
    serves=True,
    face=True,
)
