"""What the tests of reports share."""

from typing import Any

import pytest

from alerts.audit.report_sheet import ReportSheet


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All texts of the PDFs that are written."""
    said: list[str] = []
    text = ReportSheet.text

    def noted(sheet: ReportSheet, words: str, *style: Any, **more: Any) -> Any:
        said.append(words)
        return text(sheet, words, *style, **more)

    monkeypatch.setattr(ReportSheet, "text", noted)
    return said
