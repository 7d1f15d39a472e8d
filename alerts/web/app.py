"""The console as a FastAPI app: everything it needs is handed in, nothing is fetched from elsewhere."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from alerts.access.tokens import ApiTokens
from alerts.camera_watch import CameraWatch
from alerts.config import Settings
from alerts.db.rows import OperatorSession
from alerts.desk import Desk
from alerts.errors import (
    AccountRefused,
    AlertNotFound,
    AlertRefused,
    AlertsError,
    BeyondArea,
    DrillNotFound,
    DrillRefused,
    HandOverNotFound,
    HandOverRefused,
    PlanRefused,
    PlanStale,
    PushRefused,
    RowRefused,
    SetupRefused,
    SilenceNotFound,
    SilenceRefused,
    StaleAlert,
    StoreError,
    TokenRefused,
)
from alerts.evidence.film import Shot
from alerts.live import LiveCameras
from alerts.metrics.gauges import of_cameras, of_console
from alerts.metrics.instruments import Metrics
from alerts.notifiers.build import cap_identity
from alerts.notifiers.push import PushNotifier
from alerts.plans.store import PLANS, PlanStore
from alerts.setup.book import Book
from alerts.setup.kept_clip import clip_of
from alerts.setup.rules_trial import RulesTrial
from alerts.shift.drills import Drills
from alerts.track.answers import Answers
from alerts.version import version
from alerts.web.access import Access
from alerts.web.alerts_api import alert_out, alerts_router
from alerts.web.answers_api import answers_router
from alerts.web.bearer import Bearers
from alerts.web.cameras_api import Cameras, cameras_router
from alerts.web.connection import MOST_CONNECTIONS, ConsoleConnection
from alerts.web.deliveries_api import deliveries_router
from alerts.web.dispatch_api import dispatch_router, people_of
from alerts.web.dossier_api import dossier_router
from alerts.web.drills_api import drills_router
from alerts.web.duty_api import duty_router
from alerts.web.entry import entry_router
from alerts.web.events import EventStreams, events_router
from alerts.web.evidence_api import Evidence, evidence_router
from alerts.web.files import STATIC, page_router
from alerts.web.freshness import Freshness
from alerts.web.guard import PAGES, SECURITY_HEADERS, Guard
from alerts.web.hazards_api import hazards_router
from alerts.web.history_api import history_router
from alerts.web.live_webrtc import LiveVideo
from alerts.web.login import Login, WrongLogin
from alerts.web.me_api import me_router
from alerts.web.metrics_api import metrics_router
from alerts.web.openapi import DESCRIPTION, TITLE, openapi_router, operation_id
from alerts.web.overstay import Overstay
from alerts.web.own import Own
from alerts.web.phone_api import pages_router, phone_router
from alerts.web.phone_events import PhoneStreams, phone_events_router
from alerts.web.phone_still import Stills, still_router
from alerts.web.phones import Phones
from alerts.web.photos_api import photos_router
from alerts.web.places_api import places_router
from alerts.web.plans_api import Plans, plans_router
from alerts.web.proxies import Proxies
from alerts.web.push_api import forget_phones, push_router
from alerts.web.queue_api import queue_router
from alerts.web.records_api import records_router
from alerts.web.refused import Coded
from alerts.web.reports_api import reports_router
from alerts.web.routes import check_routes
from alerts.web.setup_api import STATUS, problem_out, setup_router
from alerts.web.setup_work import Setup
from alerts.web.shift_api import shift_router
from alerts.web.silences_api import silences_router
from alerts.web.steps_api import steps_router, track_out
from alerts.web.thumbs_api import thumbs_router
from alerts.web.tokens_api import tokens_router
from alerts.web.tries import TooManyTries
from alerts.web.users_api import users_router
from alerts.web.wanted import Wanted, kept_of
from alerts.web.whep import whep_router
from alerts.web.whip import whip_router
from streams.clock import Clock
from vision.orders import PushPicture, ShowLive

log = logging.getLogger(__name__)


def create_app(
    desk: Desk,
    live: LiveCameras,
    settings: Settings,
    access: Access,
    clock: Clock,
    *,
    login: Login,
    watched: CameraWatch | None = None,
    answers: Answers,
    evidence: Evidence,
    tokens: ApiTokens,
    metrics: Metrics,
    still: Callable[[str], Shot | None] = lambda camera: None,
    on_show: Callable[[ShowLive], None] = lambda show: None,
    push: Callable[[PushPicture], object] = lambda picture: None,
    status: Callable[[], Mapping[str, Any]] = lambda: {"disk": "", "store": ""},
    told: Callable[[], PushNotifier | None] = lambda: None,
    book: Book | None = None,
    rules: RulesTrial | None = None,
) -> FastAPI:
    """The console. Serve it with `ConsoleServer`, which also ends live video and event streams at shutdown.

    watched: what is wrong with the cameras. evidence: pictures, clips and the record.
    still: a camera's newest picture of which it is known who is in it.
    push: takes the pictures that phones send, on the event loop; may lose them, may not wait.
    status: what is wrong: of the disk and the store (`alerts.disk_room`), what was lost (`Desk.dropped`), the settings.
    login: by password. tokens: let programs in. metrics: the console's own are added to them.
    told: the phones that are told of alerts, as the settings are now; None if that is not configured.
    on_show: told, on the event loop, of which cameras pictures are wanted, each time that changes.
    book: the settings file, for set-up; None where there is none. rules: tries rules; None where nothing is watched.
    """
    freshness = Freshness(live, clock)
    watched = watched or CameraWatch(settings.health, settings.cameras, clock)
    cameras = Cameras(live, freshness, watched, lambda: desk.registry)
    wanted = Wanted(clock, on_show)
    host, limit = settings.console.host, settings.console.max_viewers
    video = LiveVideo(live, freshness, clock, host, limit=limit, on_viewed=wanted.viewed)
    phones = Phones(live, clock, host, push)

    async def still_in(session: OperatorSession) -> bool:
        return tokens.good(session.token_hash) is not None or await access.valid(session)

    streams = EventStreams(desk, cameras, still_in, clock, status)
    told_phones = PhoneStreams(desk, still_in, clock)
    own = Own(desk, live)
    stills = Stills(own, live, cameras, still)
    drills = Drills(desk, evidence.store, clock)
    plans = Plans(PlanStore(settings.store.path / PLANS), lambda: desk.registry, evidence.recorder)

    def end_of(session: str) -> None:
        """Whatever is open for a session or a token, by its hash."""
        video.close_of(session)
        streams.close_of(session)
        told_phones.close_of(session)

    async def alive(owner: str) -> bool:
        return tokens.good(owner) is not None or await access.alive(owner)

    overstay = Overstay(alive, video, streams, told_phones)
    access.on_leave(end_of)
    access.on_accounts(lambda _: asyncio.to_thread(tokens.reread))
    access.on_accounts(lambda accounts: forget_phones(told(), accounts))
    metrics.add(lambda: of_cameras(live, watched))
    metrics.add(lambda: of_console(streams.count, video.count, phones.count, told_phones.count))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        running = [
            asyncio.create_task(wanted.run(), name="wanted"),
            asyncio.create_task(access.follow(), name="access"),
            asyncio.create_task(overstay.run(), name="overstay"),
            asyncio.create_task(drills.run(), name="drills"),
        ]
        yield
        for task in running:
            task.cancel()
        streams.close()
        told_phones.close()
        await video.close_all()
        await phones.close_all()

    app = FastAPI(
        title=TITLE,
        description=DESCRIPTION,
        version=version(),
        generate_unique_id_function=operation_id,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # a path is written one way
        lifespan=lifespan,
    )
    app.state.streams = streams
    app.state.told_phones = told_phones
    app.state.plans = plans
    app.state.video = video
    app.state.overstay = overstay
    app.state.phones = phones

    def site() -> str:
        return desk.settings.site.name

    def time_zone() -> str:
        return desk.settings.site.time_zone

    for router in (
        entry_router(access, clock, site, evidence.recorder.note, lambda: desk.call_119_s, login, time_zone),
        me_router(access, login, site, clock),
        users_router(access, lambda: desk.registry),
        page_router(),
        alerts_router(own, desk, lambda: cap_identity(desk.settings)),
        history_router(own, desk),
        queue_router(own, desk),
        dispatch_router(own, desk, clock),
        thumbs_router(own, evidence.media),
        deliveries_router(own, desk),
        pages_router(),
        answers_router(answers, desk.where, clock, site, lambda: people_of(desk), evidence),
        phone_router(own, desk, evidence, clock, site, stills),
        still_router(own, stills, evidence),
        reports_router(own, desk, lambda: desk.registry, clock),
        photos_router(own, desk, clock),
        duty_router(lambda: desk.settings, clock),
        steps_router(own, desk, clock),
        places_router(own, lambda: desk.registry),
        plans_router(own, plans),
        silences_router(own, desk),
        evidence_router(own, evidence),
        records_router(own, evidence),
        shift_router(own, desk, evidence.store, clock),
        drills_router(own, drills),
        dossier_router(own, evidence, lambda: desk.settings),
        cameras_router(own, cameras, wanted, evidence),
        hazards_router(),
        whep_router(own, cameras, video, evidence),
        whip_router(live, phones),
        events_router(streams),
        phone_events_router(told_phones),
        push_router(told, clock),
        metrics_router(metrics),
        tokens_router(tokens, lambda: desk.registry, end_of),
        setup_router(
            Setup(
                book,
                rules,
                partial(clip_of, desk, evidence.media),
                lambda: desk.settings,
                partial(kept_of, wanted, live),
                evidence.recorder,
                clock,
            )
        ),
    ):
        app.include_router(router)
    app.include_router(openapi_router(app, access.cookies.session))
    check_routes(app)
    answer_errors(app)
    public = settings.console.public_url
    app.add_middleware(
        Guard,
        access=access,
        host=settings.console.host,
        public_host=(public.host or "") if public else "",
        bearers=Bearers(tokens, clock),
        proxies=Proxies(settings.console.trusted_proxies),
    )
    return app


class ConsoleServer(uvicorn.Server):
    """uvicorn, which would wait at shutdown until every browser has gone; here the streams are ended first."""

    def __init__(self, app: FastAPI, settings: Settings, **options: Any) -> None:
        config = uvicorn.Config(
            app,
            host=settings.console.host,
            port=settings.console.port,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=5,
            h11_max_incomplete_event_size=32 * 1024,
            limit_concurrency=MOST_CONNECTIONS,
            http=ConsoleConnection,
            **options,
        )
        super().__init__(config)
        logging.getLogger("aioice").setLevel(logging.WARNING)  # it tells of every packet's way
        self._console = app

    async def shutdown(self, sockets: Any = None) -> None:
        """End the streams and the live video, then let uvicorn finish."""
        self._console.state.streams.close()
        self._console.state.told_phones.close()
        await self._console.state.video.close_all()
        await self._console.state.phones.close_all()
        await super().shutdown(sockets)


def answer_errors(app: FastAPI) -> None:
    """Every error is JSON `{error, detail}`, but for a page that a browser opens without the right; what went wrong
    inside is logged, not shown."""

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        if error.status_code == 403 and request.url.path in PAGES and "text/html" in request.headers.get("accept", ""):
            return FileResponse(STATIC / "forbidden.html", 403, media_type="text/html")
        code = {"code": error.code} if isinstance(error, Coded) else {}
        return _error(error.status_code, error.detail, headers=error.headers, **code)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        problems = (f"{'.'.join(str(part) for part in item['loc'][1:])}: {item['msg']}" for item in error.errors())
        return _error(422, "; ".join(problems))

    @app.exception_handler(AlertNotFound)
    async def not_found(_: Request, error: AlertNotFound) -> JSONResponse:
        return _error(404, "no such alert")

    @app.exception_handler(SilenceNotFound)
    async def no_silence(_: Request, error: SilenceNotFound) -> JSONResponse:
        return _error(404, "no such silence")

    @app.exception_handler(SilenceRefused)
    async def silence_refused(_: Request, error: SilenceRefused) -> JSONResponse:
        return _error(422, str(error), code=error.code, values=error.values)

    @app.exception_handler(BeyondArea)
    async def beyond(_: Request, error: BeyondArea) -> JSONResponse:
        return _error(403, str(error), code=error.code)

    @app.exception_handler(HandOverNotFound)
    @app.exception_handler(DrillNotFound)
    async def no_such(_: Request, error: AlertsError) -> JSONResponse:
        return _error(404, str(error))

    @app.exception_handler(HandOverRefused)
    @app.exception_handler(DrillRefused)
    async def not_so(_: Request, error: HandOverRefused | DrillRefused) -> JSONResponse:
        return _error(409, str(error), code=error.code)

    @app.exception_handler(AccountRefused)
    async def account_refused(_: Request, error: AccountRefused) -> JSONResponse:
        status = {"no_account": 404, "overtaken": 409}.get(error.code, 422)
        return _error(status, str(error), code=error.code)

    @app.exception_handler(WrongLogin)
    async def wrong_login(_: Request, error: WrongLogin) -> JSONResponse:
        return _error(403, str(error), code=error.code)

    @app.exception_handler(PushRefused)
    async def not_taken(_: Request, error: PushRefused) -> JSONResponse:
        return _error(422, str(error), code=error.code)

    @app.exception_handler(PlanRefused)
    async def no_plan(_: Request, error: PlanRefused) -> JSONResponse:
        return _error(422, str(error), code=error.code)

    @app.exception_handler(PlanStale)
    async def stale_plan(_: Request, error: PlanStale) -> JSONResponse:
        return _error(409, "the plan was changed meanwhile")

    @app.exception_handler(TokenRefused)
    async def no_token(_: Request, error: TokenRefused) -> JSONResponse:
        return _error(422, str(error))

    @app.exception_handler(SetupRefused)
    async def not_set_up(_: Request, error: SetupRefused) -> JSONResponse:
        problems = [problem_out(problem) for problem in error.problems]
        return _error(STATUS.get(error.code, 422), str(error), code=error.code, problems=problems)

    @app.exception_handler(StaleAlert)
    async def stale(_: Request, error: StaleAlert) -> JSONResponse:
        more: dict[str, Any] = {"current": alert_out(error.current)}
        if error.track is not None:
            more["track"] = track_out(error.track)
        if isinstance(error, AlertRefused):
            more["code"] = error.code
        return _error(409, str(error), **more)

    @app.exception_handler(TooManyTries)
    async def too_many(_: Request, error: TooManyTries) -> JSONResponse:
        return _error(429, str(error), headers={"retry-after": str(int(error.retry_s) + 1)})

    @app.exception_handler(RowRefused)
    async def row_refused(_: Request, error: RowRefused) -> JSONResponse:
        log.warning("console: %s", error)
        return _error(422, "the store takes no such value")

    @app.exception_handler(StoreError)
    async def store_failed(_: Request, error: StoreError) -> JSONResponse:
        log.error("console: %s", error)
        return _error(503, "the store does not answer")

    @app.exception_handler(Exception)
    async def failed(_: Request, error: Exception) -> JSONResponse:
        return _error(500, "something failed; the log says what", headers=dict(SECURITY_HEADERS))


def _error(status: int, detail: str, *, headers: Any = None, **more: Any) -> JSONResponse:
    name = HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")
    return JSONResponse({"error": name, "detail": detail, **more}, status_code=status, headers=headers)
