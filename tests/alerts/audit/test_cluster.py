"""An audit on a Ray cluster: who takes what, what the loss of an actor costs, and what a machine is refused for."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alerts.audit.crew import SILENT_S, STILLBORN
from alerts.audit.find import Job
from alerts.audit.found import Found, SourceSummary, State, Step, source_json
from alerts.audit.looker import Answer, Brief, Elsewhere, Looker, Ready, Refused, Task, beginning, processor, sees
from alerts.audit.parcel import Parcel, unpack
from alerts.audit.parts import Parts
from alerts.audit.placing import Waiting
from alerts.audit.recording import Terms
from alerts.audit.review import Told
from alerts.audit.stamp import Stamp
from alerts.audit.views import Views
from alerts.config import load_settings
from alerts.errors import AlertsError, SettingsError
from alerts.installed import program
from streams.chain import Segment
from streams.clock import SimulatedClock, SystemClock
from tests.alerts.audit.killed import ROOT
from tests.ray_nodes import Nodes, ray_nodes

pytest.importorskip("ray", reason="Ray, of the extra `scale`, is not installed")

from alerts.audit.cluster import NODE_DIED, Begun, Cluster, Placed, _Hand
from alerts.ray_analyzers import starting
from alerts.ray_cluster import ray

TERMS = Terms.of(load_settings())
BRIEF = Brief(TERMS, Stamp.of(TERMS), program(), str(Path.cwd()), full_hash=False)
VIEWS = Views(load_settings())


def job(name: str) -> Job:
    return Job(Path("/srv", name), name, f"{Path(name).stem}-0123456789")


class Fragile(Placed):
    """Dies of some recordings, of others the first time only; some it does not see on one machine, or on any."""

    def here(self) -> Ready:
        import ray

        self.node = ray.get_runtime_context().get_node_id()
        return Ready("here", self.node)

    def begin(self, task: Task) -> Answer | Elsewhere:
        folder, name = Path(self._brief.folder), task.job.name
        tried = folder / f"{name}.tried"
        first = not tried.exists()
        if "crash" in name or ("once" in name and first):
            tried.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if "nowhere" in name or ("other" in name and first):
            tried.touch()
            return Elsewhere()
        return Answer(Told(task.job, Step(1.0, 1.0), over=True, lost=self.node), ())

    def more(self) -> Answer:
        return Answer(None, ())


class Partial(Fragile):
    """Each recording is seen on the one machine that it is called by."""

    def begin(self, task: Task) -> Answer | Elsewhere:
        return super().begin(task) if self.node in task.job.name else Elsewhere()


class Stillborn(Placed):
    def here(self) -> Ready:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


class Broken(Placed):
    """As where Xin'an is not installed."""

    def __init__(self, brief: Brief) -> None:
        raise ModuleNotFoundError("No module named 'alerts'")


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with ray_nodes("second") as cluster:
        yield cluster


def over(cluster: Cluster, *names: str) -> dict[str, str]:
    told = [one for one in cluster.run([job(name) for name in names]) if one is not None]
    assert all(one.over for one in told)
    assert Counter(one.job.name for one in told) == Counter(names)
    return {one.job.name: one.lost for one in told}


def test_the_loss_of_an_actor_and_a_file_that_is_not_there_cost_that_recording_alone(
    nodes: Nodes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    brief = replace(BRIEF, folder=str(tmp_path))
    cluster = Cluster(nodes.address, None, brief, VIEWS, Parts(tmp_path / "o"), SystemClock(), looker=Fragile)
    found = over(cluster, "a", "crash", "once", "nowhere", "other", "b")
    assert found["crash"] == "the process that read it was lost, 2 times"
    assert found["nowhere"] == "its files cannot be opened on any machine of the cluster"
    done = {found[name] for name in ("a", "b", "once", "other")}
    assert done <= set(nodes.ids.values())
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("number", "machines"), [(1, ("head", "second")), (None, ("head",)), (None, ("second",))], ids=str
)
def test_whoever_sees_nothing_of_the_rest_makes_room_for_one_who_does(
    nodes: Nodes, tmp_path: Path, number: int | None, machines: tuple[str, ...]
) -> None:
    """With one process for two machines, and with fewer recordings than cores."""
    brief = replace(BRIEF, folder=str(tmp_path))
    cluster = Cluster(nodes.address, number, brief, VIEWS, Parts(tmp_path), SystemClock(), looker=Partial)
    names = [f"{nodes.ids[machine]}.mp4" for machine in machines]
    until_s, done = SystemClock().monotonic_s() + 90, []
    for told in cluster.run([job(name) for name in names]):
        assert SystemClock().monotonic_s() < until_s
        done += [told.job.name] if told else []
    assert sorted(done) == sorted(names)


def test_each_machine_takes_what_lies_on_it_first(nodes: Nodes, tmp_path: Path) -> None:
    """Whoever begins late, or is slow, is helped out: what is taken of the other's comes after all one's own."""
    near = {Path("/srv/head"): "head", Path("/srv/second"): "second"}
    brief = replace(BRIEF, folder=str(tmp_path))
    cluster = Cluster(
        nodes.address, None, brief, VIEWS, Parts(tmp_path / "o"), SystemClock(), near=near, looker=Fragile
    )
    found = over(cluster, *(f"{folder}/{number}.mp4" for number in range(50) for folder in ("second", "head")))
    for name, node in nodes.ids.items():
        own = [path.startswith(f"{name}/") for path, by in found.items() if by == node]
        assert own == sorted(own, reverse=True)
    assert any(name.split("/")[0] == at for name, by in found.items() for at, node in nodes.ids.items() if by == node)


@pytest.mark.parametrize(
    ("changes", "kind", "near", "error", "said"),
    [
        ({}, Stillborn, {}, AlertsError, "no process can look .* was lost"),
        ({}, Broken, {}, AlertsError, "no process can look .* No module named 'alerts'"),
        ({"program": "other"}, Placed, {}, AlertsError, "another version of the program"),
        ({}, Placed, {Path("/srv"): "nas"}, SettingsError, "no machine nas in the cluster; there are .*second"),
    ],
)
def test_what_no_machine_can_help_ends_the_run(
    nodes: Nodes,
    tmp_path: Path,
    changes: dict[str, str],
    kind: type[Placed],
    near: dict[Path, str],
    error: type[AlertsError],
    said: str,
) -> None:
    brief = replace(BRIEF, **changes)  # type: ignore[arg-type]
    cluster = Cluster(nodes.address, None, brief, VIEWS, Parts(tmp_path), SystemClock(), near=near, looker=kind)
    with pytest.raises(error, match=said):
        list(cluster.run([job("a")]))


@pytest.mark.parametrize(
    ("address", "said"),
    [("nonsense", "not an address; allowed: local, auto"), ("127.0.0.1:1", "no Ray cluster answers there")],
)
def test_an_address_at_which_there_is_no_cluster_is_told(tmp_path: Path, address: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        list(Cluster(address, None, BRIEF, VIEWS, Parts(tmp_path), SystemClock()).run([job("a")]))


def test_a_watch_cannot_be_reached_from_inside_by_way_of_a_client() -> None:
    with pytest.raises(SettingsError, match="has to be part of the cluster"), starting("ray://10.0.0.1:10001"):
        pass


def test_where_ray_is_missing_the_extra_is_named(tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['ray'] = None; import xinan; xinan.main()"
    (tmp_path / "a.mp4").write_bytes(b"")
    words = [sys.executable, "-c", hidden, "audit", "a.mp4", "--out", "o", "--ray", "auto"]
    run = subprocess.run(words, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True)
    assert run.returncode == 2
    assert b"Ray is missing; install it with: pip install 'xinan[scale]'" in run.stderr


def test_without_recordings_no_cluster_is_asked(tmp_path: Path) -> None:
    assert list(Cluster("nonsense", None, BRIEF, VIEWS, Parts(tmp_path), SystemClock()).run([])) == []


@pytest.mark.parametrize(("died", "most", "cause"), [("", 2, "was lost"), (NODE_DIED, 5, "was lost with its machine")])
def test_that_machines_die_under_a_recording_is_its_own_fault_only_if_it_happens_again_and_again(
    died: str, most: int, cause: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray, "kill", lambda actor: None)
    cluster = Cluster("nonsense", None, BRIEF, VIEWS, Parts(tmp_path), SystemClock())
    told: list[Told] = []
    for tries in range(1, most + 1):
        assert told == []
        hand = _Hand(None, 0.0, node="id", job=job("heavy"))
        cluster._hands.append(hand)
        told += cluster._bury(hand, RuntimeError(f"The actor died: {died}"))
        assert len(cluster._waiting) == (tries if tries < most else most - 1)
    assert [(one.over, one.lost) for one in told] == [(True, f"the process that read it {cause}, {most} times")]


def test_a_process_that_cannot_be_reached_is_lost_with_its_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray, "kill", lambda actor: None)
    cluster = Cluster("nonsense", None, BRIEF, VIEWS, Parts(tmp_path), SystemClock())
    hand = _Hand(None, 0.0, node="id", job=job("heavy"))
    cluster._hands.append(hand)
    assert not list(cluster._bury(hand, ray.exceptions.ActorUnavailableError("Socket closed", None)))
    assert (sum(cluster._machines.values()), sum(cluster._tries.values())) == (1, 0)


class Hung(Fragile):
    """Its weights lie on a disk that does not answer."""

    def here(self) -> Ready:
        time.sleep(3600)
        raise AssertionError


def test_a_process_that_is_silent_while_it_loads_is_given_up(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.audit.cluster.SILENT_S", 1.0)
    cluster = Cluster(nodes.address, 1, BRIEF, VIEWS, Parts(tmp_path), SystemClock(), looker=Hung)
    with pytest.raises(AlertsError, match=r"no process can look .* gave no sign of life for 1 s"):
        list(cluster.run([job("a")]))


def test_who_waits_for_a_core_is_not_taken_for_one_that_is_stuck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[str] = []
    monkeypatch.setattr(ray, "kill", killed.append)
    clock = SimulatedClock()
    cluster = Cluster("nonsense", None, BRIEF, VIEWS, Parts(tmp_path), clock)
    loading, ready = (_Hand(name, clock.monotonic_s()) for name in ("loading", "ready"))
    cluster._hands += [_Hand("waiting", clock.monotonic_s()), loading, ready]
    for hand in (loading, ready):
        list(cluster._hear(hand, Begun()))
    list(cluster._hear(ready, Ready("host", "node")))
    clock.step(SILENT_S + 1)
    cluster._watch()
    assert killed == ["loading"]
    for _ in range(STILLBORN + 1):  # another machine does what there is to do
        assert not list(cluster._bury(loading, RuntimeError("killed")))
        cluster._hands.append(loading)
    cluster._hands.remove(ready)
    with pytest.raises(AlertsError, match="it gave no sign of life for 600 s"):
        list(cluster._bury(loading, RuntimeError("killed")))


class Sleeper(Fragile):
    """Works until its machine dies; on the one machine that is sound until another has begun."""

    def begin(self, task: Task) -> Answer | Elsewhere:
        folder = Path(self._brief.folder)
        sound = (folder / f"{self.node}.sound").exists()
        if not sound:
            (folder / "begun").touch()
        while not (sound and (folder / "begun").exists()):
            time.sleep(0.1)
        return super().begin(task)


def test_the_death_of_a_machine_is_told_from_that_of_a_process(nodes: Nodes, tmp_path: Path) -> None:
    ids = nodes.ids
    (tmp_path / f"{ids['head']}.sound").touch()
    brief = replace(BRIEF, folder=str(tmp_path))
    cluster = Cluster(nodes.address, None, brief, VIEWS, Parts(tmp_path / "o"), SystemClock(), looker=Sleeper)
    until_s, done = SystemClock().monotonic_s() + 120, []
    for told in cluster.run([job("a"), job("b")]):
        assert SystemClock().monotonic_s() < until_s
        done += [told.lost] if told else []
        if (tmp_path / "begun").exists() and "second" in nodes.names:
            nodes.kill("second")
    nodes.add("second")
    assert done == [ids["head"]] * 2
    assert (sum(cluster._machines.values()), sum(cluster._tries.values())) == (1, 0)


def test_machines_with_different_processors_are_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cluster = Cluster("nonsense", None, BRIEF, VIEWS, Parts(tmp_path), SystemClock())
    for host, kind in (("a", "Xeon"), ("b", "EPYC"), ("c", "EPYC"), ("d", "Xeon")):
        hand = _Hand(None, 0.0)
        list(cluster._hear(hand, Ready(host, host, kind)))
    [record] = caplog.records
    assert "b has another processor (EPYC) than a (Xeon)" in record.getMessage()
    assert processor()


def test_what_lies_near_is_taken_first_and_rather_than_idle_what_lies_elsewhere() -> None:
    near = {Path("/srv"): "a", Path("/srv/b"): "b"}
    free = Job(Path("/else/f"), "f", "f-0123456789")
    waiting = Waiting([job("1"), job("b/2"), job("b/3"), free], near)
    taken = [waiting.take("id", names) for names in (["a", "10.0.0.1"], ["a"], ["a"], ["b"], ["b"])]
    assert [one and one.name for one in taken] == ["1", "f", "b/2", "b/3", None]
    assert len(waiting) == 0


def test_what_a_machine_cannot_see_is_left_to_another_and_lost_when_there_is_none() -> None:
    waiting = Waiting([job("1")], {})
    first = waiting.take("id-a", ())
    assert first is not None
    waiting.bar(first, "id-a")
    assert waiting.take("id-a", ()) is None
    assert list(waiting.lost(["id-a", "id-b"])) == []
    assert list(waiting.lost([])) == []
    waiting.bar(waiting.take("id-b", ()) or first, "id-b")
    assert list(waiting.lost(["id-a", "id-b"])) == [first]
    assert len(waiting) == 0


def test_a_machine_is_useless_once_nothing_waits_that_it_could_do() -> None:
    waiting = Waiting([job("1"), job("2")], {})
    for _ in range(2):
        assert waiting.useless() == frozenset()
        waiting.bar(waiting.take("id-a", ()) or job("none"), "id-a")
    assert waiting.useless() == {"id-a"}
    waiting.bar(waiting.take("id-b", ()) or job("none"), "id-b")
    assert waiting.useless() == {"id-a"}
    waiting.add(job("3"))
    assert waiting.useless() == frozenset()


def test_what_is_written_into_a_parcel_is_what_comes_out_of_it(tmp_path: Path) -> None:
    parts, parcel = Parts(tmp_path), Parcel()
    key, events = "a-0123456789", ({"n": 1}, {"n": 2})
    old = {"state": State.DONE, "n": 1, "summary": source_json(SourceSummary("a", "a"))}
    parts.write(key, old, Found(events[:1]), last=True)
    parcel.begin(parts.head(key))
    assert parcel.head(key) == old
    parcel.start(key)
    parcel.save(key, "1.jpg", b"jpeg")
    parcel.write(key, old | {"state": State.UNDER_WORK}, Found(events), last=False)
    unpack(parcel.take(), key, parts)
    assert (parts.head(key), parts.found(key)) == (old, Found(events[:1])), "it stands until the look is finished"
    assert not (tmp_path / "snapshots" / key).exists()
    parcel.save(key, "2.jpg", b"more")
    assert parcel.size == 4
    parcel.write(key, old | {"n": 2}, Found(events), last=True)
    unpack(parcel.take(), key, parts)
    assert (parts.head(key), parts.found(key)) == (old | {"n": 2}, Found(events))
    assert {path.name for path in (tmp_path / "snapshots" / key).iterdir()} == {"1.jpg", "2.jpg"}
    parcel.renew(key, old | {"n": 3})
    unpack(parcel.take(), key, parts)
    assert (parts.head(key), parts.found(key)) == (old | {"n": 3}, Found(events))
    assert set(parcel.take()) == set()


def test_a_machine_sees_a_recording_when_it_sees_all_that_is_there_elsewhere(tmp_path: Path) -> None:
    first, second = tmp_path / "1.mp4", tmp_path / "2.mp4"
    first.write_bytes(b"1")
    alone = Job(second, "2.mp4", "2-0123456789")
    chain = Job(first, "1.mp4", "1-0123456789", segments=(Segment(first, 0.0), Segment(second, 1.0)))
    said = ["2.mp4", 1, 1, 1]
    assert not sees(alone, [said])
    assert sees(alone, [])  # nor is it where it was found: to open it says why
    assert not sees(chain, [["1.mp4", 1, 1, 1], said])
    assert sees(chain, [["1.mp4", 1, 1, 1], ["2.mp4", 0, 0, 0]])
    second.write_bytes(b"grown")
    assert sees(alone, [said]) and sees(chain, [["1.mp4", 1, 1, 1], said])
    assert not sees(alone, [["2.mp4", 6, 1, 1]])  # another one of that name
    assert not sees(chain, [["1.mp4", 1, 1, 1], ["2.mp4", 6, 1, 1]])


def test_another_file_of_that_name_and_size_is_not_the_recording(tmp_path: Path) -> None:
    """As recorders that make all their files equally large call them alike."""
    here, there = (Job(tmp_path / folder / "1.mp4", "1.mp4", "1-0123456789") for folder in ("here", "there"))
    for one, data in ((here, b"aaaa"), (there, b"bbbb")):
        one.path.parent.mkdir()
        one.path.write_bytes(data)
    said: list[object] = ["1.mp4", 4, 1, 1]
    assert beginning(here) != beginning(there)
    assert sees(here, [said], beginning(here)) and not sees(here, [said], beginning(there))
    here.path.write_bytes(b"bbbb, grown")
    assert sees(here, [said], beginning(there))
    there.path.unlink()
    assert beginning(there) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"program": "other"}, "has another version of the program"),
        ({"stamp": replace(BRIEF.stamp, model="other")}, "has another model"),
        ({"terms": replace(TERMS, detector=TERMS.detector.model_copy(update={"model": Path("no.onnx")}))}, "no.onnx"),
    ],
)
def test_a_machine_that_would_find_something_else_is_refused(changes: dict[str, object], said: str) -> None:
    answer = Looker(replace(BRIEF, **changes)).ready()  # type: ignore[arg-type]
    assert isinstance(answer, Refused)
    assert said in answer.reason
