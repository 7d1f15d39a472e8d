"""Which recording a free process of a cluster takes next: the nearest that waits; one that is nowhere near, too."""

import os
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from alerts.audit.find import Job


class Waiting:
    """The recordings that nobody has taken. Not thread-safe.

    near: folders, each with the name of the machine on which it lies. A machine takes its own first, then what lies on
    none, and rather than idle what lies on others.
    """

    def __init__(self, jobs: Iterable[Job], near: Mapping[Path, str]) -> None:
        self._near = sorted(
            ((os.path.join(os.path.abspath(folder), ""), name) for folder, name in near.items()),
            key=lambda one: -len(one[0]),
        )
        self._rows: dict[str, deque[Job]] = {}
        self._choosy: deque[Job] = deque()
        self._barred: dict[str, set[str]] = {}
        for job in jobs:
            self.add(job)

    def __len__(self) -> int:
        return len(self._choosy) + sum(map(len, self._rows.values()))

    def add(self, job: Job) -> None:
        """As the last of those that lie where it lies."""
        if job.key in self._barred:
            self._choosy.append(job)
        else:
            self._rows.setdefault(self._home(job), deque()).append(job)

    def bar(self, job: Job, node: str) -> None:
        """It cannot be looked through on this node; it waits for another."""
        self._barred.setdefault(job.key, set()).add(node)
        self.add(job)

    def take(self, node: str, names: Collection[str]) -> Job | None:
        """For a machine of these names. None: nothing waits that it could do."""
        for job in self._choosy:
            if node not in self._barred[job.key]:
                self._choosy.remove(job)
                return job
        rows = {name: row for name, row in self._rows.items() if row}
        own = next((name for name in (*names, "") if name in rows), None)
        if own is None and rows:
            own = max(rows, key=lambda name: len(rows[name]))
        return rows[own].popleft() if own is not None else None

    def useless(self) -> frozenset[str]:
        """The nodes that can do nothing of what waits; none while nothing does."""
        if not self._choosy or any(self._rows.values()):
            return frozenset()
        return frozenset.intersection(*(frozenset(self._barred[job.key]) for job in self._choosy))

    def lost(self, nodes: Collection[str]) -> Iterator[Job]:
        """Take out what none of these nodes, which are all, can do."""
        for job in [job for job in self._choosy if nodes and self._barred[job.key] >= set(nodes)]:
            self._choosy.remove(job)
            yield job

    def _home(self, job: Job) -> str:
        path = os.path.abspath(job.path)
        return next((name for folder, name in self._near if path.startswith(folder)), "")
