"""The face of transcription: its API, its pages, and the addresses that OpenAI's clients ask at."""
