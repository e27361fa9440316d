"""A face that other machines can reach must share its secret with the gateway."""

import pytest

from imece import config
from imece.errors import Misconfigured
from imece.face import serve


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "pricing-web"])  # noqa: S104 (to be refused)
def test_reachable_by_others_without_a_shared_secret_is_refused(host: str) -> None:
    with pytest.raises(Misconfigured, match="PRICING_HOST") as refused:
        serve.refuse_strangers("pricing", host)
    assert "IMECE_FACE_SECRET" in refused.value.tr


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_alone_needs_none(host: str) -> None:
    serve.refuse_strangers("pricing", host)


def test_with_a_shared_secret_it_may_listen_anywhere(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("IMECE_FACE_SECRET", "0123456789abcdefghijklmnopqrstuvwxyz")
    config.settings.cache_clear()

    serve.refuse_strangers("pricing", "0.0.0.0")  # noqa: S104 (allowed)
