"""Alerts and dashboard ask for measurements that exist."""

import json
import re
from importlib import import_module
from pathlib import Path

import yaml
from prometheus_client import REGISTRY

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"
ALERTS = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
PANELS = json.loads((FOLDER / "grafana.json").read_text())["panels"]


def test_every_name_asked_for_is_measured_somewhere() -> None:
    for module in ("imece.worker.metrics", "imece.scheduler", "gateway.metrics"):
        import_module(module)
    measured = {family.name for family in REGISTRY.collect()} | {"imece_queue_consumers"}
    asked = {
        name
        for expression in [rule["expr"] for rule in ALERTS] + [target["expr"] for panel in PANELS for target in panel["targets"]]
        for name in re.findall(r"\b(?:imece|process)_\w+", expression)
    }

    assert asked
    assert not {name for name in asked if re.sub(r"_(total|bucket|count|sum)$", "", name) not in measured} - {
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
    }


def test_every_alert_says_it_in_both_languages_and_what_to_do() -> None:
    for rule in ALERTS:
        assert " / " in rule["annotations"]["summary"], rule["alert"]
        assert rule["annotations"]["description"], rule["alert"]


def test_every_program_is_scraped() -> None:
    compose = yaml.safe_load((FOLDER.parents[1] / "docker-compose.yml").read_text())["services"]
    scraped = set(yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"][0]["dns_sd_configs"][0]["names"])

    assert scraped == {
        name for name, found in compose.items() if found.get("command", [""])[0] == "imece" and not name.endswith("-migrate")
    }
