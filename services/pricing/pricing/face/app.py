"""The application of the face: its routes."""

from pathlib import Path

from imece import face
from imece.face import app
from pricing.face import api, catalogue, offers, selectors, shelves, standing


def build() -> face.Guard:
    """The face, ready to be served. Reads no database before its first request."""
    pages = [catalogue.router, offers.router, shelves.router, selectors.router, standing.router]
    return app.build("pricing", Path(__file__).parent, api=[api.router], pages=pages)
