"""A printed page of the report: its words in one language, and heads that stand with what they are of."""

from collections.abc import Iterator
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Paragraph, Spacer

from alerts.audit import words
from alerts.audit.site import Site
from alerts.dossier.sheet import Sheet, font
from vision.rule import Words

LEAST = 34 * mm
"""Of a page, below a head: its note and the first rows of a table. With less left it goes to the next page."""
GAP = 3
"""Points between a note or the name of a table and the table."""


class ReportSheet(Sheet):
    """With the words of the report."""

    def __init__(self, site: Site) -> None:
        super().__init__(site.language, site.zone, font(site.pdf_font))

    def say(self, said: Words) -> str:
        """In the language of the sheet."""
        return said.en if self.language == "en" else said.zh

    def key(self, key: str, **values: object) -> str:
        """A string of the report."""
        return self.say(words.say(key, **values))

    def hazard(self, kind: str) -> str:
        """Its word."""
        return self.say(words.hazard(kind))

    def head(self, text: str, note: str = "") -> Iterator[Any]:
        """Of a part of the report. note: how what follows is to be read."""
        yield CondPageBreak(LEAST)
        yield self.text(text, "head")
        if note:
            yield self.text(note, "dim")
            yield Spacer(1, GAP)

    def name(self, text: str) -> Iterator[Any]:
        """Of one of several tables of a part."""
        yield CondPageBreak(LEAST)
        yield Spacer(1, 2 * GAP)
        yield self.text(text)
        yield Spacer(1, GAP)

    def rest(self, left: int) -> Iterator[Paragraph]:
        """That so many rows more are on the page."""
        if left > 0:
            yield self.text(self.key("more_on_page", n=left), "dim")
