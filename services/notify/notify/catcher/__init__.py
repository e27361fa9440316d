"""
`python -m notify.catcher`: keeps whatever is sent and delivers none of it.

Mails come by SMTP (`catcher.mails`) and bounce into a mailbox (`catcher.mailbox`); SMS, posts and calls by HTTP, to stand-ins that speak the providers' own protocols (`catcher.web`). So what
runs in catch mode is what runs live, up to the last byte that leaves the house.
"""

import argparse
import asyncio
import logging
import signal
import smtplib
import sys
from contextlib import suppress
from http.client import HTTPConnection, HTTPException

from aiohttp.web import AppRunner, TCPSite

from imece import log
from imece.clock import now
from imece.errors import Invalid, Misconfigured
from notify.catcher import web
from notify.catcher.mails import Catcher, Conversation, Party
from notify.caught import mails, texts
from notify.settings import Settings, settings

_GRACE = 5.0  #: seconds that what is coming in has to reach its end at SIGTERM
_DAY = 86_400.0

_log = log.get(__name__)


async def serve(given: Settings) -> None:
    """Serve until SIGTERM or SIGINT; what is coming in then is kept to the end. Raises Misconfigured."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        given.caught.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"NOTIFY_CATCHER_FOLDER: {given.caught}: {error.strerror}") from None
    catcher, party = Catcher(given.caught, faults=given.catcher_faults), Party()
    try:
        server = await loop.create_server(lambda: Conversation(catcher, given, party), given.catcher_listen, given.catcher_port)
    except OSError as error:
        raise _unheard("NOTIFY_CATCHER_PORT", given.catcher_listen, given.catcher_port, error) from None
    try:
        runner = AppRunner(web.application(given), access_log=None, shutdown_timeout=_GRACE)
    except Invalid as error:
        raise Misconfigured(error.en) from None
    await runner.setup()
    try:
        await TCPSite(runner, given.catcher_listen, given.catcher_http_port, backlog=1024).start()
    except OSError as error:
        await runner.cleanup()
        raise _unheard("NOTIFY_CATCHER_HTTP_PORT", given.catcher_listen, given.catcher_http_port, error) from None
    ports = {"port": server.sockets[0].getsockname()[1], "http_port": runner.addresses[0][1]}
    if given.catcher_faults:  # without them nothing bounces
        try:
            imap = await asyncio.start_server(catcher.bounces.serve, given.catcher_listen, given.catcher_imap_port)
        except OSError as error:
            await runner.cleanup()
            raise _unheard("NOTIFY_CATCHER_IMAP_PORT", given.catcher_listen, given.catcher_imap_port, error) from None
        ports["imap_port"] = imap.sockets[0].getsockname()[1]
    _log.info("listening", **ports, folder=str(given.caught))
    while not stop.is_set():
        # Here too, and not only in `notify.prune`: in containers no worker sees these folders.
        gone = await asyncio.to_thread(mails.prune, given.caught, now() - given.keep_caught)
        await asyncio.to_thread(mails.prune, catcher.bounces.folder, now() - given.keep_caught)
        days = await asyncio.to_thread(texts.prune, given.caught_texts, now() - given.keep_caught)
        _log.info("pruned", mails=gone, days_of_texts=days)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _DAY)
    server.close()
    await asyncio.gather(party.end(_GRACE), runner.cleanup())
    _log.info("stopped")


def check(given: Settings) -> str:
    """Whether a catcher answers where workers look for it; empty if so, else what is wrong."""
    try:
        with smtplib.SMTP(given.catcher_host, given.catcher_port, "localhost", timeout=3) as smtp:
            code, _ = smtp.noop()
        if code != 250:
            return f"{given.catcher_host}:{given.catcher_port}: {code}"
    except OSError as error:
        return f"{given.catcher_host}:{given.catcher_port}: {error}"
    try:
        connection = HTTPConnection(given.catcher_host, given.catcher_http_port, timeout=3)
        connection.request("GET", "/catcher/health")
        status = connection.getresponse().status
        connection.close()
    except (OSError, HTTPException) as error:
        return f"{given.stand_ins}: {error}"
    return "" if status == 200 else f"{given.stand_ins}: {status}"


def main(arguments: list[str] | None = None) -> int:
    """Run the catcher, or with `--check` ask whether one runs; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m notify.catcher", description="Keeps every message and delivers none.")
    parser.add_argument("--check", action="store_true", help="exit 0 if a catcher answers at NOTIFY_CATCHER_HOST and its ports")
    options = parser.parse_args(arguments)
    try:
        given = settings()
        if options.check:
            fault = check(given)
            sys.stderr.write(f"{fault}\n" if fault else "")
            return 1 if fault else 0
        log.configure(service="notify", pool="catcher")
        logging.getLogger("mail.log").setLevel("WARNING")  # aiosmtpd writes whole addresses below that
        logging.getLogger("aiohttp").setLevel("WARNING")
        asyncio.run(serve(given))
    except Misconfigured as error:
        sys.stderr.write(f"{error.en}\n")
        return 1
    return 0


def _unheard(setting: str, host: str, port: int, error: OSError) -> Misconfigured:
    return Misconfigured(f"{setting}: cannot listen on {host}:{port}: {error.strerror}")
