"""What the `xinan` command says in a terminal."""

import logging
from zoneinfo import ZoneInfo

import pytest

from alerts.terminal import log_by
from tests.alerts.making import at


@pytest.mark.parametrize(("zone", "when"), [("Asia/Shanghai", "16:00:00"), ("America/New_York", "03:00:00")])
def test_the_log_goes_by_the_clock_of_the_site(monkeypatch: pytest.MonkeyPatch, zone: str, when: str) -> None:
    """As the lines about alerts do, whatever the machine's clock is: the same second, told twice, is one."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    log_by(ZoneInfo(zone))
    (handler,) = root.handlers
    line = logging.makeLogRecord(
        {"created": at(0).timestamp(), "msecs": 18.0, "name": "root", "levelname": "ERROR", "msg": "lost"}
    )
    assert handler.format(line) == f"2026-03-01 {when},018 ERROR root: lost"
