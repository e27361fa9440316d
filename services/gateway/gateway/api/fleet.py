"""Workers, queues, health, metrics."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway import health, metrics
from gateway.callers import Caller
from gateway.gate import needs
from gateway.problems import locale_of
from gateway.refusals import Refusal
from imece.contracts import Role
from imece.ledger import overview

router = APIRouter(tags=["operation"])


class WorkerView(BaseModel):
    """One worker process."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    service: str
    pool: str
    host: str
    pid: int
    state: Literal["alive", "stopping", "stopped", "lost"]
    queues: list[str]
    threads: int
    running: int = Field(description="Jobs it runs just now")
    jobs_done: int
    memory_mb: int
    started_at: datetime
    heartbeat_at: datetime


class QueueView(BaseModel):
    """One queue. `warning` is there when jobs wait that nobody will take."""

    queue: str
    queued: int
    oldest_seconds: float | None = Field(description="How long the oldest queued job has been waiting")
    running: int
    consumers: int = Field(description="Living worker processes that serve it")
    warning: str | None = Field(examples=["Nobody consumes this queue."])


class Health(BaseModel):
    """Whether the gateway can do its work."""

    status: Literal["ok", "failing"]
    database: Literal["ok", "failing"]
    redis: Literal["ok", "failing"]


@router.get("/v1/workers")
def workers(caller: Annotated[Caller, Depends(needs(Role.VIEWER))]) -> list[WorkerView]:  # noqa: ARG001 (asked for, so that it is checked)
    """Worker processes: the living, and those that ended in the last ten minutes."""
    return [WorkerView.model_validate(line) for line in overview.workers()]


@router.get("/v1/queues")
def queues(request: Request, caller: Annotated[Caller, Depends(needs(Role.VIEWER))]) -> list[QueueView]:
    """Queues with what waits in them, counted for the caller's company, and who serves them."""
    nobody = "Bu kuyruğu kimse tüketmiyor." if locale_of(request) == "tr" else "Nobody consumes this queue."
    return [
        QueueView(
            queue=line.queue,
            queued=line.queued,
            oldest_seconds=line.oldest_seconds,
            running=line.running,
            consumers=line.consumers,
            warning=nobody if not line.consumers else None,
        )
        for line in overview.queues(caller.company_id)
    ]


@router.get("/healthz", responses={503: {"model": Health}})
def healthz(response: Response) -> Health:
    """Whether PostgreSQL answers a query and Redis a ping; 503 when not. Anybody may ask."""
    database, redis = health.check()
    if not (database and redis):
        response.status_code = 503
    word: dict[bool, Literal["ok", "failing"]] = {True: "ok", False: "failing"}
    return Health(status=word[database and redis], database=word[database], redis=word[redis])


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def prometheus(caller: Annotated[Caller, Depends(needs(Role.VIEWER))]) -> Response:
    """Measurements for Prometheus, for a key or account of the whole installation (a viewer's is enough)."""
    if caller.company_id is not None:
        raise Refusal(403, "Only for keys of the whole installation.", "Yalnızca bütün kurulumun anahtarları için.")
    return Response(metrics.page(), media_type=metrics.CONTENT_TYPE)
