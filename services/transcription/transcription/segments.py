"""What was said, and when. Every time is in seconds from the beginning of the recording."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One word. `text` is as Whisper writes it, with the blank before it, so that the texts of a segment's words joined are the segment's own."""

    start: float
    end: float
    text: str
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class Segment:
    """
    Something said in one go, a sentence as a rule.

    `avg_logprob`, `no_speech_prob` and `compression_ratio` are Whisper's own marks of how sure it is; `speaker` is empty where nobody told who speaks.
    """

    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()
    avg_logprob: float = 0.0
    no_speech_prob: float = 0.0
    compression_ratio: float = 1.0
    temperature: float = 0.0
    speaker: str = ""
