"""The registry in the terminal: a tree of places, with what is known and what is missing beside it."""

from collections.abc import Iterator, Mapping, Sequence

from rich.table import Table
from rich.text import Text

from alerts.place_config import SITE, ContactConfig
from alerts.registry import Gap, Place, Registry
from alerts.terminal import may_be_unheard, out, say

LEAST_WIDTH = 100
"""Columns that the table takes at least: a narrower terminal, or a pipe, would cut every word."""


def print_places(registry: Registry) -> None:
    """To stdout."""
    gaps = registry.gaps()
    with may_be_unheard():
        out.print(places_table(registry, gaps), soft_wrap=False, width=max(LEAST_WIDTH, out.width))
    elsewhere = [name for name in registry.cameras if registry.place_of(name) is None]
    for name in elsewhere:
        say(_elsewhere(registry, name, gaps))
    say(f"{len(registry.places)} places, {len(registry.cameras)} cameras; {len(gaps)} things missing")


def places_table(registry: Registry, gaps: Sequence[Gap]) -> Table:
    """One row a place, indented by what it lies within."""
    missing: dict[str, list[str]] = {}
    for gap in gaps:
        missing.setdefault(gap.where, []).append(_word(gap.what))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("place", "id", "cameras and zones", "contacts", "at hand", "missing"):
        table.add_column(title, overflow="fold")
    for place in (registry.site, *registry.places.values()):
        table.add_row(*_row(registry, place, missing))
    return table


def _row(registry: Registry, place: Place, missing: Mapping[str, Sequence[str]]) -> Iterator[Text]:
    depth = 0 if place.id == SITE else place.depth + 1
    yield Text("  " * depth + place.name)
    yield Text(place.id, style="dim")
    yield Text("\n".join(_camera(registry, name) for name in registry.cameras_of(place.id, below=False)))
    yield Text("\n".join(_contact(contact) for contact in place.own.contacts))
    yield Text("\n".join(_at_hand(place)))
    yield Text(", ".join(missing.get(place.id, ())), style="yellow")


def _camera(registry: Registry, name: str) -> str:
    zones = ", ".join(
        f"{zone.name} ({zone.type}{f', {len(zone.bays)} bays' if zone.bays else ''})" for zone in registry.zones(name)
    )
    return f"{name}: {zones}"


def _contact(contact: ContactConfig) -> str:
    return " ".join(part for part in (contact.name, contact.role, contact.phone) if part)


def _at_hand(place: Place) -> Iterator[str]:
    """What the place itself says; what it inherits stands with the place that says it."""
    for key in ("extinguisher", "hydrant", "power_cutoff"):
        if said := getattr(place.own, key):
            yield f"{_word(key)}: {said}"


def _word(key: str) -> str:
    return key.replace("_", " ")


def _elsewhere(registry: Registry, name: str, gaps: Sequence[Gap]) -> str:
    near = next((gap.hint for gap in gaps if gap.where == name), "")
    place = registry.cameras[name].place or "–"
    return f"{name}: {place} (not a registered place{f'; did you mean {near}?' if near else ''})"
