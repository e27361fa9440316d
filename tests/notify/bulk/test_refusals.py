"""Claims about the file of refused rows."""

from pathlib import Path
from uuid import UUID

import pytest

from imece import config, storage
from notify.bulk.refusals import Refusals


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMECE_STORAGE_URL", tmp_path.as_uri())
    config.settings.cache_clear()
    storage._store.cache_clear()


def test_every_row_stands_in_it_and_a_spreadsheet_computes_nothing_of_it(company: UUID) -> None:
    with Refusals(company, "tr") as refused:
        refused.add(3, "+90 212 111 22 33", "not_mobile", "A landline.", "Sabit hat; SMS almaz.")
        refused.add(7, "=1+1", "letters", "Letters.", "Harf var.")

    assert refused.key is not None
    assert storage.owner(refused.key) == company
    assert storage.get(refused.key).decode("utf-8-sig").splitlines() == [
        "Satır;Alıcı;Neden;Kod",
        '3;\'+90 212 111 22 33;"Sabit hat; SMS almaz.";not_mobile',
        "7;'=1+1;Harf var.;letters",
    ]


def test_nothing_is_kept_of_nothing_or_of_what_broke(company: UUID) -> None:
    with Refusals(company, "en") as none:
        pass
    assert none.key is None
    broken = Refusals(company, "en")

    def work() -> None:
        with broken:
            broken.add(1, "x", "letters", "", "")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert broken.key is None
