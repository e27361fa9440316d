"""Pages that are kept as gzip files."""

import zlib
from typing import Any

from isal import igzip_lib, isal_zlib

_BROKEN: Any = (igzip_lib.IsalError, zlib.error)


def inflated(body: bytes, most: int) -> bytes:
    """The content of a gzip file, at most `most` bytes; a body that is no gzip as it is. A broken one gives what came before."""
    if not body.startswith(b"\x1f\x8b"):
        return body[:most]
    inflater, pieces, length = isal_zlib.decompressobj(31), [], 0
    part: bytes = body
    while part and length < most:
        try:
            pieces.append(inflater.decompress(part, most - length))
        except _BROKEN:
            break
        length += len(pieces[-1])
        part = inflater.unconsumed_tail
        if inflater.eof:
            part, inflater = inflater.unused_data.lstrip(b"\x00"), isal_zlib.decompressobj(31)
    return b"".join(pieces)
