"""The manifests say the same as the cards, and every list KEDA watches is a queue."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from imece import service

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
FILES = sorted(path for path in FOLDER.rglob("*.yaml") if path.name != "kustomization.yaml")


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text()))


EVERYTHING = [(path.name, found) for path in FILES for found in documents(path)]


#: Patches are parts and complete only after kustomize; KEDA's kinds are not the API's own.
OF_THE_API = [found for file, found in EVERYTHING if not file.startswith("every-") and not found["apiVersion"].startswith("keda.sh/")]


@pytest.mark.parametrize("found", OF_THE_API, ids=lambda found: f"{found['kind']} {found['metadata']['name']}")
def test_it_is_what_the_api_knows(found: dict[str, Any]) -> None:
    kubernetes_validate.validate(found, "1.34", strict=True)


def test_every_file_is_used() -> None:
    named: set[str] = set()
    for kustomization in FOLDER.rglob("kustomization.yaml"):
        given = yaml.safe_load(kustomization.read_text())
        named |= set(given["resources"]) | {patch["path"] for patch in given.get("patches", ())}

    assert {path.name for path in FILES} == {name for name in named if name.endswith(".yaml")}


def test_every_pool_of_every_card_runs_and_nothing_else() -> None:
    wanted = {}
    for card in service.installed().values():
        for pool in card.pools:
            wanted[f"{card.name}-{pool.name}"] = ["imece", "worker", card.name, pool.name]
        if card.pools:
            wanted[f"{card.name}-scheduler"] = ["imece", "scheduler"]
        if card.serves:
            wanted[card.server] = ["python", "-m", f"{card.name}.serve"]
        if "catcher" in card.needs:
            wanted[f"{card.name}-catcher"] = ["python", "-m", f"{card.name}.catcher"]
    programs = {
        found["metadata"]["name"]: found["spec"]["template"]["spec"]["containers"][0]["command"]
        for file, found in EVERYTHING
        if found["kind"] == "Deployment" and not file.startswith("every-")
    }

    assert programs == wanted


def test_a_maintenance_pool_stays_at_one() -> None:
    for file, found in EVERYTHING:
        if found["kind"] == "Deployment" and found["metadata"]["name"].endswith("-maintenance"):
            assert (found["spec"]["replicas"], found["spec"]["strategy"]) == (1, {"type": "Recreate"}), file


def test_pools_grow_with_lists_that_exist() -> None:
    queues = {f"{card.name}-{pool.name}": pool.queues for card in service.installed().values() for pool in card.pools}
    scaled = [found["spec"] for _, found in EVERYTHING if found["kind"] == "ScaledObject"]

    assert scaled
    for spec in scaled:
        pool = spec["scaleTargetRef"]["name"]
        assert {trigger["metadata"]["listName"] for trigger in spec["triggers"]} <= {f"imece:{queue}" for queue in queues[pool]}
