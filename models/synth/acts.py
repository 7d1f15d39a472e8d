"""From a script to things in time: every step becomes people, things, fires and lamps on a timeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from models.synth import things as stuff
from models.synth.doors import openings
from models.synth.look import Thing
from models.synth.mesh import Points, apply, shift, turn
from models.synth.paths import Path, approach
from models.synth.people import (
    beside_machine,
    carrying,
    crouching,
    holding,
    person,
    random_person,
    seated,
    standing,
    walking,
)
from models.synth.script import (
    Burn,
    LampStep,
    LeadOn,
    LightStep,
    PushIn,
    Put,
    PutOut,
    Script,
    Standing,
    Stay,
    Step,
    Take,
    Unplug,
    Walk,
)
from models.synth.spots import Found, find_spot, height_at
from models.synth.things.leads import STYLES, lead
from models.synth.things.scooter import charge_port
from models.synth.timeline import Burning, Hung, Move, Stand, Switch, Timeline, ease
from models.synth.world import Fixture, Point

PACE_M_S, WHEELING_M_S, FASTEST_M_S = 1.25, 1.0, 2.2
REACH_M = 0.62
"""How far before its target a person stops."""
DEED_S = 1.6
"""How long a person bends down to plug in, set down or pick up."""
STEP_M = 0.66
GROWN_M = 1.5


class Director:
    """Turns a checked script into a Timeline."""

    def __init__(self, script: Script) -> None:
        self.script, self.place = script, script.built()
        self.line = Timeline(lights=[(0.0, script.place.light)])
        self.count = 0

    def direct(self) -> Timeline:
        """The whole script."""
        for item in self.script.things:
            self._standing(item)
        for number, step in enumerate(self.script.steps):
            self.count = number + 1
            self._step(step)
        self.line.doors = openings(self.place, self.line, self.script.length_s)
        return self.line

    def _step(self, step: Step) -> None:
        match step:
            case PushIn():
                self._push_in(step)
            case Walk():
                self._walk(step)
            case Stay():
                self._stay(step)
            case Put():
                self._put(step)
            case Take():
                self._take(step)
            case LeadOn():
                self._lead(step)
            case Unplug():
                self._unplug(step)
            case Burn():
                self._burn(step)
            case PutOut():
                self._put_out(step)
            case LampStep():
                self.line.switches.setdefault(step.name, []).append(Switch(step.at_s, step.how, step.for_s))
            case LightStep():
                self.line.lights.append((step.at_s, step.to))
            case _:
                pass  # a cut only moves the clock

    def _rng(self, *salt: int) -> np.random.Generator:
        return np.random.default_rng((self.script.place.seed, self.count, *salt))

    # -- where -----------------------------------------------------------------------------------------------

    def _found(self, spot: str | list[float]) -> Found:
        names: dict[str, Point] = {name: _triple(stand.thing.foot) for name, stand in self.line.stands.items()}
        names.update({fire.name: _triple(fire.foot) for fire in self.line.fires})
        return find_spot(self.place, spot, names)

    def _placement(self, spot: str | list[float], what: str, turn_deg: float) -> Points:
        """Where a thing stands: 4×4."""
        found = self._found(spot)
        radius = stuff.MAKERS[what].radius_m if what in stuff.MAKERS else 0.3
        gap = 0.42 if what.startswith("ebike") or what == "bicycle" else 0.65 * radius
        x, y = found.at[0] + gap * found.off_wall[0], found.at[1] + gap * found.off_wall[1]
        return np.asarray(shift(x, y, found.at[2]) @ turn("z", found.heading + float(np.radians(turn_deg))))

    def _walk_points(self, along: str | list[list[float]]) -> Points:
        if isinstance(along, str):
            return np.array(self.place.walks[along], float)
        return np.array([(x, y, height_at(self.place, x, y)) for x, y in along])

    # -- things ----------------------------------------------------------------------------------------------

    def _make(self, what: str, name: str, matrix: Points) -> Thing:
        made = stuff.make(what, self._rng(1), np.eye(4))
        return Thing(name, made.kind, made.parts, matrix @ made.place)

    def _standing(self, item: Standing) -> None:
        matrix = self._placement(item.at, item.what, item.turn_deg)
        if item.what in stuff.SHINING:
            fixture = stuff.SHINING[item.what](self._rng(2), matrix)
            made = Thing(item.name, fixture.thing.kind, fixture.thing.parts, fixture.thing.place)
            self.line.fixtures[item.name] = Fixture(made, fixture.lamps)
        else:
            self.count += 1
            made = self._make(item.what, item.name, matrix)
        self.line.stands[item.name] = Stand(made, item.what, 0.0, item.allowed, at_start=True)

    # -- people ----------------------------------------------------------------------------------------------

    def _person(self, who: int) -> Callable[..., Thing]:
        """A grown person: number `who`, or (0) somebody of this step's own."""
        rng = np.random.default_rng((self.script.place.seed, who or self.count, 5 if who else 3))
        recipe, name = random_person(rng), f"person {self.count}"
        while recipe.height_m < GROWN_M:
            recipe = random_person(rng)
        return lambda pose, matrix: person(name, recipe, pose, matrix)

    def _push_in(self, step: PushIn) -> None:
        matrix = self._placement(step.to, step.what, step.turn_deg)
        matrix = _nose_first(matrix, self._walk_points(step.along))
        machine = self._make(step.what, step.name, matrix)
        path = approach(self._walk_points(step.along), matrix[:3, 3])
        lasts = max(step.takes_s, path.length / FASTEST_M_S)
        final = float(np.arctan2(matrix[1, 0], matrix[0, 0]))
        who, side = self._person(step.who), self._free_side(matrix)
        ends = step.at_s + lasts

        def placed(time_s: float) -> tuple[Points, float]:
            share = min(1.0, max(0.0, (time_s - step.at_s) / lasts))
            way = share * (1.22 - 0.22 * share**3) * path.length
            at, heading = path.at(way)
            swing = ease(1 - (path.length - way) / 1.1)
            return shift(*at) @ turn("z", heading + _turned(final - heading) * swing), way

        def things(time_s: float) -> list[Thing]:
            where, way = placed(time_s)
            pace = 0.0 if time_s > ends - 0.3 else WHEELING_M_S
            pose = holding(step.what, side, way / STEP_M * np.pi, pace)
            return [machine.at(where), who(pose, where @ beside_machine(step.what, side))]

        self.line.moves.append(Move(step.at_s, ends, things, f"a person pushes {step.what} {step.name} in"))
        self.line.stands[step.name] = Stand(machine, step.what, ends, step.allowed, enters_s=step.at_s)
        own = matrix @ beside_machine(step.what, side)
        if step.stays:
            self._waits(who, own, ends, self.script.length_s)
        else:
            self._leaves(who, own, ends, step.along)

    def _free_side(self, matrix: Points) -> int:
        """The side of a parked machine (1 left, -1 right) where a person can stand."""
        for side in (-1, 1):
            x, y, z = apply(matrix, np.array([(0.0, side * 0.75, 0.0)]))[0]
            if any(floor.holds(x, y) for floor in self.place.floors if abs(floor.z - z) < 0.3):
                return side
        return -1

    def _waits(self, who: Callable[..., Thing], own: Points, start_s: float, end_s: float) -> None:
        self.line.moves.append(
            Move(start_s, end_s, lambda t: [who(standing(), own @ _sway(t - start_s))], "a person stands")
        )

    def _leaves(
        self, who: Callable[..., Thing], own: Points, start_s: float, along: str, item: Thing | None = None
    ) -> None:
        """From where they stand back along the walk, out of sight, perhaps with a thing."""
        away = approach(self._walk_points(along), own[:3, 3])
        path = Path(away.points[::-1][:: max(1, min(6, len(away.points) // 4))])
        path = Path(np.vstack([path.points[:-1:4], away.points[:1]]))
        first = float(np.arctan2(own[1, 0], own[0, 0]))
        end_s = start_s + path.length / PACE_M_S

        def things(time_s: float) -> list[Thing]:
            way = (time_s - start_s) * PACE_M_S
            at, heading = path.at(way)
            heading = first + _turned(heading - first) * ease((time_s - start_s) / 0.7)
            return _walker(who, item, shift(*at) @ turn("z", heading), way, PACE_M_S)

        self.line.moves.append(Move(start_s, end_s, things, _said("leaves", item)))

    def _walk(self, step: Walk) -> None:
        corners = self._walk_points(step.along)
        path = Path(corners[::-1] if step.back else corners)
        pace = WHEELING_M_S if step.push else 2.2 if step.ride else PACE_M_S
        pace = min(FASTEST_M_S * 2, path.length / step.takes_s) if step.takes_s else pace
        who = self._person(step.who)
        what = step.push or step.ride or step.carry
        item = self._make(what, f"{what} {self.count}", np.eye(4)) if what else None

        def things(time_s: float) -> list[Thing]:
            way = (time_s - step.at_s) * pace
            at, heading = path.at(way)
            where = shift(*at) @ turn("z", heading)
            if item is None or step.carry:
                return _walker(who, item, where, way, pace)
            if step.ride:
                return [item.at(where), who(seated(), where @ shift(-0.3))]
            pose = holding(what, -1, way / STEP_M * np.pi, pace)
            return [item.at(where), who(pose, where @ beside_machine(what, -1))]

        verb = "pushes" if step.push else "rides" if step.ride else "carries"
        does = f"{verb} {what} through" if what else "walks"
        self.line.moves.append(Move(step.at_s, step.at_s + path.length / pace, things, f"a person {does}"))

    def _visit(
        self,
        who: Callable[..., Thing],
        along: str,
        target: Points,
        start_s: float,
        takes_s: float,
        item: Thing | None = None,
    ) -> tuple[float, Points]:
        """A person comes to a spot (with a thing in the arms); returns when they are there, and where (4×4)."""
        path = approach(self._walk_points(along), target, REACH_M)
        lasts = max(takes_s, path.length / FASTEST_M_S, 0.1)
        pace = path.length / lasts

        def things(time_s: float) -> list[Thing]:
            way = (time_s - start_s) * pace
            at, heading = path.at(way)
            return _walker(who, item, shift(*at) @ turn("z", heading), way, pace)

        self.line.moves.append(Move(start_s, start_s + lasts, things, _said("comes", item)))
        end, _ = path.at(path.length)
        return start_s + lasts, shift(*end) @ turn("z", _heading(end, target))

    def _deed(
        self, who: Callable[..., Thing], own: Points, start_s: float, along: str, item: Thing | None = None
    ) -> None:
        """Bend down for a moment, then leave, perhaps with a thing."""
        ends = start_s + DEED_S
        self.line.moves.append(Move(start_s, ends, lambda t: [who(crouching(), own)], "a person bends down"))
        self._leaves(who, own, ends, along, item)

    def _stay(self, step: Stay) -> None:
        target = np.array(self._found(step.at).at)
        length = approach(self._walk_points(step.along), target, REACH_M).length
        item = self._make(step.carry, f"{step.carry} {self.count}", np.eye(4)) if step.carry else None
        who = self._person(step.who)
        there_s, own = self._visit(who, step.along, target, step.at_s, length / PACE_M_S, item)
        if step.facing:
            own = shift(*own[:3, 3]) @ turn("z", _heading(own[:3, 3], np.array(self._found(step.facing).at)))
        ends = there_s + step.for_s

        def things(time_s: float) -> list[Thing]:
            where = own @ _sway(time_s - there_s)
            if item is not None:
                return _walker(who, item, where, 0.0, 0.0)
            return [who(crouching() if step.pose == "crouch" else standing(), where)]

        self.line.moves.append(Move(there_s, ends, things, _said("stays", item)))
        self._leaves(who, own, ends, step.along, item)

    def _put(self, step: Put) -> None:
        matrix = self._placement(step.at, step.what, step.turn_deg)
        item, there_s = self._make(step.what, step.name, matrix), step.at_s
        if step.takes_s:
            who = self._person(step.who)
            there_s, own = self._visit(who, step.along, matrix[:3, 3], step.at_s, step.takes_s, item)
            self._deed(who, own, there_s, step.along)
        self.line.stands[step.name] = Stand(item, step.what, there_s, step.allowed, enters_s=step.at_s)

    def _take(self, step: Take) -> None:
        stand, end_s = self.line.stands.pop(step.name), step.at_s
        if step.takes_s:
            who = self._person(step.who)
            there_s, own = self._visit(who, step.along, stand.thing.foot, step.at_s, step.takes_s)
            self._deed(who, own, there_s, step.along, stand.thing)
            end_s = there_s + DEED_S
        self.line.gone.append(replace(stand, end_s=end_s))

    def _lead(self, step: LeadOn) -> None:
        machine = self.line.stands[step.to].thing
        ports = [charge_port(machine.place, side) for side in (1, -1)]
        kind, _, number = step.outlet.partition(" ")
        starts = [np.array(outlet.at) for outlet in self.place.outlets if outlet.kind == kind]
        starts = [starts[int(number) - 1]] if number else starts
        start, port = min(
            ((start, port) for start in starts for port in ports), key=lambda p: float(np.linalg.norm(p[0] - p[1]))
        )
        rng, floor_z, there_s = self._rng(4, step.seed), float(machine.place[2, 3]), step.at_s
        made = lead(rng, start, port, step.style or str(rng.choice(STYLES)), floor_z)
        if step.takes_s:
            spot = np.array((port[0], port[1], floor_z))
            who = self._person(step.who)
            there_s, own = self._visit(who, step.along, spot, step.at_s, step.takes_s)
            self._deed(who, own, there_s, step.along)
            there_s += DEED_S / 2
        item = Thing(step.name, made.thing.kind, made.thing.parts, made.thing.place)
        stand = Stand(item, f"lead from {kind}", there_s, step.allowed, enters_s=there_s)
        self.line.leads[step.name] = Hung(stand, made.path, step.to, kind)

    def _unplug(self, step: Unplug) -> None:
        hung, end_s = self.line.leads.pop(step.name), step.at_s
        if step.takes_s:
            spot = self.line.stands[hung.machine].thing.foot
            who = self._person(step.who)
            there_s, own = self._visit(who, step.along, spot, step.at_s, step.takes_s)
            self._deed(who, own, there_s, step.along)
            end_s = there_s + DEED_S / 2
        self.line.lost.append(replace(hung, stand=replace(hung.stand, end_s=end_s)))

    # -- fires -----------------------------------------------------------------------------------------------

    def _burn(self, step: Burn) -> None:
        if step.on:
            foot, extent = stuff.fire_bed(self.line.stands[step.on].thing)
        else:
            found = self._found(step.at)
            x, y = np.array(found.at[:2]) + 0.5 * np.array(found.off_wall)
            foot, extent = np.array((x, y, found.at[2] + 0.02)), np.zeros(3)
        fire = Burning(step.name, step.sort, foot, extent, step.at_s, step.grow_s, step.power, step.allowed, step.on)
        self.line.fires.append(fire)

    def _put_out(self, step: PutOut) -> None:
        self.line.fires = [
            replace(fire, out_s=step.at_s, fade_s=max(step.takes_s, 0.01)) if fire.name == step.name else fire
            for fire in self.line.fires
        ]


def direct(script: Script) -> Timeline:
    """The script in seconds and metres."""
    return Director(script).direct()


def _nose_first(matrix: Points, walk: Points) -> Points:
    """The same parking spot, turned round where the machine would have to be turned to come to stand like this."""
    path = approach(walk, matrix[:3, 3])
    heading = path.at(path.length)[1]
    gap = _turned(float(np.arctan2(matrix[1, 0], matrix[0, 0])) - heading)
    return np.asarray(matrix @ turn("z", np.pi)) if abs(gap) > np.radians(100) else matrix


def _walker(who: Callable[..., Thing], item: Thing | None, where: Points, way: float, pace: float) -> list[Thing]:
    """A person after so many metres at a pace, with a thing in the arms or not."""
    phase = way / STEP_M * np.pi
    if item is None:
        return [who(walking(phase, pace), where)]
    return [item.at(where @ _in_arms(item)), who(carrying(phase, pace), where)]


def _said(verb: str, item: Thing | None) -> str:
    return f"a person {verb}" + (f" with {item.name}" if item is not None else "")


def _heading(start: Points, target: Points) -> float:
    return float(np.arctan2(target[1] - start[1], target[0] - start[0]))


def _triple(point: Points) -> Point:
    return float(point[0]), float(point[1]), float(point[2])


def _turned(angle: float) -> float:
    """The same turn, the short way round."""
    return float((angle + np.pi) % (2 * np.pi) - np.pi)


def _in_arms(item: Thing) -> Points:
    """Where a thing is that a person carries, seen from the person; large ones are shoved along the floor."""
    points = np.concatenate([part.mesh.vertices for part in item.parts])
    size = np.ptp(points, axis=0)
    if size[2] > 0.95 or max(size[:2]) > 1.1:
        return shift(0.35 + float(size[0]) / 2, 0.0, 0.0)
    return shift(0.22 + float(size[0]) / 2, 0.0, 0.72)


def _sway(time_s: float) -> Points:
    """What a person who stands still does in half-second steps."""
    step = np.floor(time_s * 2) / 2
    return shift(0.012 * float(np.sin(step * 0.9)), 0.02 * float(np.sin(step * 0.53))) @ turn(
        "z", 0.09 * float(np.sin(step * 0.37))
    )
