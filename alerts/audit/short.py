"""Recordings that are shorter than a rule waits: that nothing of it was found in them says nothing.

A folder of clips of half a minute would else read as if no way had been blocked.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from alerts.audit import words
from alerts.audit.find import Job
from alerts.audit.found import SourceSummary
from alerts.audit.lengths import lasted_word
from alerts.audit.site import Site
from vision.config import HazardsConfig
from vision.rule import Words
from vision.zones import ZoneType

WAITS: Final[Mapping[str, str]] = {
    "blocked_exit": "dwell_s",
    "clutter": "dwell_s",
    "ebike": "parked_s",
    "flying_lead": "dwell_s",
}
"""Hazard → the setting that says for how long a thing must have been there."""
AT_ONCE: Final[Mapping[str, ZoneType]] = {"ebike": ZoneType.LIFT}
"""Hazard → the zone in which it does not wait."""
MOST_NAMES = 5

_Recording = tuple[Job, SourceSummary]


def too_short(sources: Sequence[_Recording], site: Site, hazards: HazardsConfig) -> list[dict[str, Any]]:
    """Of each hazard that waits, as it stands in summary.json: how many recordings it can never be found in, of
    cameras of which every recording is shorter. What tells no camera is one by itself. sources: that could be read.
    """
    cameras: defaultdict[str, list[_Recording]] = defaultdict(list)
    for job, source in sources:
        cameras[site.spot(job).camera or f"/{job.key}"].append((job, source))
    return [found for kind in WAITS if hazards[kind].enabled if (found := _of(kind, cameras, site, hazards))]


def _of(
    kind: str, cameras: Mapping[str, Sequence[_Recording]], site: Site, hazards: HazardsConfig
) -> dict[str, Any] | None:
    setting = WAITS[kind]
    least_s = float(getattr(hazards[kind], setting))
    short = {name: rows for name, rows in cameras.items() if all(_is_short(row, kind, least_s, site) for row in rows)}
    return (
        short
        and {
            "hazard": kind,
            "setting": f"hazards.{kind}.{setting}",
            "least_s": least_s,
            "recordings": sum(map(len, short.values())),
            "cameras": sorted(name for name in short if not name.startswith("/")),
        }
    ) or None


def _is_short(recording: _Recording, kind: str, least_s: float, site: Site) -> bool:
    job, source = recording
    length_s = max(source.duration_s, source.looked_s or 0.0)
    at_once = AT_ONCE.get(kind) in site.views.zone_types(job)
    return 0 < length_s < least_s and not at_once and not source.events.get(kind)


def short_words(summary: Mapping[str, Any]) -> Iterator[Words]:
    """A sentence for each of `too_short`. summary: as in summary.json."""
    for one in summary["too_short"]:
        hazard, names = words.hazard(one["hazard"]), one["cameras"]
        few = ", ".join(names[:MOST_NAMES]) + (" …" if len(names) > MOST_NAMES else "")
        yield words.say(
            "too_short",
            n=one["recordings"],
            all=len(summary["sources"]),
            time=lasted_word(one["least_s"]),
            hazard=Words(hazard.zh, hazard.en.lower()),
            setting=one["setting"],
            of=words.say("too_short_of", names=few) if few else "",
        )
