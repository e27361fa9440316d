import stat

import pytest

from gateway import settings
from imece import config
from imece.errors import Misconfigured


def test_others_may_reach_it_only_with_a_secret(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("GATEWAY_HOST", "0.0.0.0")  # noqa: S104 (to be refused)
    environment.setenv("GATEWAY_SESSION_SECRET", "")
    settings.forget()

    with pytest.raises(Misconfigured, match="GATEWAY_SESSION_SECRET"):
        settings.settings()


@pytest.mark.parametrize("weak", ["short", "x" * 64, "ab" * 32])
def test_a_weak_secret_is_refused_by_name_and_not_shown(environment: pytest.MonkeyPatch, weak: str) -> None:
    environment.setenv("GATEWAY_SESSION_SECRET", weak)
    settings.forget()

    with pytest.raises(Misconfigured, match="GATEWAY_SESSION_SECRET") as refused:
        settings.settings()
    assert weak not in refused.value.en


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_laptop_needs_no_secret_and_keeps_one_for_its_owner(environment: pytest.MonkeyPatch, tmp_path: object, host: str) -> None:
    environment.setenv("GATEWAY_HOST", host)
    environment.setenv("GATEWAY_SESSION_SECRET", "")
    environment.setenv("IMECE_HOME", str(tmp_path))
    config.settings.cache_clear()
    settings.forget()
    try:
        first = settings.secret()
        settings.secret.cache_clear()

        assert settings.secret() == first
        assert len(first) == 64
        kept = config.settings().home / "gateway-session-secret"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    finally:
        config.settings.cache_clear()


@pytest.mark.parametrize(
    ("url", "chosen", "secure"),
    [("https://imece.example.com/", "", True), ("", "", False), ("http://x", "true", True), ("https://x", "false", False)],
)
def test_cookies_are_secure_where_the_address_is(environment: pytest.MonkeyPatch, url: str, chosen: str, secure: bool) -> None:
    environment.setenv("GATEWAY_PUBLIC_URL", url)
    if chosen:
        environment.setenv("GATEWAY_COOKIE_SECURE", chosen)
    settings.forget()

    assert settings.settings().secure is secure
    assert not settings.settings().url.endswith("/")
