"""By what each recording of a site is judged: its own camera's zones, floor and masks, as live."""

import base64
import gc
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from weakref import ReferenceType, ref
from zoneinfo import ZoneInfo

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.audit import audit
from alerts.audit.compare import compare, read_period
from alerts.audit.extras import Extras, Reporting
from alerts.audit.find import Job, find_jobs
from alerts.audit.found import EPOCH, State, Step
from alerts.audit.live_store import LivePlace
from alerts.audit.naming import Names, Naming, registered
from alerts.audit.parts import Parts
from alerts.audit.results import AuditResult
from alerts.audit.review import Told
from alerts.audit.run import Work, _Run
from alerts.audit.site import Site
from alerts.audit.stamp import Stamp, Stamps
from alerts.audit.summary import read_summary
from alerts.audit.tally import Tally
from alerts.audit.views import LOADED, Basis, By, Views, doubts
from alerts.config import Settings, load_settings
from alerts.errors import AlertsError, SettingsError
from streams.clock import SystemClock
from tests.alerts.audit.month import BEGIN, event_of, job_of, write_part
from tests.alerts.audit.test_live import live, put
from tests.alerts.audit.test_resume import Counting
from tests.alerts.audit.test_widths import Blind, things
from tests.alerts.databases import StorePlace
from tests.clips import corridor, write_clip
from vision.clear_route import ClearRoute, load_clear_route
from vision.detections import Detections
from vision.errors import ConfigError
from vision.view import View, whole_view
from vision.zones import ZoneType

Picture = NDArray[np.uint8]
SECRET = "masks = [[[0, 0], [0.4, 0], [0.4, 1], [0, 1]]]"
RED = 0, 0, 255
"""Of what the mask hides, BGR."""
NAME = "2026-03-01_16-00-00.mp4"


def camera(name: str, kind: str, more: str = "") -> str:
    return f'[[cameras]]\nname = "{name}"\nurl = "x"\n{more}\nzones = [{{ name = "{name}区", type = "{kind}" }}]\n'


SITE = camera("hall", "corridor") + camera("yard", "yard")


class Right(Counting):
    """Sees an e-bike in the right half."""

    def detect(self, image: Picture, min_score: float | None = None, relax: float = 1.0) -> Detections:
        self.looks += 1
        box = np.array([[200, 60, 290, 150]], np.float32)
        return Detections(box, np.array([0.9], np.float32), np.zeros(1, np.int64))


class Archive:
    """A recording of 4 s of each camera, all the same footage, and runs over them."""

    def __init__(self, folder: Path, cameras: Iterable[str] = ("hall", "yard")) -> None:
        self.folder, self.rec, self.out = folder, folder / "rec", folder / "o"
        for name in cameras:
            self.add(f"{name}/{NAME}", self.footage())

    def footage(self) -> Iterator[Picture]:
        for picture in corridor(4):
            picture[:, : int(0.35 * picture.shape[1])] = RED
            yield picture

    def add(self, name: str, pictures: Iterable[Picture]) -> None:
        (self.rec / name).parent.mkdir(parents=True, exist_ok=True)
        write_clip(self.rec / name, pictures)

    def settings(self, toml: str = SITE) -> Settings:
        file = self.folder / "xinan.toml"
        file.write_text(toml, "utf-8")
        settings = load_settings(file, ["hazards.ebike.parked_s=1", "archive.time_zone=UTC"])
        return settings.model_copy(update={"hazards": settings.hazards.only({"ebike"})})

    def run(self, toml: str = SITE, **options: Any) -> tuple[AuditResult, int]:
        """What came of it, and how many looks it took."""
        detector = Right()
        result = audit([self.rec], self.settings(toml), self.out, detector=detector, **options)
        return result, detector.looks

    def views(self) -> dict[str, dict[str, Any]]:
        """Of summary.json, by the camera of the archive."""
        summary = json.loads((self.out / "summary.json").read_text("utf-8"))
        return {one["archive_camera"]: one["view"] for one in summary["views"]}


def test_the_same_footage_raises_where_live_would_and_nowhere_else(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    result, _ = archive.run()
    [event] = result.each()
    assert (event.camera, event.zone, event.zone_type) == ("hall", "hall区", "corridor")
    assert len(result.sources) == 2
    assert archive.views()["rec/yard"] == {"by": "named", "camera": "yard", "over": "", "zones": []}
    assert "its own settings" in (archive.out / "report.html").read_text("utf-8")


def test_what_a_mask_of_its_camera_hides_is_in_no_picture_that_leaves(tmp_path: Path) -> None:
    archive = Archive(tmp_path, ["hall", "lane"])
    toml = camera("hall", "corridor") + camera("lane", "corridor", SECRET)
    result, _ = archive.run(toml, extras=Extras(clips=True))
    assert sorted(event.camera for event in result.each()) == ["hall", "lane"]
    seen = next(event.snapshot.parent.name for event in result.each() if event.camera == "hall")
    pictures = {path: shows_it(cv2.imread(str(path))) for path in archive.out.rglob("*.jpg")}
    assert len(pictures) == 6
    assert all(shown == (path.parent.name == seen) for path, shown in pictures.items())
    assert sorted({shows_it(one) for one in embedded((archive.out / "report.html").read_text("utf-8"))}) == [
        False,
        True,
    ]
    assert sorted(map(shows_it, drawn((archive.out / "report.pdf").read_bytes()))) == [False, True]
    [clip] = (archive.out / "clips").iterdir()
    assert clip.name.startswith(seen)
    with av.open(str(clip)) as film:
        assert shows_it(next(film.decode(video=0)).to_ndarray(format="bgr24"))


@pytest.mark.parametrize("view", [None, whole_view(ZoneType.LIFT)])
def test_whatever_is_given_a_cameras_masks_hold(view: View | None, tmp_path: Path) -> None:
    archive = Archive(tmp_path, ["lane"])
    given = {} if view is None else {"lane": view}
    toml = camera("hall", "corridor") + camera("lane", "corridor", SECRET)
    result, _ = archive.run(toml, view=whole_view(ZoneType.LOBBY), views=given)
    [event] = result.each()
    assert event.zone_type == ("corridor" if view is None else "lift")
    assert not any(shows_it(cv2.imread(str(path))) for path in archive.out.rglob("*.jpg"))
    with pytest.raises(AlertsError, match="the camera has masks"):
        archive.run(toml, views=given, extras=Extras(clips=True))
    over = "" if view is None else "lane"
    assert archive.views()["rec/lane"]["over"] == over
    assert ("instead of lane" in (archive.out / "report.html").read_text("utf-8")) == bool(over)


def shows_it(picture: Any) -> bool:
    """Whether what the mask hides is to be seen; what is drawn over it is thin."""
    height, width = picture.shape[:2]
    blue, green, red = np.median(
        picture[height // 4 : height * 3 // 4, width // 20 : width * 6 // 20].reshape(-1, 3), axis=0
    )
    assert (blue < 60 and green < 60) and (red > 200 or red < 30), "red or black"
    return bool(red > 200)


def embedded(page: str) -> Iterator[Any]:
    for text in re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", page):
        yield cv2.imdecode(np.frombuffer(base64.b64decode(text), np.uint8), cv2.IMREAD_COLOR)


def drawn(pdf: bytes) -> Iterator[Any]:
    """As reportlab writes them: JPEG in base 85."""
    for body in re.findall(rb"/Subtype /Image[^<>]*?>>\s*stream\s+(.*?)endstream", pdf, re.DOTALL):
        data = base64.a85decode(body.strip().removesuffix(b"~>"))
        yield cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def test_the_floor_of_each_camera_is_its_own(tmp_path: Path) -> None:
    archive = Archive(tmp_path, [])
    for name in ("hall", "lane"):
        archive.add(f"{name}/{NAME}", (things(number / 10) for number in range(600)))
    toml = camera("lane", "corridor") + (
        '[[cameras]]\nname = "hall"\nurl = "x"\n'
        'zones = [{ name = "hall", type = "corridor", floor = { width_m = 2.0 } }]\n'
    )
    (tmp_path / "xinan.toml").write_text(toml, "utf-8")
    settings = load_settings(tmp_path / "xinan.toml", ["hazards.clutter.dwell_s=4", "hazards.clutter.clear_s=4"])
    settings = settings.model_copy(update={"hazards": settings.hazards.only({"clutter"})})
    result = audit([archive.rec], settings, archive.out, detector=Blind())
    widths = {event.camera: event.least_free_width_m for event in result.each() if event.raised_s < 20}
    assert widths == {"hall": pytest.approx(0.56, abs=0.1), "lane": None}
    rows = {row["camera"]: row["hazards"]["clutter"] for row in result.statistics["cameras"]}
    assert rows["hall"]["narrow_minutes"] == pytest.approx(0.3, abs=0.15)
    assert rows["hall"]["measured"] == rows["hall"]["events"]
    assert rows["lane"]["measured"] == 0


def test_a_camera_whose_zones_change_is_looked_through_again_and_no_other(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    assert archive.run()[1] == 40
    assert archive.run()[1] == 0
    before, changed = read_period(archive.out), camera("hall", "corridor") + camera("yard", "corridor")
    result, looks = archive.run(changed)
    assert looks == 20
    assert sorted(event.camera for event in result.each()) == ["hall", "yard"]
    assert dict(compare(before, read_period(archive.out)).doubts) == {"views": "yard"}
    assert archive.run(changed + camera("new", "lift"))[1] == 0
    archive.add(f"gate/{NAME}", archive.footage())
    assert archive.run(changed)[1] == 20, "the new one alone"


def test_what_was_found_before_a_mask_was_drawn_is_in_no_report_after_it(tmp_path: Path) -> None:
    """It waits, and is not deleted: settings may have been slipped in, and are put right again."""
    archive = Archive(tmp_path, ["hall"])
    assert archive.run(SITE)[0].counts["ebike"] == 1
    masked = camera("hall", "corridor", SECRET) + camera("yard", "yard")

    def stopped(tally: Tally) -> None:
        assert not list(embedded((archive.out / "report.html").read_text("utf-8"))), "the report of the beginning"
        raise KeyboardInterrupt

    result, _ = archive.run(masked, progress=stopped)
    assert result.interrupted
    assert (result.counts["ebike"], result.events, result.sources) == (0, (), ())
    assert read_summary(archive.out)["waiting"] == 1, "it is judged by another view now"
    page, pdf = (archive.out / "report.html").read_text("utf-8"), (archive.out / "report.pdf").read_bytes()
    assert not [*embedded(page), *drawn(pdf)]
    assert '"state": "waiting"' in (archive.out / "manifest.jsonl").read_text("utf-8")


@pytest.mark.parametrize("more", ["", SECRET])
def test_what_cannot_be_read_after_its_zones_changed_is_named(more: str, tmp_path: Path) -> None:
    """What was found in it stays, unless a mask may hide it now."""
    archive = Archive(tmp_path, ["hall"])
    first, _ = archive.run()
    path = archive.rec / "hall" / NAME
    path.unlink()
    path.symlink_to(path.name)
    result, looks = archive.run(camera("hall", "lobby", more) + camera("yard", "yard"))
    assert (looks, result.failed) == (0, True)
    [source] = result.sources
    assert source.error.startswith("cannot be read now: too many levels of symbolic links; what was found before ")
    assert source.error.endswith(" is not shown" if more else " is kept")
    assert result.events == (() if more else first.events)
    summary = json.loads((archive.out / "summary.json").read_text("utf-8"))
    assert [one["path"] for one in summary["unreadable"]] == [str(path)]
    page = (archive.out / "report.html").read_text("utf-8")
    assert ("区域或遮罩改动前的结果不显示" in page) == bool(more)
    assert bool([*embedded(page), *drawn((archive.out / "report.pdf").read_bytes())]) != bool(more)
    entry = json.loads((archive.out / "manifest.jsonl").read_text("utf-8"))
    assert (entry["state"], entry["reason"]) == ("kept", source.error)


@pytest.mark.parametrize("state", [State.DONE, State.UNDER_WORK])
def test_what_a_lost_process_leaves_of_another_view_is_told_unless_a_mask_may_hide_it(
    state: State, tmp_path: Path
) -> None:
    settings = Archive(tmp_path, []).settings(camera("hall", "corridor", SECRET) + camera("yard", "yard"))
    parts, reporting = Parts(tmp_path / "o"), Reporting(Site.of(settings), settings.hazards)
    stamps = Stamps(Stamp("", "", ""), Views(settings))
    jobs = [job_of(f"rec/{name}", BEGIN, hours=1) for name in ("hall", "yard")]
    for job in jobs:
        write_part(parts, job, [event_of(job, "ebike", 1.0)], view="of before", duration_s=9.0)
        head = parts.head(job.key)
        assert head is not None
        parts.renew(job.key, head | {"state": state})
        parts.save(job.key, "a.jpg", b"")

    def look(left: Sequence[Job]) -> Work:
        return (Told(job, Step(), over=True, lost="died") for job in jobs)

    run = _Run(jobs, parts, stamps, reporting, SystemClock(), full_hash=False)
    result = run.through(look, lambda tally: None, forget=False)
    hall, yard = jobs
    assert [event["path"] for event in result.events] == [yard.told]
    assert hall.key not in (tmp_path / "o" / "report.html").read_text("utf-8")
    assert all("died" in source.error for source in result.sources)
    assert [one.source for one in result.sources if not one.readable] == [hall.source]
    assert len(parts.found(hall.key).events) == 1, "it is not deleted: masks may be taken away again"


def test_live_missed_nothing_that_it_allows(place: StorePlace, tmp_path: Path) -> None:
    store = place.open()
    put(store, live("01A", 0, 4, fired_at=None, hazard="ebike"), live("01B", 0, 4, hazard="ebike"))
    put(store, live("01C", 9000, 9100, camera="yard"))
    store.close()
    archive = Archive(tmp_path)
    archive.run(extras=Extras(join=LivePlace(place.folder, place.url)))
    told = json.loads((archive.out / "live.json").read_text("utf-8"))
    assert (told["hazards"]["ebike"]["both"], told["hazards"]["ebike"]["missed_live"]) == (1, 0)
    assert told["comparable_h"] == pytest.approx(8 / 3600, rel=0.1), "of both cameras"


@pytest.mark.parametrize(
    ("toml", "options", "name", "basis", "zone"),
    [
        (SITE, {}, "rec/hall", Basis(By.NAMED, "hall"), "hall区"),
        (SITE, {}, "x/YARD/sub", Basis(By.NAMED, "yard"), "yard区"),
        (SITE, {}, "rec/hall/record", Basis(By.NAMED, "hall"), "hall区"),
        (SITE, {"views": {"rec": whole_view(ZoneType.LIFT)}}, "rec/hall", Basis(By.NAMED, "hall"), "hall区"),
        (SITE, {}, "gate", Basis(By.DEFAULT, zones=("corridor",)), "corridor"),
        (SITE, {}, "", Basis(By.DEFAULT, zones=("corridor",)), "corridor"),
        (SITE, {"camera": "yard"}, "gate", Basis(By.GIVEN, "yard"), "yard区"),
        (SITE, {"camera": "yard"}, "", Basis(By.GIVEN, "yard"), "yard区"),
        (SITE, {"camera": "yard"}, "hall", Basis(By.NAMED, "hall"), "hall区"),
        (SITE, {"view": whole_view(ZoneType.LIFT)}, "gate", Basis(By.GIVEN, zones=("lift",)), "lift"),
        (SITE, {"view": whole_view(ZoneType.LIFT)}, "hall", Basis(By.NAMED, "hall"), "hall区"),
        (SITE, {"views": {"Gate": whole_view(ZoneType.LIFT)}}, "gate/main", Basis(By.GIVEN, zones=("lift",)), "lift"),
        (
            SITE,
            {"views": {"hall": whole_view(ZoneType.LIFT)}},
            "hall",
            Basis(By.GIVEN, over="hall", zones=("lift",)),
            "lift",
        ),
        (camera("hall", "shed"), {}, "", Basis(By.DEFAULT, "hall"), "hall区"),
        (camera("hall", "shed"), {}, "gate", Basis(By.DEFAULT, "hall"), "hall区"),
        (
            camera("hall", "shed"),
            {"view": whole_view(ZoneType.LIFT)},
            "",
            Basis(By.GIVEN, over="hall", zones=("lift",)),
            "lift",
        ),
        ("", {}, "gate", Basis(By.DEFAULT, zones=("corridor",)), "corridor"),
    ],
)
def test_whose_view_it_is(
    toml: str, options: dict[str, Any], name: str, basis: Basis, zone: str, tmp_path: Path
) -> None:
    views = Views(Archive(tmp_path, []).settings(toml), **options)
    job = Job(Path("a.mp4"), "a.mp4", "a-0123456789", name, EPOCH)
    assert views.basis(job) == basis
    assert [one.name for one in views.of(job).zones] == [zone]
    assert views.of(job) is views.of(job)


@pytest.mark.parametrize("name", ["", "gate"])
@pytest.mark.parametrize(
    "options", [{"view": whole_view(ZoneType.LIFT)}, {"views": {"gate": whole_view(ZoneType.LIFT)}}]
)
@pytest.mark.parametrize(("more", "taken_by"), [("", ""), (camera("yard", "yard"), "hall")])
def test_masks_hold_where_the_archive_calls_the_camera_otherwise(
    name: str, options: dict[str, Any], more: str, taken_by: str, tmp_path: Path
) -> None:
    """Those of the only camera, or of the one that took what tells none."""
    settings = Archive(tmp_path, []).settings(camera("hall", "shed", SECRET) + more)
    job = Job(Path("a.mp4"), "a.mp4", "a-0123456789", name, EPOCH)
    assert Views(settings, camera=taken_by, **options).of(job).masks


def test_a_disk_that_is_not_mounted_is_told_as_such_whatever_the_settings_name(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.run()
    archive.rec.rename(tmp_path / "away")
    with pytest.raises(AlertsError, match="is its disk mounted"):
        archive.run()


def test_what_nobody_may_expect_is_told_before_anything_is_looked_at(tmp_path: Path) -> None:
    archive = Archive(tmp_path, ["hall", "gate"])
    told: list[str] = []

    def on_views(bases: dict[str, Basis]) -> None:
        assert not list((archive.out / "parts").iterdir())
        told.extend(doubts(bases, "--zone lift"))

    archive.run(view=whole_view(ZoneType.LIFT), on_views=on_views)
    assert told == [
        "--zone lift: not for recordings of rec/hall: their own settings count",
        "in no settings: rec/gate; their recordings are judged as --zone lift says",
    ]
    assert archive.views()["rec/gate"] == {"by": "given", "camera": "", "over": "", "zones": ["lift"]}
    archive.run(on_views=lambda bases: told.append(*doubts(bases)))
    assert "in no settings: rec/gate; their recordings are judged as corridor, without masks" in told[2]
    report = (archive.out / "report.html").read_text("utf-8")
    assert "default: Corridor" in report
    assert "默认：走廊" in report


@pytest.mark.parametrize("name", ["a.mp4", NAME, f"ch1/{NAME}"])
def test_where_no_recording_tells_a_camera_of_the_settings_somebody_has_to(name: str, tmp_path: Path) -> None:
    archive = Archive(tmp_path, [])
    archive.add(name, archive.footage())
    with pytest.raises(SettingsError, match="several cameras: hall, yard, and no recording tells that one of them"):
        archive.run()
    assert archive.run(extras=Extras(camera="yard"))[0].counts["ebike"] == 0
    assert archive.run(view=whole_view(ZoneType.CORRIDOR))[0].counts["ebike"] == 1


@pytest.mark.parametrize("join", ["true", "false"])
def test_where_no_time_is_told_the_folder_or_the_file_says_whose_it_is(join: str, tmp_path: Path) -> None:
    archive = Archive(tmp_path, [])
    for name in ("hall/export.mp4", "Lane.mp4", "attic/export.mp4"):
        archive.add(name, archive.footage())
    toml = camera("hall", "corridor") + camera("lane", "lobby", SECRET) + f"[archive]\njoin = {join}\n"
    result, _ = archive.run(toml)
    [attic, hall, lane] = sorted(result.each(), key=lambda event: event.camera)
    assert [event.camera for event in (attic, hall, lane)] == ["", "hall", "lane"]
    assert [event.zone_type for event in (attic, hall, lane)] == ["corridor", "corridor", "lobby"]
    assert not shows_it(cv2.imread(str(lane.snapshot)))
    assert archive.views().keys() == {"rec/hall", "rec/Lane", ""}
    assert {row["camera"] for row in result.statistics["cameras"]} == {"", "hall", "lane"}


def test_an_approved_picture_that_is_not_there_is_told_where_it_is_needed(tmp_path: Path) -> None:
    archive = Archive(tmp_path, ["hall"])
    missing = camera("hall", "corridor") + camera("yard", "yard", 'reference = "nowhere.jpg"')
    assert archive.run(missing)[0].counts["ebike"] == 1
    archive.add(f"yard/{NAME}", archive.footage())
    with pytest.raises(ConfigError, match=r"nowhere\.jpg"):
        archive.run(missing)


def test_few_approved_pictures_are_in_memory_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand are gigabytes."""
    cv2.imwrite(str(tmp_path / "clear.jpg"), np.full((90, 160, 3), 90, np.uint8))
    names = [f"c{number}" for number in range(20)]
    archive = Archive(tmp_path, names)
    more = f'reference = "{tmp_path / "clear.jpg"}"'
    pictures: list[ReferenceType[NDArray[np.uint8]]] = []
    held: list[int] = []

    def loaded(file: Path | None) -> ClearRoute | None:
        route = load_clear_route(file)
        assert route
        pictures.append(ref(route.picture))
        gc.collect()
        held.append(sum(picture() is not None for picture in pictures))
        return route

    monkeypatch.setattr("vision.view.load_clear_route", loaded)
    archive.run("".join(camera(name, "corridor", more) for name in names))
    assert len(held) >= 20 and max(held) <= LOADED + 2, "the one that is read, and the one that is judged by"
    read: list[Path | None] = []
    monkeypatch.setattr("vision.view.load_clear_route", lambda file: read.append(file))
    views = Views(archive.settings("".join(camera(name, "corridor", f"{more}\n{SECRET}") for name in names)))
    jobs = find_jobs([archive.rec], Naming(None, ZoneInfo("UTC")))
    assert all(views.masks(job) for job in jobs) and len(jobs) == 20
    assert {*map(views.zone_types, jobs)} == {frozenset({ZoneType.CORRIDOR})}
    assert views.bases(jobs) and not read


@pytest.mark.parametrize("pattern", ["*/%Y-%m-%d_%H-%M-%S", "**/%Y-%m-%d_%H-%M-%S"])
def test_files_of_two_cameras_are_never_one_recording(pattern: str, tmp_path: Path) -> None:
    """Though a pattern tells none: the second would be shown without its masks."""
    archive = Archive(tmp_path, ["hall"])
    archive.add("lane/2026-03-01_16-00-10.mp4", archive.footage())
    toml = camera("hall", "corridor") + camera("lane", "corridor", SECRET) + f'[archive]\nname_pattern = "{pattern}"\n'
    result, _ = archive.run(toml)
    assert sorted(event.camera for event in result.each()) == ["hall", "lane"]
    [masked] = [event.snapshot for event in result.each() if event.camera == "lane"]
    assert not shows_it(cv2.imread(str(masked)))


def test_a_camera_that_no_settings_name_is_told(tmp_path: Path) -> None:
    """Else its recordings were a corridor without masks."""
    with pytest.raises(SettingsError, match="--camera: no camera hal; the settings name hall, yard"):
        Archive(tmp_path).run(extras=Extras(camera="hal"))


def test_cameras_of_an_archive_are_compared_without_asking_each(tmp_path: Path) -> None:
    """Of a thousand cameras and ten thousand files that took minutes."""
    asked = 0

    class Asked(str):
        def casefold(self) -> str:
            nonlocal asked
            asked += 1
            return super().casefold()

    names = Names([Asked(f"c{number}") for number in range(100)])
    assert [registered(f"x/C{number}/rec", names) for number in range(100)] == [f"c{number}" for number in range(100)]
    assert asked == 100
