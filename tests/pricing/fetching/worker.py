"""One of several workers: visits the stores that a plan names, and prints how many products it has looked at. `python worker.py PLAN`."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from imece import broker
from pricing.fetching.terms import Due, Manners, Shop
from pricing.fetching.visits import Visit


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    shops = {
        store: Shop(store, url[7:], currency="TRY", **terms)
        for store, (url, terms) in enumerate(zip(plan["urls"], plan["terms"], strict=True))
    }
    blank: dict[str, Any] = {"external_id": None, "etag": None, "last_modified": None, "content_hash": None}
    products = [
        SimpleNamespace(id=store * 1000 + number, store_id=store, url=f"{url}/p/{number}", **blank)
        for number in range(100)
        for store, url in enumerate(plan["urls"])
    ]
    manners = Manners(allowed_networks=("127.0.0.0/8",))
    with Visit(cast("list[Due]", products), shops, manners, broker.client(), seconds=plan["seconds"]) as visit:
        print(sum(len(results) for results in visit))  # noqa: T201 (its answer)


if __name__ == "__main__":
    main()
