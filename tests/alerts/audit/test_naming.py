"""Which camera and which time a path tells."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from alerts.audit.naming import Named, Names, Naming, told_camera, whole_name

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(hour: int, minute: int = 0, second: int = 0, fraction: int = 0, day: int = 2) -> datetime:
    return datetime(2026, 3, day, hour, minute, second, fraction, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "camera", "when"),
    [
        # Frigate: UTC
        ("recordings/2026-03-02/09/front_door/07.30.mp4", "recordings/front_door", at(9, 7, 30)),
        # MediaMTX
        ("recordings/gate/2026-03-02_17-00-00-250000.mp4", "recordings/gate", at(9, fraction=250_000)),
        # Shinobi
        ("videos/group/monitor/2026-03-02T17-00-00.mp4", "videos/group/monitor", at(9)),
        # ffmpeg -strftime, as people write it
        ("cam1/20260302_170000.mkv", "cam1", at(9)),
        ("cam1/20260302170000.ts", "cam1", at(9)),
        ("rec/lift-2026-03-02_17-00-00.mp4", "rec/lift", at(9)),
        ("rec/lift_2026-03-02_17-00.mp4", "rec/lift", at(9)),
        ("rec/lift 2026-03-02 17.00.00.mp4", "rec/lift", at(9)),
        ("rec/lift/2026-03-02/17-00-00.mp4", "rec/lift", at(9)),
        ("rec/lift/2026/03/02/17-00-00.mp4", "rec/lift", at(9)),
        ("rec/lift/2026-03-02/2026-03-02_17-00-00.mp4", "rec/lift", at(9)),
        ("rec/lift/20260302/170000.mp4", "rec/lift", at(9)),
        ("rec/lift-1772442000.mp4", "rec/lift", at(9)),
        ("rec/lift-2026-03-02T09-00-00Z.mp4", "rec/lift", at(9)),
        ("rec/lift-2026-03-02T10-00-00+01:00.mp4", "rec/lift", at(9)),
        # Dahua: downloaded, on cards and by FTP, on a recorder's disk
        ("d/NVR_ch1_main_20260302170000_20260302180000.dav", "d/NVR_ch1_main", at(9)),
        ("sd/2026-03-02/001/dav/17/17.00.00-17.30.00[R][0@0][0].dav", "sd/001", at(9)),
        ("dvr/2026-03-02/0/dav/17/1/0/526862/17.00.00-17.30.00[R][0@0][0].dav", "dvr/0", at(9)),
        # Hikvision: downloaded
        ("h/Camera 01_20260302170000_20260302173000_1234.mp4", "h/Camera 01", at(9)),
        ("h/192.168.1.64_01_20260302170000123_1.mp4", "h/192.168.1.64_01", at(9, fraction=123_000)),
        # Folders by year, month, day and hour, whatever the name says too
        ("rec/lift/2026/03/02/lift_20260302_170000.mp4", "rec/lift/lift", at(9)),
        ("rec/lift/2026/03/lift_20260302_170000.mp4", "rec/lift/lift", at(9)),
        ("rec/2026/lift_20260302_170000.mp4", "rec/lift", at(9)),
        ("rec/lift/2026年03月02日/17/20260302_170000.mp4", "rec/lift", at(9)),
        ("rec/lift/20260302/20260302_170000.mp4", "rec/lift", at(9)),
        ("rec/lift/20260302/20260302170000.mp4", "rec/lift", at(9)),
        ("rec/lift/2026030217/20260302_170000.mp4", "rec/lift", at(9)),
        ("rec/lift/20260303/20260302_235959.mp4", "rec/lift", at(15, 59, 59)),
        ("rec/lift/2026-03-02/18/20260302_175900.mp4", "rec/lift", at(9, 59)),
        ("syno/lift/20260302PM/lift-20260302-170000-1772442000.mp4", "syno/lift/lift", at(9)),
        ("xiaomi/b0d5/2026030217/00M00S_1772442000.mp4", "xiaomi/b0d5", at(9)),
        # Numbers that are no time of theirs are cameras
        ("rec/2026-03-02/01/20260302_170000.mp4", "rec/01", at(9)),
        ("rec/2026/07/20260302_170000.mp4", "rec/07", at(9)),
        ("rec/2031/20260302_170000.mp4", "rec/2031", at(9)),
        ("rec/20260302/170000_20260302173000.mp4", "rec", at(9)),
        ("rec/20260302/170000123_1.mp4", "rec", at(9, fraction=123_000)),
        ("rec/20261302/20260302_170000.mp4", "rec/20261302", at(9)),
        # Two streams of one camera are two
        ("r/20260302170000_main.mp4", "r/main", at(9)),
        ("r/20260302170000_sub.mp4", "r/sub", at(9)),
        # So are two channels, whose files lie in one folder
        ("r/20260302170000_ch1.mp4", "r/ch1", at(9)),
        ("r/20260302170000_CH-2_main.mp4", "r/ch2/main", at(9)),
        ("r/20260302/170000_cam03.mp4", "r/cam03", at(9)),
        ("r/2026-03-02_17-00-00 摄像机 4.mp4", "r/摄像机4", at(9)),
        ("r/1772442000_channel12.mp4", "r/channel12", at(9)),
    ],
)
def test_what_usual_recorders_write_is_read(name: str, camera: str, when: datetime) -> None:
    assert Naming(None, SHANGHAI).read([name]) == {name: Named(camera, when)}


def cameras(names: Iterable[str]) -> dict[str, set[str]]:
    """Of each folder in which something lies."""
    found: dict[str, set[str]] = {}
    for name, named in Naming(None, SHANGHAI).read(names).items():
        found.setdefault(name.rpartition("/")[0], set()).add(named.camera)
    return found


HOURS = range(24)


@pytest.mark.parametrize(
    "names",
    [
        [f"rec/2026-03-02/{at:02}/2026-03-02_{at:02}-{min}-00.mp4" for at in HOURS for min in (10, 40)],
        [f"rec/2026-03-02/{at:02}/2026-03-02_{at - 8:02}-10-00Z.mp4" for at in HOURS[8:]],
        [f"rec/2026-03-02/{(9 + at) % 24:02}/{1772442000 + 3600 * (at - 8)}.mp4" for at in HOURS[:8]],
        [f"rec/2026/03/{day:02}/{at:02}/202603{day:02}_{at:02}0000.mp4" for day in (1, 2, 3) for at in HOURS],
        [f"rec/2026年3月{day}日/202603{day:02}_{at:02}0000.mp4" for day in (1, 2, 3) for at in HOURS],
        [f"rec/2026年03月/{day:02}日/{at}时/202603{day:02}_{at:02}0000.mp4" for day in (1, 2, 3) for at in HOURS],
        [f"rec/202603{day:02}/202603{day:02}_{at:02}0000.mp4" for day in range(1, 32) for at in HOURS],
        ["rec/2026-03-02/17/20260302_200000.mp4"]
        + [f"rec/2026-03-02/{at:02}/20260302_{at:02}0000.mp4" for at in HOURS],
        [f"rec/20260309/20260302_{at:02}0000.mp4" for at in HOURS],
    ],
    ids=["hours", "UTC in names", "Unix time", "slashes", "年月日", "年月/日/时", "days", "a stray one", "moved there"],
)
def test_folders_that_tell_a_time_are_no_cameras(names: Sequence[str]) -> None:
    assert set.union(*cameras(names).values()) == {"rec"}


CHANNELS = range(1, 17)


@pytest.mark.parametrize(
    "names",
    [
        [f"rec/2026-03-02/{channel:02}/20260302_{at:02}0000.mp4" for channel in CHANNELS for at in HOURS],
        [f"rec/2026-03-02/{channel:02}/20260302_080000.mp4" for channel in CHANNELS],
        [f"rec/2026-03/{channel:02}/202603{day:02}_170000.mp4" for channel in CHANNELS for day in range(1, 32)],
        [f"rec/2026/03/{channel:02}/20260302_{at:02}0000.mp4" for channel in CHANNELS for at in HOURS],
        [f"rec/2026/{channel:02}/2026{month:02}01_170000.mp4" for channel in CHANNELS for month in range(1, 13)],
        [f"rec/202101{channel:02}/20260302_{at:02}0000.mp4" for channel in CHANNELS for at in HOURS],
    ],
    ids=["a day", "one hour", "a month", "one day", "a year", "device numbers"],
)
def test_numbers_that_are_no_time_of_what_lies_in_them_are_cameras(names: Sequence[str]) -> None:
    found = cameras(names)
    assert len(found) == len(set.union(*found.values())) == len(CHANNELS)
    assert all(len(called) == 1 for called in found.values())


@pytest.mark.parametrize(
    "name",
    [
        "a/kitchen_sink_fire.mp4",
        "a/12.mp4",
        "a/20261302_170000.mp4",
        "a/20260302.mp4",
        "a/DSC_20260302.mp4",
        "hiv00012.mp4",
    ],
)
def test_what_tells_no_time_is_left_alone(name: str) -> None:
    assert Naming(None, SHANGHAI).read([name]) == {}


@pytest.mark.parametrize(
    ("pattern", "name", "camera"),
    [
        ("{camera}/%d.%m.%Y/%H_%M_%S", "site/lift/02.03.2026/17_00_00.mp4", "site/lift"),
        ("{building}/*/{camera}_%Y%m%d%H%M", "b3/x/lift_202603021700.mp4", "b3/lift"),
        ("rec-%s-{camera}", "a/rec-1772442000-lift.mp4", "a/lift"),
        ("%Y%m%d/**/{camera}-%H%M%S", "r/20260302/u/v/lift-170000.mp4", "r/lift"),
    ],
)
def test_a_pattern_of_the_settings_is_the_only_one(pattern: str, name: str, camera: str) -> None:
    naming = Naming(pattern, SHANGHAI)
    assert naming.read([name, "cam1/20260302_170000.mkv"]) == {name: Named(camera, at(9))}


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("{camera}/%Y", "tells no moment"), ("%Y%m%d%H%M%q", "unknown %q"), ("{a}{a}%s", "{a} stands twice")],
)
def test_a_pattern_that_cannot_be_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("{", r"\{").replace("}", r"\}")):
        Naming(pattern, SHANGHAI)


@pytest.mark.parametrize(
    ("name", "camera"),
    [
        ("rec/hall/export.mp4", "rec/hall"),
        ("rec/hall/2026-03-02/export.mp4", "rec/hall"),
        ("rec/lobby/hall", "rec/lobby/hall"),
        ("lobby/hall.mp4", "lobby/hall"),
        ("rec/192.168.1.64", "rec/192.168.1.64"),
        ("rec/attic/export.mp4", ""),
        (".", ""),
    ],
)
def test_of_a_name_without_a_time_the_nearest_that_is_called_so_is_the_camera(name: str, camera: str) -> None:
    assert told_camera("", name, Names(["hall", "lobby", "192.168.1.64", "192.168.1"])) == camera


@pytest.mark.parametrize(
    ("camera", "whole"),
    [("x/hall/Main", "x/hall"), ("x/hall_sub", "x/hall"), ("x/hall/2026/03/02", "x/hall"), ("x/ch1", "x/ch1")],
)
def test_streams_and_days_are_no_cameras(camera: str, whole: str) -> None:
    assert whole_name(camera) == whole
