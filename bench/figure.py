"""What a figure's script gives back: one number whose floor is known, its peers', and how it came about."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

#: The figures, each with the floor its value is held against.
FLOORS = {
    "ledger-latency": "p50 <= 3 ms, p99 <= 15 ms, idle <= 2 % of a core",
    "ledger-throughput": ">= 3,000/s and >= 1.8 x Celery",
    "submit-many": ">= 20,000/s",
    "letters-bulk": ">= 0.8 x bare typst",
    "memory-idle": "stated",
    "pricing-pass": ">= 3,000/s, workers <= 1 GB, Redis <= 100 MB",
    "pricing-client": "ratio stated",
    "pricing-politeness": "<= 1 of the allowed rate",
    "pricing-extraction": "F1 >= 0.85, precision >= 0.93 of what is confident",
    "pricing-priority": "<= 5 s",
    "pricing-claims": ">= 50,000/s, no product twice",
    "speech-speed": ">= 1.9 x plain faster-whisper, no more word errors, <= 5 % beside its pipeline",
    "speech-memory": "<= 0.9 GB, planned in <= 25 s",
    "media": "stated",
    "speech-resume": "<= one part, text identical",
    "subtitles": "<= 0.3 s, 0 rule faults, 0 words lost",
    "notify-crash": "0 duplicates, 0 lost",
    "notify-lanes": ">= 99 % of the rate, busiest second <= 102 %, OTP p99 <= 50 ms, 20 messages <= 2 s",
    "notify-hundred": "<= 5 s; one request at a gateway in Turkey",
    "notify-bulk": "<= 15 s",
    "notify-mail": "ratio stated",
}


#: Those that need a folder of data, which is not part of the product.
NEED_A_FOLDER = frozenset({"pricing-extraction"})


@dataclass(frozen=True)
class Options:
    """
    How long to measure: `quick` is for trying, not for the table. `letters` is the size of `letters-bulk`, `products` of `pricing-pass`.

    `folder` holds the labelled pages of `pricing-extraction`, or clips of speech with their `transcripts.tsv` for `speech-speed` and `speech-memory`.
    """

    quick: bool = False
    letters: int = 10_000
    products: int | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class Figure:
    """One figure. `value`, in `unit`, is the quantity whose floor is stated; `peers` are comparable values of others in the same run."""

    figure: str
    value: float
    unit: str
    peers: dict[str, Any] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)
    remarks: str = ""  #: for the table: what stands beside the value

    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps({name: value for name, value in asdict(self).items() if name != "remarks"}, ensure_ascii=False)
