"""Who may speak to a face, and as whom: only what the gateway has signed, for this request, just now."""

import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from imece import clock, config, face, ids
from imece.contracts import Role
from imece.errors import Misconfigured


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = clock.now() + timedelta(seconds=seconds)
    monkeypatch.setattr(clock, "now", lambda: now)


def test_what_is_signed_comes_out_again(ayse: face.Caller) -> None:
    header = face.sign(ayse, "pricing", "GET", "/pricing?text=%C4%B1")

    assert header.isascii()
    assert face.verify(header, "pricing", "GET", "/pricing?text=%C4%B1") == ayse


@pytest.mark.parametrize(
    ("name", "method", "target"),
    [
        ("documents", "GET", "/pricing"),
        ("pricing", "POST", "/pricing"),
        ("pricing", "GET", "/pricing/1"),
        ("pricing", "GET", "/pricing?a=1"),
    ],
)
def test_a_signature_counts_for_one_service_method_and_address(ayse: face.Caller, name: str, method: str, target: str) -> None:
    header = face.sign(ayse, "pricing", "GET", "/pricing")

    with pytest.raises(face.Unsigned):
        face.verify(header, name, method, target)


def test_another_companys_body_under_this_signature_is_refused(ayse: face.Caller) -> None:
    rival = face.sign(replace(ayse, company_id=ids.new_id()), "pricing", "GET", "/pricing")
    body, _, _ = rival.partition(".")
    _, _, signature = face.sign(ayse, "pricing", "GET", "/pricing").partition(".")

    with pytest.raises(face.Unsigned):
        face.verify(f"{body}.{signature}", "pricing", "GET", "/pricing")


@pytest.mark.parametrize("header", ["", ".", "e30=", "e30=.", "e30=." + "0" * 64, "x" * 9999, "é.é"])
def test_what_is_no_signature_is_refused(header: str) -> None:
    with pytest.raises(face.Unsigned):
        face.verify(header, "pricing", "GET", "/pricing")


@pytest.mark.parametrize(("seconds", "counts"), [(0, True), (29, True), (50, False), (86400, False), (-10, True), (-20, False)])
def test_a_signature_counts_for_half_a_minute(ayse: face.Caller, monkeypatch: pytest.MonkeyPatch, seconds: float, counts: bool) -> None:
    """And a little more, either way, because two machines' clocks may differ."""
    header = face.sign(ayse, "pricing", "GET", "/pricing")
    later(monkeypatch, seconds)

    if counts:
        assert face.verify(header, "pricing", "GET", "/pricing")
    else:
        with pytest.raises(face.Unsigned):
            face.verify(header, "pricing", "GET", "/pricing")


def test_another_secret_signs_for_nobody(ayse: face.Caller, environment: pytest.MonkeyPatch) -> None:
    header = face.sign(ayse, "pricing", "GET", "/pricing")
    environment.setenv("IMECE_FACE_SECRET", "another secret, 0123456789abcdefgh")
    config.settings.cache_clear()
    face.secret.cache_clear()

    with pytest.raises(face.Unsigned):
        face.verify(header, "pricing", "GET", "/pricing")


@pytest.mark.parametrize("weak", ["short", "x" * 64])
def test_a_weak_secret_is_refused_by_name_and_not_shown(environment: pytest.MonkeyPatch, weak: str) -> None:
    environment.setenv("IMECE_FACE_SECRET", weak)
    config.settings.cache_clear()

    with pytest.raises(Misconfigured, match="IMECE_FACE_SECRET") as refused:
        face.secret()
    assert weak not in refused.value.en


def test_on_one_machine_the_secret_is_made_once_for_its_owner(tmp_path: Path) -> None:
    first = face.secret()
    face.secret.cache_clear()

    assert face.secret() == first
    assert len(first) == 64
    assert stat.S_IMODE((tmp_path / "face-secret").stat().st_mode) == 0o600


def test_a_viewer_may_look_and_nobody_is_the_system(ayse: face.Caller) -> None:
    assert [role for role in Role if replace(ayse, role=Role.VIEWER).may(role)] == [Role.VIEWER]
    assert [role for role in Role if replace(ayse, role=Role.ADMIN).may(role)] == [Role.VIEWER, Role.OPERATOR, Role.ADMIN]


def test_nobody_is_signed_for_what_is_anybodys() -> None:
    target = "/notify/public/unsubscribe?of=1"

    assert face.verify(face.sign(face.Nobody("en"), "notify", "POST", target), "notify", "POST", target) == face.Nobody("en")


@pytest.mark.parametrize("target", ["/notify", "/notify/public", "/v1/notify/public/x", "/pricing/public/x", "/notify/publicity/x"])
def test_nobody_is_refused_everywhere_else_even_with_a_signature_that_fits(target: str) -> None:
    header = face.sign(face.Nobody("tr"), "notify", "GET", target)

    with pytest.raises(face.Unsigned):
        face.verify(header, "notify", "GET", target)


def test_nobody_has_neither_company_nor_role() -> None:
    """So that whatever binds its queries to the caller's company breaks at once, and is seen by mypy before."""
    assert set(vars(face.Nobody("tr"))) == {"locale"}
    assert not hasattr(face.Nobody("tr"), "may")
