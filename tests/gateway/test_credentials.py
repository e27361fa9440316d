import pytest

from gateway import credentials


def test_a_token_has_256_bits_and_is_kept_as_a_hash() -> None:
    tokens = {credentials.new_token() for _ in range(100)}

    assert len(tokens) == 100
    for token in tokens:
        assert token.startswith("imece_")
        assert len(token) == 6 + 43
        assert token.encode() not in credentials.token_hash(token)
        assert credentials.token_prefix(token) == token[:12]


def test_a_password_fits_its_own_hash_only() -> None:
    kept = credentials.password_hash("çok gizli")

    assert credentials.password_fits("çok gizli", kept)
    assert not credentials.password_fits("cok gizli", kept)
    assert kept != credentials.password_hash("çok gizli")
    assert "gizli" not in kept


def test_old_hashes_fit_after_the_cost_was_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = credentials.password_hash("çok gizli")
    monkeypatch.setattr(credentials, "_N", 64)

    assert credentials.password_fits("çok gizli", kept)


def test_no_account_no_entry() -> None:
    assert not credentials.password_fits("", None)


def test_a_made_password_can_be_read_out() -> None:
    groups = credentials.new_password().split("-")

    assert [len(group) for group in groups] == [4] * 5
    assert not set("".join(groups)) & set("0o1il")


def test_a_form_token_belongs_to_one_browser() -> None:
    token = credentials.form_token("cookie")

    assert credentials.form_token_fits("cookie", token)
    assert not credentials.form_token_fits("other", token)
    assert not credentials.form_token_fits("cookie", "ü")
    assert credentials.visit_id("cookie").hex() != token
