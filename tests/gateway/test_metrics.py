from prometheus_client import generate_latest

from gateway import metrics


def test_what_a_stranger_sends_becomes_no_label() -> None:
    metrics.observed("BREW'\"\n", "/v1/jobs", 405, 0.1)

    text = generate_latest().decode()
    assert "BREW" not in text
    assert 'method="other",route="/v1/jobs",status="405"' in text
