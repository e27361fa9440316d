"""A stored file as an answer, whole or the range that was asked for: players look for the middle of a recording without its beginning."""

import re
from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from imece import storage

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII)


def answer(request: Request, key: str, media_type: str, headers: Mapping[str, str] | None = None) -> Response:
    """
    The blob, as `media_type`: 200, or for a `Range` of one piece 206, or 416 for one that lies behind its end. Raises NotFound.

    Several ranges at once, and units that are not bytes, are answered with the whole, as RFC 9110 allows. `If-Range` with another ETag than the
    file's gets the whole: it has changed in between.
    """
    size, etag = storage.size(key), f'"{storage.mark(key)}"'
    told = {"Accept-Ranges": "bytes", "ETag": etag, **(headers or {})}
    wanted = _wanted(request.headers, size, etag)
    if wanted is None:
        return StreamingResponse(storage.stream(key), media_type=media_type, headers=told | {"Content-Length": str(size)})
    start, end = wanted
    if start >= end:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"})
    told |= {"Content-Range": f"bytes {start}-{end - 1}/{size}", "Content-Length": str(end - start)}
    return StreamingResponse(storage.stream(key, start, end), 206, media_type=media_type, headers=told)


def _wanted(headers: Mapping[str, str], size: int, etag: str) -> tuple[int, int] | None:
    """First byte and the one behind the last; None for the whole; the first not before the second for what cannot be had."""
    asked = _RANGE.fullmatch(headers.get("range", "").strip())
    if not asked or not any(asked.groups()) or headers.get("if-range", etag) != etag:
        return None
    first, last = asked.groups()
    if not first:
        return (max(0, size - int(last)), size) if int(last) else (size, size)
    if last and int(last) < int(first):
        return None  # this is no range at all
    return int(first), min(size, int(last) + 1) if last else size
