"""Claims about the files of caught texts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imece import config
from imece.clock import now
from notify.caught import texts
from notify.caught.texts import CaughtText, hidden, seal


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMECE_HOME", str(tmp_path / "home"))
    config.settings.cache_clear()
    texts._lock.cache_clear()


def text(
    identity: str, words: str = "Metin", *, at: datetime | None = None, to: str = "+905321112233", provider: str = "twilio"
) -> CaughtText:
    return CaughtText(identity, provider, at or now(), to, "IMECE", seal(words), fate={"state": "delivered"})


def test_what_was_kept_is_listed_the_newest_first_and_found(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    yesterday = now() - timedelta(days=1)
    texts.keep(folder, [text("c", at=yesterday), text("d", "Şükrü ₺", to="+90533"), text("e", provider="netgsm")])

    assert [found.id for found in texts.listed(folder)] == ["e", "d", "c"]
    assert [found.id for found in texts.listed(folder, provider="twilio", to="1112233")] == ["c"]
    found = texts.find(folder, "d")
    assert found is not None
    assert (found.text, found.fate) == ("Şükrü ₺", {"state": "delivered"})
    assert texts.find(folder, "x") is None
    assert len(list(folder.iterdir())) == 2


def test_a_file_larger_than_a_piece_is_read_backwards_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_PIECE", 100)
    texts.keep(tmp_path, [text(str(n), "ğ" * (n % 7)) for n in range(50)])

    assert [int(found.id) for found in texts.listed(tmp_path)] == list(reversed(range(50)))


def test_half_a_line_is_left_out(tmp_path: Path) -> None:
    texts.keep(tmp_path, [text("a")])
    [path] = tmp_path.glob("*.jsonl")
    with path.open("ab") as file:
        file.write(b'{"id": "b", "prov')

    assert [found.id for found in texts.listed(tmp_path)] == ["a"]


def test_neither_the_file_nor_a_representation_tells_the_text(tmp_path: Path) -> None:
    kept = text("a", "kod 4321")
    texts.keep(tmp_path, [kept])

    assert b"4321" not in next(tmp_path.glob("*.jsonl")).read_bytes()
    assert "4321" not in repr(kept) + str(kept)
    assert "+90" not in repr(kept)


def test_with_another_key_nothing_is_read_and_nothing_breaks(tmp_path: Path) -> None:
    texts.keep(tmp_path / "texts", [text("a", "kod 4321")])
    (tmp_path / "home" / "catcher.key").unlink()
    texts._lock.cache_clear()

    assert [found.text for found in texts.listed(tmp_path / "texts")] == ["\N{REPLACEMENT CHARACTER}"]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Kodunuz 4321", "Kodunuz ••••"),
        ("Kod: 918-273", "Kod: •••-•••"),
        ("4 3 2 1", "• • • •"),
        ("250 TL, 12.500", "250 TL, ••.•••"),
        ("2.450,00 TL (-%20)", "2.450,00 TL (-%20)"),
        ("12.500 TL ve 1.000.000,50 ₺", "12.500 TL ve 1.000.000,50 ₺"),
        ("Vade 29.11.2026, saat 12:30", "Vade 29.11.2026, saat 12:30"),
        ("Kod 123.456", "Kod •••.•••"),
        ("Kod 29.11.2026.1", "Kod ••.••.••••.•"),
        ("1234 TL", "•••• TL"),
        ("+90 532 111 22 33", "+•• ••• ••• •• ••"),
        ("100 adet", "100 adet"),
    ],
)
def test_codes_are_dots(words: str, shown: str) -> None:
    assert hidden(words) == shown


@given(
    st.text("abcğ .,:!\n", max_size=40),
    st.integers(1000, 10**9),
    st.sampled_from(["", " ", ".", "\n", " TL", ", 250,00 TL", " 29.11.2026"]),
)
def test_no_code_is_ever_shown(words: str, code: int, after: str) -> None:
    assert str(code) not in hidden(f"{words}{code}{after}")


@given(st.text(max_size=60))
def test_nothing_but_digits_is_covered(words: str) -> None:
    assert [a for a, b in zip(words, hidden(words), strict=True) if a != b and not a.isdigit()] == []


def test_days_go_whole(tmp_path: Path) -> None:
    days = [datetime(2026, 11, day, 12, tzinfo=UTC) for day in (1, 2, 3)]
    texts.keep(tmp_path, [text(str(day.day), at=day) for day in days])

    assert texts.prune(tmp_path, datetime(2026, 11, 2, 23, tzinfo=UTC)) == 1
    assert [found.id for found in texts.listed(tmp_path)] == ["3", "2"]
