"""`python -m pricing.serve`: the face of pricing, which only the gateway talks to."""

import sys

from imece.face import serve
from pricing.face import app
from pricing.settings import settings

if __name__ == "__main__":
    sys.exit(serve.main("pricing", settings, app.build))
