"""Cards."""

import sys
from types import ModuleType

import pytest

from imece import service
from imece.errors import Misconfigured
from imece.service import Pool, Service

CARD = Service("post", "mail", (Pool("io", ("post.mail", "post.otp")), Pool("maintenance", ("post.maintenance",), threads=1)))


def test_a_pool_is_found_by_its_name_and_a_wrong_one_names_those_that_exist() -> None:
    assert CARD.pool("io") is CARD.pools[0]
    with pytest.raises(Misconfigured, match=r"post has no pool 'cpu' \(it has: io, maintenance\)"):
        CARD.pool("cpu")
    with pytest.raises(Misconfigured, match="none"):
        Service("empty", "nothing").pool("io")


def test_a_card_names_the_queues_that_it_consumes() -> None:
    assert list(CARD.queues()) == ["post.mail", "post.otp", "post.maintenance"]


def test_actors_are_imported_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    actors = ModuleType("post.actors")
    monkeypatch.setitem(sys.modules, "post", ModuleType("post"))
    monkeypatch.setitem(sys.modules, "post.actors", actors)
    assert CARD.load_actors() is actors


def test_installed_services_are_listed_by_name_and_a_stranger_is_refused() -> None:
    names = list(service.installed())
    assert names == sorted(names)
    assert service.find("notify").name == "notify"
    with pytest.raises(Misconfigured, match=r"No service 'post' is installed \(installed: .*notify"):
        service.find("post")
