"""What the page has to know of each hazard: its words, and which values of its evidence are limits."""

from typing import Any

from fastapi import APIRouter

from alerts.access.roles import Permission
from alerts.camera_watch import CAMERA
from alerts.web.caller import needs
from alerts.words import LIMIT_PREFIXES, limits_of, words_of
from vision.hazards import RULES
from vision.rule import Severity


def hazards_router() -> APIRouter:
    """The page asks once, so that a new hazard needs no line in the page."""
    router = APIRouter(prefix="/api")

    @router.get("/hazards", dependencies=[needs(Permission.SEE)])
    async def hazards() -> dict[str, Any]:
        severities = {**{kind: rule.severity for kind, rule in RULES.items()}, CAMERA: Severity.FAULT}
        return {
            "hazards": {
                kind: {
                    "words": {"zh": words.zh, "en": words.en},
                    "severity": severities[kind],
                    "limits": sorted(limits_of(kind)),
                }
                for kind, words in words_of().items()
            },
            "limit_prefixes": list(LIMIT_PREFIXES),
        }

    return router
