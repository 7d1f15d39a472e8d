"""Long answers, packed where whoever asks unpacks them: the list of a flood would keep a slow line busy."""

import gzip
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

SHORT = 1024
"""Bytes that are not worth packing."""


def packed(request: Request, content: Any) -> Response:
    """As JSON. Encoded here: FastAPI walks through all of it first, which takes three times as long as everything
    else. Takes a while: for a thread."""
    answer = JSONResponse(content, headers={"vary": "accept-encoding"})
    if len(answer.body) < SHORT or "gzip" not in request.headers.get("accept-encoding", ""):
        return answer
    headers = {"vary": "accept-encoding", "content-encoding": "gzip"}
    return Response(gzip.compress(answer.body, 1, mtime=0), headers=headers, media_type=answer.media_type)
