"""What the PDF draws: hours of the week as a table that is shaded, days or weeks as bars."""

from collections.abc import Sequence
from typing import Any

from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.units import mm
from reportlab.platypus import Table, TableStyle

from alerts.audit.hours import HOUR_S, HOURS
from alerts.audit.page import number
from alerts.audit.report_charts import DARKEST, WEEKDAYS, Bar, hour_rates
from alerts.audit.report_sheet import ReportSheet
from alerts.audit.statistics import Group
from alerts.dossier.sheet import DIM, GROUND, RULE
from vision.rule import Words

HEAT = (199 / 255, 119 / 255, 0.0)
WIDEST = 16 * mm
"""Of a bar: few days make no blocks as wide as the page."""


def week_table(group: Group, kind: str, sheet: ReportSheet, width: float) -> Table:
    """Hours of the week: events above the hours seen, shaded by rate; nothing where nothing was seen. width: points."""
    counted, seen, rates = group.counted(kind).by_hour, group.seen_by_hour, hour_rates(group, kind)
    most = max((rate for rate in rates if rate), default=1.0)
    body: list[list[str]] = [["", *map(str, range(HOURS))]]
    rules: list[tuple[Any, ...]] = [
        ("FONT", (0, 0), (-1, -1), sheet.font, 5.6, 6.2),
        ("ALIGN", (0, 0), (-1, -1), "CENTER"),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("PADDING", (0, 0), (-1, -1), 1),
        ("INNERGRID", (1, 1), (-1, -1), 0.3, HexColor(RULE)),
    ]
    for day, (zh, en) in enumerate(WEEKDAYS):
        row = [sheet.say(Words(zh, en))]
        for hour in range(HOURS):
            at = day * HOURS + hour
            rate = rates[at]
            row.append("" if rate is None else f"{counted[at]}\n{number(seen[at] / HOUR_S, 2)}")
            ground = HexColor(GROUND) if rate is None else _heat(rate / most)
            rules.append(("BACKGROUND", (hour + 1, day + 1), (hour + 1, day + 1), ground))
        body.append(row)
    first = 9 * mm
    return Table(body, [first, *[(width - first) / HOURS] * HOURS], style=TableStyle(rules), hAlign="LEFT")


def bar_chart(shown: Sequence[Bar], sheet: ReportSheet, width: float) -> Drawing:
    """As high as the rate, with the number of events above; grey where nothing was seen. width: points, of all."""
    height, step = 40.0, min(WIDEST, width / max(1, len(shown)))
    most = max((bar.rate or 0.0 for bar in shown), default=0.0) or 1.0
    every = max(1, round(26 / step))
    drawing = Drawing(width, height + 20)
    drawing.add(Line(0, 10, step * len(shown), 10, strokeColor=HexColor(RULE)))
    for index, bar in enumerate(shown):
        x, middle = index * step + 0.5, (index + 0.5) * step
        tall = height if bar.rate is None else height * bar.rate / most
        colour = HexColor(GROUND) if bar.rate is None else Color(*HEAT)
        drawing.add(Rect(x, 10, max(0.5, step - 1), tall, fillColor=colour, strokeColor=None))
        if bar.rate is not None and step > 9:
            drawing.add(_label(middle, 12 + tall, str(bar.events), sheet))
        if index % every == 0:
            drawing.add(_label(middle, 1, f"{bar.begins:%m-%d}", sheet))
    return drawing


def _heat(share: float) -> Color:
    alpha = DARKEST * share
    return Color(*(1 - alpha * (1 - part) for part in HEAT)) if share else white


def _label(x: float, y: float, text: str, sheet: ReportSheet) -> String:
    return String(x, y, text, fontName=sheet.font, fontSize=5.6, textAnchor="middle", fillColor=HexColor(DIM))
