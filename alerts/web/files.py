"""The page's own files. Only those listed are served: no path of a request ever reaches the disk."""

import asyncio
import gzip
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from alerts.web.answered import answers_with
from alerts.web.caller import OPEN, SIGNED_IN

STATIC = Path(__file__).parent / "static"
CONSOLE = "index.html"
FOR_EVER = "private, max-age=31536000, immutable"
_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}

CONSOLE_FILES: Mapping[str, Path] = {path.name: path for path in sorted(STATIC.iterdir()) if path.suffix in _TYPES}
ENTER_FILES: Mapping[str, Path] = {
    name: STATIC / name
    for name in (
        "enter.js",
        "forbidden.js",
        "i18n.js",
        "phone_kept.js",
        "strings.js",
        "strings_accounts.js",
        "theme.js",
        "base.css",
        "icon.svg",
    )
}
PATROL_FILES: Mapping[str, Path] = {
    name: STATIC / name
    for name in ("patrol.js", "patrol.css", "i18n.js", "strings.js", "theme.js", "base.css", "icon.svg")
}
PHONE_PAGES: Mapping[str, Path] = {"/phone": STATIC / "phone.html", "/answer": STATIC / "answer.html"}
PHONE_FILES: Mapping[str, Path] = {
    name: STATIC / name
    for name in (
        "phone.js", "phone.css", "phone_alerts.js", "phone_duty.js", "phone_report.js", "phone_push.js", "photo.js",
        "unsent.js", "waiting.js", "install.js", "answer.js", "answer.css", "answer_ways.js",
        "answer_buttons.js", "answer_live.js", "answer_photo.js", "answer_picture.js", "phone_kept.js", "press.js",
        "phone_stream.js", "stream.js",
        "api.js", "dom.js", "format.js", "i18n.js", "icons.js", "push_device.js", "reasons.js", "refused.js",
        "strings.js", "strings_phone.js", "strings_push.js", "theme.js", "base.css", "icon.svg",
    )
}  # fmt: skip
"""What the pages for a phone are made of. They hold nothing of this site, so that a phone can keep them (`shell`) and
begin without a line or a session."""

APP_FILES: Mapping[str, Path] = {
    f"/{name}": STATIC / name
    for name in (
        "service-worker.js", "console.webmanifest", "icon-192.png", "icon-512.png", "icon-maskable-512.png",
        "badge-96.png",
    )
}  # fmt: skip
"""What a browser asks for beside the page, at times without its cookie: the service worker and its pictures. They hold
nothing of this site. At the root, since a worker serves only what lies below it."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file in memory. zipped: None where that saves nothing."""

    body: bytes
    zipped: bytes | None
    etag: str


@lru_cache(maxsize=256)
def _kept(path: Path, mtime_ns: int, mark: str = "") -> _Kept:
    """mtime_ns: of the file, so that one that has changed is read anew. mark: goes into the addresses of a page."""
    body = path.read_bytes()
    if mark:
        body = body.replace(b'"/static/', f'"/static/{mark}/'.encode())
    zipped = gzip.compress(body, 9, mtime=0)
    return _Kept(body, zipped if len(zipped) < 0.9 * len(body) else None, hashlib.sha256(body).hexdigest()[:20])


def _read(path: Path) -> _Kept:
    return _kept(path, path.stat().st_mtime_ns)


class _Addresses:
    """Of the console's files: `/static/MARK/NAME`, in which the mark changes with any of them. So a browser never asks
    again for what it has, and an upgraded server is never met by yesterday's file: pages name their files by the mark
    of today, and a module finds the others beside itself."""

    def __init__(self) -> None:
        self._mark, self._etags = "", dict[str, str]()

    def mark(self) -> str:
        """Of the files as they are now. Reads them."""
        etags = {name: _read(path).etag for name, path in CONSOLE_FILES.items()}
        self._mark, self._etags = _mark(etags.values()), etags
        return self._mark

    def last(self, mark: str, name: str, etag: str) -> bool:
        """Whether this is what the address will always mean."""
        return mark == self._mark and self._etags.get(name) == etag


def _mark(etags: Iterable[str]) -> str:
    return hashlib.sha256("".join(etags).encode()).hexdigest()[:16]


_ADDRESSES = _Addresses()


async def page_of(request: Request, name: str) -> Response:
    """A page of the console, with its files under the addresses of today. Never kept."""

    def read() -> _Kept:
        path = STATIC / name
        return _kept(path, path.stat().st_mtime_ns, _ADDRESSES.mark())

    return _sent(request, await asyncio.to_thread(read), "text/html", {})


async def file_of(request: Request, name: str, files: Mapping[str, Path], mark: str = "") -> Response:
    """One of the listed files, packed where the browser unpacks it. Raises HTTPException 404.

    Asked for again each time, so that an upgraded server is never met by yesterday's page; what has not changed is not
    sent again. mark: of its address; where it is today's, nobody asks again.
    """
    path = files.get(name)
    if path is None:
        raise HTTPException(404, "no such file")
    kept = await asyncio.to_thread(_read, path)
    lasts = mark and _ADDRESSES.last(mark, name, kept.etag)
    return _sent(request, kept, _TYPES[path.suffix], {"cache-control": FOR_EVER if lasts else "no-cache"})


def _sent(request: Request, kept: _Kept, media_type: str, headers: Mapping[str, str]) -> Response:
    packed = kept.zipped if "gzip" in request.headers.get("accept-encoding", "") else None
    etag = f'"{kept.etag}{"-gz" if packed else ""}"'
    headers = {**headers, "etag": etag, "vary": "accept-encoding"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if packed:
        headers["content-encoding"] = "gzip"
    return Response(packed or kept.body, media_type=media_type, headers=headers)


def shell() -> tuple[str, list[str]]:
    """What an installed phone keeps: a mark that changes with any of it, and the paths. Reads files."""
    paths = {**PHONE_PAGES, **{f"/phone/{name}": path for name, path in PHONE_FILES.items()}}
    return _mark(_read(path).etag for path in paths.values()), list(paths)


def page_router(page_file: str = CONSOLE) -> APIRouter:
    """A page and its files; the console's unless another is named, and whoever comes with a phone is led to the page
    for phones."""
    router = APIRouter()

    @router.get("/", **answers_with("text/html"), dependencies=[SIGNED_IN])
    async def page(request: Request) -> Response:
        if page_file == CONSOLE and is_phone(request):
            return RedirectResponse("/phone", status_code=303)
        return await page_of(request, page_file)

    @router.get("/service-worker.js", response_class=FileResponse, dependencies=[OPEN])
    @router.get("/console.webmanifest", response_class=FileResponse, dependencies=[OPEN])
    @router.get("/icon-192.png", response_class=FileResponse, dependencies=[OPEN])
    @router.get("/icon-512.png", response_class=FileResponse, dependencies=[OPEN])
    @router.get("/icon-maskable-512.png", response_class=FileResponse, dependencies=[OPEN])
    @router.get("/badge-96.png", response_class=FileResponse, dependencies=[OPEN])
    async def app_file(request: Request) -> Response:
        return await file_of(request, request.url.path, APP_FILES)

    @router.get("/static/{mark}/{name}", response_class=FileResponse, dependencies=[SIGNED_IN])
    async def static(request: Request, mark: str, name: str) -> Response:
        return await file_of(request, name, CONSOLE_FILES, mark)

    return router


def is_phone(request: Request) -> bool:
    """Whether it comes from a phone whose owner did not ask for the console itself (`/?console`)."""
    return "Mobi" in request.headers.get("user-agent", "") and "console" not in request.query_params
