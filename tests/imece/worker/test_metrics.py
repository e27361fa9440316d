"""What Prometheus is told about attempts."""

from typing import Any

from prometheus_client import REGISTRY

from imece.errors import Permanent


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, {"kind": "workertest.step", **labels}) or 0.0


def test_attempts_are_counted_by_outcome_and_timed_and_none_is_left_under_way(bench: Any) -> None:
    def handler(job: Any, step: Any) -> None:
        under_way.append(value("imece_attempts_running"))
        if step.number:
            raise Permanent("no")

    under_way: list[float] = []
    before = (
        value("imece_attempts_running"),
        value("imece_attempts_total", outcome="succeeded"),
        value("imece_attempts_total", outcome="failed"),
    )
    timed = value("imece_attempt_seconds_count")
    bench.run(handler)
    bench.run(handler, bench.Step(number=1))

    assert under_way == [before[0] + 1] * 2
    assert value("imece_attempts_running") == before[0]
    assert value("imece_attempts_total", outcome="succeeded") == before[1] + 1
    assert value("imece_attempts_total", outcome="failed") == before[2] + 1
    assert value("imece_attempt_seconds_count") == timed + 2
