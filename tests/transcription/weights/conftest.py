"""Models that are none: folders with the right files, a few bytes each."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from transcription import weights
from transcription.weights import hub

Model = Callable[..., Path]


def binary(*tensors: bytes) -> bytes:
    """A `model.bin` as CTranslate2 writes it (version 6)."""
    head = struct.pack("<IH", 6, 12) + b"WhisperSpec\0" + struct.pack("<II", 3, len(tensors))
    body = b""
    for number, tensor in enumerate(tensors):
        name = f"t{number}".encode() + b"\0"
        body += struct.pack("<H", len(name)) + name + struct.pack("<BIBI", 1, len(tensor), 1, len(tensor)) + tensor
    return head + body + struct.pack("<I", 0)


def fill(folder: Path, seed: bytes = b"1") -> Path:
    """Put a model into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.bin").write_bytes(binary(seed * 100, seed * 50))
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "vocabulary.txt").write_text("a\n")
    return folder


@pytest.fixture
def filled() -> Model:
    """`filled(folder, b"2")`: a model in it, another one for another seed."""
    return fill


@pytest.fixture
def place(tmp_path: Path, setting: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models' folder, empty; neither a hub nor its cache."""
    folder = tmp_path / "models"
    setting(models=folder)
    monkeypatch.setattr(hub, "cached", lambda _: None)
    monkeypatch.setattr(weights, "_missing", {})
    return folder
