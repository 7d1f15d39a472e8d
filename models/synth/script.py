"""Scripts of scenarios: what happens before one fixed camera, second by second, in TOML."""

from __future__ import annotations

import hashlib
import itertools
import tomllib
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from models.synth.blaze import FIRES
from models.synth.places import PLACES, build
from models.synth.spots import find_spot
from models.synth.things import MAKERS, SHINING
from models.synth.things.leads import STYLES
from models.synth.world import LIGHTS, OUTLETS, Place, PlaceRecipe, SynthError

SCENARIOS = Path(__file__).parent / "scenarios"
WORLD_M = 60
ROOM = "room"
"""The name of the place's own lamps in a `lamp` step."""


def _spot(value: object) -> object:
    """A spot is a text that `spots.find_spot` reads, or [x, y] in metres."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and len(value) == 2 and all(isinstance(v, int | float) for v in value):
        if all(abs(v) <= WORLD_M for v in value):
            return [float(v) for v in value]
        raise ValueError(f"a spot lies within {WORLD_M} m")
    raise ValueError('a spot is [x, y] in metres or a text such as "bay 2", "wall 3 at 0.4", "walk in", "by bike"')


Spot = Annotated[str | list[float], BeforeValidator(_spot)]
Degrees = Annotated[float, Field(ge=-360, le=360)]
Seconds = Annotated[float, Field(ge=0, le=120)]
CLOCK = "%Y-%m-%d %H:%M:%S"
NAME = r"^\w[\w .-]*$"
"""What a scenario may be called: it names files."""
OWN_NAMES = ("person ", "open door ")
"""How the names begin that the director gives."""
ROLLING = ("ebike", "bicycle", "kick_scooter", "wheelchair", "pram", "trolley")
RIDDEN = ("ebike", "bicycle", "kick_scooter")
CHARGED = ("ebike",)
"""How the names of things begin that can be pushed, ridden, charged."""
LONGEST_SKIP_S = 366 * 86400.0


def _clock(value: str) -> str:
    """A clock is a text that `CLOCK` reads."""
    try:
        year = datetime.strptime(value, CLOCK).replace(tzinfo=UTC).year
    except ValueError:
        year = 0
    if not 2000 <= year < 2100:
        raise ValueError('a clock is a text such as "2026-03-14 21:05:00"')
    return value


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PlaceChoice(_Model):
    """Which place: a key of `places.PLACES`, its number, one of `world.LIGHTS`."""

    kind: str
    seed: int = Field(0, ge=0)
    light: str = "night"


class CameraChoice(_Model):
    """Which of the place's mounts (from 1), and what camera hangs there."""

    mount: int = Field(1, ge=1)
    width: int = Field(640, ge=160, le=1280, multiple_of=2)
    height: int = Field(360, ge=96, le=720, multiple_of=2)
    fps: int = Field(8, ge=2, le=25)
    barrel: float = Field(0.08, ge=0, le=0.2)
    fisheye: bool = False
    name: str = "CAM 01"
    clock: Annotated[str, AfterValidator(_clock)] = "2026-03-14 21:05:00"
    crf: int = Field(30, ge=18, le=44)
    codec: Literal["h264", "h265"] = "h264"
    """`h265`: the recorder kept H.265; the clip is that, decoded and written again as H.264."""


class Standing(_Model):
    """A thing or a lamp that is there from the start."""

    what: str
    name: str
    at: Spot
    turn_deg: Degrees = 0.0
    allowed: bool = True
    """What is there from the start is the site's own business unless this is false."""


class _Step(_Model):
    at_s: Seconds
    allowed: bool = False
    """Nothing must be raised for this step, whatever the zone's rule says; of fires, only one at a burn site."""


class _Peopled(_Step):
    who: int = Field(0, ge=0)
    """The same number is the same person all through a script; 0: somebody else."""


class PushIn(_Peopled):
    """A person wheels a machine in along a walk, parks it and leaves the way they came."""

    do: Literal["push_in"]
    what: str
    name: str
    to: Spot
    takes_s: Seconds = 7.0
    along: str = "in"
    turn_deg: Degrees = 0.0
    stays: bool = False


class Walk(_Peopled):
    """A person goes along a walk of the place (or points), perhaps with something."""

    do: Literal["walk"]
    along: str | list[list[float]] = "through"
    takes_s: Seconds = 0.0
    """0: at an ordinary pace."""
    back: bool = False
    carry: str = ""
    push: str = ""
    ride: str = ""


class Stay(_Peopled):
    """A person comes, stays for a while, and goes."""

    do: Literal["stay"]
    at: Spot
    for_s: Seconds = 8.0
    along: str = "in"
    pose: Literal["stand", "crouch"] = "stand"
    carry: str = ""
    facing: Spot = ""
    """What they look at; default: the spot itself."""


class Put(_Peopled):
    """A person brings a thing and sets it down; `takes_s` 0: it is simply there, as after a cut."""

    do: Literal["put"]
    what: str
    name: str
    at: Spot
    takes_s: Seconds = 6.0
    along: str = "in"
    turn_deg: Degrees = 0.0


class Take(_Peopled):
    """A person comes for a thing and takes it away; `takes_s` 0: it is simply gone."""

    do: Literal["take"]
    name: str
    takes_s: Seconds = 6.0
    along: str = "in"


class LeadOn(_Peopled):
    """A lead from an outlet ("door": the nearest door, "door 2": the second) to a machine; `takes_s` 0: after a cut."""

    do: Literal["lead"]
    name: str
    to: str
    outlet: str
    style: str = ""
    seed: int = Field(0, ge=0)
    takes_s: Seconds = 0.0
    along: str = "in"


class Unplug(_Peopled):
    """The lead goes."""

    do: Literal["unplug"]
    name: str
    takes_s: Seconds = 0.0
    along: str = "in"


class Burn(_Step):
    """A fire on a thing, or at a spot, that grows for `grow_s`."""

    do: Literal["burn"]
    sort: str
    name: str = "fire"
    on: str = ""
    at: Spot = ""
    grow_s: Seconds = 8.0
    power: float = Field(1.0, gt=0, le=1)


class PutOut(_Step):
    """The fire dies within `takes_s`."""

    do: Literal["put_out"]
    name: str = "fire"
    takes_s: Seconds = 3.0


class LampStep(_Step):
    """A shining thing, or the room's own lamps (`room`), go on, off, or flicker for `for_s`."""

    do: Literal["lamp"]
    name: str = ROOM
    how: Literal["on", "off", "flicker"]
    for_s: Seconds = 6.0


class LightStep(_Step):
    """From now on the camera sees another light (one of `world.LIGHTS`): dusk, or its switch to infrared."""

    do: Literal["light"]
    to: str


class Cut(_Step):
    """The recording was cut here: the clock jumps by `skip_s`."""

    do: Literal["cut"]
    skip_s: float = Field(gt=0, le=LONGEST_SKIP_S)


Step = PushIn | Walk | Stay | Put | Take | LeadOn | Unplug | Burn | PutOut | LampStep | LightStep | Cut
STEPS: dict[str, type[_Step]] = {
    "push_in": PushIn, "walk": Walk, "stay": Stay, "put": Put, "take": Take, "lead": LeadOn, "unplug": Unplug,
    "burn": Burn, "put_out": PutOut, "lamp": LampStep, "light": LightStep, "cut": Cut,
}  # fmt: skip


class Script(_Model):
    """One scenario. `steps` stand in the order of their times."""

    name: str = Field(pattern=NAME)
    title: str
    title_zh: str
    length_s: float = Field(ge=5, le=120)
    place: PlaceChoice
    camera: CameraChoice = CameraChoice()
    things: list[Standing] = []
    steps: list[Annotated[Step, Field(discriminator="do")]] = []

    @property
    def digest(self) -> str:
        """Short hash of all that the script says."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

    def built(self, light: str | None = None) -> Place:
        """The place, in its own light or another."""
        return _built(self.place.kind, self.place.seed, light or self.place.light)

    def check(self) -> Script:
        """The script itself; SynthError: where, what is wrong, and what is known."""
        _Checker(self).all()
        return self


@lru_cache(maxsize=8)
def _built(kind: str, seed: int, light: str) -> Place:
    return build(PlaceRecipe(kind, seed, light))


class _Checker:
    """Goes through a script as the film will and stops at the first thing that is not so."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.place: Place
        self.standing: dict[str, str] = {}  # name → what
        self.since_s: dict[str, float] = {}  # name → when it stands at the earliest
        self.leads: dict[str, str] = {}  # name → the machine
        self.fires: dict[str, str] = {}  # name of what burns → on which thing
        self.burnt: set[str] = set()
        self.used = {ROOM}  # every name that was ever given

    def all(self) -> None:
        choice = self.script.place
        _known("place.kind", choice.kind, PLACES)
        _known("place.light", choice.light, LIGHTS)
        self.place = self.script.built()
        self.used |= {item.name for item in self.place.things}
        mounts = len(self.place.mounts)
        if self.script.camera.mount > mounts:
            raise SynthError(f"camera.mount: there is no mount {self.script.camera.mount}; known: 1 to {mounts}")
        for number, item in enumerate(self.script.things, 1):
            where = f"things[{number}]"
            _known(f"{where}.what", item.what, {**MAKERS, **SHINING})
            self._new(where, item.name, item.what)
            self._spot(f"{where}.at", item.at)
        before = 0.0
        for number, step in enumerate(self.script.steps, 1):
            where = f"steps[{number}]"
            if not before <= step.at_s < self.script.length_s:
                least = "before the step above it" if step.at_s < before else f"not before the end, {self._end} s"
                raise SynthError(f"{where}.at_s: {step.at_s} s is {least}")
            before = step.at_s
            getattr(self, f"_{step.do}")(where, step)

    @property
    def _end(self) -> float:
        return self.script.length_s

    def _new(self, where: str, name: str, what: str, since_s: float = 0.0) -> None:
        self._name(where, name)
        self.standing[name], self.since_s[name] = what, since_s

    def _name(self, where: str, name: str) -> None:
        """A name is given once in a script and to no part of the place: truth and renderings go by it."""
        if not name or name.startswith(OWN_NAMES):
            raise SynthError(f"{where}.name: {name!r} is no name for a thing; take another")
        if name in self.used:
            raise SynthError(f"{where}.name: {name} is there already, or was; take another name")
        self.used.add(name)

    def _stands(self, where: str, name: str, at_s: float) -> None:
        """A thing that is still on its way can neither burn, be plugged in, nor be taken away."""
        if at_s < self.since_s[name]:
            raise SynthError(f"{where}.at_s: {name} stands from {self.since_s[name]} s on")

    def _walk_of(self, where: str, name: str) -> None:
        _known(where, name, self.place.walks)

    def _spot(self, where: str, spot: str | list[float]) -> None:
        try:
            find_spot(self.place, spot, dict.fromkeys([*self.standing, *self.burnt], (0.0, 0.0, 0.0)))
        except SynthError as error:
            raise SynthError(f"{where}: {error}") from error

    def _push_in(self, where: str, step: PushIn) -> None:
        _known(f"{where}.what", step.what, _these(ROLLING))
        self._walk_of(f"{where}.along", step.along)
        self._spot(f"{where}.to", step.to)
        self._new(where, step.name, step.what, step.at_s + step.takes_s)

    def _walk(self, where: str, step: Walk) -> None:
        if isinstance(step.along, str):
            self._walk_of(f"{where}.along", step.along)
        elif len(step.along) < 2 or any(
            len(point) != 2 or not all(abs(v) <= WORLD_M for v in point) for point in step.along
        ):
            raise SynthError(f"{where}.along: points are at least two [x, y] within {WORLD_M} m")
        used = [key for key in ("carry", "push", "ride") if getattr(step, key)]
        if len(used) > 1:
            raise SynthError(f"{where}.{used[1]}: a person has {used[0]} already; known: one of carry, push, ride")
        for key in used:
            _known(f"{where}.{key}", getattr(step, key), _these(MOVED[key]))
            if self.script.place.kind == "lift" and getattr(step, key).startswith("ebike"):
                raise SynthError(f"{where}.{key}: an e-bike in a lift is an event, not a walk; take push_in")

    def _stay(self, where: str, step: Stay) -> None:
        self._walk_of(f"{where}.along", step.along)
        self._spot(f"{where}.at", step.at)
        if step.carry:
            _known(f"{where}.carry", step.carry, MAKERS)
        if step.facing:
            self._spot(f"{where}.facing", step.facing)

    def _put(self, where: str, step: Put) -> None:
        _known(f"{where}.what", step.what, MAKERS)
        self._walk_of(f"{where}.along", step.along)
        self._spot(f"{where}.at", step.at)
        self._new(where, step.name, step.what, step.at_s + step.takes_s)

    def _take(self, where: str, step: Take) -> None:
        _known(f"{where}.name", step.name, self.standing)
        self._walk_of(f"{where}.along", step.along)
        if self.standing[step.name] in SHINING:
            raise SynthError(f"{where}.name: {step.name} shines and stays; switch it off with a lamp step")
        self._stands(where, step.name, step.at_s)
        if step.name in self.fires.values():
            raise SynthError(f"{where}.name: {step.name} burns; put it out first")
        plugged = [lead for lead, machine in self.leads.items() if machine == step.name]
        if plugged:
            raise SynthError(f"{where}.name: {step.name} hangs on {plugged[0]}; unplug it first")
        del self.standing[step.name]

    def _lead(self, where: str, step: LeadOn) -> None:
        _known(f"{where}.to", step.to, [name for name, what in self.standing.items() if what.startswith(CHARGED)])
        self._stands(where, step.to, step.at_s)
        if step.style:
            _known(f"{where}.style", step.style, STYLES)
        kind, _, number = step.outlet.partition(" ")
        _known(f"{where}.outlet", kind, OUTLETS)
        here = sorted({outlet.kind for outlet in self.place.outlets})
        if kind not in here:
            known = ", ".join(here) or "none"
            raise SynthError(f"{where}.outlet: this {self.script.place.kind} has no {kind}; known: {known}")
        if number:
            self._spot(f"{where}.outlet", f"outlet {step.outlet}")
        self._walk_of(f"{where}.along", step.along)
        self._name(where, step.name)
        self.leads[step.name] = step.to

    def _unplug(self, where: str, step: Unplug) -> None:
        _known(f"{where}.name", step.name, self.leads)
        self._walk_of(f"{where}.along", step.along)
        del self.leads[step.name]

    def _burn(self, where: str, step: Burn) -> None:
        _known(f"{where}.sort", step.sort, FIRES)
        if bool(step.on) == bool(step.at):
            raise SynthError(f"{where}: a fire is either `on` a thing or `at` a spot")
        if step.on:
            _known(f"{where}.on", step.on, self.standing)
            self._stands(where, step.on, step.at_s)
        else:
            self._spot(f"{where}.at", step.at)
        self._name(where, step.name)
        self.fires[step.name] = step.on
        self.burnt.add(step.name)

    def _put_out(self, where: str, step: PutOut) -> None:
        _known(f"{where}.name", step.name, self.fires)
        del self.fires[step.name]

    def _lamp(self, where: str, step: LampStep) -> None:
        shining = [name for name, what in self.standing.items() if what in SHINING]
        _known(f"{where}.name", step.name, [ROOM, *shining])

    def _light(self, where: str, step: LightStep) -> None:
        _known(f"{where}.to", step.to, LIGHTS)

    def _cut(self, where: str, step: Cut) -> None:
        """A cut names nothing."""


MOVED = {"carry": ("",), "push": ROLLING, "ride": RIDDEN}


def _these(beginnings: tuple[str, ...]) -> list[str]:
    """The things whose names begin like this."""
    return [name for name in MAKERS if name.startswith(beginnings)]


def _known(where: str, name: str, names: Collection[str]) -> None:
    if name not in names:
        raise SynthError(f"{where}: there is no {name!r}; known: {', '.join(sorted(names)) or 'none'}")


# -- files -----------------------------------------------------------------------------------------------------------


def load(path: Path) -> Script:
    """A script file, checked against its place. SynthError: one line with the file, the key and what is wrong."""
    try:
        told = tomllib.loads(path.read_text("utf-8"))
        return Script.model_validate({"name": path.stem, **told}).check()
    except OSError as error:
        raise SynthError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SynthError(f"{path}: not TOML: {error}") from error
    except ValidationError as error:
        raise SynthError(f"{path}: {_first(error)}") from error
    except SynthError as error:
        raise SynthError(f"{path}: {error}") from error


def _first(error: ValidationError) -> str:
    """The first complaint in the reader's words: key path (numbers from 1), what is wrong, what is known."""
    first = error.errors()[0]
    location = list(first["loc"])
    model = _model_at(location)
    if len(location) > 2 and location[0] == "steps":
        del location[2]  # the step's kind, which pydantic puts between
    key = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    context = first.get("ctx", {})
    if first["type"] == "extra_forbidden":
        return f"{key}: there is no such key; known: {', '.join(model.model_fields)}"
    if first["type"] == "union_tag_invalid":
        return f"{key}.do: there is no {context['tag']!r}; known: {', '.join(STEPS)}"
    if first["type"] == "union_tag_not_found":
        return f"{key}.do: is missing; known: {', '.join(STEPS)}"
    if first["type"] == "string_pattern_mismatch" and key == "name":
        return 'name: letters, digits, space, "_", "." and "-" (default: the file name without .toml)'
    if first["type"] == "missing":
        return f"{key}: is missing"
    message = str(first["msg"]).removeprefix("Value error, ")
    return f"{key}: {message[0].lower()}{message[1:]}"


def _model_at(location: Sequence[Any]) -> type[BaseModel]:
    """The model that holds the key at an error's location."""
    head = location[0] if len(location) > 1 else ""
    if head == "steps" and len(location) > 3:
        return STEPS[str(location[2])]
    tables: dict[str, type[BaseModel]] = {"place": PlaceChoice, "camera": CameraChoice, "things": Standing}
    return tables.get(str(head), Script)


def bundled() -> dict[str, Path]:
    """Names of the scripts that come with the program → their files."""
    return {path.stem: path for path in sorted(SCENARIOS.glob("*.toml"))}


def find(names: Iterable[str]) -> list[Script]:
    """Scripts by bundled name or by file; no names: all bundled ones. Every one is checked before any is returned."""
    known = bundled()
    chosen = list(dict.fromkeys(names)) or list(known)
    for name in chosen:
        if name not in known and not Path(name).is_file():
            raise SynthError(f"{name}: no such script; known: {', '.join(known)}, or a file")
    scripts = [load(known.get(name, Path(name))) for name in chosen]
    for script, before in itertools.combinations(scripts, 2):
        if script.name == before.name:
            raise SynthError(f"two scripts are named {script.name}; give one of them another name")
    return scripts
