"""The page's own files. Only those listed are served: no path of a request ever reaches the disk."""

from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

STATIC = Path(__file__).parent / "static"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

CONSOLE_FILES: Mapping[str, Path] = {path.name: path for path in sorted(STATIC.iterdir()) if path.suffix in _TYPES}
ENTER_FILES: Mapping[str, Path] = {
    name: STATIC / name for name in ("enter.js", "i18n.js", "strings.js", "base.css", "icon.svg")
}
PATROL_FILES: Mapping[str, Path] = {
    name: STATIC / name for name in ("patrol.js", "patrol.css", "i18n.js", "strings.js", "base.css", "icon.svg")
}
ANSWER_FILES: Mapping[str, Path] = {
    name: STATIC / name
    for name in (
        "answer.js", "answer.css", "dom.js", "format.js", "i18n.js", "icons.js", "reasons.js", "strings.js", "base.css",
        "icon.svg",
    )
}  # fmt: skip


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

    @router.get("/")
    async def page() -> FileResponse:
        return FileResponse(STATIC / page_file, media_type="text/html")

    @router.get("/static/{name}")
    async def static(name: str) -> FileResponse:
        return file_of(name, CONSOLE_FILES)

    return router
