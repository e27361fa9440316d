"""
Chapters of what was said, without a language model: where the words change, there the subject does.

`chapters` finds where they begin and suggests what to call them; a suggestion is three words that set a chapter apart, for a person to improve.
`youtube_text` writes them as a video's description wants them, `refusals` says why it would not.
"""

from transcription.chapters.finding import chapters
from transcription.chapters.lists import Chapter, refusals, youtube_text

__all__ = ["Chapter", "chapters", "refusals", "youtube_text"]
