"""pricing-extraction: prices read right from labelled real pages, beside extruct with price-parser; the folder of pages is given."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from bench.figure import Figure, Options
from pricing.extraction import LARGEST, Reading, extract
from pricing.extraction.packed import inflated

#: Where a page shows nothing but a sign, every currency that is written so.
_WRITTEN_ALIKE = {
    "USD": frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP", "UYU", "BRL"}),
    "INR": frozenset({"INR", "PKR", "LKR", "NPR"}),
    "JPY": frozenset({"JPY", "CNY"}),
    "SEK": frozenset({"SEK", "NOK", "DKK", "ISK"}),
}


@dataclass(frozen=True)
class Page:
    """
    A page and what a person read on it: the prices that count as right (none: it names no price), its currency, whether it can be ordered.

    `loose`: the page shows only a sign that several currencies share.
    """

    name: str
    url: str
    body: bytes
    prices: frozenset[Decimal]
    currency: str | None
    loose: bool
    availability: str | None


@dataclass
class Score:
    """How many readings are right, wrong and missing; a wrong one counts as both. `faults` names them."""

    right: int = 0
    wrong: int = 0
    missing: int = 0
    faults: list[str] = field(default_factory=list)

    def count(self, page: Page, price: Decimal | None) -> bool:
        """Count one reading; whether it names a price and that is right."""
        right = price is not None and price in page.prices
        self.right += right
        self.wrong += price is not None and not right
        self.missing += bool(page.prices) and not right
        if not right and (price is not None or page.prices):
            self.faults.append(f"{page.name}: {price} instead of {', '.join(sorted(map(str, page.prices))) or 'none'}")
        return right

    @property
    def precision(self) -> float:
        """Of the prices that were named, how many are right."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        """Of the pages that have a price, how many were read right."""
        return self.right / (self.right + self.missing) if self.right + self.missing else 0.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def shown(self) -> dict[str, float | int]:
        """For the detail."""
        named = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {name: round(value, 3) for name, value in named.items()} | {"right": self.right, "wrong": self.wrong}


def measure(options: Options) -> Figure:
    """Every page once for the score, and several times for the time it takes; exits with 2 where no labelled folder is given."""
    pages = list(labelled(options.folder))
    rounds = 1 if options.quick else 3
    mine, sure, usual_score = Score(), Score(), Score()
    currency, stock = [0, 0], [0, 0]
    for page in pages:
        reading = extract(page.body, url=page.url)
        right = mine.count(page, reading.price)
        if reading.confident:
            sure.count(page, reading.price)
        if right and page.currency:
            currency[0] += _same_currency(page, reading)
            currency[1] += 1
        if page.availability:
            stock[0] += reading.availability == page.availability
            stock[1] += 1
        usual_score.count(page, usual(page))
    ours_ms = _milliseconds(pages, lambda page: extract(page.body, url=page.url), rounds)
    usual_ms = _milliseconds(pages, usual, rounds)
    told = mine.right + mine.wrong
    detail = {
        "pages": len(pages),
        "all": mine.shown(),
        "confident": sure.shown() | {"share": round((sure.right + sure.wrong) / told, 3) if told else 0.0},
        "currency_right": round(currency[0] / currency[1], 3) if currency[1] else None,
        "availability_right": round(stock[0] / stock[1], 3) if stock[1] else None,
        "ms_per_page": ours_ms,
        "faults": mine.faults,
    }
    peer = usual_score.shown() | {"ms_per_page": usual_ms}
    remarks = (
        f"precision {mine.precision:.3f}, recall {mine.recall:.3f} on {len(pages)} pages; precision {sure.precision:.3f} of the "
        f"{sure.right + sure.wrong} told as confident; {ours_ms} ms/page. extruct + price-parser: F1 {usual_score.f1:.3f} "
        f"(precision {usual_score.precision:.3f}, recall {usual_score.recall:.3f}), {usual_ms} ms/page"
    )
    return Figure("pricing-extraction", round(mine.f1, 3), "F1 of the price", {"extruct + price-parser": peer}, detail, remarks)


def labelled(folder: Path | None) -> list[Page]:
    """
    The pages that `labels.jsonl` in a folder names, with what it says of each.

    A line: `{"file", "url", "price": "1299.90" | [...] | null, "currency": "TRY" | "USD?" | null, "availability": "InStock" | "OutOfStock" | null}`.
    """
    if folder is None or not (folder / "labels.jsonl").is_file():
        sys.stderr.write("pricing-extraction: give a folder of pages with labels.jsonl: make bench FIGURE=pricing-extraction ARGS=FOLDER\n")
        raise SystemExit(2)
    found = []
    for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        said = json.loads(line)
        prices = said.get("price")
        named = said.get("currency") or ""
        found.append(
            Page(
                name=said["file"],
                url=said.get("url") or "",
                body=inflated((folder / said["file"]).read_bytes(), LARGEST),
                prices=frozenset(Decimal(str(price)) for price in (prices if isinstance(prices, list) else [prices]) if price is not None),
                currency=named.removesuffix("?") or None,
                loose=named.endswith("?"),
                availability=said.get("availability"),
            )
        )
    return found


def usual(page: Page) -> Decimal | None:
    """Extruct's JSON-LD and microdata; the first product's offer, its price read by price-parser."""
    import extruct  # noqa: PLC0415 (a peer: not part of the product)
    from price_parser import Price  # noqa: PLC0415 (see above)

    try:
        data = extruct.extract(page.body.decode("utf-8", "replace"), base_url=page.url, syntaxes=["json-ld", "microdata"], uniform=True)
    except Exception:  # noqa: BLE001 (a peer that cannot read a page has read no price)
        return None
    for node in _products([*data["json-ld"], *data["microdata"]]):
        offers = node.get("offers")
        for offer in offers if isinstance(offers, list) else [offers]:
            if isinstance(offer, dict) and (said := offer.get("price") or offer.get("lowPrice")):
                found = Price.fromstring(str(said)).amount
                if found is not None:
                    return found
    return None


def _products(nodes: list[Any]) -> list[dict[str, Any]]:
    """The products among the nodes, also inside a graph."""
    found = []
    for node in nodes:
        if not isinstance(node, dict):
            continue
        types = node.get("@type")
        if "Product" in (types if isinstance(types, list) else [types]):
            found.append(node)
        graph = node.get("@graph")
        found += _products(graph if isinstance(graph, list) else [])
    return found


def _same_currency(page: Page, reading: Reading) -> bool:
    alike = _WRITTEN_ALIKE.get(page.currency or "", frozenset()) if page.loose else frozenset[str]()
    return reading.currency == page.currency or reading.currency in alike


def _milliseconds(pages: list[Page], read: Callable[[Page], Any], rounds: int) -> float:
    """Processor time per page: of each page the median of the rounds, and of all pages the mean."""
    taken = []
    for page in pages:
        times = []
        for _ in range(rounds):
            began = time.process_time()
            read(page)
            times.append(time.process_time() - began)
        taken.append(median(times))
    return round(1000 * sum(taken) / max(1, len(taken)), 1)
