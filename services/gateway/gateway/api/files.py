"""Files: `POST /v1/files`, `GET /v1/files/{key}`."""

import unicodedata
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import anyio.to_thread
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, Field

from gateway import submissions, uploads
from gateway.callers import Caller
from gateway.gate import needs
from imece import db, storage
from imece.contracts import Role
from imece.errors import NotFound
from imece.face import media

router = APIRouter(prefix="/v1/files", tags=["files"])

#: Types a browser may know when it is given a file; everything else, HTML above all, is bytes.
_TYPES = {
    "pdf": "application/pdf",
    "zip": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xls": "application/vnd.ms-excel",
    "csv": "text/csv; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "json": "application/json",
}


class FileStored(BaseModel):
    """A file that lies in storage now."""

    key: str = Field(
        description="Give this to the job that works on the file", examples=["01994b1c-.../uploads/01994b1d-.../mutabakat.xlsx"]
    )
    size: int = Field(description="Bytes", examples=[48213])
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    name: str = Field(examples=["mutabakat.xlsx"])


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.post("", status_code=201, response_model=FileStored, openapi_extra=_BODY)
async def upload(
    request: Request,
    caller: Annotated[Caller, Depends(needs(Role.OPERATOR))],
    name: Annotated[str | None, Query(max_length=500, description="Its name, when the file is the whole body")] = None,
    company: Annotated[UUID | None, Query(description="For which company; only for keys of the whole installation")] = None,
) -> JSONResponse:
    """
    Upload a file: as the whole body (`?name=mutabakat.xlsx`) or as the one file of a form (`curl -F file=@mutabakat.xlsx`).

    It is written as it comes. Over the cap the answer is 413, for an empty file 422, and nothing stays behind.
    """
    company_id = await anyio.to_thread.run_sync(_company, caller, company)
    stored = await uploads.receive(request, company_id, name)
    body = FileStored(key=stored.key, size=stored.size, sha256=stored.sha256, name=stored.name)
    return JSONResponse(body.model_dump(), status_code=201, headers={"Location": f"/v1/files/{quote(stored.key)}"})


@router.get("/{key:path}", response_class=StreamingResponse, responses={200: {"content": {"application/octet-stream": {}}}})
def download(key: str, request: Request, caller: Annotated[Caller, Depends(needs(Role.VIEWER))]) -> Response:
    """
    Download a file of the caller's company, or a range of it (`Range: bytes=...`, answered with 206).

    Another company's file is answered like one that does not exist.
    """
    if storage.owner(key) != caller.company_id and caller.company_id is not None:
        raise NotFound("There is no such file.", "Böyle bir dosya yok.")
    name = key.rsplit("/", 1)[1]
    headers = {
        "Content-Disposition": disposition(name),
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return media.answer(request, key, _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream"), headers)


def disposition(name: str) -> str:
    """`attachment` under `name`: plainly for old clients, and exactly, as RFC 8187 wants it."""
    plain = unicodedata.normalize("NFKD", name.replace("ı", "i")).encode("ascii", "ignore").decode()
    plain = "".join(c if c.isalnum() or c in " ._-()" else "_" for c in plain) or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _company(caller: Caller, wanted: UUID | None) -> UUID:
    with db.transaction() as session:
        return submissions.company_for(session, caller, wanted)
