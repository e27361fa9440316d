from typing import Any


def test_queues_and_workers_are_on_one_page(browser: Any) -> None:
    page, part = browser.get("/machines").text, browser.get("/machines?part=1").text

    assert "<html" in page
    assert "<html" not in part
    for text in (page, part):
        assert "notify.email" in text
        assert "Nobody consumes this queue." in text
        assert "No worker has been seen" in text
