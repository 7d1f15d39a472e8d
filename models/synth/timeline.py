"""A script in time: what stands from when to when, what moves, what burns, which lamps shine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from models.synth.look import Thing
from models.synth.mesh import Points
from models.synth.world import Fixture

FOREVER = 1e9


@dataclass(frozen=True, slots=True)
class Stand:
    """A thing that does not move from `start_s` to `end_s`. `allowed`: nothing must be raised for it.

    `enters_s` is when it came into sight, carried or pushed; `at_start`: it stood there before the clip.
    """

    thing: Thing
    what: str
    start_s: float
    allowed: bool
    end_s: float = FOREVER
    enters_s: float = 0.0
    at_start: bool = False


@dataclass(frozen=True, slots=True)
class Hung:
    """A lead: the thing, its middle line (N, 3) in metres, the machine that it feeds, the outlet's kind."""

    stand: Stand
    path: Points
    machine: str
    outlet: str


@dataclass(frozen=True, slots=True)
class Move:
    """Things that move from `start_s` to `end_s`: `things(t)`. `what` says it for the truth file."""

    start_s: float
    end_s: float
    things: Callable[[float], list[Thing]]
    what: str


@dataclass(frozen=True, slots=True)
class Burning:
    """A fire: sort, foot (3,) and vector along it (3,) in metres; it grows for `grow_s`, dies from `out_s` on."""

    name: str
    sort: str
    foot: Points
    extent: Points
    start_s: float
    grow_s: float
    top: float
    allowed: bool
    on: str
    out_s: float = FOREVER
    fade_s: float = 1.0

    def power(self, time_s: float) -> float:
        """0–1 at a time."""
        if not self.start_s <= time_s < self.out_s + self.fade_s:
            return 0.0
        grown = 0.12 + 0.88 * ease((time_s - self.start_s) / max(self.grow_s, 0.1))
        return self.top * grown * (1 - ease((time_s - self.out_s) / max(self.fade_s, 0.1)))


@dataclass(frozen=True, slots=True)
class Switch:
    """A lamp step in time."""

    at_s: float
    how: str
    for_s: float


@dataclass
class Timeline:
    """All of a script, in seconds and metres."""

    stands: dict[str, Stand] = field(default_factory=dict)
    gone: list[Stand] = field(default_factory=list)
    leads: dict[str, Hung] = field(default_factory=dict)
    lost: list[Hung] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    fires: list[Burning] = field(default_factory=list)
    fixtures: dict[str, Fixture] = field(default_factory=dict)
    switches: dict[str, list[Switch]] = field(default_factory=dict)
    lights: list[tuple[float, str]] = field(default_factory=list)
    doors: list[Stand] = field(default_factory=list)

    def hung(self) -> list[Hung]:
        """Every lead that ever hangs."""
        return [*self.lost, *self.leads.values()]

    def stood(self) -> list[Stand]:
        """Everything that ever stands still, leads and open doors included."""
        return [*self.gone, *self.stands.values(), *(hung.stand for hung in self.hung()), *self.doors]

    def still(self, time_s: float) -> list[Thing]:
        """What stands still at a time, the place itself left out."""
        return [stand.thing for stand in self.stood() if stand.start_s <= time_s < stand.end_s]

    def moving(self, time_s: float) -> list[Thing]:
        """What moves at a time."""
        return [item for move in self.moves if move.start_s <= time_s < move.end_s for item in move.things(time_s)]

    def light(self, time_s: float) -> str:
        """The light at a time: one of `world.LIGHTS`."""
        return [light for start_s, light in self.lights if start_s <= time_s][-1]

    def level(self, name: str, time_s: float) -> float:
        """How bright a lamp is at a time, 0–1; the room's lamps and fixtures are on unless a step says otherwise."""
        level = 1.0
        for switch in self.switches.get(name, []):
            if switch.at_s > time_s:
                break
            if switch.how == "flicker":
                level = flicker(time_s - switch.at_s) if time_s < switch.at_s + switch.for_s else 1.0
            else:
                level = 1.0 if switch.how == "on" else 0.0
        return level


def ease(share: float) -> float:
    """0 → 1 with soft ends."""
    t = min(1.0, max(0.0, share))
    return t * t * (3 - 2 * t)


def flicker(time_s: float) -> float:
    """A dying tube: dark and light by turns, never quite regular; 0–1."""
    step = int(time_s * 8)
    return float((0.06, 1.0, 0.85, 0.1, 0.7, 1.0, 1.0, 0.3)[(step * step + 3 * step) % 8 if step % 5 else 1])
