"""What the tests of reports share."""

from typing import Any

import pytest

from alerts.audit.report_pdf import _Sheet


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All texts of the PDFs that are written."""
    said: list[str] = []
    text = _Sheet.text

    def noted(sheet: _Sheet, words: str, *style: Any, **more: Any) -> Any:
        said.append(words)
        return text(sheet, words, *style, **more)

    monkeypatch.setattr(_Sheet, "text", noted)
    return said
