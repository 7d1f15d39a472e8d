"""The story of the demo clip: where the camera hangs, when things happen, where everybody stands at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from models.synth.camera import Camera, Lens, Sensor
from models.synth.fireplay import Spot
from models.synth.flame import FireRecipe
from models.synth.look import Look, Part, Thing, thing
from models.synth.mesh import Points, card, shift, turn
from models.synth.people import PersonRecipe, Pose, person
from models.synth.places import PlaceRecipe
from models.synth.scooter import ScooterRecipe, battery, charge_port, scooter
from models.synth.things import LEAD_COLOURS, bags, carton_pile, lead

WIDTH, HEIGHT, FPS = 848, 480, 10


@dataclass(frozen=True, slots=True)
class Story:
    """When things happen, seconds from the start."""

    enter_s: float = 2.0
    parked_s: float = 6.6
    leave_s: float = 7.0
    gone_s: float = 8.6
    lead_s: float = 9.6
    clutter_s: float = 11.6
    flame_s: float = 16.5
    grown_s: float = 24.5
    clear_s: float = 40.0
    end_s: float = 45.0


STORY = Story()
PLACE = PlaceRecipe("corridor", seed=3, width_m=2.8, length_m=10.0, power=0.8)
CAMERA = Camera(np.array((-1.1, 0.1, 2.45)), np.array((0.3, 4.6, 0.65)), 74.0, WIDTH, HEIGHT)
LENS = Lens(0.09, 0.35)
SENSOR = Sensor(gain=1.3, noise=0.011, blur_px=0.45, sharpen=0.55, saturation=0.97, balance=(1.0, 0.985, 0.93))
MACHINE = ScooterRecipe("maxi", "black", top_box=True)
OWNER = PersonRecipe(jacket=(0.05, 0.075, 0.13), trousers=(0.025, 0.027, 0.033))
PARKED = (0.40, 3.9, np.radians(-166.0), 0.2)
DOOR_Y_M = 5.0
FIRE = FireRecipe(seed=11, height=416, width=288, base=0.40, lift=0.38)
FIRE_SCALE = 0.75
NIGHT = 0.55


def ease(t: float) -> float:
    """0 → 1 with soft ends."""
    t = min(1.0, max(0.0, t))
    return t * t * (3 - 2 * t)


def machine_pose(time_s: float) -> tuple[float, float, float, float, float]:
    """(x, y, heading, steer, wheel roll) of the scooter: straight down the corridor, then turned to stand across it."""
    share = min(1.0, max(0.0, (time_s - STORY.enter_s) / (STORY.parked_s - STORY.enter_s)))
    travel = share * (1.25 - 0.25 * share**3) / 1.0  # slows down at the end
    travel = min(1.0, travel)
    y = 11.2 + (PARKED[1] - 11.2) * travel
    swing = ease((travel - 0.72) / 0.28)
    x = 0.12 + (PARKED[0] - 0.12) * swing
    heading = np.radians(-90) + (PARKED[2] - np.radians(-90)) * swing
    steer = PARKED[3] * swing - 0.25 * np.sin(np.pi * swing)
    return x, y, float(heading), float(steer), (11.2 - y) / MACHINE.wheel_radius


def machine_at(time_s: float) -> Thing:
    """The scooter on stage at a time."""
    x, y, heading, steer, roll = machine_pose(time_s)
    item = scooter(replace(MACHINE, steer=steer, roll=roll), shift(x, y) @ turn("z", heading))
    return Thing("machine", item.kind, item.parts, item.place)


def owner_at(time_s: float) -> Thing | None:
    """The owner: beside the machine with both hands on the bar, then off through the door on the right."""
    if time_s < STORY.enter_s or time_s >= STORY.gone_s:
        return None
    if time_s < STORY.leave_s:
        x, y, heading, _, roll = machine_pose(time_s)
        place = shift(x, y) @ turn("z", heading) @ shift(0.0, -0.47) @ turn("z", 0.12)
        moving = time_s < STORY.parked_s - 0.25
        phase = roll * MACHINE.wheel_radius / 0.62 * np.pi
        bar = MACHINE.half_base - 0.38
        hands = ((bar, 0.86, 1.08), (bar - 0.02, 0.22, 1.08))
        return person("owner", OWNER, Pose(phase, 0.6 if moving else 0.12, 0.14, hands), place)
    share = (time_s - STORY.leave_s) / (STORY.gone_s - STORY.leave_s)
    x0, y0 = 0.26, 4.75
    x, y = x0 + (1.95 - x0) * share, y0 + (DOOR_Y_M + 0.02 - y0) * ease(share * 1.4)
    heading = np.radians(60) + (np.radians(4) - np.radians(60)) * ease(share * 1.6)
    return person("owner", OWNER, Pose(share * 2.7 * np.pi, 0.55, 0.05), shift(x, y) @ turn("z", heading))


def openings(time_s: float) -> list[str]:
    """Doors that stand open at a time."""
    names = []
    if STORY.enter_s - 0.5 <= time_s < STORY.enter_s + 2.3:
        names.append("stairs")
    if STORY.leave_s - 0.2 <= time_s < STORY.gone_s + 0.2:
        names.append("flat")
    return names


def doorway(name: str) -> Thing:
    """What is seen through an open door: a dark stairwell, or a hall with a lamp somewhere behind."""
    ramp = np.linspace(1.0, 0.45, 64)[:, None, None] ** 1.5
    colour = np.array((26, 27, 30) if name == "stairs" else (120, 92, 58))
    picture = np.clip(ramp * colour * np.ones((64, 32, 1)), 0, 255).astype(np.uint8)
    look = Look(picture=picture, rough=0.9, emit=0.25 if name == "flat" else 0.0)
    if name == "stairs":
        mesh = card((-0.5, PLACE.length_m - 0.025, 0.01), (1.0, 0, 0), (0, 0, 2.1))
    else:
        x = PLACE.width_m / 2 - 0.018
        mesh = card((x, DOOR_Y_M + 0.47, 0.012), (0, -0.94, 0), (0, 0, 2.04))
    return thing(f"doorway {name}", "", [Part(mesh, look, False)])


def clutter_things() -> list[Thing]:
    """The heap in the escape route."""
    return [carton_pile(5, shift(-0.62, 5.3) @ turn("z", 0.25), 6), bags(4, shift(-0.72, 4.35) @ turn("z", 1.3))]


def the_lead(outlets: tuple[tuple[float, float, float], ...], place: Points) -> Thing:
    """The charging lead from the meter cabinet on the right wall to the parked machine."""
    start = min((o for o in outlets if o[0] > 0), key=lambda o: o[2])
    return lead(7, np.array((start[0], start[1] - 0.1, start[2])), charge_port(place, -1), 0.16, 0.011, LEAD_COLOURS[0])


def lens_box(points: Points) -> tuple[float, float, float, float]:
    """x1, y1, x2, y2 (0–1) of points in the world as the finished picture shows them."""
    xy, _ = CAMERA.project(points)
    bent = LENS.bend_points(xy, WIDTH, HEIGHT)
    low, high = bent.min(axis=0), bent.max(axis=0)
    box = np.clip((low[0] / WIDTH, low[1] / HEIGHT, high[0] / WIDTH, high[1] / HEIGHT), 0, 1)
    return float(box[0]), float(box[1]), float(box[2]), float(box[3])


def fire_power(time_s: float) -> float:
    """The fire's power 0–1: it catches, grows until `grown_s`, then burns on."""
    if time_s < STORY.flame_s or time_s >= STORY.clear_s:
        return 0.0
    return 0.10 + 0.90 * ease((time_s - STORY.flame_s) / (STORY.grown_s - STORY.flame_s))


def lamp_level(time_s: float) -> float:
    """The corridor's lamps go down for the night between the clutter and the fire, and are back in the morning."""
    if time_s >= STORY.clear_s:
        return 1.0
    return 1 - (1 - NIGHT) * ease((time_s - STORY.clutter_s - 2.0) / 1.5)


def fire_spot() -> Spot:
    """The fire's place in the pinhole picture."""
    foot = battery(machine_at(STORY.parked_s).place)
    xy, _ = CAMERA.project(foot[None])
    distance = float(np.linalg.norm(foot - CAMERA.at)) - 1.0  # it bursts out on the camera's side
    return Spot(float(xy[0, 0]), float(xy[0, 1]), FIRE_SCALE, distance)


def clock(time_s: float) -> str:
    """The recorder's clock; it jumps where the recording was cut."""
    start = datetime(2026, 3, 14, 22, 41, 7, tzinfo=UTC)
    for cut_s, skip_s in (
        (STORY.lead_s, 372),
        (STORY.clutter_s, 1510),
        (STORY.flame_s - 1.5, 8422),
        (STORY.clear_s + 0.4, 33000),
    ):
        if time_s >= cut_s:
            start += timedelta(seconds=skip_s)
    return (start + timedelta(seconds=int(time_s))).strftime("%Y-%m-%d %a %H:%M:%S").upper()
