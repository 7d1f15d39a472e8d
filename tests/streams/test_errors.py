"""Nothing that is shown holds a password."""

import pytest

from streams.errors import SourceUnavailable, redact


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://cam/1", "rtsp://cam/1"),
        ("rtsp://u:secret@cam/1", "rtsp://***@cam/1"),
        ("rtsp://u:sec@ret@cam/1", "rtsp://***@cam/1"),
        ("rtsp://u:sec/ret@cam/1", "rtsp://***@cam/1"),
        ("RTSPS://u:secret@cam:322/1", "RTSPS://***@cam:322/1"),
        ("rtsp://cam/user=admin&password=secret&channel=1", "rtsp://cam/user=admin&password=***&channel=1"),
        ("rtsp://cam/user=a_password=secret_channel=1.sdp", "rtsp://cam/user=a_password=***_channel=1.sdp"),
        ("http://cam/snap?token=secret", "http://cam/snap?token=***"),
        ("file:///rec/gate@north/a.mp4", "file:///rec/gate@north/a.mp4"),
        ("/rec/gate@north/a.mp4", "/rec/gate@north/a.mp4"),
    ],
)
def test_redact(url: str, shown: str) -> None:
    assert redact(url) == shown


def test_an_error_is_one_line_and_redacted_in_both_parts() -> None:
    error = SourceUnavailable("rtsp://u:secret@cam/1", "no answer\n from 'rtsp://u:secret@cam/1'")
    assert "secret" not in str(error)
    assert "\n" not in str(error)
    assert error.source == "rtsp://***@cam/1"
