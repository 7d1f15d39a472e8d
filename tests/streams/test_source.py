"""Which address opens what."""

from pathlib import Path

import pytest

from streams.clock import SimulatedClock
from streams.errors import SourceNotFound, SourceUnavailable, SourceUnreadable, UnsupportedSource
from streams.folder import FolderSource
from streams.request import Request
from streams.source import SCHEMES, Source, open_source
from streams.video_file import VideoFileSource
from tests.rtsp_server import free_port
from tests.streams.make_media import make_video


def opened(url: str) -> Source:
    return open_source(Request(url=url, camera="gate", clock=SimulatedClock()))


def test_a_video_by_path_url_and_with_signs_in_its_name(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a b #1 棚.mp4", frames=5)
    for url in (str(path), f"  {path} ", path.as_uri(), path.as_uri().replace("file://", "file://localhost")):
        with opened(url) as source:
            assert isinstance(source, VideoFileSource)
            assert not source.live
            assert len(list(source.frames())) == 5


def test_a_folder(tmp_path: Path) -> None:
    make_video(tmp_path / "a.mp4", frames=5)
    with opened(str(tmp_path)) as source:
        assert isinstance(source, FolderSource)


@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        ("rtmp://cam/live", UnsupportedSource, ["http://", "rtsp://", "rtsps://", "file://", "webcam"]),
        ("ftp://u:secret@cam/a.mp4", UnsupportedSource, ["***@cam"]),
        ("/no/such/file.mp4", SourceNotFound, ["no such file"]),
        ("file:///no/such/file.mp4", SourceNotFound, ["no such file"]),
        ("file://server/share/a.mp4", SourceNotFound, ["another machine"]),
        ("", SourceUnreadable, ["no picture or video"]),
        ("999", SourceNotFound, ["no camera"]),
        ("rtsp://", SourceUnavailable, ["no host"]),
        ("rtsp://u:secret@127.0.0.1:99999/", SourceUnavailable, ["malformed"]),
        ("rtsp://u:secret@no.such.host.invalid/", SourceUnavailable, ["resolved"]),
        ("rtsp://u:12#secret@127.0.0.1:{port}/", SourceUnavailable, ["malformed", "in a password", "%23"]),
        ("http://u:secret/12@127.0.0.1:{port}/", SourceUnavailable, ["malformed", "in a password", "%2F"]),
        ("rtsp://u:secret@127.0.0.1:{port}/", SourceUnavailable, ["refused"]),
    ],
)
def test_refusals(
    url: str, error: type[Exception], words: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error) as caught:
        opened(url.format(port=free_port()))
    text = str(caught.value)
    assert all(word in text for word in words), text
    assert "\n" not in text
    assert "secret" not in text


def test_the_map_of_schemes() -> None:
    assert set(SCHEMES) == {"rtsp", "rtsps", "http", "https", "file"}
