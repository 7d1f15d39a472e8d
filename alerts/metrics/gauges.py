"""What is read off when Prometheus asks. Each costs what is now, not what ever was: memory, or rows that wait."""

import contextlib
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from alerts.camera_watch import CameraWatch
from alerts.db.store import Store
from alerts.desk import Desk
from alerts.errors import StoreError
from alerts.live import LiveCameras
from alerts.record.recorder import Recorder
from alerts.version import version
from streams.clock import Clock
from vision.rule import Severity

STATES = ("connecting", "online", "offline", "ended")


def of_cameras(live: LiveCameras, watched: CameraWatch) -> Iterator[Metric]:
    """A camera that has said nothing yet is not up, and counts nothing."""
    camera = ("camera",)
    up = GaugeMetricFamily("xinan_camera_up", "1 while its pictures come.", labels=camera)
    state = GaugeMetricFamily("xinan_camera_state", "1 for the state that it is in.", labels=("camera", "state"))
    trouble = GaugeMetricFamily("xinan_camera_trouble", "1 for each trouble that it is in.", labels=("camera", "cause"))
    fps = GaugeMetricFamily("xinan_camera_frames_per_second", "Pictures that it sends.", labels=camera)
    blind = GaugeMetricFamily(
        "xinan_camera_blind_seconds",
        "The longest time without a look within the last minute, the one that goes on included.",
        labels=camera,
    )
    looks = CounterMetricFamily("xinan_camera_looks", "Pictures that were looked at.", labels=camera)
    dropped = CounterMetricFamily("xinan_camera_frames_dropped", "Pictures that a newer one replaced.", labels=camera)
    lost = CounterMetricFamily("xinan_camera_reconnects", "Times that it was lost and opened again.", labels=camera)
    damaged = CounterMetricFamily("xinan_camera_frames_corrupt", "Damaged pictures.", labels=camera)
    for name in live.cameras:
        health, facts = live.health(name), watched.facts(name)
        now = "connecting" if health is None else health.state
        up.add_metric([name], now == "online")
        for one in STATES:
            state.add_metric([name, one], one == now)
        for found in facts.get("troubles", ()):
            trouble.add_metric([name, found["cause"]], 1)
        if "blind_s" in facts:
            blind.add_metric([name], facts["blind_s"])
        if health is not None:
            fps.add_metric([name], health.fps or 0.0)
            for counter, number in (
                (looks, health.looks),
                (dropped, health.dropped),
                (lost, health.reconnects),
                (damaged, health.corrupt),
            ):
                counter.add_metric([name], number)
    yield from (up, state, trouble, fps, blind, looks, dropped, lost, damaged)


def of_watch(desk: Desk, store: Store, recorder: Recorder, folder: Path, clock: Clock) -> Iterator[Metric]:
    """All but the cameras and the console. folder: whose disk is told of."""
    yield from of_alerts(desk)
    yield from of_outbox(store, clock)
    yield from of_store(desk, recorder, folder)
    yield from of_build()


def of_alerts(desk: Desk) -> Iterator[Metric]:
    """Those in memory: the camera still sees what they are about."""
    counts: dict[tuple[str, str], int] = {}
    for alert in desk.open_alerts():
        kind = (alert.severity.value, alert.state.value)
        counts[kind] = counts.get(kind, 0) + 1
    family = GaugeMetricFamily("xinan_alerts_open", "Alerts that are not resolved.", labels=("severity", "state"))
    for kind, number in counts.items():
        family.add_metric(kind, number)
    yield family


def of_outbox(store: Store, clock: Clock) -> Iterator[Metric]:
    """By the indexes of what waits and of what is dead. A store that does not answer is said to be down."""
    now = clock.now()
    up = GaugeMetricFamily("xinan_store_up", "1 while the database answers.")
    try:
        queues, dead = store.queues(now), store.dead_count()
    except StoreError:
        up.add_metric([], 0)
        yield up
        return
    up.add_metric([], 1)
    yield up
    waiting = GaugeMetricFamily("xinan_outbox_waiting", "Notices that are due and not delivered.", labels=("priority",))
    age = GaugeMetricFamily(
        "xinan_outbox_oldest_seconds", "How long the oldest of them has been due.", labels=("priority",)
    )
    for severity in Severity:
        number, oldest = queues.get(severity, (0, None))
        waiting.add_metric([severity.value], number)
        late = timedelta() if oldest is None else max(timedelta(), now - oldest)
        age.add_metric([severity.value], late.total_seconds())
    letters = GaugeMetricFamily("xinan_dead_letters", "Notices that were given up, as far back as alerts are kept.")
    letters.add_metric([], dead)
    yield from (waiting, age, letters)


def of_store(desk: Desk, recorder: Recorder, folder: Path) -> Iterator[Metric]:
    """Counts that should stay at nought, and room on the disk."""
    status = desk.status()
    waiting = GaugeMetricFamily("xinan_store_waiting", "Changes of alerts that the database has not taken yet.")
    waiting.add_metric([], status["waiting"])
    yield waiting
    for name, said, number in (
        ("xinan_store_refusals", "Times that the database refused a change.", status["write_failures"]),
        ("xinan_store_lost", "Changes of alerts that were lost.", status["dropped"]),
        ("xinan_pictures_lost", "Alerts that were raised without their picture.", status["lost_pictures"]),
        ("xinan_looks_refused", "Looks that were out of order.", status["refused"]),
        ("xinan_record_lost", "Entries of the record that were lost.", recorder.dropped),
    ):
        counter = CounterMetricFamily(name, said)
        counter.add_metric([], number)
        yield counter
    free = GaugeMetricFamily("xinan_disk_free_bytes", "Room on the disk of the store's folder.")
    with contextlib.suppress(OSError):  # the disk is gone: a missing value says so
        free.add_metric([], shutil.disk_usage(folder).free)
    yield free


def of_console(streams: int, viewers: int, phones: int, phone_streams: int) -> Iterator[Metric]:
    """Who looks, and which phones film."""
    yield GaugeMetricFamily("xinan_event_streams", "Consoles that are open.", value=streams)
    yield GaugeMetricFamily("xinan_phone_streams", "Phones that are open on what burns now.", value=phone_streams)
    yield GaugeMetricFamily("xinan_live_viewers", "Viewers of live video.", value=viewers)
    yield GaugeMetricFamily("xinan_phones_filming", "Phones that send pictures.", value=phones)


def of_build() -> Iterator[Metric]:
    """Always 1; what it is stands in the label."""
    family = GaugeMetricFamily("xinan_build_info", "The version that runs.", labels=("version",))
    family.add_metric([version()], 1)
    yield family
