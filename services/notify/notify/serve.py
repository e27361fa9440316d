"""`python -m notify.serve`: the face of notify, which only the gateway talks to."""

import sys

from imece.face import serve
from notify.face import app
from notify.settings import settings

if __name__ == "__main__":
    sys.exit(serve.main("notify", settings, app.build))
