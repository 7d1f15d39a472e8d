"""How far a run over many recordings is."""

from collections.abc import Callable, Sequence

from alerts.audit.content import files_of, signature_of
from alerts.audit.find import Job
from alerts.audit.review import Told
from streams.clock import Clock


class Tally:
    """Counts while the run goes on. Not thread-safe.

    Bytes stand for the work: how long a recording is, is known only once it is opened.
    done, kept, total: recordings; kept: of those done, what an earlier run did. seen_s: length of what this run has
    looked through, seconds; time in which nothing was recorded is none.
    """

    def __init__(self, jobs: Sequence[Job], clock: Clock) -> None:
        self._clock, self._began_s = clock, clock.monotonic_s()
        self._bytes: dict[str, int] = {}
        self._under_work: dict[str, Told] = {}
        self._over_s = 0.0
        self._done_bytes = 0
        self.total, self.done, self.kept = 0, 0, 0
        self.left_bytes = 0
        for job in jobs:
            self.add(job)

    def add(self, job: Job) -> None:
        """One more recording."""
        self._bytes[job.key] = _bytes_of(job)
        self.total += 1
        self.left_bytes += self._bytes[job.key]

    def keep(self, job: Job) -> None:
        """It was done before."""
        self.done, self.kept = self.done + 1, self.kept + 1
        self.left_bytes -= self._bytes[job.key]

    def take(self, told: Told) -> None:
        """What was told of a recording under work."""
        key = told.job.key
        self._under_work[key] = told
        if told.over:
            del self._under_work[key]
            self.done += 1
            self.kept += not told.seen
            self._over_s += told.step.seen_s if told.seen else 0.0
            self._done_bytes += self._bytes[key]

    @property
    def seen_s(self) -> float:
        """Also of the recordings under work."""
        return self._over_s + sum(told.step.seen_s for told in self._under_work.values())

    @property
    def factor(self) -> float:
        """So many times faster than in real time."""
        return self.seen_s / max(self._clock.monotonic_s() - self._began_s, 1e-3)

    @property
    def done_bytes(self) -> float:
        """Of `left_bytes`, which is what this run had to do."""
        shares = (
            self._bytes[key] * min(1.0, told.step.done_s / told.step.duration_s)
            for key, told in self._under_work.items()
            if told.step.duration_s > 0
        )
        return self._done_bytes + sum(shares)


Progress = Callable[[Tally], None]
"""Called now and then."""


def _bytes_of(job: Job) -> int:
    """0 of what cannot be read: it takes no time."""
    try:
        return sum(int(str(size)) for _, size, *_ in signature_of(files_of(job)))
    except OSError:
        return 0
