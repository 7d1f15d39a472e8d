"""Made-up coded pictures."""

from datetime import UTC, datetime, timedelta

from streams.access_unit import AccessUnit

START = datetime(2026, 1, 1, tzinfo=UTC)
FPS = 25.0
KEY, DELTA = b"\x00\x00\x00\x01\x65", b"\x00\x00\x00\x01\x41"


def unit(
    number: int, *, key: bool = False, fps: float = 25.0, pts_s: float | None = None, size: int = 10
) -> AccessUnit:
    """The picture of this number. It cannot be decoded."""
    at_s = number / FPS
    data = (KEY if key else DELTA) + number.to_bytes(2, "big") + b"\x80" * size
    pts_s = at_s if pts_s is None else pts_s
    return AccessUnit(data, key, pts_s, pts_s, START + timedelta(seconds=at_s), at_s)
