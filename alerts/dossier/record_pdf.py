"""One alert on one or two sheets of A4, in the reader's language: what was seen, what was done, who was told."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, SimpleDocTemplate, Spacer, Table, TableStyle

from alerts.dossier.gather import Dossier, Exported
from alerts.dossier.sheet import COLOUR, DIM, Picture, Sheet
from alerts.dossier.timeline import FLICKERED, Event, Source, folded, timeline
from alerts.evidence.kept import Kept, Moment, Role, moments
from alerts.track.fold import Custody
from alerts.track.step import StepKind
from alerts.version import version
from alerts.words import GROUPS, ended_text, is_limit, reasons, value_text, words_of_alert, zone_name

MARGIN = 15 * mm
WIDTH = A4[0] - 2 * MARGIN - 12
"""Points; the page's frame has a margin of its own, too."""
FILM_HEIGHT = 28 * mm
MOST_EVENTS = 120
"""Of what was done the newest are printed; all of it stands in the file of data."""


def record_pdf(
    dossier: Dossier, pictures: Mapping[str, bytes], sheet: Sheet, site: str, exported: Exported, head: str
) -> bytes:
    """pictures: mark → JPEG, of those that are there. head: of the record, as `xinan verify --head` takes it."""
    pages = 0
    for _ in range(2):  # the first time the pages are only counted
        out = BytesIO()
        document = SimpleDocTemplate(
            out, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=18 * mm,
            title=f"{_title(dossier, sheet)} {dossier.alert.id}", author=site, creator=f"xinan {version()}",
        )  # fmt: skip
        foot = _foot(dossier, sheet, exported, pages)
        document.build(list(_story(dossier, pictures, sheet, site, exported, head)), foot, foot)
        pages = document.page
    return out.getvalue()


def _story(
    dossier: Dossier, pictures: Mapping[str, bytes], sheet: Sheet, site: str, exported: Exported, head: str
) -> Iterator[Any]:
    alert = dossier.alert
    yield sheet.text(f"{site} · {sheet.t('pdf.title')} · {alert.id}", "dim")
    yield sheet.text(sheet.whose_clock(exported.at), "dim")
    yield sheet.text(_title(dossier, sheet), "title", COLOUR[alert.severity.value])
    yield sheet.text(_place(dossier, sheet))
    if alert.exercise:
        yield sheet.text(sheet.t("mute.exercise"), colour=COLOUR["fault"])
    yield Spacer(1, 4)
    yield _top(dossier, pictures, sheet)
    yield from _film(dossier, pictures, sheet)
    yield from _after(dossier, pictures, sheet)
    yield from _photos(dossier, pictures, sheet)
    yield from _done(folded(timeline(dossier, exported.at)), dossier, sheet)
    yield from _custody(dossier.track.said.custody, sheet)
    yield Spacer(1, 8)
    yield sheet.text(sheet.t("pdf.heads_clear" if exported.clear else "pdf.heads_hidden"), "dim")
    yield sheet.text(sheet.t("pdf.check", head=head), "dim")
    yield sheet.text(sheet.t("app.note"), "dim")


def _title(dossier: Dossier, sheet: Sheet) -> str:
    words = words_of_alert(dossier.alert)
    return words.zh if sheet.language == "zh" else words.en


def _place(dossier: Dossier, sheet: Sheet) -> str:
    """In the reader's language; what the alert was raised with only where the place is called otherwise now."""
    place, alert = dossier.place, dossier.alert
    then = "" if alert.place == place.path else alert.place
    shown = place.path if sheet.language == "zh" else place.path_en
    return " · ".join(dict.fromkeys(filter(None, (shown, then, alert.camera))))


def _top(dossier: Dossier, pictures: Mapping[str, bytes], sheet: Sheet) -> Table:
    """The picture of the moment beside what is known of it."""
    left = 108 * mm
    right = WIDTH - left
    shown = next((one for one in dossier.pictures if one.role is Role.ALERT), None)
    picture = _picture(shown, pictures, left - 6, 84 * mm) if shown else None
    cell = [picture or sheet.text(sheet.t("detail.no_snapshot"), "dim")]
    if shown:
        cell.append(sheet.text(sheet.when(shown.taken_at), "caption"))
    facts = sheet.table(list(_facts(dossier, sheet)), [27 * mm, right - 27 * mm])
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (1, 0), (1, 0), 0),
    ]
    return Table([[cell, facts]], colWidths=[left, right], style=TableStyle(style), hAlign="LEFT")


def _facts(dossier: Dossier, sheet: Sheet) -> Iterator[tuple[str, str]]:
    alert, track = dossier.alert, dossier.track
    named = zone_name(alert, sheet.language), sheet.word("zone", alert.zone_type)
    zone = " · ".join(dict.fromkeys(filter(None, named)))
    rows = [
        ("pdf.stage", sheet.word("stage", track.stage)),
        ("detail.kind", sheet.word("severity", alert.severity)),
        ("detail.zone", zone),
        ("detail.since", sheet.when(alert.started_at)),
        ("detail.fired", sheet.when(alert.fired_at)),
        ("detail.reopened", sheet.when(alert.reopened_at)),
        ("detail.resolved", sheet.when(alert.resolved_at)),
        ("detail.confidence", f"{100 * alert.confidence:.0f} %" if alert.camera else ""),  # people reported it
        ("detail.acknowledged", _who(alert.acknowledged_by, alert.acknowledged_at, sheet)),
        ("detail.false_alarm", _who(alert.false_alarm_by, alert.false_alarm_at, sheet)),
        ("false.other_label", sheet.word("reason", alert.false_alarm_reason)),
    ]
    yield from ((sheet.t(key), value) for key, value in rows if value)
    for key, value in reasons(alert.evidence).items():
        if value is not None:
            limit = sheet.t("pdf.limit") if is_limit(alert.hazard, key) else ""
            yield f"{sheet.word('evidence', key)}{limit}", _value(sheet, key, value)


def _value(sheet: Sheet, key: str, value: Any) -> str:
    """In the page's language: `value_text` gives what is a word in both."""
    if isinstance(value, bool):
        return sheet.t(f"value.{str(value).lower()}")
    return sheet.word(GROUPS.get(key, "box"), value) if isinstance(value, str) else value_text(key, value)


def _who(by: str, at: datetime | None, sheet: Sheet) -> str:
    return f"{by or sheet.t('detail.nobody')} {sheet.when(at)}" if at else ""


def _picture(one: Kept, pictures: Mapping[str, bytes], widest: float, highest: float) -> Picture | None:
    jpeg = pictures.get(one.mark)
    if jpeg is None:
        return None
    try:
        return Picture(jpeg, widest, highest, {} if one.marked else one.drawing)
    except OSError:  # what was changed on the disk is no picture any more
        return None


def _film(dossier: Dossier, pictures: Mapping[str, bytes], sheet: Sheet) -> Iterator[Any]:
    """What led to it, up to the picture that raised it."""
    when = moments(dossier.alert)
    shown = [one for one in dossier.pictures if when[one.mark] is not Moment.SINCE and one.role is not Role.ALERT][-6:]
    cells = [_picture(one, pictures, WIDTH / 6 - 4, FILM_HEIGHT) for one in shown]
    if not any(cells):
        return
    widths = [WIDTH / 6] * len(shown)
    captions = [sheet.text(sheet.when(one.taken_at)[11:], "caption") for one in shown]
    row = Table([[cell or "" for cell in cells], captions], colWidths=widths, hAlign="LEFT", style=_TIGHT)
    yield KeepTogether([sheet.text(sheet.t("page.film"), "head"), row])


def _after(dossier: Dossier, pictures: Mapping[str, bytes], sheet: Sheet) -> Iterator[Any]:
    after = next((one for one in dossier.pictures if one.role is Role.AFTER), None)
    before = next((one for one in dossier.pictures if one.role is Role.ALERT), None)
    pair = [(key, one) for key, one in (("page.before", before), ("page.after", after)) if after and one]
    cells = [(key, one, _picture(one, pictures, WIDTH / 2 - 6, 62 * mm)) for key, one in pair]
    if len(cells) < 2 or not all(picture for _, _, picture in cells):
        return
    captions = [sheet.text(f"{sheet.t(key)} {sheet.when(one.taken_at)}", "caption") for key, one, _ in cells]
    row = Table(
        [[picture for _, _, picture in cells], captions], colWidths=[WIDTH / 2] * 2, hAlign="LEFT", style=_TIGHT
    )
    yield KeepTogether([sheet.text(sheet.t("page.compare"), "head"), row])


def _photos(dossier: Dossier, pictures: Mapping[str, bytes], sheet: Sheet) -> Iterator[Any]:
    """What people have added, in rows of four, each with who took it and when."""
    shown = [one for one in dossier.pictures if one.role is Role.PHOTO]
    cells = [(one, _picture(one, pictures, WIDTH / 4 - 4, 40 * mm)) for one in shown]
    found = [(one, picture) for one, picture in cells if picture]
    for first in range(0, len(found), 4):
        part = found[first : first + 4]
        captions = [sheet.text(f"{one.by} {sheet.when(one.taken_at)}", "caption") for one, _ in part]
        row = Table(
            [[picture for _, picture in part], captions], colWidths=[WIDTH / 4] * len(part), hAlign="LEFT", style=_TIGHT
        )
        head = [sheet.text(sheet.t("pdf.photos"), "head")] if first == 0 else []
        yield KeepTogether([*head, row])


_TIGHT = TableStyle([("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 4)])


def _done(events: Sequence[Event], dossier: Dossier, sheet: Sheet) -> Iterator[Any]:
    notices = [event for event in events if event.source is Source.NOTICE]
    rest = [event for event in events if event.source is not Source.NOTICE]
    yield sheet.text(sheet.t("page.timeline"), "head")
    if len(rest) > MOST_EVENTS:
        yield sheet.text(sheet.t("pdf.only", n=MOST_EVENTS, all=len(rest)), "dim")
    rows = [
        (sheet.when(one.at), event_word(one, sheet), _by(one, sheet), said(one, sheet)) for one in rest[-MOST_EVENTS:]
    ]
    heads = [sheet.t(f"pdf.{name}") for name in ("when", "what", "who", "said")]
    yield sheet.table(rows, [31 * mm, 37 * mm, 30 * mm, WIDTH - 98 * mm], heads)
    yield sheet.text(sheet.t("letters.of_alert"), "head")
    if dossier.deliveries is None:
        yield sheet.text(sheet.t("pdf.not_told"), "dim")
    elif not notices:
        yield sheet.text(sheet.t("letters.none"), "dim")
    else:
        rows = [(sheet.when(one.at), *_notice(one, sheet)) for one in notices[-MOST_EVENTS:]]
        heads = [sheet.t(f"pdf.{name}") for name in ("when", "whom", "what", "answer")]
        yield sheet.table(rows, [31 * mm, 43 * mm, 46 * mm, WIDTH - 120 * mm], heads)


def _notice(event: Event, sheet: Sheet) -> tuple[str, str, str]:
    detail = event.detail
    if event.kind == FLICKERED:
        return sheet.t("list.comma").join(detail["people"]), _often(event, sheet), ""
    whom = " · ".join(filter(None, (detail["person"].lstrip("#"), detail["channel"])))
    what = f"{sheet.word('told', detail['told'])} · {sheet.word('delivery', event.kind)}"
    answer = detail.get("answer")
    if answer:
        return whom, what, f"{sheet.word('step', answer['kind'])} · {answer['by']} · {sheet.when(answer['at'])}"
    error = str(detail.get("error") or "")
    return whom, what, ended_text(error, sheet.language) if event.kind == "superseded" else error


def _often(event: Event, sheet: Sheet) -> str:
    """How often a fire was lost from sight and seen again, or that was told, and until when."""
    detail = event.detail
    key = "page.flickered" if event.source is Source.LIFE else "page.flickered_told"
    span = {"from": sheet.when(event.at), "until": sheet.when(detail["until"])}
    return sheet.t(key, n=detail["times"], lines=detail["lines"], **span)


def event_word(event: Event, sheet: Sheet) -> str:
    """What happened, in a word or two."""
    if event.kind == FLICKERED:
        return _often(event, sheet)
    return sheet.word(event.source.value, event.kind)


def _by(event: Event, sheet: Sheet) -> str:
    who = sheet.t("records.system") if event.by == "system" else event.by or sheet.t("detail.nobody")
    return who if event.via in ("console", "watch") else f"{who} · {sheet.word('via', event.via)}"


def said(event: Event, sheet: Sheet) -> str:
    """What comes with it, in words."""
    detail = event.detail
    known = {"outcome": "outcome", "reason": "clear_reason" if event.source is Source.RECORD else "reason"}
    told = [
        sheet.word(known[name], detail[name]) if name in known else str(detail[name])
        for name in (
            "outcome",
            "reason",
            "channel",
            "item",
            "slot",
            "found",
            "photo",
            "owner",
            "to",
            "reference",
            "proof",
            "note",
        )
        if detail.get(name) and not (name == "item" and isinstance(detail[name], int))
    ]
    if detail.get("said_at"):
        told.append(sheet.t("page.said_at", when=sheet.when(str(detail["said_at"]))))
    if detail.get("confirmed"):
        told.append(sheet.t("page.confirmed"))
    if detail.get("picture") is True:
        told.append(sheet.word("given", "picture"))
    if detail.get("mark") and event.kind != StepKind.PHOTO:
        told.append(sheet.word("given", "mark"))
    if detail.get("unproven"):
        told.append(f"{sheet.word('given', 'unproven')}: {detail['unproven']}")
    ends = detail.get("deadline") or detail.get("ends_at")
    if ends:
        told.append(sheet.t("track.until", when=sheet.when(str(ends))))
    return " · ".join(told)


def _custody(things: Sequence[Custody], sheet: Sheet) -> Iterator[Any]:
    if not things:
        return
    rows = [
        (
            str(one.item),
            str(one.moved.detail.get("item", "")),
            str(one.moved.detail.get("slot", "")),
            f"{sheet.when(one.moved.at)} {one.moved.by}",
            f"{one.claimed.detail.get('owner', '')} {sheet.when(one.claimed.at)}" if one.claimed else "",
            f"{one.handed_over.detail.get('to', '')} {sheet.when(one.handed_over.at)}" if one.handed_over else "",
        )
        for one in things
    ]
    heads = ["", sheet.t("given.item"), sheet.t("given.slot")]
    heads += [sheet.word("step", kind) for kind in ("moved", "claimed", "handed_over")]
    widths = [8 * mm, 36 * mm, 30 * mm, 36 * mm, 35 * mm, WIDTH - 145 * mm]
    yield KeepTogether([sheet.text(sheet.t("page.custody"), "head"), sheet.table(rows, widths, heads)])


def _foot(dossier: Dossier, sheet: Sheet, exported: Exported, pages: int) -> Any:
    def draw(canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont(sheet.font, 7.2)
        canvas.setFillColor(HexColor(DIM))
        who = sheet.t("pdf.exported", who=exported.by, when=sheet.when(exported.at))
        line = f"{dossier.alert.id} · {who} · {sheet.word('clear_reason', exported.reason)}"
        canvas.drawString(MARGIN + 6, 10 * mm, line[:110])
        canvas.drawRightString(A4[0] - MARGIN - 6, 10 * mm, f"{document.page} / {pages or '?'}")
        canvas.restoreState()

    return draw
