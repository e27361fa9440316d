"""The units name what exists."""

import configparser
import subprocess
from pathlib import Path

import pytest

from imece import service

FOLDER = Path(__file__).parents[2] / "deploy" / "systemd"


def unit(name: str) -> configparser.RawConfigParser:
    parsed = configparser.RawConfigParser(strict=False, delimiters=("=",))
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read(FOLDER / name)
    return parsed


def test_the_target_wants_every_pool_and_server() -> None:
    wanted = {"imece-scheduler.service"}
    for card in service.installed().values():
        wanted |= {f"imece-worker@{card.name}-{pool.name}.service" for pool in card.pools}
        if card.serves:
            wanted.add(f"imece-{card.server}.service")
        if "catcher" in card.needs:
            wanted.add(f"imece-{card.name}-catcher.service")
    lines = (FOLDER / "imece.target").read_text().splitlines()

    assert {name for line in lines if line.startswith("Wants=") for name in line.removeprefix("Wants=").split()} == wanted


@pytest.mark.parametrize(
    ("instance", "arguments"), [("documents-cpu", "worker documents cpu"), ("documents-cpu-2", "worker documents cpu")]
)
def test_an_instance_names_service_and_pool(instance: str, arguments: str) -> None:
    line = unit("imece-worker@.service")["Service"]["ExecStart"]
    shell, script = line.split("'")[0].split(), line.split("'")[1]
    script = script.replace("$$", "$").replace("/opt/imece/bin/imece", "echo")

    said = subprocess.run([*shell, script, instance], check=True, capture_output=True, text=True).stdout

    assert said.strip() == arguments


def test_what_ends_is_started_again_for_ever() -> None:
    common = unit("imece-.service.d/all.conf")

    assert common["Unit"]["StartLimitIntervalSec"] == "0"
    assert common["Service"]["Restart"] == "always"
    assert common["Service"]["NoNewPrivileges"] == "yes"
    assert unit("imece-migrate.service.d/once.conf")["Service"]["Restart"] == "on-failure", "systemd refuses `always` for a oneshot"
