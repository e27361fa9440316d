"""The application of the face: its routes."""

from pathlib import Path

from imece import face
from imece.face import app
from transcription.face import api, listing, reading, speech


def build() -> face.Guard:
    """The face, ready to be served. Reads no database before its first request."""
    return app.build(
        "transcription",
        Path(__file__).parent,
        api=[api.router],
        pages=[listing.router, reading.router],
        mounts={"/v1/audio": speech.application()},
        large=["/v1/transcription/recordings", "/v1/audio/"],
    )
