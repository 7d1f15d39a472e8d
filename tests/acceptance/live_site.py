"""One real `xinan watch` whose cameras are RTSP servers, for tests of what people do with it from the browser on.

The scene before a camera is changed while its stream goes on. Nothing is raised, marked or stopped but by what a camera
shows, what a page is told to do, or what is killed.
"""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import cv2
import pytest

from alerts.access.accounts import LINK_MARK
from alerts.dossier.check import check
from models.clip import DEMO, clip_frames
from tests.acceptance.browser import Log, enter_by
from tests.acceptance.cli import run
from tests.acceptance.watching import Watching, until, write_settings
from tests.alerts.receiver import Receiver
from tests.alerts.vendors import Ntfy, Published
from tests.clips import corridor, write_clip
from tests.rtsp_server import RtspServer, missing_reason

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

FPS = 10
PATIENCE_MS = 60_000
TOPIC = "xinan-li-7Kq2"
"""Where 李志愿, who is always on duty, is told of a fire at once."""
YARD, STAIRS = "yard", "stairs"
"""The camera before which it burns, and the one before which something is put down."""
SETTINGS = """
[site]
time_zone = "Asia/Shanghai"

[[places]]
id = "b3"
kind = "building"
name = "3 号楼"

[[places]]
id = "b3-2"
kind = "corridor"
name = "2 楼走廊"
within = "b3"

[[cameras]]
name = "yard"
url = "{yard}"
place = "院子"
read_timeout_s = 3
[[cameras.zones]]
name = "院子"
type = "yard"

[[cameras]]
name = "stairs"
url = "{stairs}"
place = "b3-2"
read_timeout_s = 3
reference = "{clear_route}"   # without it, what stands there at a start is not known to be a thing

[hazards]
ebike.enabled = false         # the film of the fire has one, too
flying_lead.enabled = false
flame = {{ verify_s = 2.0, clear_s = 6.0 }}
clutter = {{ dwell_s = 2.0, clear_s = 2.0 }}

[health]                      # the films are short and come again: of the cameras only the line is judged
off = ["blind", "frozen", "black", "overexposed", "covered", "sprayed", "out_of_focus", "moved", "dark", "frame_rate"]
offline_s = 2.0
clear_s = 2.0

[[channels]]
type = "ntfy"
name = "phones"
url = "http://127.0.0.1:{phones}"
topic = "xinan-team-9Zx1"

[[people]]
id = "li"
name = "李志愿"
channels = [{{ channel = "phones", address = "{topic}" }}]

[rota]
shifts = [{{ who = ["li"] }}]

[routing.fire]
ladder = [{{ after_s = 0, tell = ["on_duty"] }}]

[shifts]
changes = ["{change}"]        # none while the tests run
"""


def stretch(folder: Path, name: str, begins_s: float, seconds: float) -> Path:
    """A part of the demonstration's film, as a camera sends it."""
    pictures = (picture for _, picture in clip_frames(DEMO, 1 / FPS, begins_s))
    return write_clip(folder / name, itertools.islice(pictures, round(seconds * FPS)), FPS)


def exported(desk: Page, folder: Path) -> Path:
    """The alert that is shown as a file, whole by its own fingerprints."""
    desk.locator("#export").click()
    desk.locator('#export-dialog [value="report"]').check()
    with desk.expect_download(timeout=PATIENCE_MS) as begun:
        desk.locator("#export-send").click()
    file = folder / begun.value.suggested_filename
    begun.value.save_as(file)
    assert check(file).faults == []
    return file


@dataclass(frozen=True)
class Camera:
    """calm: the film of the place as it should be. hazard: what the other film shows."""

    name: str
    hazard: str
    server: RtspServer
    calm: Path
    hazardous: Path


@dataclass(frozen=True)
class Site:
    """file: the settings; text: as they were written. phones: what ntfy was told."""

    watch: Watching
    file: Path
    text: str
    phones: Ntfy
    cameras: dict[str, Camera]

    def desk(self, browser: Browser, script: str = "", name: str = "王建国", **options: Any) -> tuple[Page, Log]:
        """A console in a browser of its own, come in by a fresh link."""
        page, log = enter_by(browser, self.watch.link_for_another(), script, name, **options)
        expect(page.locator(".tile")).to_have_count(len(self.cameras), timeout=PATIENCE_MS)
        return page, log

    def alerts(self, camera: str, hazard: str) -> list[dict[str, Any]]:
        """Those of this camera, newest first."""
        found = self.watch.get("/api/alerts")["alerts"]
        return [one for one in found if (one["camera"], one["hazard"]) == (camera, hazard)]

    def begin(self, camera: str) -> None:
        """What must not be is there from now on."""
        self.cameras[camera].server.show(self.cameras[camera].hazardous)

    def end(self, camera: str) -> None:
        """And now it is gone."""
        self.cameras[camera].server.show(self.cameras[camera].calm)

    def raised(self, camera: str) -> str:
        """Begin it, and wait for the alert; its id."""
        self.begin(camera)
        return until(lambda: self.current(camera), f"an alert of {camera}")

    def current(self, camera: str) -> str:
        """The id of the alert of this camera's hazard that was raised and that nobody has ended; "": there is none."""
        return next(iter(self.unended(camera)), "")

    def unended(self, camera: str) -> list[str]:
        """The ids of all such alerts."""
        found = self.alerts(camera, self.cameras[camera].hazard)
        return [str(one["id"]) for one in found if one["fired_at"] and not one["ended"]]

    def stored(self) -> list[str]:
        """The ids of all alerts that a page is given."""
        return [one["id"] for one in self.watch.get("/api/alerts")["alerts"]]

    def steps(self, alert: str) -> list[tuple[str, str]]:
        """Who did what about it, in order. That somebody came by a link, said where there are accounts, is left out."""
        steps = self.watch.get(f"/api/alerts/{alert}/steps")["steps"]
        return [(step["by"].removesuffix(LINK_MARK), step["kind"]) for step in steps]

    def told(self, word: str) -> Published:
        """What 李志愿 has been told with this word in it."""

        def found() -> Published | None:
            mine = (one for one in self.phones.taken if one.topic == TOPIC)
            return next((one for one in mine if word in one.title + one.text), None)

        notice = until(found, f"a notice with {word}")
        assert notice is not None
        return notice

    def online(self) -> None:
        """Wait until every camera is."""
        until(lambda: all(self.watch.state(name) == "online" for name in self.cameras), "the cameras")

    def calm(self) -> None:
        """Whatever a test has left: the cameras are those of the file, they see nothing, nothing is open."""
        if self.file.read_text("utf-8") != self.text:
            self.file.write_text(self.text, "utf-8")
        for camera in self.cameras.values():
            if not camera.server.running:
                camera.server.start()
            self.end(camera.name)
        until(lambda: len(self.watch.get("/api/cameras")["cameras"]) == len(self.cameras), "the cameras of the file")
        self.online()
        for drill in self.watch.get("/api/drills")["drills"]:
            if not drill["ended_at"]:
                self._post(f"/api/drills/{drill['id']}/end", {})
        until(self._is_calm, "everything to be over")

    def _is_calm(self) -> bool:
        """Ends what people have to end; the cameras do the rest."""
        found = self.watch.get("/api/alerts")["alerts"]
        for one in found:
            if one["fired_at"] and not one["ended"] and one["severity"] != "fault":
                self._post(f"/api/alerts/{one['id']}/false-alarm", {"reason": "other"})
        return not any(one["open"] for one in found)

    def _post(self, path: str, body: dict[str, str]) -> None:
        answer = self.watch.http.post(path, json=body)
        assert answer.status_code == 200, (path, answer.text)


@contextmanager
def live_site(folder: Path) -> Iterator[Site]:
    """Two cameras, seen to be online. At its end the watch is stopped, and its record has to be whole."""
    if reason := missing_reason():
        pytest.skip(reason)
    films = {
        YARD: ("flame", stretch(folder, "quiet.mp4", 0.0, 3.0), stretch(folder, "fire.mp4", 48.0, 12.0)),
        STAIRS: (
            "clutter",
            write_clip(folder / "clear.mp4", corridor(6)),
            write_clip(folder / "thing.mp4", corridor(6, thing_from_s=0)),
        ),
    }
    clear_route = folder / "clear.png"
    cv2.imwrite(str(clear_route), next(iter(corridor(1))))
    phones = Ntfy()
    with ExitStack() as open_until_then:
        receiver = open_until_then.enter_context(Receiver(phones))
        cameras = {
            name: Camera(name, hazard, open_until_then.enter_context(RtspServer(calm, fps=FPS)), calm, hazardous)
            for name, (hazard, calm, hazardous) in films.items()
        }
        urls = {name: camera.server.url for name, camera in cameras.items()}
        change = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(hours=12)
        values = {"phones": receiver.port, "topic": TOPIC, "change": f"{change:%H}:00", "clear_route": clear_route}
        text = SETTINGS.format(**values, **urls)
        file = write_settings(folder, text)
        watch = open_until_then.enter_context(Watching(["watch", "-c", str(file)], folder))
        watch.enter()
        site = Site(watch, file, file.read_text("utf-8"), phones, cameras)
        site.online()
        yield site
        assert watch.stop() == 0
        whole = run("verify", "-c", file, cwd=folder)
        assert (whole.returncode, whole.stderr) == (0, "") and "no faults" in whole.stdout
