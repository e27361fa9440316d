"""
Listening: where somebody speaks in a recording, and what is said there.

`plan` cuts a recording into windows, once; a `Listener` hears windows, any of them, in any order, and each for itself.
"""

from transcription.listening.listener import Listener
from transcription.listening.plans import LONGEST, plan
from transcription.listening.wishes import BEAM, LANGUAGES, Heard, Window, Wish, checked

__all__ = ["BEAM", "LANGUAGES", "LONGEST", "Heard", "Listener", "Window", "Wish", "checked", "plan"]
