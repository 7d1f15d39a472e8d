"""What a route answers with, and takes, where that is not JSON: for its decorator, so that it is described as it is."""

from typing import Any

from fastapi.responses import Response

SDP = "application/sdp"


def answers_with(media_type: str, status: int = 200, **further: str) -> dict[str, Any]:
    """further: `also_304="…"`, other statuses without a body, and what they mean."""
    responses: dict[int, dict[str, Any]] = {status: {"content": {media_type: {}}}}
    for name, meaning in further.items():
        responses[int(name.removeprefix("also_"))] = {"description": meaning}
    return {"response_class": Response, "status_code": status, "responses": responses}


def takes(media_type: str) -> dict[str, Any]:
    """The body is read by the route itself."""
    body = {"required": True, "content": {media_type: {"schema": {"type": "string"}}}}
    return {"openapi_extra": {"requestBody": body}}


NO_BODY: dict[str, Any] = {"response_class": Response, "status_code": 204}
