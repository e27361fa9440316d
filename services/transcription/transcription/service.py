"""The card of `transcription`."""

from imece.contracts.transcription import PruneRecordings
from imece.service import Pool, Service, Tick

card = Service(
    name="transcription",
    about="Recordings to text, subtitles and chapters",
    pools=(Pool("maintenance", queues=("transcription.maintenance",), threads=1, prefetch=1),),
    ticks=(Tick("25 2 * * *", PruneRecordings()),),
)
