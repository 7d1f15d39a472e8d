"""`xinan watch` against real servers: a camera that dies, a process that is killed, a port that is taken."""

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.acceptance.cli import assert_one_line, run
from tests.acceptance.watching import Watching, until, write_settings
from tests.alerts.receiver import Receiver
from tests.clips import corridor, write_clip
from tests.rtsp_server import RtspServer, free_port, missing_reason


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A thing is put down at 3 s."""
    return write_clip(tmp_path_factory.mktemp("clip") / "corridor.mp4", corridor(20, thing_from_s=3))


def file_camera(name: str, clip: Path) -> str:
    return f'[[cameras]]\nname = "{name}"\nurl = "{clip}"\nloop = true\n'


def test_a_camera_that_dies_comes_back_and_hurts_nobody(clip: Path, tmp_path: Path) -> None:
    if reason := missing_reason():
        pytest.skip(reason)
    with RtspServer(clip) as server:
        rtsp = f'[[cameras]]\nname = "gate"\nurl = "{server.url}"\nread_timeout_s = 3\n'
        settings = write_settings(tmp_path, rtsp + file_camera("other", clip))
        with Watching(["watch", "-c", str(settings)], tmp_path) as watch:
            watch.enter()
            until(lambda: watch.state("gate") == watch.state("other") == "online", "both cameras")

            server.kill()
            until(lambda: watch.state("gate") == "offline", "the dead camera to be reported")
            assert watch.http.get("/api/cameras/gate/picture.jpg").status_code == 404, "a stale picture looks live"
            looks = watch.camera("other")["health"]["looks"]
            until(lambda: watch.camera("other")["health"]["looks"] > looks + 10, "looks at the other camera")

            server.start()
            until(lambda: watch.state("gate") == "online", "the camera to come back by itself")
            looks = watch.camera("gate")["health"]["looks"]
            until(lambda: watch.camera("gate")["health"]["looks"] > looks, "looks at it")
            assert watch.camera("gate")["health"]["reconnects"] >= 1
            assert watch.state("other") == "online"
            assert watch.stop() == 0


def test_an_alert_survives_kill_9_and_is_delivered_once(clip: Path, tmp_path: Path) -> None:
    port = free_port()
    hook = f'[[webhooks]]\nname = "team"\nurl = "http://127.0.0.1:{port}/hook"\n'
    settings = write_settings(tmp_path, f"[hazards.clutter]\ndwell_s = 2\n{hook}{file_camera('hall', clip)}")
    with Watching(["watch", "-c", str(settings)], tmp_path) as watch:
        until(lambda: any("fired" in line for line in watch.lines), "the alert")
        watch.kill()
    with Receiver(port=port) as receiver, Watching(["watch", "-c", str(settings)], tmp_path) as watch:
        watch.enter()
        until(lambda: receiver.got, "the webhook")
        first = receiver.got[0]
        assert first.event["type"] == "org.xinan.alert.fired"
        alert_id = first.event["data"]["id"]
        assert watch.get(f"/api/alerts/{alert_id}")["hazard"] == "clutter"
        picture = watch.http.get(f"/api/alerts/{alert_id}/snapshot?variant=blurred")
        assert picture.content.startswith(b"\xff\xd8")
        assert watch.stop() == 0
        fired = [g for g in receiver.got if g.event["type"].endswith("fired") and g.event["data"]["id"] == alert_id]
        assert len(fired) == 1
        assert len({got.id for got in receiver.got}) == len(receiver.got)


def test_a_killed_analyzer_comes_back(clip: Path, tmp_path: Path) -> None:
    settings = write_settings(tmp_path, file_camera("hall", clip))
    with Watching(["watch", "-c", str(settings)], tmp_path) as watch:
        watch.enter()
        until(lambda: watch.state("hall") == "online", "the camera")
        for child in children_of(watch.process.pid):
            os.kill(child, signal.SIGKILL)
        until(lambda: watch.state("hall") == "offline", "the loss to be seen")
        until(lambda: watch.state("hall") == "online", "the analyzer to be back")


def test_the_loss_of_an_analyzer_blinds_its_own_cameras_only(clip: Path, tmp_path: Path) -> None:
    cameras = "".join(file_camera(name, clip) for name in ("one", "two"))
    settings = write_settings(tmp_path, f"[analysis]\nanalyzers = 2\n{cameras}")
    with Watching(["watch", "-c", str(settings)], tmp_path) as watch:
        watch.enter()
        until(lambda: watch.state("one") == watch.state("two") == "online", "both cameras")
        stopped = children_of(watch.process.pid)[0]
        os.kill(stopped, signal.SIGSTOP)
        until(lambda: {watch.state("one"), watch.state("two")} == {"online", "offline"}, "one to be lost, one not")
        well = next(name for name in ("one", "two") if watch.state(name) == "online")
        looks = watch.camera(well)["health"]["looks"]
        until(lambda: watch.state("one") == watch.state("two") == "online", "the analyzer to be back")
        assert not Path(f"/proc/{stopped}").exists()
        assert watch.camera(well)["health"]["looks"] > looks, "the other's looks went on"


def test_cameras_are_added_changed_and_removed_while_it_runs(clip: Path, tmp_path: Path) -> None:
    base = file_camera("one", clip) + file_camera("two", clip)
    settings = write_settings(tmp_path, base)
    with Watching(["watch", "-c", str(settings)], tmp_path) as watch:
        watch.enter()
        until(lambda: watch.state("one") == watch.state("two") == "online", "both cameras")
        children = set(children_of(watch.process.pid))

        settings.write_text(settings.read_text("utf-8") + file_camera("three", clip), "utf-8")
        until(lambda: "three" in names(watch) and watch.state("three") == "online", "the new camera")

        text = settings.read_text("utf-8").replace('name = "two"', 'name = "two"\nplace = "Lane 3"')
        looks = watch.camera("one")["health"]["looks"]
        settings.write_text(text + "nonsense = 1\n", "utf-8")
        until(lambda: any("nonsense" in line for line in watch.lines), "the mistake to be told")
        assert watch.camera("two")["place"] == ""
        assert "unknown key cameras.2.nonsense" in watch.get("/api/status")["settings"]
        settings.write_text(text, "utf-8")
        until(lambda: watch.camera("two")["place"] == "Lane 3" and watch.state("two") == "online", "the changed camera")
        assert watch.get("/api/status")["settings"] == ""

        settings.write_text(text.replace(file_camera("three", clip), ""), "utf-8")
        until(lambda: names(watch) == ["one", "two"], "the removed camera to be gone")
        assert watch.http.get("/api/cameras/three/picture.jpg").status_code == 404
        assert watch.camera("one")["health"]["looks"] > looks, "never opened anew"
        assert watch.camera("one")["health"]["reconnects"] == 0
        assert set(children_of(watch.process.pid)) == children
        assert watch.stop() == 0


def test_a_channel_that_is_put_right_while_it_runs_is_told_what_waits(clip: Path, tmp_path: Path) -> None:
    nowhere = f'[[webhooks]]\nname = "team"\nurl = "http://127.0.0.1:{free_port()}/hook"\n'
    settings = write_settings(tmp_path, f"[hazards.clutter]\ndwell_s = 2\n{nowhere}{file_camera('hall', clip)}")
    with Receiver() as receiver, Watching(["watch", "-c", str(settings)], tmp_path) as watch:
        until(lambda: any("fired" in line for line in watch.lines), "the alert")
        hook = f'[[webhooks]]\nname = "team"\nurl = "{receiver.url}"\n'
        settings.write_text(settings.read_text("utf-8").replace(nowhere, hook), "utf-8")
        until(lambda: receiver.got, "the webhook")
        assert receiver.got[0].event["type"] == "org.xinan.alert.fired"
        assert watch.stop() == 0


def names(watch: Watching) -> list[str]:
    return [camera["name"] for camera in watch.get("/api/cameras")["cameras"]]


def children_of(pid: int) -> list[int]:
    """Child processes that run the analyzer (not multiprocessing's helper)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            command = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == pid and b"spawn_main" in command:
            found.append(int(stat.parent.name))
    return found


def test_killed_with_kill_9_it_leaves_no_analyzer_behind(clip: Path, tmp_path: Path) -> None:
    settings = write_settings(tmp_path, file_camera("hall", clip))
    with Watching(["watch", "-c", str(settings)], tmp_path) as watch:
        watch.enter()
        until(lambda: watch.state("hall") == "online", "the camera")
        children = children_of(watch.process.pid)
        assert children
        watch.kill()
        until(lambda: not any(Path(f"/proc/{child}").exists() for child in children), "the analyzer to end")


def test_a_port_in_use_is_named(clip: Path, tmp_path: Path) -> None:
    settings = write_settings(tmp_path, file_camera("hall", clip))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = run("watch", "-c", settings, "--set", f"console.port={port}", cwd=tmp_path)
    assert_one_line(done, 2, f"127.0.0.1:{port}", "console.port")


def test_a_store_that_cannot_be_written_is_named(clip: Path, tmp_path: Path) -> None:
    settings = write_settings(tmp_path, file_camera("hall", clip))
    (tmp_path / "data").write_text("a file where the folder should be")
    assert_one_line(run("watch", "-c", settings, cwd=tmp_path), 1, str(tmp_path / "data"))


def test_watch_without_cameras_says_what_to_do(tmp_path: Path) -> None:
    assert_one_line(run("watch", cwd=tmp_path), 2, "no cameras", "xinan init")


def test_an_engine_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = run("models", "list", "--set", "detector.backend=tensorrt", cwd=tmp_path)
    assert_one_line(done, 0, "tensorrt was asked for, cpu runs instead", "onnxruntime-gpu")
    assert "engine cpu  sha256 verified" in done.stdout


def test_check_names_the_camera_that_does_not_answer(clip: Path, tmp_path: Path) -> None:
    secret = f"rtsp://user:hunter2@127.0.0.1:{free_port()}/x"
    settings = write_settings(
        tmp_path, f'{file_camera("good", clip)}[[cameras]]\nname = "bad"\nurl = "{secret}"\nopen_timeout_s = 2\n'
    )
    done = run("check", "-c", settings, cwd=tmp_path)
    assert_one_line(done, 1, "bad", "127.0.0.1")
    assert "good: 320x180" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.parametrize("there", [True, False])
def test_check_asks_the_main_stream_too(clip: Path, tmp_path: Path, there: bool) -> None:
    main = clip if there else tmp_path / "none.mp4"
    done = run(
        "check", "-c", write_settings(tmp_path, f'{file_camera("hall", clip)}main_url = "{main}"\n'), cwd=tmp_path
    )
    assert "hall: 320x180" in done.stdout
    if there:
        assert done.returncode == 0
        assert "hall (main stream): 320x180" in done.stdout
    else:
        assert_one_line(done, 1, "hall (main stream): ", "no such file")
