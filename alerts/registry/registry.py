"""Site → place → camera → zone → bay: what lies where, whom to call and what is at hand there. Pure and frozen.

Built from the settings, and built anew when they change. Nothing has to be registered: without places, or with a
camera whose `place` is free text, everything lies directly in the site.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import chain

from pydantic import ValidationError

from alerts.registry.config import SITE, ContactConfig, PlaceConfig, PlaceKind, SafetyConfig, SiteConfig
from streams.misfit import listed, misfit
from vision.config import CameraConfig, Points, ZoneConfig

WATCHED_KINDS = frozenset({PlaceKind.SHED, PlaceKind.CORRIDOR})
"""Places of which one expects that a camera sees them."""


@dataclass(frozen=True, slots=True)
class Safety:
    """What is known for somebody on the way to a place. contacts: the nearest first."""

    contacts: tuple[ContactConfig, ...] = ()
    extinguisher: str | None = None
    hydrant: str | None = None
    power_cutoff: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One place. parents: the ids of the places around it, the nearest first; the site is not among them.

    path, path_en: the names from the outermost to its own. own: what it says itself; safety: with what it inherits.
    """

    id: str
    kind: str
    name: str
    path: str
    path_en: str
    parents: tuple[str, ...]
    own: SafetyConfig
    safety: Safety
    note: str = ""

    @property
    def depth(self) -> int:
        """0 for a place directly in the site."""
        return len(self.parents)


@dataclass(frozen=True, slots=True)
class Bay:
    """A marked place of a shed. number: from 1 on, in the order of the settings. polygon: 0–1 of the picture."""

    zone: str
    number: int
    polygon: Points


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is missing. where: the id of a place, or a camera's name. what: a word of `GAPS`."""

    where: str
    what: str
    hint: str = ""


GAPS = ("extinguisher", "power_cutoff", "contacts", "camera", "unknown_place")


@dataclass(frozen=True)
class Registry:
    """places: by id, each before those within it, the site itself not among them. Built by `build`."""

    site: Place
    places: Mapping[str, Place]
    cameras: Mapping[str, CameraConfig]
    _within: Mapping[str, tuple[str, ...]] = field(repr=False, default_factory=dict)

    @classmethod
    def build(
        cls, site: SiteConfig, places: Iterable[PlaceConfig] = (), cameras: Iterable[CameraConfig] = ()
    ) -> "Registry":
        """Raises ValueError, in one line that names the key: an unknown parent, a circle, twice the same id."""
        configs = _by_id(places)
        children: dict[str, list[str]] = {}
        for config in configs.values():
            _check_parent(config, configs)
            children.setdefault(config.within, []).append(config.id)
        _check_circles(configs)
        root = Place(SITE, SITE, site.name, "", "", (), site, _inherited([site]), "")
        ordered = {name: _place(site, configs, name) for name in _walk(children, SITE)}
        within = {name: tuple(below) for name, below in children.items()}
        return cls(root, ordered, {camera.name: camera for camera in cameras}, within)

    def place(self, place_id: str | None) -> Place:
        """By its id; of None and of an id that is no longer there, the site."""
        return self.places.get(place_id or SITE, self.site)

    def place_of(self, camera: str) -> Place | None:
        """The registered place of a camera; None where it has free text."""
        config = self.cameras.get(camera)
        return self.places.get(config.place) if config else None

    def where(self, place_id: str | None, camera: str) -> Place:
        """The place of an alert: by the id that it was raised with, else where its camera hangs; the site if neither
        is known."""
        return self.places.get(place_id or "") or self.place_of(camera) or self.site

    def text_of(self, camera: str) -> str:
        """Where a camera hangs in human words: the path of its place, or its own free text; "" if it has none."""
        place = self.place_of(camera)
        config = self.cameras.get(camera)
        return place.path if place else config.place if config else ""

    def children(self, place_id: str) -> tuple[str, ...]:
        """The ids of the places directly within, in the order of the settings. `SITE` for the outermost."""
        return self._within.get(place_id, ())

    def below(self, place_id: str) -> tuple[str, ...]:
        """The ids of all places within, each before those within it."""
        return tuple(_walk(self._within, place_id))

    def covers(self, outer: str, inner: str | None) -> bool:
        """Whether a place is another, or lies within it. The site covers all, also what is not registered."""
        if outer in (SITE, inner):
            return True
        return inner is not None and inner in self.places and outer in self.places[inner].parents

    def cameras_of(self, place_id: str, *, below: bool = True) -> tuple[str, ...]:
        """The names of the cameras of a place, and of those within it."""
        ids = {place_id, *(self.below(place_id) if below else ())}
        everything = place_id == SITE and below
        return tuple(name for name, camera in self.cameras.items() if everything or camera.place in ids)

    def zones(self, camera: str) -> tuple[ZoneConfig, ...]:
        """Of a camera, in the order of the settings. Raises KeyError."""
        return self.cameras[camera].zones

    def bays(self, camera: str) -> tuple[Bay, ...]:
        """Of all zones of a camera. Raises KeyError."""
        return tuple(
            Bay(zone.name, number, polygon)
            for zone in self.zones(camera)
            for number, polygon in enumerate(zone.bays, start=1)
        )

    def gaps(self) -> list[Gap]:
        """What one would miss in an emergency, and places that are probably misspelt."""
        return [*chain.from_iterable(self._gaps_of(place) for place in self.places.values()), *self.misspelt()]

    def _gaps_of(self, place: Place) -> Iterator[Gap]:
        ends = place.kind in WATCHED_KINDS or not self.children(place.id)
        if ends and place.safety.extinguisher is None:
            yield Gap(place.id, "extinguisher")
        if place.kind == PlaceKind.SHED and place.safety.power_cutoff is None:
            yield Gap(place.id, "power_cutoff")
        if ends and not place.safety.contacts:
            yield Gap(place.id, "contacts")
        if place.kind in WATCHED_KINDS and not self.cameras_of(place.id):
            yield Gap(place.id, "camera")

    def misspelt(self) -> Iterator[Gap]:
        """Cameras whose free text looks like the id of a place, with that id as the hint."""
        for camera in self.cameras.values():
            if camera.place not in self.places and (near := _near(camera.place, self.places)):
                yield Gap(camera.name, "unknown_place", near)


def _by_id(places: Iterable[PlaceConfig]) -> dict[str, PlaceConfig]:
    expanded = []
    for config in places:
        try:
            expanded += list(config.expanded())
        except ValidationError as error:
            item = error.errors(include_url=False, include_input=False)[0]
            key = ".".join(str(part) for part in item["loc"])
            said = ": ".join(filter(None, ("each", key, item["msg"].removeprefix("Value error, "))))
            raise ValueError(f"place {config.id}: {said}") from None
        except ValueError as error:
            raise ValueError(f"place {config.id}: {error}") from None
    if twice := sorted(name for name, number in Counter(one.id for one in expanded).items() if number > 1):
        raise misfit("two_places", names=twice)
    return {one.id: one for one in expanded}


def _check_parent(config: PlaceConfig, known: Mapping[str, PlaceConfig]) -> None:
    if config.within == SITE or config.within in known:
        return
    near = _near(config.within, known)
    ids = near or listed([SITE, *list(known)[:20]])
    hint = f"did you mean {near}?" if near else f"known: {ids}"
    raise misfit("no_such_place", where=f"place {config.id}: within", name=config.within, hint=hint, known=ids)


def _check_circles(known: Mapping[str, PlaceConfig]) -> None:
    sound = {SITE}
    for start in known:
        way: list[str] = []
        name = start
        while name not in sound:
            if name in way:
                circle = " → ".join([*way[way.index(name) :], name])
                raise misfit("within_itself", name=name, circle=circle)
            way.append(name)
            name = known[name].within
        sound.update(way)


def _walk(children: Mapping[str, Sequence[str]], start: str) -> Iterator[str]:
    waiting = list(reversed(children.get(start, ())))
    while waiting:
        name = waiting.pop()
        yield name
        waiting.extend(reversed(children.get(name, ())))


def _place(site: SiteConfig, known: Mapping[str, PlaceConfig], name: str) -> Place:
    way = [known[name]]
    while way[-1].within != SITE:
        way.append(known[way[-1].within])
    outwards = list(reversed(way))
    return Place(
        id=name,
        kind=way[0].kind,
        name=way[0].name,
        path=" ".join(one.name for one in outwards),
        path_en=", ".join(one.name_en or one.name for one in outwards),
        parents=tuple(one.id for one in way[1:]),
        own=way[0],
        safety=_inherited([*way, site]),
        note=way[0].note,
    )


def _inherited(way: Sequence[SafetyConfig]) -> Safety:
    """way: from the place itself to the site."""

    def nearest(key: str) -> str | None:
        return next((said for one in way if (said := getattr(one, key)) is not None), None)

    contacts = dict.fromkeys(contact for one in way for contact in one.contacts)
    return Safety(tuple(contacts), nearest("extinguisher"), nearest("hydrant"), nearest("power_cutoff"))


def _near(name: str, known: Iterable[str]) -> str:
    return next(iter(get_close_matches(name, [SITE, *known], n=1, cutoff=0.7)), "")
