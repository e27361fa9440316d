"""docker-compose.yml says the same as the cards, and every container is closed."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from imece import service

HOUSE = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((HOUSE / "docker-compose.yml").read_text())
SERVERS = {"postgres", "redis"}


def merged(name: str) -> dict[str, Any]:
    found: dict[str, Any] = COMPOSE["services"][name]
    return found


def test_every_pool_of_every_card_runs_and_nothing_else() -> None:
    wanted = dict.fromkeys(SERVERS)
    for card in service.installed().values():
        wanted[f"{card.name}-migrate"] = ["imece", "migrate"]
        for pool in card.pools:
            wanted[f"{card.name}-{pool.name}"] = ["imece", "worker", card.name, pool.name]
        if card.pools:
            wanted[f"{card.name}-scheduler"] = ["imece", "scheduler"]
        if card.serves:
            wanted[card.server] = ["python", "-m", f"{card.name}.serve"] if card.face else None
        if "catcher" in card.needs:
            wanted[f"{card.name}-catcher"] = ["python", "-m", f"{card.name}.catcher"]

    assert set(COMPOSE["services"]) == set(wanted)
    assert {name: merged(name)["command"] for name, command in wanted.items() if command} == {n: c for n, c in wanted.items() if c}


def test_every_face_is_inside_and_the_gateway_knows_it() -> None:
    named = merged("gateway")["environment"]["GATEWAY_FACES"]
    for card in service.installed().values():
        if card.face:
            assert merged(card.server)["networks"] == ["inside"]
            assert f"{card.name}=http://{card.server}:{card.address()[1]}" in named.split(",")
            for name in ("gateway", card.server):
                assert merged(name)["environment"]["IMECE_FACE_SECRET_FILE"] == "/run/secrets/face_secret"
                assert "face_secret" in merged(name)["secrets"]


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_container_is_closed(name: str) -> None:
    found = merged(name)

    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert found["init"] is True
    assert found["restart"] in {"unless-stopped", "on-failure"}
    assert found["mem_limit"]
    assert found["stop_grace_period"]
    assert int(found["logging"]["options"]["max-file"]) > 1
    assert not found.get("privileged")


def test_only_the_gateway_is_published_and_only_to_this_machine() -> None:
    assert [name for name in COMPOSE["services"] if "ports" in merged(name)] == ["gateway"]
    assert merged("gateway")["ports"] == ["${GATEWAY_BIND:-127.0.0.1}:${GATEWAY_PORT:-8300}:8300"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert all(merged(name)["networks"] == ["inside"] for name in SERVERS)


def test_no_password_is_written_down() -> None:
    """Passwords come as files; the one exception is the mail server's, which may come from .env."""
    for name in COMPOSE["services"]:
        environment = merged(name).get("environment", {})
        loud = {key for key in environment if any(word in key for word in ("PASSWORD", "SECRET", "_URL")) and not key.endswith("_FILE")}
        assert loud <= {
            "NOTIFY_SMTP_PASSWORD",
            "NOTIFY_NETGSM_PASSWORD",
            "NOTIFY_GOLDSMS_PASSWORD",
            "NOTIFY_LINK_URL",
            "NOTIFY_PUBLIC_URL",
            "GATEWAY_PUBLIC_URL",
            "TRANSCRIPTION_PUBLIC_URL",
        }, name


@pytest.mark.parametrize("word", sorted(service.installed()))
def test_every_service_has_an_image_of_its_own_with_locked_requirements(word: str) -> None:
    dockerfile = (HOUSE / "services" / word / "Dockerfile").read_text()
    lock = (HOUSE / "requirements" / f"{word}.txt").read_text()

    assert "USER 10001:10001" in dockerfile
    assert "HEALTHCHECK" in dockerfile
    assert f"requirements/{word}.txt" in dockerfile
    assert dockerfile.count("--require-hashes") == 2
    assert not [other for other in service.installed() if other != word and f"services/{other}" in dockerfile]
    assert "--hash=sha256:" in lock
    assert not [line for line in lock.splitlines() if line.startswith(("--index", "--extra", "--find", "-i "))]
