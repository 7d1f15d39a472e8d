"""One thread per camera that keeps its newest frame and brings the camera back when it is lost."""

import logging
import random
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from streams.access_unit import AccessUnit, StreamFormat
from streams.backoff import Backoff
from streams.clock import Clock
from streams.config import StreamConfig
from streams.errors import SourceError, SourceRefused, redact
from streams.frame import Frame
from streams.knock import Knock, knock
from streams.reasons import Reason
from streams.request import Request
from streams.slot import NewestSlot
from streams.source import Source, open_source
from streams.tap import UnitListener

log = logging.getLogger(__name__)

CONNECTING = "connecting"
ONLINE = "online"
OFFLINE = "offline"
ENDED = "ended"

StateListener = Callable[[str, datetime, str], None]
"""on_state(state, at, detail). `at`: UTC, since when it is in this state. Called from the reader's thread."""

Opener = Callable[[Request], Source]
"""`open_source`, a phone's letterbox, or a test's."""

_PROVEN_S = 10.0
"""A camera that gave pictures for this long starts its waits anew; one that fails sooner waits longer."""

_REFUSED_S, _REFUSED_AGAIN_S = 20.0, 1200.0
"""Most until a password that was refused is tried again, the first time and later. Cameras lock an account, mostly for
half an hour, after five wrong tries, and each one while it is locked begins that anew: whoever sets the password right
would find the camera locked by us. Sooner at first, since one that is just starting may not know its accounts yet:
after 20 s, then after two and a half minutes, then every 15–20 minutes.
"""

_SHORTEST_LOOP_S = 1.0

_KNOCK_S = 1.5
"""How often a lost camera's host is asked whether it is there, on average."""


@dataclass(frozen=True, slots=True)
class ReaderCounters:
    """Since the start. frames: put into the slot. dropped: of these, replaced before anybody took them.

    reconnects: times it came back after a loss. corrupt: damaged packets or pictures.
    errors: unexpected exceptions.
    """

    frames: int = 0
    dropped: int = 0
    reconnects: int = 0
    corrupt: int = 0
    errors: int = 0


class CameraReader:
    """Reads one camera into `slot` on a daemon thread; files and folders are played at camera pace.

    States: connecting (until the first word), online (from the first picture), offline (with the reason, while
    it is tried again with growing waits), ended (a recording without `loop`; the thread is done). A source that is
    missing or unsupported is offline too: it may be mounted later. No exception ends the thread.

    rng: spreads the waits, so that cameras behind one switch do not come back in step.
    on_unit: gets every coded picture of a source that has them, in the reader's thread, before decoding; it must be
        quick. One that raises is counted in `errors`.
    decode: False asks for coded pictures only (see `Request`).
    live: whether the source that was opened last is a live one. heard_s: when the last picture came, monotonic seconds.
    wait: replaces the back-off's waiting in tests; returns True if the reader is to stop. knock: see `_pause`.
    """

    def __init__(
        self,
        config: StreamConfig,
        *,
        clock: Clock,
        rng: random.Random,
        on_state: StateListener,
        sample_fps: float | None = None,
        slot: NewestSlot[Frame] | None = None,
        opener: Opener = open_source,
        wait: Callable[[float], bool] | None = None,
        knock: Knock = knock,
        on_unit: UnitListener | None = None,
        decode: bool = True,
    ) -> None:
        self.config = config
        self.slot: NewestSlot[Frame] = slot if slot is not None else NewestSlot()
        self._clock = clock
        self._on_state = on_state
        self._sample_fps = sample_fps
        self._opener = opener
        self._on_unit, self._decode = on_unit, decode
        self._tap_fails = False
        self._stop = threading.Event()
        self._wait = wait or self._stop.wait
        self._knock = knock
        self._rng = rng
        self._backoff = Backoff(rng)
        self._refusals = Backoff(
            rng,
            first_s=_REFUSED_S,
            longest_s=_REFUSED_AGAIN_S,
            growth=(_REFUSED_AGAIN_S / _REFUSED_S) ** 0.5,
            least_share=0.75,
        )
        self._refused = False
        self._state, self._detail, self._since = CONNECTING, "", clock.now()
        self._source: Source | None = None
        self.live = False
        self.heard_s = clock.monotonic_s()
        self._first_s: float | None = None
        self._came = False
        self._frames = self._reconnects = self._corrupt = self._errors = 0
        self._thread = threading.Thread(target=self._run, name=f"camera-{config.name}", daemon=True)

    @property
    def state(self) -> str:
        """connecting, online, offline or ended."""
        return self._state

    @property
    def detail(self) -> str:
        """Why it is offline, or what is to be said of a stream that runs; one line, credentials removed."""
        return self._detail

    @property
    def refused(self) -> bool:
        """Its name or password was refused at the last try."""
        return self._refused

    @property
    def counters(self) -> ReaderCounters:
        """What happened so far."""
        source = self._source
        corrupt = self._corrupt + (source.corrupt if source is not None else 0)
        return ReaderCounters(self._frames, self.slot.dropped, self._reconnects, corrupt, self._errors)

    @property
    def alive(self) -> bool:
        """The thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> bool:
        """End reading; waits up to the read time-out. False if the thread is still stuck in a read."""
        self._stop.set()
        source = self._source
        if source is not None:
            source.close()
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(max(self.config.read_timeout_s, self.config.open_timeout_s) + 1.0)
        self.slot.close()
        return not self._thread.is_alive()

    def _run(self) -> None:
        self._tell(CONNECTING, "", force=True)
        while not self._stop.is_set():
            refused = False
            try:
                begun_s = self._clock.monotonic_s()
                if self._play():
                    self._tell(ENDED, "")
                    break
                # A loop over one picture is not to spin.
                if self._wait(max(0.0, begun_s + _SHORTEST_LOOP_S - self._clock.monotonic_s())):
                    break
                continue
            except SourceError as error:
                reason, refused = error.known or error.reason, isinstance(error, SourceRefused)
            except Exception as error:  # noqa: BLE001 - the thread has to live; logged without credentials
                if self._stop.is_set():
                    break  # closed between two steps by stop()
                self._errors += 1
                trace = redact(traceback.format_exc())
                log.error("camera %s: unexpected error in the reader\n%s", self.config.name, trace)
                reason = f"internal error: {type(error).__name__}"
            if self._stop.is_set():
                break
            self._refused = refused
            self._tell(OFFLINE, reason)
            if self._pause((self._refusals if refused else self._backoff).next_s(), refused):
                break
        self.slot.close()

    def _pause(self, wait_s: float, refused: bool) -> bool:
        """Wait before the next try; True if the reader is to stop.

        The wait ends early once the host answers, so that a camera is back soon after its stream is however long it was
        away. Not where a password was refused: cameras lock accounts that try too often.
        """
        url = self.config.url.get_secret_value()
        end_s = self._clock.monotonic_s() + wait_s
        while not refused and (left_s := end_s - self._clock.monotonic_s()) > _KNOCK_S:
            if self._wait(min(left_s, self._rng.uniform(0.5, 1.5) * _KNOCK_S)):
                return True
            answers = self._knock(url)
            if answers:
                return False
            if answers is None:
                break
        return self._wait(max(0.0, end_s - self._clock.monotonic_s()))

    def _play(self) -> bool:
        """Open the source and read to its end. True: a recording has ended for good; False: go on at once."""
        source = self._opener(self._request())
        self._source, self.live = source, source.live
        try:
            if not self._stop.is_set():
                self._read(source)
        finally:
            source.close()
            self._source = None
            self._corrupt += source.corrupt
        return not self._stop.is_set() and not source.live and not self.config.loop

    def _request(self) -> Request:
        return Request(
            url=self.config.url.get_secret_value(),
            camera=self.config.name,
            clock=self._clock,
            sample_fps=self._sample_fps,
            paced=True,
            transport=self.config.transport,
            open_timeout_s=self.config.open_timeout_s,
            read_timeout_s=self.config.read_timeout_s,
            on_unit=self._pass_on if self._on_unit is not None else None,
            decode=self._decode,
            decode_mpx_per_s=self.config.decode_mpx_per_s,
            poll_s=self.config.poll_s,
        )

    def _read(self, source: Source) -> None:
        """Frames into the slot until the source ends. Raises SourceError when it is lost."""
        self._first_s = None
        for frame in source.frames():
            if self._stop.is_set():
                return
            self._heard(source.remark)
            self._frames += 1
            self.slot.put(frame)
        if self._first_s is None and not self._stop.is_set():
            raise SourceError(source.source, "ended without a picture")
        if source.live and not self._stop.is_set():
            raise SourceError(source.source, Reason("camera_ended"))

    def _heard(self, remark: str = "") -> None:
        """A picture came. remark: what the source has to say."""
        now_s = self.heard_s = self._clock.monotonic_s()
        if self._first_s is None:
            self._first_s = now_s
            self._reconnects += self._state == OFFLINE and self._came
            self._came, self._refused = True, False
            self._refusals.reset()
        self._tell(ONLINE, remark)
        if now_s - self._first_s >= _PROVEN_S:
            self._backoff.reset()

    def _pass_on(self, stream_format: StreamFormat, unit: AccessUnit) -> None:
        """A coded picture to the listener, whose trouble is its own; said once until it works again."""
        assert self._on_unit is not None
        if not self._decode:
            self._heard()
        try:
            self._on_unit(stream_format, unit)
        except Exception:
            self._errors += 1
            if not self._tap_fails:
                log.exception("camera %s: a listener for coded pictures failed", self.config.name)
            self._tap_fails = True
        else:
            self._tap_fails = False

    def _tell(self, state: str, detail: str, *, force: bool = False) -> None:
        """Keep and report the state, if it is new."""
        if not force and (state, detail) == (self._state, self._detail):
            return
        if state != self._state:
            self._since = self._clock.now()
        self._state, self._detail = state, detail
        log.info("camera %s: %s%s", self.config.name, state, f" ({detail})" if detail else "")
        try:
            self._on_state(state, self._since, detail)
        except Exception:
            self._errors += 1
            log.exception("camera %s: a listener failed", self.config.name)
