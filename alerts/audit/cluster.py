"""The cores of a Ray cluster that look through recordings, each one at a time; what they find is kept here, by one.

Ray decides on which machine an actor lives, and starts them. What is done here is what `alerts.audit.crew` does with
processes of one machine: a recording that is lost with its actor is tried once more, and is then noted as failed. That
its machine dies counts against no recording, unless it happens again and again.
"""

import logging
import time
from collections import Counter, deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alerts.audit.content import Signature, files_of, signature_of
from alerts.audit.crew import SILENT_S, STILLBORN, TRIES
from alerts.audit.find import Job
from alerts.audit.found import Step
from alerts.audit.looker import Answer, Brief, Elsewhere, Looker, Ready, Refused, Task, beginning
from alerts.audit.parcel import Item, Renewed, Written, unpack
from alerts.audit.parts import Parts
from alerts.audit.placing import Waiting
from alerts.audit.review import Told
from alerts.audit.views import Views
from alerts.errors import AlertsError, SettingsError
from alerts.ray_cluster import Node, elsewhere, entered, nodes, ray
from streams.clock import Clock

log = logging.getLogger(__name__)

IN_FLIGHT = 2
"""So many answers of one actor are under way: it works on one while the other is put away."""
NODES_S = 2.0
"""It is asked this often who is in the cluster."""
PAUSE_S = 0.5
"""An actor that could not see a recording's files is given the next after this long, and twice as long each time."""
MOST_PAUSE_S = 60.0
IDLE_S = 0.2
"""While nobody is asked anything."""
MACHINES = 5
"""So many machines may die under a recording: the first ones were probably not its fault, but one that takes all memory
must not take one machine after the other."""
NODE_DIED, CREATION = "its node has died", "raised in its creation task"
"""What Ray says of an actor that it has lost with its machine, and of one that could not be made."""
WAITED_S = 60.0
"""Nobody has begun to look for so long: that is told."""


@dataclass(frozen=True, slots=True)
class Begun:
    """It has its core, and begins to load."""


class Placed(Looker):
    """As an actor."""

    def begun(self) -> Begun:
        """Its first word: until then it waits for a core, for as long as that takes."""
        return Begun()

    def here(self) -> Ready | Refused:
        """Load the networks. Says where it is."""
        return self.ready(ray.get_runtime_context().get_node_id())


@dataclass(slots=True, eq=False)
class _Hand:
    """One actor, as the driver sees it. refs: answers under way, the oldest first. not_on: nodes on which
    it is not to be. begun: it has its core. node: once it is ready.
    """

    actor: Any
    heard_s: float
    refs: deque[Any] = field(default_factory=deque)
    not_on: frozenset[str] = frozenset()
    begun: bool = False
    node: str = ""
    job: Job | None = None
    files: Signature = field(default_factory=list)
    misses: int = 0
    free_s: float = 0.0
    verdict: str = ""

    @property
    def due(self) -> bool:
        """Whether it owes a sign of life."""
        return self.job is not None or (self.begun and not self.node)

    def misplaced(self, useless: frozenset[str]) -> bool:
        """Whether it is where nothing can be done, or is kept from where something can."""
        return self.node in useless if self.node else not self.not_on <= useless


class Cluster:
    """Actors for as many cores as are wanted, and the recordings that they have not done. Not thread-safe.

    address: of Ray. number: the most cores; None: all that the cluster has. views: of the recordings: each travels with
    its own. near: as `Waiting` takes it. local_cores: of a Ray that is started here. looker: what an actor runs.
    """

    def __init__(
        self,
        address: str,
        number: int | None,
        brief: Brief,
        views: Views,
        parts: Parts,
        clock: Clock,
        *,
        near: Mapping[Path, str] | None = None,
        local_cores: int = 1,
        looker: type[Placed] = Placed,
    ) -> None:
        self._address, self._number, self._local_cores = address, number, number or local_cores
        self._brief, self._views, self._parts, self._clock, self._near = brief, views, parts, clock, near or {}
        self._looker = looker
        self._hands: list[_Hand] = []
        self._tries: Counter[str] = Counter()
        self._machines: Counter[str] = Counter()
        self._processors: dict[str, str] = {}
        self._stillborn = 0
        self._nodes: dict[str, Node] = {}
        self._asked_s = self._idle_since_s = float("-inf")
        self._waiting = Waiting((), {})

    def run(self, jobs: Sequence[Job]) -> Generator[Told | None, None, None]:
        """What the actors tell, after what they found is in the folder; None at least once a second. They are gone when
        it ends, however it ends.

        Raises SettingsError when there is no such cluster; AlertsError when nothing can be written, or when a machine
        of it would find something else than this one.
        """
        self._waiting = Waiting(jobs, self._near)
        if not jobs:
            return
        with entered(self._address, self._local_cores):
            self._check_near()
            kind = ray.remote(num_cpus=1, max_restarts=0)(self._looker)
            brief = ray.put(self._brief)
            try:
                while len(self._waiting) or any(hand.job for hand in self._hands):
                    yield from self._man(kind, brief)
                    yield from self._listen()
                    yield None
            finally:
                for hand in self._hands:
                    ray.kill(hand.actor)

    def _check_near(self) -> None:
        """Raises SettingsError: a machine that is named is not in the cluster."""
        known = {name for node in nodes() for name in node.names}
        if strange := sorted(set(self._near.values()) - known):
            raise SettingsError(f"--near: no machine {strange[0]} in the cluster; there are {', '.join(sorted(known))}")

    def _man(self, kind: Any, brief: Any) -> Iterator[Told]:
        """An actor for each core, as far as there is work, and a recording for each actor."""
        now_s = self._clock.monotonic_s()
        if now_s - self._asked_s > NODES_S:
            self._asked_s = now_s
            self._nodes = {node.id: node for node in nodes()}
            for job in self._waiting.lost(self._nodes):
                yield Told(job, Step(), over=True, lost="its files cannot be opened on any machine of the cluster")
        held = sum(hand.job is not None for hand in self._hands)
        useless = self._waiting.useless()
        for hand in [hand for hand in self._hands if hand.job is None and hand.misplaced(useless)]:
            self._dismiss(hand)  # for one where the rest can be done
        cores = self._number or max(1, sum(node.cores for node in self._nodes.values()))
        wanted = min(cores, held + len(self._waiting))
        while len(self._hands) < wanted:
            actor = kind.options(**elsewhere(useless)).remote(brief)
            self._hands.append(_Hand(actor, now_s, deque([actor.begun.remote(), actor.here.remote()]), useless))
        for hand in [hand for hand in self._hands if not hand.node][: max(0, len(self._hands) - wanted)]:
            self._dismiss(hand)  # the core that it waits for is gone
        for hand in self._hands:
            if hand.node and hand.job is None and now_s >= hand.free_s:
                self._give(hand, now_s)
        self._tell_idle(now_s)

    def _tell_idle(self, now_s: float) -> None:
        if any(hand.begun for hand in self._hands) or self._idle_since_s == float("-inf"):
            self._idle_since_s = now_s
        elif now_s - self._idle_since_s > WAITED_S:
            self._idle_since_s = now_s
            log.warning("--ray %s: no core of the cluster is free; waiting for one", self._address)

    def _give(self, hand: _Hand, now_s: float) -> None:
        node = self._nodes.get(hand.node)
        if node is None:  # it has just joined, or is just going
            self._asked_s = float("-inf")
            return
        job = self._waiting.take(node.id, node.names)
        if job is None:
            return
        hand.job, hand.heard_s, hand.files = job, now_s, _signature(job)
        sample = beginning(job) if hand.files else ""
        task = Task(job, self._views.of(job), self._parts.head(job.key), hand.files, sample)
        hand.refs.append(hand.actor.begin.remote(task))
        self._ask(hand)

    def _ask(self, hand: _Hand) -> None:
        while hand.job is not None and len(hand.refs) < IN_FLIGHT:
            hand.refs.append(hand.actor.more.remote())

    def _listen(self) -> Iterator[Told]:
        """To all who have an answer; for a second at most to the first."""
        asked = {hand.refs[0]: hand for hand in self._hands if hand.refs}
        refs = list(asked)
        if refs:
            ray.wait(refs, timeout=1.0)
        else:
            time.sleep(IDLE_S)
        for ref in ray.wait(refs, num_returns=len(refs), timeout=0)[0] if refs else ():
            hand = asked[ref]
            hand.refs.popleft()
            try:
                answer = ray.get(ref)
            except ray.exceptions.RayError as error:
                yield from self._bury(hand, error)
            else:
                hand.heard_s = self._clock.monotonic_s()
                yield from self._hear(hand, answer)
        self._watch()

    def _hear(self, hand: _Hand, answer: Begun | Ready | Refused | Elsewhere | Answer) -> Iterator[Told]:
        match answer:
            case Begun():
                hand.begun = True
            case Ready():
                hand.node, self._stillborn = answer.node, 0
                self._compare(answer)
            case Refused():
                raise AlertsError(f"--ray {self._address}: {answer.host}: {answer.reason}")
            case Elsewhere() if hand.job is not None:
                hand.misses += 1
                hand.free_s = hand.heard_s + min(MOST_PAUSE_S, PAUSE_S * 2**hand.misses)
                self._waiting.bar(hand.job, hand.node)
                hand.job = None
            case Answer() if hand.job is not None:
                unpack((_ours(item, hand.files) for item in answer.items), hand.job.key, self._parts)
                if answer.told is not None:
                    hand.misses = 0
                    hand.job = None if answer.told.over else hand.job
                    yield answer.told
        self._ask(hand)

    def _compare(self, ready: Ready) -> None:
        """Processors round differently, and so may what the networks say in the last digits; told once of each kind."""
        if ready.processor not in self._processors and self._processors:
            [first, host], *_ = self._processors.items()
            log.warning(
                "--ray %s: %s has another processor (%s) than %s (%s): the bytes may not be those of one machine",
                *(self._address, ready.host, ready.processor, host, first),
            )
        self._processors.setdefault(ready.processor, ready.host)

    def _bury(self, hand: _Hand, error: Exception) -> Iterator[Told]:
        cause = hand.verdict or _cause(error)
        with_machine = _with_machine(error) and not hand.verdict
        self._dismiss(hand)
        if hand.job is None:
            self._stillborn += not hand.node and not with_machine
            if self._stillborn >= STILLBORN and not any(other.node for other in self._hands):
                raise AlertsError(f"--ray {self._address}: no process can look through recordings: it {cause}")
            return
        tries, most = (self._machines, MACHINES) if with_machine else (self._tries, TRIES)
        tries[hand.job.key] += 1
        log.info("%s: its process %s", hand.job.name, cause)
        if tries[hand.job.key] < most:
            self._waiting.add(hand.job)
        else:
            yield Told(hand.job, Step(), over=True, lost=f"the process that read it {cause}, {most} times")

    def _dismiss(self, hand: _Hand) -> None:
        self._hands.remove(hand)
        ray.kill(hand.actor)  # also one that only cannot be reached: what it may still find is fetched by nobody

    def _watch(self) -> None:
        """Kill who is stuck; its next answer then tells."""
        now_s = self._clock.monotonic_s()
        for hand in self._hands:
            if hand.due and now_s - hand.heard_s > SILENT_S and not hand.verdict:
                hand.verdict = f"gave no sign of life for {SILENT_S:g} s"
                ray.kill(hand.actor)


def _signature(job: Job) -> Signature:
    try:
        return signature_of(files_of(job))
    except OSError:
        return []


def _ours(item: Item, files: Signature) -> Item:
    """With the files' times as they are here, by which the next run here asks whether anybody has touched them. They
    were asked for before anything was read there. Where the sizes differ, it was not the same that was read.
    """
    if isinstance(item, Written | Renewed) and files and _sizes(item.head["files"]) == _sizes(files):
        item.head["files"] = files
    return item


def _sizes(files: Signature) -> list[list[object]]:
    return [entry[:2] for entry in files]


def _cause(error: Exception) -> str:
    said = str(error).strip()
    if isinstance(error, ray.exceptions.RayTaskError) or CREATION in said:
        return f"failed ({said.splitlines()[-1]})"
    return "was lost with its machine" if _with_machine(error) else "was lost"


def _with_machine(error: Exception) -> bool:
    """Whether its machine has gone, too. Of a process that has ended its machine tells within a second; of one that
    nobody tells so fast Ray only says that it cannot be reached, long before it takes the machine for dead."""
    return NODE_DIED in str(error) or isinstance(error, ray.exceptions.ActorUnavailableError)
