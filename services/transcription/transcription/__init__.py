"""
Recordings to text, subtitles and chapters.

So far the service keeps only its own house in order: it deletes recordings uploaded for transcription when their retention has passed. It has no tables yet, and it is
not the place for anything another service needs.
"""
