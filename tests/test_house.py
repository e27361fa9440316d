"""The shape of the house: one word names everything, every service repeats the same few files, nothing lies in a drawer."""

import ast
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from imece import contracts, service

TOP = Path(__file__).parent.parent
SERVICES = sorted(folder.name for folder in (TOP / "services").iterdir() if folder.is_dir())
SOURCES = [path for root in ("shared/imece", *(f"services/{name}/{name}" for name in SERVICES)) for path in (TOP / root).rglob("*.py")]
DRAWERS = re.compile(r"(utils?|helpers?|common|misc|managers?|processors?|handlers?|base|core)")


def test_the_five_services_are_here() -> None:
    assert {"notify", "documents", "pricing", "transcription", "gateway"} <= set(SERVICES)
    assert set(service.installed()) == set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_one_word_names_everything(name: str) -> None:
    """Folder, package, distribution, card, entry point, queue prefix, Dockerfile and compose services share the word."""
    folder = TOP / "services" / name
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["name"] == f"imece-{name}"
    assert project["project"]["entry-points"]["imece.services"] == {name: f"{name}.service:card"}
    assert (folder / "Dockerfile").is_file()
    card = service.find(name)
    assert card.name == name
    assert all(queue.startswith(f"{name}.") for queue in card.queues())
    assert re.search(rf"^  {name}[-\w]*:", (TOP / "docker-compose.yml").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_the_same_few_files(name: str) -> None:
    package = TOP / "services" / name / name
    wanted = {"__init__.py", "service.py", "settings.py", "py.typed"}
    card = service.find(name)
    wanted |= {"actors.py"} if card.pools else set()
    wanted |= {"models.py", "migrations"} if card.has_schema else set()
    assert wanted <= {path.name for path in package.iterdir()}


@pytest.mark.parametrize("name", SERVICES)
def test_a_maintenance_pool_is_sequential(name: str) -> None:
    """Exactly one process with one thread."""
    for pool in service.find(name).pools:
        if pool.name == "maintenance":
            assert (pool.processes, pool.threads) == (1, 1)


def test_every_kind_has_a_consumer_and_an_actor() -> None:
    """No queue without a consumer, no contract without an actor, no tick that nobody does."""
    from imece.worker.actor import handlers

    for card in service.installed().values():
        if card.pools:
            card.load_actors()
    consumed = {queue for card in service.installed().values() for queue in card.queues()}
    known = handlers()
    for contract in contracts.declared():
        if contract.__module__.startswith("imece.contracts"):
            assert contract.queue in consumed, contract.kind
            assert contract.kind in known, contract.kind
    for card in service.installed().values():
        for tick in card.ticks:
            assert tick.contract.kind in known


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(TOP)))
def test_no_drawers_and_no_giants(path: Path) -> None:
    assert not DRAWERS.fullmatch(path.stem), "find the noun"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(TOP)))
def test_every_public_thing_says_what_it_is(path: Path) -> None:
    """A module, class or function without an underscore has a docstring."""
    if "migrations/versions" in str(path):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), path
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path}: {node.name}"


def test_our_names_collide_with_nobody() -> None:
    """No installed distribution of somebody else has a top-level package called like one of ours."""
    providers = packages_distributions()
    for name in ("imece", *SERVICES):
        assert all(owner.startswith("imece") for owner in providers.get(name, []))


def test_decisions_say_when_they_are_violated() -> None:
    decisions = sorted((TOP / "docs" / "decisions").glob("*.md"))
    assert decisions
    for number, decision in enumerate(decisions, start=1):
        text = decision.read_text(encoding="utf-8")
        assert decision.name.startswith(f"{number:04}-")
        assert "**Violated when**" in text


def test_money_is_never_a_float() -> None:
    """No model declares a column or field of money as a float."""
    suspicious = re.compile(r"(amount|balance|debit|credit|price|total)\w*\s*:\s*(Mapped\[)?float")
    for path in SOURCES:
        assert not suspicious.search(path.read_text(encoding="utf-8")), path
