"""Nothing that is shown holds a password."""

import pytest

from streams.errors import SourceUnavailable, redact, redact_address


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
        ("http://cam/snap?loginuse=admin&loginpas=secret", "http://cam/snap?loginuse=admin&loginpas=***"),
        ("file:///rec/gate@north/a.mp4", "file:///rec/gate@north/a.mp4"),
        ("/rec/gate@north/a.mp4", "/rec/gate@north/a.mp4"),
    ],
)
def test_redact(url: str, shown: str) -> None:
    assert redact(url) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://u:sec ret@cam/1", "rtsp://***@cam/1"),
        ("rtsp://u:sec ret@cam/1?token=more", "rtsp://***@cam/1?token=***"),
        ("rtsp:/u:secret@cam/1", "rtsp:/***@cam/1"),
        ("rtsp//u:secret@cam/1", "rtsp//***@cam/1"),
        ("rtsp:u:secret@cam/1", "rtsp:***@cam/1"),
        ("//u:secret@cam/1", "//***@cam/1"),
        ("u:secret@cam/1", "***@cam/1"),
        ("rtsp://u:sec:ret@cam:554/1", "rtsp://***@cam:554/1"),
        ("rtsp://u@cam:554/1", "rtsp://***@cam:554/1"),
        ("/rec/10:30 gate@north.mp4", "/rec/10:30 gate@north.mp4"),
        ("./10:30 gate@north.mp4", "./10:30 gate@north.mp4"),
        ("rec/gate@north 10:30.mp4", "rec/gate@north 10:30.mp4"),
        ("file:///rec/10:30 gate@north.mp4", "file:///rec/10:30 gate@north.mp4"),
    ],
)
def test_a_mistyped_address_tells_no_password_either(address: str, shown: str) -> None:
    assert redact_address(address) == redact_address(shown) == shown
    assert SourceUnavailable(address, "no answer").source == shown


def test_an_error_is_one_line_and_redacted_in_both_parts() -> None:
    error = SourceUnavailable("rtsp://u:secret@cam/1", "no answer\n from 'rtsp://u:secret@cam/1'")
    assert "secret" not in str(error)
    assert "\n" not in str(error)
    assert error.source == "rtsp://***@cam/1"
