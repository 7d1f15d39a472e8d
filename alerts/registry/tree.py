"""The registry in the terminal: a tree of places, with what each says itself, its cameras, and what is missing."""

from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from alerts.line import counted
from alerts.registry.config import SITE
from alerts.registry.registry import Gap, Place, Registry
from alerts.terminal import may_be_unheard, out, say

AT_HAND = {"extinguisher": "extinguisher", "hydrant": "hydrant", "power_cutoff": "power cut-off"}


def print_places(registry: Registry) -> None:
    """To stdout, a line or a few for each place; nothing is cut or wrapped, so that it can be searched."""
    gaps = registry.gaps()
    with may_be_unheard():
        for line in places_tree(registry, gaps):
            out.print(line)
    for name in registry.cameras:
        if registry.place_of(name) is None:
            say(_elsewhere(registry, name, gaps))
    say(
        f"{counted(len(registry.places), 'place')}, {counted(len(registry.cameras), 'camera')}, "
        f"{counted(len(gaps), 'thing')} missing"
    )


def places_tree(registry: Registry, gaps: Sequence[Gap]) -> Iterator[Text]:
    """The lines of all places, indented by what they lie within; what they inherit stands where it is said."""
    missing: dict[str, list[str]] = {}
    for gap in gaps:
        missing.setdefault(gap.where, []).append(AT_HAND.get(gap.what, gap.what))
    for place in (registry.site, *registry.places.values()):
        indent = "" if place.id == SITE else "  " * (place.depth + 1)
        yield _head(place, indent, missing)
        for line in _details(registry, place):
            yield Text(f"{indent}    {line}", style="dim")


def _head(place: Place, indent: str, missing: Mapping[str, Sequence[str]]) -> Text:
    line = Text(f"{indent}{place.name}", style="bold")
    line.append(f"  {place.id}" if place.id == place.kind else f"  {place.id} ({place.kind})", style="not bold dim")
    if place.id in missing:
        line.append(f"  missing: {', '.join(missing[place.id])}", style="not bold yellow")
    return line


def _details(registry: Registry, place: Place) -> Iterator[str]:
    for contact in place.own.contacts:
        yield " ".join(part for part in (contact.name, contact.role, contact.phone) if part)
    for key, word in AT_HAND.items():
        if said := getattr(place.own, key):
            yield f"{word}: {said}"
    if place.note:
        yield f"note: {place.note}"
    for name in registry.cameras_of(place.id, below=False):
        yield f"camera {name}: {', '.join(_zones(registry, name))}"


def _zones(registry: Registry, camera: str) -> Iterator[str]:
    for zone in registry.zones(camera):
        yield f"{zone.name} ({zone.type}{f', {len(zone.bays)} bays' if zone.bays else ''})"


def _elsewhere(registry: Registry, name: str, gaps: Sequence[Gap]) -> str:
    near = next((gap.hint for gap in gaps if gap.where == name), "")
    place = registry.cameras[name].place or "–"
    return f"camera {name}: {place} (not a registered place{f'; did you mean {near}?' if near else ''})"
