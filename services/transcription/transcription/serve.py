"""`python -m transcription.serve`: the face of transcription, which only the gateway talks to."""

import sys

from imece.face import serve
from transcription.face import app
from transcription.settings import settings

if __name__ == "__main__":
    sys.exit(serve.main("transcription", settings, app.build))
