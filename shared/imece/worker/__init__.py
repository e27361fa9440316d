"""
Running jobs: Dramatiq, dressed once.

A service's `actors.py` needs two names from here: `actor`, which ties a handler to its contract, and `Job`, what the handler is given.
"""

from imece.worker.actor import actor
from imece.worker.job import ChildOutcome, Job

__all__ = ["ChildOutcome", "Job", "actor"]
