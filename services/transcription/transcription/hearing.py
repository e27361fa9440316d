"""
The ear of this process: one model, loaded when it is first needed, kept while it is, gone from memory when nobody has needed it for a while.

Loaded by the process that uses it and never before a fork: a forked model hangs for ever. A model that does not fit makes the job wait; it does not
make the kernel choose whom to kill.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from imece import log
from imece.errors import Permanent, Snooze
from transcription import audio, memory, weights
from transcription.listening import Listener
from transcription.settings import settings
from transcription.weights import Weights

_logger = log.get("transcription")

#: How long a job waits whose model does not fit at this moment.
_PATIENCE = timedelta(seconds=45)
_LOOK = 5.0  #: seconds between two looks whether the model is still needed
_SWEEP = 120.0


@dataclass
class _Ear:
    weights: Weights
    listener: Listener
    used: float


_mutex = threading.Lock()  # one job hears at a time: two would take twice as long each
_ear: _Ear | None = None
_watching = False


@contextmanager
def lent(name: str) -> Iterator[tuple[Listener, Weights]]:
    """
    The model `name`, ready to hear, for one job at a time; and what it really is, which may be a smaller one (`note` says so).

    Raises Snooze when there is no memory for it at this moment, Permanent when there never will be or no model can be had.
    """
    global _ear
    with _mutex:
        found = weights.resolve(name)
        if _ear is None or _ear.weights.path != found.path:
            _forget()
            began = time.monotonic()
            _ear = _Ear(found, _loaded(found), began)
            _logger.info("transcription.model_loaded", model=found.name, seconds=round(time.monotonic() - began, 1))
            _watch()
        try:
            yield _ear.listener, _ear.weights
        finally:
            if _ear is not None:
                _ear.used = time.monotonic()


def opened(found: Weights) -> Listener:
    """The model, not loaded yet. What tests put a scripted listener in place of."""
    ours = settings()
    return Listener(found, device=ours.device, compute_type=ours.compute_type, threads=ours.threads)


def look() -> None:
    """Give the memory back if nobody has needed the model for long."""
    if _mutex.acquire(blocking=False):
        try:
            if _ear is not None and time.monotonic() - _ear.used > settings().unload_seconds:
                _forget()
        finally:
            _mutex.release()


def unload() -> None:
    """Give the memory back now."""
    with _mutex:
        _forget()


def _loaded(found: Weights) -> Listener:
    """The model in memory, which is reserved before it is taken. Raises where it does not fit."""
    wanted = memory.needed(found.name, settings().compute_type)
    if wanted > memory.total():
        raise Permanent(
            f"The model {found.name} needs {wanted / 1e9:.1f} GB of memory, and this machine has {memory.total() / 1e9:.1f} GB: choose a smaller one.",
            f"{found.name} modeli {wanted / 1e9:.1f} GB bellek ister, bu makinede {memory.total() / 1e9:.1f} GB var: daha küçük bir model seçin.",
        )
    with memory.reserved(wanted) as fits:
        if not fits:
            raise _no_room(found, wanted)
        listener = opened(found)
        try:
            listener.load()
        except MemoryError:
            raise _no_room(found, wanted) from None
    return listener


def _no_room(found: Weights, wanted: int) -> Snooze:
    return Snooze(
        _PATIENCE,
        f"Waiting for {wanted / 1e9:.1f} GB of free memory for the model {found.name}.",
        f"{found.name} modeli için {wanted / 1e9:.1f} GB boş bellek bekleniyor.",
    )


def _forget() -> None:
    global _ear
    if _ear is not None:
        _ear.listener.unload()
        _logger.info("transcription.model_unloaded", model=_ear.weights.name)
        _ear = None


def _watch() -> None:
    """Start, once, the thread that gives the memory back when it has not been needed for long, and sweeps this machine's scratch folder."""
    global _watching
    if not _watching:
        _watching = True
        threading.Thread(target=_look_after, name="hearing", daemon=True).start()


def _look_after() -> None:
    swept = time.monotonic()
    while True:
        time.sleep(_LOOK)
        look()
        if time.monotonic() - swept > _SWEEP:
            swept = time.monotonic()
            try:
                audio.sweep()
            except Exception:
                _logger.exception("transcription.sweep_failed")  # the next one comes
