"""What a printed page is made of: the font, text in one language, a picture with marks drawn over it, tables.

The font is STSong-Light, one of those that every reader of PDF is to have or to replace for Chinese: no font has to
be on this machine, and a page weighs nothing. A TrueType font of one's own (`console.pdf_font`) is put into the page
instead.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from alerts.wall_clock import local_text, zone_text
from alerts.words import strings

log = logging.getLogger(__name__)
Language = Literal["zh", "en"]

BUILT_IN = "STSong-Light"
INK, DIM, RULE, GROUND = "#16202a", "#55636f", "#c9d1d8", "#f2f5f7"
COLOUR = {"fire": "#d3261a", "violation": "#c06a00", "fault": "#2f6d9c"}
_PATH, _ZONE, _SEEN = "#c4149b", "#15803d", "#5b6b78"


@cache
def font(path: Path | None) -> str:
    """The name of the font to write with; path: a TrueType file. `BUILT_IN` for None, and where the file is of no
    use: that is said in the log, and a record is made all the same."""
    try:
        if path is not None:
            pdfmetrics.registerFont(TTFont(path.name, str(path)))
            return path.name
    except (OSError, TTFError) as error:
        log.error("console.pdf_font: %s cannot be used: %s", path, " ".join(str(error).split()))
    pdfmetrics.registerFont(UnicodeCIDFont(BUILT_IN))
    return BUILT_IN


class Sheet:
    """Text in one language, with the clock of the site."""

    def __init__(self, language: Language, zone: ZoneInfo, font_name: str) -> None:
        self.language, self.font = language, font_name
        self._zone = zone
        base = {"fontName": font_name, "wordWrap": "CJK", "textColor": HexColor(INK)}
        self._styles = {
            "text": ParagraphStyle("text", fontSize=8.6, leading=11.4, **base),
            "dim": ParagraphStyle("dim", fontSize=7.6, leading=10, **{**base, "textColor": HexColor(DIM)}),
            "head": ParagraphStyle("head", fontSize=10.4, leading=13, spaceBefore=9, spaceAfter=3, **base),
            "caption": ParagraphStyle(
                "caption", fontSize=7.2, leading=9, alignment=TA_CENTER, **{**base, "textColor": HexColor(DIM)}
            ),
            "title": ParagraphStyle("title", fontSize=19, leading=24, **base),
        }

    def t(self, key: str, **values: object) -> str:
        """The string of a key, with {name} replaced."""
        text = strings()[key][self.language]
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def word(self, group: str, value: object) -> str:
        """The word for a value of a group; what nobody has translated, as it is."""
        known = strings().get(f"{group}.{value}")
        return known[self.language] if known else str(value or "").replace("_", " ")

    def when(self, at: datetime | str | None) -> str:
        """On the site's clock, to the second."""
        if not at:
            return ""
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
        return local_text(moment, self._zone)

    def whose_clock(self, at: datetime) -> str:
        """A line that says by which clock all times are told."""
        return self.t("pdf.zone", zone=zone_text(self._zone, at))

    def text(self, text: str, style: str = "text", colour: str = "") -> Paragraph:
        """A paragraph of plain text: nothing in it is markup."""
        said = escape(text)
        return Paragraph(f'<font color="{colour}">{said}</font>' if colour else said, self._styles[style])

    def table(self, rows: Sequence[Sequence[Any]], widths: Sequence[float], heads: Sequence[str] = ()) -> Table:
        """rows: of text or of flowables. widths: points. heads: repeated on each page."""
        body = [[self.text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
        head = [[self.text(cell, "dim") for cell in heads]] if heads else []
        rules = [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 4),
            ("RIGHTPADDING", (0, 0), (-1, -1), 4),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor(RULE)),
        ]
        if head:
            rules.append(("BACKGROUND", (0, 0), (-1, 0), HexColor(GROUND)))
        return Table(
            [*head, *body], colWidths=list(widths), repeatRows=len(head), style=TableStyle(rules), hAlign="LEFT"
        )


class Picture(Flowable):  # type: ignore[misc]  # the library says nothing of its types
    """A JPEG, as wide as given or less, with what is to be seen in it drawn over it (`alerts.evidence.drawing`)."""

    def __init__(self, jpeg: bytes, widest: float, highest: float, drawing: Mapping[str, Any]) -> None:
        """widest, highest: points. Raises OSError where it is no picture."""
        super().__init__()
        self._image, self._drawing = ImageReader(BytesIO(jpeg)), drawing
        width, height = self._image.getSize()
        scale = min(widest / width, highest / height)
        self.width, self.height = width * scale, height * scale

    def wrap(self, *_: float) -> tuple[float, float]:
        """What it takes."""
        return self.width, self.height

    def draw(self) -> None:
        """Onto the page."""
        self.canv.drawImage(self._image, 0, 0, self.width, self.height)
        for zone in self._drawing.get("zones", ()):
            if not all(
                value in (0, 1) for point in zone["polygon"] for value in point
            ):  # of the whole picture: no line
                self._line([*zone["polygon"], zone["polygon"][0]], _ZONE, 0.7, dashed=True)
        for one in self._drawing.get("boxes", ()):
            self._box(one["box"], _SEEN, 0.6)
        for one in self._drawing.get("findings", ()):
            self._box(one["box"], COLOUR.get(one.get("severity", ""), COLOUR["violation"]), 1.6)
            self._line(one.get("path", ()), _PATH, 1.6)

    def _box(self, box: Sequence[float], colour: str, width: float) -> None:
        x1, y1, x2, y2 = box
        self._line([(x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)], colour, width)

    def _line(self, points: Sequence[Sequence[float]], colour: str, width: float, *, dashed: bool = False) -> None:
        if len(points) < 2:
            return
        page = self.canv
        page.saveState()
        page.setStrokeColor(HexColor(colour))
        page.setLineWidth(width)
        page.setDash([3, 2] if dashed else [])
        path = page.beginPath()
        path.moveTo(points[0][0] * self.width, (1 - points[0][1]) * self.height)
        for x, y in points[1:]:
            path.lineTo(x * self.width, (1 - y) * self.height)
        page.drawPath(path)
        page.restoreState()
