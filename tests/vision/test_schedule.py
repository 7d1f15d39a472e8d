"""Which camera is looked at next: the floor holds, extra looks are earned, and the processor is not overrun."""

from dataclasses import dataclass, field

import pytest

from vision.schedule import BURST_S, CpuBudget, Schedule, Turns


@dataclass(slots=True)
class Camera:
    """full and moving as the test says; `looked` counts."""

    moving: bool = False
    full: bool = True
    turns: Turns = field(default_factory=Turns)
    looked: list[float] = field(default_factory=list)

    def lively(self, now_s: float) -> bool:
        return self.moving

    def longest_gap_s(self) -> float:
        return max(after - before for before, after in zip(self.looked, self.looked[1:], strict=False))


class Cpu:
    """Processor time that the test spends."""

    def __init__(self) -> None:
        self.used_s = 0.0

    def __call__(self) -> float:
        return self.used_s


def run(cameras: list[Camera], schedule: Schedule, cpu: Cpu, *, seconds: float, look_s: float) -> None:
    """Look for so long; every look takes `look_s` of one core."""
    now_s = 0.0
    while now_s < seconds:
        camera = schedule.next(cameras, now_s)
        if camera is None:
            now_s += 0.005
            continue
        schedule.served(camera, now_s)
        camera.looked.append(now_s)
        cpu.used_s += look_s
        now_s += look_s


def made(cores: float, least: float = 2.0, most: float = 5.0) -> tuple[Schedule, Cpu]:
    cpu = Cpu()
    return Schedule(least, most, CpuBudget(cores, cpu)), cpu


def test_still_cameras_get_their_floor_and_no_more() -> None:
    schedule, cpu = made(cores=1.0)
    cameras = [Camera() for _ in range(4)]
    run(cameras, schedule, cpu, seconds=60, look_s=0.03)
    for camera in cameras:
        assert len(camera.looked) == pytest.approx(120, abs=2)
        assert camera.longest_gap_s() < 0.7


def test_a_camera_in_which_something_moves_gets_more() -> None:
    schedule, cpu = made(cores=1.0)
    still, moving = Camera(), Camera(moving=True)
    run([still, moving], schedule, cpu, seconds=60, look_s=0.03)
    assert len(moving.looked) == pytest.approx(300, abs=6)
    assert len(still.looked) == pytest.approx(120, abs=2)


def test_extra_looks_stay_within_the_processor_time() -> None:
    schedule, cpu = made(cores=0.4)
    cameras = [Camera(moving=True) for _ in range(4)]
    run(cameras, schedule, cpu, seconds=120, look_s=0.03)
    # The floor alone takes 0.24 of a core, all the extra looks would take 0.6.
    assert cpu.used_s / 120 == pytest.approx(0.4, abs=0.4 * BURST_S / 120 + 0.01)
    counts = [len(camera.looked) for camera in cameras]
    assert max(counts) - min(counts) <= 3


def test_the_floor_is_kept_whatever_it_costs_and_shared_fairly_when_it_cannot_be() -> None:
    schedule, cpu = made(cores=0.1)
    cameras = [Camera(moving=number % 2 == 0) for number in range(20)]
    run(cameras, schedule, cpu, seconds=60, look_s=0.05)
    # 20 looks a second is all there is, half of what the floor wants.
    counts = [len(camera.looked) for camera in cameras]
    assert min(counts) >= 59 and max(counts) - min(counts) <= 2
    assert max(camera.longest_gap_s() for camera in cameras) < 1.2


def test_movement_never_takes_the_floor_from_a_still_camera() -> None:
    schedule, cpu = made(cores=100.0)
    still, busy = Camera(), [Camera(moving=True) for _ in range(9)]
    run([still, *busy], schedule, cpu, seconds=60, look_s=0.04)
    assert len(still.looked) == pytest.approx(120, abs=3)
    assert still.longest_gap_s() < 0.7


def test_a_camera_without_a_new_frame_waits_and_does_not_hold_the_others() -> None:
    schedule, cpu = made(cores=1.0)
    dead, well = Camera(full=False), Camera()
    run([dead, well], schedule, cpu, seconds=30, look_s=0.03)
    assert not dead.looked
    assert len(well.looked) == pytest.approx(60, abs=2)
    dead.full = True
    assert schedule.next([dead, well], 30.0) is dead


def test_a_camera_whose_looks_fail_pauses() -> None:
    schedule, _ = made(cores=1.0)
    camera = Camera()
    schedule.served(camera, 0.0)
    schedule.pause(camera, 1.0)
    assert schedule.next([camera], 0.9) is None
    assert schedule.next([camera], 1.0) is camera


def test_processor_time_is_neither_saved_nor_owed_for_long() -> None:
    cpu = Cpu()
    budget = CpuBudget(0.5, cpu)
    assert budget.spare(0.0)
    assert budget.spare(1000.0)
    cpu.used_s = 500.0  # a long burst of something else
    assert not budget.spare(1001.0)
    assert not budget.spare(1001.0 + 0.9 * BURST_S)
    assert budget.spare(1001.0 + 1.1 * BURST_S)
