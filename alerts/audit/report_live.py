"""The part of the report that sets what the audit found beside what the live watch found."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from alerts.audit import words
from alerts.audit.hours import HOUR_S
from alerts.audit.lengths import time_word
from alerts.audit.live import TOLERANCE_S, Compared, Joined, Took
from alerts.audit.live_store import LiveAlert
from alerts.audit.page import wide
from alerts.audit.parts import sweep
from alerts.audit.report_events import Cards
from alerts.audit.report_pictures import image
from alerts.ids import made_at
from alerts.shift.figures import Times
from vision.rule import Words

FOLDER = "live"
"""Pictures of the watch, with heads hidden, that lie with the report."""
MOST_TOOK = 60
"""Rows of response times; live.json has all."""
COLUMNS = (
    "both",
    "missed_live",
    "both_live",
    "missed_audit",
    "false_alarms",
    "not_watched",
    "not_recorded",
    "not_looked_for",
)


def copy_pictures(joined: Joined, out: Path) -> dict[str, str]:
    """Alert → its picture below the report's folder, of those that are shown; what is left of an earlier run goes."""
    folder = out / FOLDER
    take_pictures_away(out)
    found: dict[str, str] = {}
    for alert in (one for some in joined.missed_audit.values() for one in some):
        if alert.picture is None:
            continue
        folder.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):  # the watch may delete it meanwhile, for age
            shutil.copyfile(alert.picture, folder / f"{alert.id}.jpg")
            found[alert.id] = f"{FOLDER}/{alert.id}.jpg"
    return found


def take_pictures_away(out: Path) -> None:
    """Those of earlier runs. Raises OSError."""
    sweep(out / FOLDER, lambda name: name.endswith(".jpg") and made_at(name.removesuffix(".jpg")) is not None)


def live_text(joined: Joined, cards: Cards, pictures: Mapping[str, str]) -> Iterator[str]:
    """The section, piece by piece. pictures: of `copy_pictures`."""
    yield f"<h2 id=live>{words.tag('live')}</h2>"
    if joined.watched is None:
        yield f"<p>{words.tag('live_empty')}</p>"
        return
    compared = time_word(joined.hours * HOUR_S)
    yield f"<p class='dim small'>{words.tag('live_note', s=f'{TOLERANCE_S:g}', h=compared)}</p>"
    heads = "".join(f"<th scope=col class=n>{words.tag('live_' + key)}" for key in COLUMNS)
    rows = "".join(_row(hazard, one) for hazard, one in joined.hazards.items())
    top = f"<tr><th scope=col>{words.tag('hazard')}{heads}"
    yield wide(words.say("live"), f"<table><thead>{top}</thead><tbody>{rows}</tbody></table>")
    yield from _took(joined.took)
    for hazard, sightings in joined.missed_live.items():
        yield f"<h3>{words.tag('live_missed_live')}: {words.html(words.hazard(hazard))}</h3>"
        # The same event may stand among the worst, whose places of the page are its own.
        yield from (cards.card(sighting, anchor=False) for sighting in sightings)
    for hazard, alerts in joined.missed_audit.items():
        yield f"<h3>{words.tag('live_missed_audit')}: {words.html(words.hazard(hazard))}</h3>"
        yield from (_alert(alert, cards, pictures) for alert in alerts)


def _row(hazard: str, one: Compared) -> str:
    cells = "".join(f"<td class=n>{getattr(one, key)}" for key in COLUMNS)
    return f"<tr><th scope=row>{words.html(words.hazard(hazard))}{cells}"


def _took(all_of_it: Sequence[Took]) -> Iterator[str]:
    if not all_of_it:
        return
    yield f"<h3>{words.tag('took')}</h3><p class='dim small'>{words.tag('took_note')}</p>"
    heads = "".join(f"<th scope=col class=n>{words.tag('took_' + kind)}" for kind in all_of_it[0].times)
    rows = "".join(
        f"<tr><th scope=row>{words.html(words.hazard(took.hazard))}<td>{words.html(took_place(took))}"
        + "".join(f"<td class=n>{words.html(took_text(one))}" for one in took.times.values())
        for took in all_of_it[:MOST_TOOK]
    )
    top = f"<tr><th scope=col>{words.tag('hazard')}<th scope=col>{words.tag('place')}{heads}"
    yield wide(words.say("took"), f"<table><thead>{top}</thead><tbody>{rows}</tbody></table>")


def took_place(took: Took) -> Words:
    """Where."""
    return Words(took.place.zh, took.place.en) if took.place else words.say("whole")


def took_text(one: Times) -> Words:
    """Median, what nine of ten are within, and of how many."""
    if not one.number:
        return words.same("–")
    half, most = _span(one.p50_s), _span(one.p90_s)
    return Words(f"{half.zh} / {most.zh} ({one.number})", f"{half.en} / {most.en} ({one.number})")


def _span(seconds: int | None) -> Words:
    if seconds is None:
        return words.same("–")
    if seconds < 600:
        return Words(f"{seconds} 秒", f"{seconds} s")
    if seconds < 7200:
        return Words(f"{seconds / 60:.0f} 分钟", f"{seconds / 60:.0f} min")
    return Words(f"{seconds / 3600:.1f} 小时", f"{seconds / 3600:.1f} h")


def _alert(alert: LiveAlert, cards: Cards, pictures: Mapping[str, str]) -> str:
    site = cards.site
    at = site.local(datetime.fromtimestamp(alert.fired_s, UTC))
    said = words.hazard(alert.hazard)
    picture = ""
    if name := pictures.get(alert.id):
        picture = f"<a href='{escape(name, quote=True)}'>{image(name, cards.pictures, said)}</a>"
    false = f" <span class=dim>({words.tag('live_said_false')})</span>" if alert.false_alarm else ""
    spot = site.spot_of(alert.camera)
    where = " · ".join(dict.fromkeys((words.html(Words(spot.zh, spot.en)), escape(alert.camera))))
    return (
        f"<article class=event>{picture}<div><p><b>{words.html(said)}</b>{false}</p><p>{where}</p>"
        f"<p>{at:%Y-%m-%d %H:%M:%S} · {words.tag('raised')}</p><p class='dim small'>{escape(alert.id)}</p>"
        "</div></article>"
    )
