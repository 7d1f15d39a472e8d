"""Copies pictures and clips to the object store, deletes there what is to go, and drops old copies from the folder.

A worker of its own, for which nothing waits: what it has to do is found in the folder and in rows, and is there again
after a kill. A copy is dropped only after the store has just said that it holds the file.
"""

import contextlib
import logging
import random
import shutil
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from alerts.errors import MediaAway, MediaRefused, StoreError
from alerts.evidence.clip_store import LOW_WATER
from alerts.evidence.media import MediaStore
from alerts.evidence.media_rows import MediaRows
from alerts.evidence.objects import Objects, Stored
from alerts.evidence.waiting import Waiting
from streams.clock import Clock

log = logging.getLogger(__name__)

BATCH, BATCH_BYTES = 16, 32 << 20
"""Files of one step, and about their bytes: what a kill has sent again."""
LOOK_EVERY_S = 5.0
"""Seconds between two looks while nothing waits."""
AGAIN_EVERY_S = 3_600.0
"""Every folder is looked into anew after this long."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
"""Back-off while the store is away."""
REFUSED_S = 3_600.0
"""A file that is not taken is tried again after this long."""
ERASE_AGAIN_S = 600.0
"""What cannot be deleted there is tried again after this long."""
DROPS = 100
"""Copies dropped in one step."""
_STOP_S = 2.0


class Uploader:
    """`start` and `stop` run it in a thread; `step` is one step of it. `away` may be read from any thread."""

    def __init__(
        self,
        media: MediaStore,
        rows: MediaRows,
        objects: Objects,
        clock: Clock,
        rng: random.Random,
        *,
        cache_bytes: int,
        stay: Callable[[], Collection[str]],
        low_water: int = LOW_WATER,
        free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        """stay: ids of alerts whose copies stay in the folder. low_water: free bytes of the disk below which copies are
        dropped, too. free: for tests."""
        self._media, self._rows, self._objects, self._clock, self._rng = media, rows, objects, clock, rng
        self._cache_bytes, self._stay, self._low_water, self._free = cache_bytes, stay, low_water, free
        self._waiting = Waiting(media.folder, rows.to_send)
        self._refused: dict[str, float] = {}
        self._due_s = self._again_s = self._erase_due_s = float("-inf")
        self._wait_s = 0.0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._checked = False
        self.away = ""

    def start(self) -> None:
        """Look and send from now on. Asks nothing of the store in this thread."""
        # A daemon: a request that hangs must not hold up the end of the watch, and may be cut off like by a kill.
        self._thread = threading.Thread(target=self._run, name="uploader", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Within two seconds, come what may."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_STOP_S)

    def said(self) -> Mapping[str, str]:
        """media: "away" while the object store does not answer, else ""."""
        return {"media": "away" if self.away else ""}

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self.step():
                self._stopping.wait(1.0)

    def step(self) -> bool:
        """Whether there is more to do at once. Raises nothing."""
        now_s = self._clock.monotonic_s()
        if now_s < self._due_s:
            return False
        try:
            self._check()
            more = bool(self.send()) | self._erase() | self._drop_copies()
        except (MediaAway, MediaRefused) as error:
            self._back_off(str(error))
        except (StoreError, OSError) as error:
            if not self._stopping.is_set():  # else what it works on is being closed
                self._back_off(f"the copies to the object store wait: {error}")
        except Exception:  # the worker must not end by what nobody thought of
            log.exception("media: the uploader failed")
            self._back_off("the uploader failed")
        else:
            self._answered()
            self._due_s = now_s if more else now_s + LOOK_EVERY_S
            return more
        return False

    @property
    def refused(self) -> int:
        """Files that the store does not take, or that cannot be read here."""
        return len(self._refused)

    def waiting(self) -> Iterator[str]:
        """All that is to be sent. Raises StoreError."""
        return self._waiting.everything()

    def send(self) -> int:
        """One batch; how many files were tried. Raises MediaAway, StoreError."""
        now_s = self._clock.monotonic_s()
        if now_s >= self._again_s:
            self._again_s = now_s + AGAIN_EVERY_S
            self._waiting.again()
        self._refused = {name: until_s for name, until_s in self._refused.items() if until_s > now_s}
        names = self._rows.begin(self._some(self._waiting.next(BATCH, self._refused)))
        if not names:
            return 0
        try:
            results = self._objects.put([(name, self._media.path(name)) for name in names])
        except MediaAway:
            self._waiting.again()
            raise
        arrived = [one for one in results if isinstance(one, Stored)]
        if arrived:
            self._rows.arrived(arrived, self._clock.now())
        self._set_aside(dict(zip(names, results, strict=True)))
        return len(names)

    def _some(self, names: list[str]) -> list[str]:
        """As many as make about BATCH_BYTES; the others are found again."""
        total = 0
        some: list[str] = []
        for name in names:
            if some and total > BATCH_BYTES:
                self._waiting.again()
                break
            with contextlib.suppress(OSError):  # deleted meanwhile: found out below
                total += self._media.path(name).stat().st_size
            some.append(name)
        return some

    def _set_aside(self, results: Mapping[str, Stored | MediaRefused | OSError]) -> None:
        """What the store does not take, and what is not there to be sent."""
        for name, result in results.items():
            if isinstance(result, MediaRefused | OSError) and not isinstance(result, FileNotFoundError):
                self._refused[name] = self._clock.monotonic_s() + REFUSED_S
                said = result.strerror if isinstance(result, OSError) else result
                log.error("media: %s is not copied; tried again in an hour: %s", name, said)
        if vanished := [name for name, result in results.items() if isinstance(result, FileNotFoundError)]:
            self._rows.not_sent(vanished)

    def _erase(self) -> bool:
        """Delete there what retention has deleted here; whether there is more. A store that keeps everything for ever
        must not hold up what is sent."""
        if self._clock.monotonic_s() < self._erase_due_s:
            return False
        try:
            done = [one for one in self._rows.going(BATCH) if self._objects.delete(one.name)]
        except (MediaAway, MediaRefused) as error:
            self._erase_due_s = self._clock.monotonic_s() + ERASE_AGAIN_S
            log.error("media: what has served its time is not deleted; tried again in ten minutes: %s", error)
            return False
        if done:
            self._rows.gone(done, self._clock.now())
        return len(done) == BATCH

    def _drop_copies(self) -> bool:
        """Whether any went."""
        over = self._rows.local_bytes() - self._cache_bytes
        full = self._free(self._media.folder) < self._low_water
        if over <= 0 and not full:
            return False
        dropped = 0
        for one in self._rows.oldest_local(DROPS, self._stay()):
            if over <= 0 and self._free(self._media.folder) >= self._low_water:
                break
            if self._objects.stat(one.name) != one:
                log.error("media: %s is not, or not as it was sent, in %s: sent again", one.name, self._objects.place)
                self._rows.lost([one.name])
                self._waiting.again()
                continue
            self._media.drop_copy(one.name)
            over -= one.size
            dropped += 1
        if dropped:
            log.info("media: %d copies dropped from the folder; the files are in %s", dropped, self._objects.place)
        return dropped > 0

    def _check(self) -> None:
        """Once, that keys and bucket are fine: said at the start, not with the first alert."""
        if not self._checked:
            for note in self._objects.check():
                log.warning("media: %s: %s", self._objects.place, note)
            before, now = self._rows.place(), self._objects.place
            if before not in ("", now):
                log.warning("media: what was put in %s is looked for in %s from now on: copy it there", before, now)
            if before != now:
                self._rows.use(now)
            self._checked = True
            log.info("media: pictures and clips are copied to %s", now)

    def _back_off(self, reason: str) -> None:
        self._wait_s = min(max(FIRST_WAIT_S, 2 * self._wait_s), LONGEST_WAIT_S)
        self._due_s = self._clock.monotonic_s() + self._wait_s * self._rng.uniform(0.5, 1.0)
        if not self.away:
            log.error("media: files stay in the folder for now, and are sent later: %s", reason)
        self.away = reason

    def _answered(self) -> None:
        if self.away:
            log.warning("media: %s answers again", self._objects.place)
        self.away, self._wait_s = "", 0.0
