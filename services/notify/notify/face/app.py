"""The application of the face: its routes."""

from pathlib import Path

from imece import face
from imece.face import app
from notify.face import api, caught, history, lists, people, phrases, public, sending, standing


def build() -> face.Guard:
    """The face, ready to be served. Reads no database before its first request."""
    pages = [
        history.router, sending.router, lists.router, caught.router, phrases.router, people.router, standing.router, public.router,
    ]  # fmt: skip
    return app.build("notify", Path(__file__).parent, api=[api.router], pages=pages)
