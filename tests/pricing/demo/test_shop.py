"""The demo shop keeps its word: prices follow from the seed, pages say them, troubles happen when they should."""

import gzip
import json
import re
import signal
import subprocess
import sys
import urllib.request
from decimal import Decimal
from pathlib import Path
from urllib.error import HTTPError

import pytest
import typer
from typer.testing import CliRunner

from pricing import shop_cli
from pricing.demo import shop
from pricing.demo.goods import Goods, Mood, Style
from pricing.demo.shop import Shop, opened
from pricing.extraction.offer import Availability, State
from pricing.extraction.scanner import extract

CLI = "import typer; from pricing import shop_cli; app = typer.Typer(); app.callback()(lambda: None); shop_cli.register(app); app()"


def ask(url: str, method: str = "GET", **headers: str) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers."""
    request = urllib.request.Request(url, method=method, headers=headers)  # noqa: S310 (our own shop)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 (as above)
            return answer.status, answer.read(), dict(answer.headers)
    except HTTPError as error:
        with error:
            return error.code, error.read(), dict(error.headers)


def test_the_packed_page_is_the_page() -> None:
    """Put together from packed parts, it is a gzip file that unpacks, its checksum included, to the very page."""
    goods = Goods(60, kilobytes=30)
    for number in range(60):
        assert gzip.decompress(goods.packed(1, number)) == goods.page(1, number)


def test_the_bomb_is_one() -> None:
    """A proper gzip file of a quarter of a megabyte that unpacks to 200."""
    packed = shop._bomb()
    assert len(packed) < 1 << 20
    assert gzip.decompress(packed) == b" " * (shop.BOMB << 20)


@pytest.mark.parametrize("step", [0, 1, 2, 5])
def test_every_page_can_be_read(step: int) -> None:
    """Each style of page gives its price, its list price where it has one, and its stock."""
    goods = Goods(60, step=step, kilobytes=12)
    for number in range(60):
        offer, reading = goods.offered(0, number), extract(goods.page(0, number), url=f"http://x/p/{number}", currency="TRY", locale="tr")
        assert reading.state is State.OK, (goods.style(number), reading)
        assert reading.price == Decimal(offer.price) / 100, (goods.style(number), reading)
        assert reading.confident is (goods.style(number) is not Style.UGLY)
        if goods.style(number) is not Style.UGLY:
            assert (reading.availability is Availability.IN_STOCK) is offer.in_stock


def test_prices_follow_from_the_seed_and_move() -> None:
    """The same for everybody; about an eighth moves with every step; some pretend a reduction; other seeds, other prices."""

    def prices(seed: int, step: int, store: int = 0) -> list[int]:
        return [Goods(1000, seed=seed, step=step).offered(store, number).price for number in range(1000)]

    assert prices(7, 3) == prices(7, 3)
    assert prices(7, 0) != prices(8, 0)
    assert prices(7, 0, 0) != prices(7, 0, 1)
    moved = sum(one != other for one, other in zip(prices(7, 3), prices(7, 4), strict=True))
    assert 70 < moved < 170
    pretender = Goods(100)
    before = pretender.offered(0, 5).price
    pretender.step = 2
    offer = pretender.offered(0, 5)
    assert offer.list_price is not None
    assert offer.list_price > offer.price > before


def test_eans_are_right() -> None:
    for number in (0, 7, 123_456):
        digits = [int(digit) for digit in Goods().ean(number)]
        assert len(digits) == 13
        assert (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def test_what_a_shop_does() -> None:
    """Pages, 304, the front, robots.txt, 404, moods; every store has prices of its own; it is all written down."""
    with opened(Shop(Goods(100, kilobytes=4), 2)) as shop:
        one, other = shop.urls
        status, page, headers = ask(one + "/p/1")
        assert status == 200
        assert page == shop.goods.page(0, 1)
        assert ask(one + "/p/1", **{"If-None-Match": headers["ETag"]})[0] == 304
        assert gzip.decompress(ask(other + "/p/1", **{"Accept-Encoding": "gzip"})[1]) == shop.goods.page(1, 1)
        assert b"Disallow: /gizli/" in ask(one + "/robots.txt")[1]
        assert b"/p/99" in ask(one + "/")[1]
        assert [ask(one + path)[0] for path in ("/p/100", "/p/x", "/nothing", "/trouble/none", "/trouble/denied")] == [
            404,
            404,
            404,
            404,
            403,
        ]
        blocked = next(number for number in range(100) if shop.goods.mood(number) is Mood.BLOCKED)
        assert extract(ask(f"{one}/p/{blocked}")[1], url=one).state is State.BLOCKED
        assert [(entry.store, entry.path, entry.status) for entry in shop.asked][:3] == [
            (0, "/p/1", 200),
            (0, "/p/1", 304),
            (1, "/p/1", 200),
        ]


def test_time_passes_on_request() -> None:
    """`/control/step` moves prices and lets some products go; `away` and `back` kill a store and revive it; the truth is told."""
    with opened(Shop(Goods(100, kilobytes=4), 2)) as shop:
        url = shop.urls[0]
        truth = json.loads(ask(url + "/control/truth")[1])
        assert truth[1][1] == shop.goods.offered(0, 1).price
        assert ask(url + "/p/13")[0] == 200
        assert json.loads(ask(url + "/control/step?by=2", "POST")[1])["step"] == 2
        assert json.loads(ask(url + "/control/truth")[1]) != truth
        assert ask(url + "/p/13")[0] == 404
        assert json.loads(ask(url + "/control/away?store=1", "POST")[1])["away"] == [1]
        assert [ask(one + "/p/1")[0] for one in shop.urls] == [200, 503]
        ask(url + "/control/back?store=1", "POST")
        assert ask(shop.urls[1] + "/p/1")[0] == 200
        assert [ask(url + path)[0] for path in ("/control/away", "/control/step?by=x", "/control/what")] == [400, 400, 404]
        assert not any(entry.path.startswith("/control/") for entry in shop.asked)


def test_a_store_with_a_rate_says_slower() -> None:
    with opened(Shop(Goods(10, kilobytes=4), rate=3)) as shop:
        answers = [ask(shop.urls[0] + "/p/1") for _ in range(4)]
        assert [status for status, _, _ in answers] == [200, 200, 200, 429]
        assert answers[3][2]["Retry-After"] == "1"


def test_nonsense_on_the_line_is_answered() -> None:
    import socket

    with opened(Shop(Goods(10))) as shop, socket.create_connection(("127.0.0.1", shop.ports[0]), timeout=5) as line:
        line.sendall(b"what is this\r\n\r\n")
        assert line.recv(1000).startswith(b"HTTP/1.1 400")


def test_the_command(tmp_path: Path) -> None:
    """Prints the addresses of its stores, serves, ends with SIGTERM, and leaves its log."""
    log = tmp_path / "access.log"
    command = [sys.executable, "-c", CLI, "demo-shop", "--port", "0", "--stores", "2", "--products", "20", "--step", "1", "--log", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        urls = [process.stdout.readline().strip() for _ in range(2)]
        assert [ask(url + "/p/3")[0] for url in urls] == [200, 200]
        assert json.loads(ask(urls[0] + "/control/state")[1])["step"] == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert [re.split(r"\t", line)[1:] for line in log.read_text(encoding="utf-8").splitlines()] == [
        ["0", "200", "/p/3"],
        ["1", "200", "/p/3"],
    ]


def test_a_port_in_use_is_one_clear_line() -> None:
    app = typer.Typer()
    app.callback()(lambda: None)
    shop_cli.register(app)
    with opened(Shop(Goods(5))) as shop:
        result = CliRunner().invoke(app, ["demo-shop", "--port", str(shop.ports[0])])
    assert result.exit_code == 1
    assert str(shop.ports[0]) in result.output
