"""Structured logs: one event and its keys per line, JSON or for the eye; what a job does carries the job's id."""

import logging
import re
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

import structlog

from imece.config import settings

_SECRET = re.compile(r"password|secret|token|authorization|api_key", re.IGNORECASE)
_IN_URL = re.compile(r"(\w+://[^:/@\s]*:)[^@/\s]+@")

get = structlog.stdlib.get_logger

#: What the lines of a running job carry: its id, kind and attempt. Set by the worker around the handler; read only when a line is written.
job: ContextVar[dict[str, Any] | None] = ContextVar("imece.job", default=None)


def configure(**context: Any) -> None:
    """Set logging up for this process; `context` (service, pool) goes on every line. Libraries' own loggers end in the same stream."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_job,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_secrets,
    ]
    if settings().log_format == "json":
        shared.append(structlog.processors.format_exc_info)
        renderer: structlog.typing.Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        # Plain tracebacks: the pretty ones print local variables, among them tokens and passwords.
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [stream]
    root.setLevel(settings().log_level)
    for noisy in ("dramatiq", "urllib3", "asyncio", "apscheduler", "alembic"):
        logging.getLogger(noisy).setLevel("WARNING" if settings().log_level != "DEBUG" else "DEBUG")
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**context)


def _add_job(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in (job.get() or {}).items():
        event.setdefault(key, value)
    return event


def _hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank what is named like a secret, and passwords inside URLs. The second line of defence: the first is not to log them."""
    for key, value in event.items():
        if _SECRET.search(key) and value:
            event[key] = "***"
        elif isinstance(value, str) and "://" in value:
            event[key] = _IN_URL.sub(r"\1***@", value)
    return event
