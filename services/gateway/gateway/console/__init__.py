"""The web console: server-rendered pages, two small static files, no build step. Everything it shows comes from the API's own modules."""

from gateway.console.install import install

__all__ = ["install"]
