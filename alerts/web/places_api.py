"""The places over HTTP: what lies where, whom to call, what is at hand, what is missing."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from alerts.registry.config import ContactConfig
from alerts.registry.registry import Place, Registry, Safety


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


def place_out(registry: Registry, place: Place) -> dict[str, Any]:
    """One place. within: the id of the place around it; None for the site itself and what lies directly in it."""
    return {
        "id": place.id,
        "kind": place.kind,
        "name": place.name,
        "path": place.path,
        "path_en": place.path_en,
        "within": place.parents[0] if place.parents else None,
        "note": place.note,
        "cameras": list(registry.cameras_of(place.id, below=False)),
        **safety_out(place.safety),
    }


def places_router(registry: Callable[[], Registry]) -> APIRouter:
    """registry: what is in force now."""
    router = APIRouter(prefix="/api")

    @router.get("/places")
    async def places() -> dict[str, Any]:
        """Each place before those within it."""
        now = registry()
        return {
            "site": place_out(now, now.site),
            "places": [place_out(now, place) for place in now.places.values()],
            "gaps": [{"where": gap.where, "what": gap.what, "hint": gap.hint} for gap in now.gaps()],
        }

    return router
