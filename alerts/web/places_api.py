"""The places over HTTP: what lies where, whom to call, what is at hand, what is missing."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from alerts.access.principal import Area
from alerts.access.roles import Permission
from alerts.mute.reach import Reach
from alerts.registry.config import SITE, ContactConfig
from alerts.registry.registry import Place, Registry, Safety
from alerts.web.caller import needs
from alerts.web.own import Own


def contact_out(contact: ContactConfig) -> dict[str, str]:
    """Somebody to call."""
    return {"name": contact.name, "role": contact.role, "phone": contact.phone}


def safety_out(safety: Safety) -> dict[str, Any]:
    """With what is inherited; None for what nobody has written down. contacts: the nearest first."""
    return {
        "contacts": [contact_out(contact) for contact in safety.contacts],
        "extinguisher": safety.extinguisher,
        "hydrant": safety.hydrant,
        "power_cutoff": safety.power_cutoff,
    }


def place_out(registry: Registry, place: Place, area: Area | None) -> dict[str, Any]:
    """One place. within: the id of the place around it; None for the site itself and what lies directly in it.

    area: of a place outside it no more is told than where it is.
    """
    is_own = area is None or place.id in area.places
    cameras = registry.cameras_of(place.id, below=False)
    return {
        "id": place.id,
        "kind": place.kind,
        "name": place.name,
        "path": place.path,
        "path_en": place.path_en,
        "within": place.parents[0] if place.parents else None,
        "note": place.note if is_own else "",
        "cameras": [name for name in cameras if area is None or name in area.cameras],
        **safety_out(place.safety if is_own else Safety()),
    }


def places_out(registry: Registry, area: Area | None) -> dict[str, Any]:
    """Each place before those within it. area: its places, the ways to them and to its cameras, and nothing else."""
    shown = registry.places.keys() if area is None else Reach(area, registry).around
    return {
        "site": place_out(registry, registry.site, area),
        "places": [place_out(registry, place, area) for name, place in registry.places.items() if name in shown],
        "gaps": [
            {"where": gap.where, "what": gap.what, "hint": gap.hint}
            for gap in registry.gaps()
            if area is None or gap.where in area.places or gap.where in area.cameras
        ],
    }


def area_of(place: str, registry: Registry) -> Area | None:
    """A registered place and all that lies within it; None: everything, also what is not registered."""
    if place in ("", SITE):
        return None
    return Area(frozenset(registry.cameras_of(place)), frozenset((place, *registry.below(place))))


def places_router(own: Own, registry: Callable[[], Registry]) -> APIRouter:
    """registry: what is in force now."""
    router = APIRouter(prefix="/api")
    OwnArea = Annotated[Area | None, Depends(own.area)]

    @router.get("/places", dependencies=[needs(Permission.SEE)])
    async def places(area: OwnArea) -> dict[str, Any]:
        """Of somebody who is limited to places: those, and the names of those around them."""
        return places_out(registry(), area)

    return router
