"""The page's own files. Only those listed are served: no path of a request ever reaches the disk."""

from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse

from alerts.web.answered import answers_with
from alerts.web.caller import OPEN, SIGNED_IN

STATIC = Path(__file__).parent / "static"
_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}

CONSOLE_FILES: Mapping[str, Path] = {path.name: path for path in sorted(STATIC.iterdir()) if path.suffix in _TYPES}
ENTER_FILES: Mapping[str, Path] = {
    name: STATIC / name for name in ("enter.js", "i18n.js", "strings.js", "theme.js", "base.css", "icon.svg")
}
PATROL_FILES: Mapping[str, Path] = {
    name: STATIC / name
    for name in ("patrol.js", "patrol.css", "i18n.js", "strings.js", "theme.js", "base.css", "icon.svg")
}
ANSWER_FILES: Mapping[str, Path] = {
    name: STATIC / name
    for name in (
        "answer.js", "answer.css", "dom.js", "format.js", "i18n.js", "icons.js", "reasons.js", "strings.js", "theme.js",
        "base.css", "icon.svg",
    )
}  # fmt: skip

APP_FILES: Mapping[str, Path] = {
    f"/{name}": STATIC / name for name in ("service-worker.js", "console.webmanifest", "icon-192.png", "badge-96.png")
}
"""What a browser asks for beside the page, at times without its cookie: the service worker and its pictures. They hold
nothing of this site. At the root, since a worker serves only what lies below it."""


def file_of(name: str, files: Mapping[str, Path]) -> FileResponse:
    """One of the listed files. Raises HTTPException 404."""
    path = files.get(name)
    if path is None:
        raise HTTPException(404, "no such file")
    # Revalidated each time, so that an upgraded server is never met by yesterday's page.
    return FileResponse(path, media_type=_TYPES[path.suffix], headers={"cache-control": "no-cache"})


def page_router(page_file: str = "index.html") -> APIRouter:
    """A page and its files; the console's unless another is named."""
    router = APIRouter()

    @router.get("/", **answers_with("text/html"), dependencies=[SIGNED_IN])
    async def page() -> FileResponse:
        return FileResponse(STATIC / page_file, media_type="text/html")

    @router.get("/service-worker.js", response_class=FileResponse, dependencies=[OPEN])
    @router.get("/console.webmanifest", response_class=FileResponse, dependencies=[OPEN])
    @router.get("/icon-192.png", response_class=FileResponse, dependencies=[OPEN])
    @router.get("/badge-96.png", response_class=FileResponse, dependencies=[OPEN])
    async def app_file(request: Request) -> FileResponse:
        return file_of(request.url.path, APP_FILES)

    @router.get("/static/{name}", response_class=FileResponse, dependencies=[SIGNED_IN])
    async def static(name: str) -> FileResponse:
        return file_of(name, CONSOLE_FILES)

    return router
