"""What the page has to know of each hazard: its words, and which values of its evidence are limits."""

from typing import Any

from fastapi import APIRouter

from alerts.camera_watch import CAMERA
from alerts.words import CAMERA_WORDS, LIMIT_PREFIXES, limits_of
from vision.hazards import RULES
from vision.rule import Severity


def hazards_router() -> APIRouter:
    """The page asks once, so that a new hazard needs no line in the page."""
    router = APIRouter(prefix="/api")

    @router.get("/hazards")
    async def hazards() -> dict[str, Any]:
        return {
            "hazards": {
                kind: {
                    "words": {"zh": rule.words.zh, "en": rule.words.en},
                    "severity": rule.severity,
                    "limits": sorted(limits_of(kind)),
                }
                for kind, rule in RULES.items()
            }
            | {
                CAMERA: {
                    "words": {"zh": CAMERA_WORDS.zh, "en": CAMERA_WORDS.en},
                    "severity": Severity.FAULT,
                    "limits": [],
                }
            },
            "limit_prefixes": list(LIMIT_PREFIXES),
        }

    return router
