"""`imece pricing demo-shop`: pretend stores on this machine, for trying the product without bothering a real one."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to `imece pricing`."""
    app.command("demo-shop")(demo_shop)


def demo_shop(
    products: Annotated[int, typer.Option(min=1, help="Products of each store")] = 300,
    stores: Annotated[int, typer.Option(min=1, max=200, help="Stores, each on a port of its own")] = 3,
    port: Annotated[int, typer.Option(help="Port of the first store; the others follow. 0: any")] = 8801,
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    step: Annotated[int, typer.Option(min=0, help="How many times the prices have moved already")] = 0,
    seed: Annotated[int, typer.Option(help="Decides names, prices and how they move")] = 7,
    rate: Annotated[int, typer.Option(min=0, help="Requests per second above which a store answers 429; 0: none")] = 0,
    crawl_delay: Annotated[float, typer.Option(min=0, help="Crawl-delay in robots.txt")] = 0.0,
    plain: Annotated[bool, typer.Option("--plain", help="JSON-LD pages only, and no moods: for measuring")] = False,
    kilobytes: Annotated[int, typer.Option(min=1, help="Mean size of a page")] = 100,
    log: Annotated[Path | None, typer.Option(help="Write when which store was asked for what", dir_okay=False)] = None,
) -> None:
    """
    Open pretend stores that behave like real ones: good pages and ugly ones, prices that move, 404, 429, slow answers, robots.txt, a block page.

    `POST /control/step` moves the prices, `/control/truth?store=0` tells them, `/control/away?store=1` and `back` make a store die and return. Products
    are under /p/0, feeds under /feed.xml and /sitemap.xml, all that can go wrong under /trouble/. Ends with Ctrl-C.
    """
    import asyncio  # noqa: PLC0415 (--help stays quick)
    import signal  # noqa: PLC0415 (see above)

    import uvloop  # noqa: PLC0415 (see above)

    from pricing.demo.goods import Goods  # noqa: PLC0415 (see above)
    from pricing.demo.shop import Shop  # noqa: PLC0415 (see above)

    async def run() -> None:
        stream = log.open("a", encoding="utf-8", buffering=1 << 16) if log else None
        shop = Shop(Goods(products, seed, step, plain, kilobytes), stores, rate, crawl_delay, stream)
        try:
            await shop.start(host, port)
        except OSError as error:
            typer.secho(f"{host}:{port}: {error.strerror or error}", fg="red", err=True)
            sys.exit(1)
        for url in shop.urls:
            typer.echo(url)
        sys.stdout.flush()
        ending, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ending.set)
        await ending.wait()
        await shop.stop()
        if stream:
            stream.close()

    uvloop.run(run())
