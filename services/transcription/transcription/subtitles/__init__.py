"""
Subtitles: what was said, cut so that it can be read.

`cues` lays segments out by the `Rules` (two lines of 42 characters, five sixths of a second to seven, a speed that can be read, a gap between two); no
word is lost whatever the recogniser gave. `srt` and `vtt` write them, `faults` and `lost` hold them against the rules and against what was said.
"""

from transcription.subtitles.checking import Fault, faults, lost
from transcription.subtitles.laying import cues
from transcription.subtitles.rules import Cue, Rules
from transcription.subtitles.timing import timed
from transcription.subtitles.writing import srt, vtt

__all__ = ["Cue", "Fault", "Rules", "cues", "faults", "lost", "srt", "timed", "vtt"]
