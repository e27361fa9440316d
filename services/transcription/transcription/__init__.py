"""
Recordings to text, subtitles and chapters.

A recording is heard in windows between its silences, a few at a time, each committed: what is interrupted goes on where it was, on whatever machine.
`recordings` is its way, `transcripts` what was said as it stands now.

What fetches recordings from Zoom, and what publishes them on YouTube and VK, will stand in `publishers`; there is nothing of it yet.
"""
