"""What else a run writes, and what it knows beside the recordings."""

from dataclasses import dataclass

from alerts.audit.live_store import LivePlace
from alerts.audit.site import Language, Site
from vision.config import HazardsConfig


@dataclass(frozen=True, slots=True)
class Extras:
    """camera: that took what tells no camera of its own. language: of the report; None: as configured.

    join: the store to set the findings beside. parquet: also events.parquet. clips: cut those of the events that the
    report shows; clips_gb: of all events, these first, up to so many GB in all.
    """

    camera: str = ""
    language: Language | None = None
    join: LivePlace | None = None
    parquet: bool = False
    clips: bool = False
    clips_gb: float | None = None

    @property
    def any_clips(self) -> bool:
        """Whether clips are to be cut."""
        return self.clips or self.clips_gb is not None


NONE = Extras()


@dataclass(frozen=True, slots=True)
class Reporting:
    """What a report hangs on beside the parts. hazards: that were looked for."""

    site: Site
    hazards: HazardsConfig
    extras: Extras = NONE
