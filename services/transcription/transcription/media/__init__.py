"""
Recordings as files: what is in them, their sound as 16 kHz mono, cuts. PyAV only, no program beside it.

A stranger's file is opened in a child process that can be killed, by a name the server made, with only the file itself within its reach.
"""

from transcription.media.findings import Extracted, Limits, Probe, Stream, Trimmed, Unreadable, spoken
from transcription.media.outside import extract, probe, trim
from transcription.media.waves import RATE, samples, seconds_of, speech_bounds

__all__ = [
    "RATE",
    "Extracted",
    "Limits",
    "Probe",
    "Stream",
    "Trimmed",
    "Unreadable",
    "extract",
    "probe",
    "samples",
    "seconds_of",
    "speech_bounds",
    "spoken",
    "trim",
]
