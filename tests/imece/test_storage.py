"""Blobs by key: where they lie, whose they are, and that they are written whole or not at all."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from imece import config, storage
from imece.errors import NotFound

COMPANY, ROW = UUID(int=1), UUID(int=2)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A store of its own for each test."""
    monkeypatch.setenv("IMECE_STORAGE_URL", f"file://{tmp_path}")
    config.settings.cache_clear()
    storage._store.cache_clear()
    yield tmp_path
    storage._store.cache_clear()
    config.settings.cache_clear()


def test_a_key_of_a_row_is_always_the_same() -> None:
    assert storage.new_key(COMPANY, "letters", "a.pdf", of=ROW) == storage.new_key(COMPANY, "letters", "a.pdf", of=ROW)
    assert storage.new_key(COMPANY, "letters", "a.pdf") != storage.new_key(COMPANY, "letters", "a.pdf")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("mutabakat.xlsx", "mutabakat.xlsx"),
        ("Ağustos " * 40 + ".xlsx", ("Ağustos " * 40)[:115].strip() + ".xlsx"),
        ("ş" * 300 + ".tar.gz", "ş" * 96 + ".tar.gz"),
        ("x" * 300, "x" * 120),
        ("rapor. " * 40, ("rapor. " * 40)[:120].strip(" .")),
        (".." * 100, "file"),
        ("../../etc/passwd", "_.._etc_passwd"),
        (".xlsx", "xlsx"),
        ("", "file"),
    ],
)
def test_a_long_name_keeps_its_first_words_and_its_ending(name: str, kept: str) -> None:
    found = storage.new_key(COMPANY, "letters", name).rpartition("/")[2]
    assert found == kept
    assert len(found) <= 120
    assert len(found.encode()) <= 200


def test_pieces_may_come_out_of_the_store_itself() -> None:
    """An archive of stored letters is made while it is written."""
    parts = [storage.new_key(COMPANY, "letters", f"{n}") for n in range(30)]
    for number, key in enumerate(parts):
        storage.put(key, bytes([number]) * 300_000)

    whole = storage.new_key(COMPANY, "archives", "whole")
    storage.put(whole, (storage.get(key) for key in parts))

    assert storage.get(whole) == b"".join(bytes([number]) * 300_000 for number in range(30))


@pytest.mark.parametrize("size", [10, 20_000_000])
def test_what_fails_half_way_is_not_there_at_all(folder: Path, size: int) -> None:
    """The error of whoever makes the pieces comes out as it is, and an older blob under the key stays."""
    key = storage.new_key(COMPANY, "archives", "whole")
    storage.put(key, b"older")

    def torn() -> Iterator[bytes]:
        yield bytes(size)
        raise KeyError("torn")

    with pytest.raises(KeyError, match="torn"):
        storage.put(key, torn())

    assert storage.get(key) == b"older"
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["whole"]


def test_a_store_that_cannot_write_is_not_waited_for(folder: Path) -> None:
    key = storage.new_key(COMPANY, "archives", "whole")
    storage.put(f"{COMPANY}/archives/{ROW}/x", b"")
    (folder / key).parent.parent.joinpath(key.split("/")[2]).write_bytes(b"a file where the folder would be")

    with pytest.raises(Exception, match=r"(?i)director|exist"):
        storage.put(key, (bytes(6_000_000) for _ in range(20)))


def test_nothing_leads_out_of_the_store() -> None:
    for key in ("", "../x", f"{COMPANY}/letters/{ROW}/..", f"{COMPANY}/letters/{ROW}/a/b", "/etc/passwd", f"{COMPANY}/letters/{ROW}/"):
        with pytest.raises(NotFound):
            storage.get(key)
