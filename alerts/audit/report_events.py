"""How the report shows one event: its picture, where and when it was, why it was raised, the way to its recording."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any

from alerts.audit import words
from alerts.audit.copies import KEY as COPY
from alerts.audit.page import number
from alerts.audit.report_charts import sparkline
from alerts.audit.report_pictures import image
from alerts.audit.sighting import Films, Sighting
from alerts.audit.site import Site
from alerts.audit.small import small_name
from alerts.words import is_limit, reasons
from vision.rule import Words

STYLE = """
.event{display:grid;grid-template-columns:minmax(9rem,17rem) 1fr;gap:.2rem 1rem;padding:.8rem 0;
border-bottom:1px solid var(--rule);content-visibility:auto;contain-intrinsic-size:auto 11rem}
.event>a{grid-row:span 2}.event img{width:100%;max-height:14rem;object-fit:contain}.event p{margin:.1rem 0}
.event h3{margin:0}dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .9rem;margin:.3rem 0;font-size:.9em}
dt{color:var(--dim)}dd{margin:0}.trace{width:20rem;max-width:100%;font-size:11px}.trace text{fill:var(--ink)}
.trace *{fill:none;stroke-width:1.5}.trace polyline{stroke:#c77700}.trace .axis{stroke:var(--rule)}
.trace .fired{stroke:#c62828;stroke-dasharray:3 2}
@media(max-width:40rem){.event{grid-template-columns:1fr}}@media print{.event{content-visibility:visible}}
"""
LINKS = "<p class='links small'>"
"""Of a card: here stand the ways to film and clip."""


@dataclass(frozen=True, slots=True)
class Cards:
    """site: whose clock tells the time. films: where recordings lie. clips: event id → file below the report's folder.

    up: from the page to the report's folder. pictures: those that stand in the page itself (`report_pictures`).
    """

    site: Site
    films: Films
    clips: Mapping[str, str]
    up: str = ""
    pictures: Mapping[str, str] = field(default_factory=dict)

    def card(self, sighting: Sighting, *, anchor: bool = True) -> str:
        """An article. anchor: it is the event's place on the page."""
        event = sighting.event
        said = words.hazard(event["hazard"])
        large = escape(self.up + str(event["snapshot"]), quote=True)
        small = image(small_name(event["snapshot"]), self.pictures, said, self.up, event["snapshot"])
        colour = " class=fire" if event["severity"] == "fire" else ""
        place = f" id='{escape(sighting.id, quote=True)}'" if anchor else ""
        said_too = [words.tag(key) for key in ("suspected", COPY) if event.get(key)]
        marks = "".join(f" <span class=dim>({one})</span>" for one in said_too)
        return (
            f"<article class=event{place}><a href='{large}'>{small}</a>"
            f"<div><h3{colour}>{words.html(said)}{marks}</h3><p>{self._where(sighting)}</p>"
            f"<p>{self._when(sighting)}</p>{LINKS}{self._film(sighting)}</p>"
            f"{why(event)}</div></article>"
        )

    def _where(self, sighting: Sighting) -> str:
        spot, event = sighting.spot, sighting.event
        place = words.html(Words(spot.zh, spot.en)) if spot.place else escape(event["source"])
        camera = "" if spot.camera in ("", spot.zh) else escape(spot.camera)
        return " · ".join(filter(None, (place, camera, words.html(words.zone(event)))))

    def _when(self, sighting: Sighting) -> str:
        event = sighting.event
        began, ended, raised = (sighting.at(event[key]) for key in ("start_s", "end_s", "raised_s"))
        if began is None or ended is None or raised is None:
            span = f"{clock(event['start_s'])}–{clock(event['end_s'])}"
            said = words.tag("into", at=span)
        else:
            local = [self.site.local(at) for at in (began, ended)]
            last = "%H:%M:%S" if local[0].date() == local[1].date() else "%Y-%m-%d %H:%M:%S"
            said = f"{local[0]:%Y-%m-%d %H:%M:%S}–{local[1]:{last}}"
        how = f"{words.tag('logged')}: {_notice(event)}" if "notice" in event else words.tag("raised")
        return f"{said} · {how} {self._raised(raised, event)} · {100 * event['confidence']:.0f} %"

    def _raised(self, raised: datetime | None, event: Mapping[str, Any]) -> str:
        return clock(event["raised_s"]) if raised is None else f"{self.site.local(raised):%H:%M:%S}"

    def _film(self, sighting: Sighting) -> str:
        film = self.films.of(sighting.job, sighting.event["start_s"])
        at = clock(film.second)
        where = f"<span class=dim>{words.tag('at_second', file=film.name, at=at)}</span>"
        if film.href:
            where = f"<a href='{escape(self.up + film.href, quote=True)}'>{words.tag('open', at=at)}</a> {where}"
        if clip := self.clips.get(sighting.id):
            where = clip_link(self.up + clip) + where
        return where


def clip_link(way: str) -> str:
    """What stands first among the ways of a card that has a clip."""
    return f"<a href='{escape(way, quote=True)}'>{words.tag('clip')}</a> · "


def _notice(event: Mapping[str, Any]) -> str:
    return words.html(words.shared("notice", event["notice"]))


def why(event: Mapping[str, Any]) -> str:
    """What was measured, the limits it was compared with, by what it was made, and the scores over time."""
    hazard, evidence = event["hazard"], event["evidence"]
    told = reasons(evidence)
    limits = {key: value for key, value in told.items() if is_limit(hazard, key)}
    rows = [(words.tag("zone"), _zone(event))]
    rows += [
        (words.html(words.shared("evidence", key)), words.html(words.value(key, value)))
        for key, value in [*((k, v) for k, v in told.items() if k not in limits), *limits.items()]
    ]
    made_by = " · ".join(str(evidence[key]) for key in ("model", "settings") if key in evidence)
    if (least_m := event.get("least_free_width_m")) is not None:
        narrow_s = sum(until_s - since_s for since_s, until_s in event["narrow"])
        rows += [(words.tag("least"), f"{number(least_m)} m"), (words.tag("narrow"), number(narrow_s / 60))]
    rows += [(words.tag("made_by"), escape(made_by))] if made_by else []
    cells = "".join(f"<dt>{label}<dd>{text}" for label, text in rows)
    return (
        f"<details><summary>{words.tag('why')}</summary><dl>{cells}</dl>"
        f"{sparkline(evidence.get('trace', ()), event['raised_s'] - event['start_s'])}</details>"
    )


def _zone(event: Mapping[str, Any]) -> str:
    """Its name, and of what kind it is where the name does not say that."""
    kind = words.shared("zone", event["zone_type"]) if event.get("zone_type") else words.same("–")
    named = words.zone(event)
    return words.html(kind) if named == kind else f"{words.html(named)} ({words.html(kind)})"


def clock(seconds: float) -> str:
    """Hours, minutes and seconds of a recording."""
    return f"{int(seconds) // 3600:02d}:{int(seconds) // 60 % 60:02d}:{seconds % 60:04.1f}"
