"""Claims about the folder of caught mails."""

import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imece.clock import now
from imece.ids import new_id
from notify.caught import mails


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_two_message_ids_share_a_file_and_none_leads_out_of_the_folder(one: str, other: str) -> None:
    names = [next(mails._places(Path("/mails"), identity)) for identity in (one, other)]
    bare = [identity.strip().removeprefix("<").removesuffix(">") for identity in (one, other)]

    assert all(name.parent == Path("/mails") for name in names)
    assert not any(name.name.startswith(".") and bare for name, bare in zip(names, bare, strict=True))
    assert all(len(name.name) < 200 for name in names)
    assert (names[0] == names[1]) == (bare[0] == bare[1])


def test_files_sort_as_their_jobs_do(tmp_path: Path) -> None:
    identities = [f"<{new_id()}@sirket.example>" for _ in range(3)]
    for identity in reversed(identities):
        mails.keep(tmp_path, identity, b"Subject: x\r\n\r\n")

    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(identity[1:-1] for identity in identities)


def test_ten_at_once_with_the_same_message_id_are_ten_mails(tmp_path: Path) -> None:
    threads = [threading.Thread(target=mails.keep, args=(tmp_path, "<same@x>", f"{n}".encode())) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(path.read_text() for path in mails.find(tmp_path, "<same@x>")) == [str(n) for n in range(10)]
    assert len(list(tmp_path.iterdir())) == 10


def test_a_half_written_mail_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        mails.keep(tmp_path, "<a@x>", b"whole")

    assert mails.find(tmp_path, "<a@x>") == []
    assert list(mails.listed(tmp_path)) == []


def test_a_mail_without_message_id_gets_one_of_its_own() -> None:
    without = b"Subject: x\r\n\r\nMessage-ID: <not-a-header@x>\r\n"
    given = [mails.message_id(content) for content in (without, without, b"Message-ID: <>\r\n\r\n")]

    assert len(set(given)) == 3
    assert all(identity.endswith("@no-message-id>") for identity in given)


def test_a_folded_message_id_is_one() -> None:
    assert mails.message_id(b"Message-ID:\r\n <a@x>\r\n\r\n") == "<a@x>"


def test_prune_deletes_old_mails_and_leftovers_and_nothing_else(tmp_path: Path) -> None:
    for name in ("<old@x>", "<young@x>"):
        mails.keep(tmp_path, name, b"Subject: x\r\n\r\n")
    for name in (".left.part", ".fresh.part", "notes.txt"):
        (tmp_path / name).write_text("")
    for name, age in (("old@x.eml", timedelta(days=31)), (".left.part", timedelta(hours=2)), ("notes.txt", timedelta(days=400))):
        moment = (now() - age).timestamp()
        os.utime(tmp_path / name, (moment, moment))

    assert mails.prune(tmp_path, now() - timedelta(days=30)) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [".fresh.part", "notes.txt", "young@x.eml"]


def test_the_newest_mail_is_listed_first(tmp_path: Path) -> None:
    for age in (3, 1, 2):
        path = mails.keep(tmp_path, f"<{age}@x>", b"Subject: x\r\n\r\n")
        os.utime(path, (1e9 - age, 1e9 - age))

    assert [mail.id for mail in mails.listed(tmp_path)] == ["1@x", "2@x", "3@x"]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("=?utf-8?b?xZ5pcmtldA==?=", "Şirket"),
        ("ayşe@example.com", "ayşe@example.com"),
        ("=?utf-8?b?broken?=", "=?utf-8?b?broken?="),
        ("=?no-such-charset?q?x?=", "=?no-such-charset?q?x?="),
        ("a\r\n b", "a b"),
    ],
)
def test_a_header_is_shown_in_plain_letters_or_as_it_came(tmp_path: Path, raw: str, shown: str) -> None:
    path = mails.keep(tmp_path, "<a@x>", f"Subject: {raw}\r\n\r\nSubject: not this\r\n".encode())

    assert mails.heading(mails.headers(path), "Subject") == shown
    assert [mail.subject for mail in mails.listed(tmp_path)] == [shown]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert list(mails.listed(tmp_path / "none")) == []
    assert mails.find(tmp_path / "none", "<a@x>") == []
    assert mails.prune(tmp_path / "none", now()) == 0
