"""Claims about links that stop what is sent: whole, ours, and telling nobody whose they are."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from imece import config
from imece.errors import NotFound
from notify import settings as notify_settings
from notify.people import unsubscribe


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A public address, and a secret kept in a folder of this test's own."""
    monkeypatch.setenv("NOTIFY_LINK_URL", "https://imece.example/")
    monkeypatch.setenv("IMECE_HOME", str(tmp_path))
    forget()
    yield
    monkeypatch.undo()
    forget()


def forget() -> None:
    config.settings.cache_clear()
    notify_settings.settings.cache_clear()
    unsubscribe.forget()


@pytest.mark.parametrize(("channel", "recipient"), [("email", "ayşe@example.com"), ("sms", "+905321112233"), ("telegram", "-100123")])
def test_a_link_says_who_stops_what(company: UUID, channel: str, recipient: str) -> None:
    written = unsubscribe.token(company, channel, recipient)

    assert unsubscribe.read(written) == (company, channel, recipient)
    assert unsubscribe.token(company, channel, recipient) == written  # at every attempt the same mail
    assert recipient not in written
    assert unsubscribe.url(company, channel, recipient) == f"https://imece.example/notify/public/unsubscribe/{written}"


def test_a_link_cannot_be_made_or_changed_by_anybody_else(company: UUID) -> None:
    written = unsubscribe.token(company, "email", "ali@example.com")
    forged = [written[:-1], written[1:], "", "x", "ş", written[:20] + ("A" if written[20] != "A" else "B") + written[21:], "A" * 5000]

    for text in forged:
        with pytest.raises(NotFound):
            unsubscribe.read(text)


def test_another_house_cannot_read_it(company: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    written = unsubscribe.token(company, "email", "ali@example.com")
    monkeypatch.setenv("NOTIFY_SECRET", "another secret of another house")
    forget()

    with pytest.raises(NotFound):
        unsubscribe.read(written)


def test_the_headers_are_those_of_one_click(company: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    found = unsubscribe.headers(company, "ali@example.com")

    assert found["List-Unsubscribe"] == f"<{unsubscribe.url(company, 'email', 'ali@example.com')}>"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert unsubscribe.headers(None, "ali@example.com") == {}
    monkeypatch.setenv("NOTIFY_LINK_URL", "")
    forget()
    assert unsubscribe.headers(company, "ali@example.com") == {}
