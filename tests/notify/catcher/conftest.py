"""The fixtures of the channels: the stand-ins are judged by what the channels hear."""

from tests.notify.channels.conftest import given, rules

__all__ = ["given", "rules"]
