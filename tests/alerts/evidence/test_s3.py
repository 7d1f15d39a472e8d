"""Object stores that speak S3, really: OpenStack Swift, and a stand-in for AWS's own with what is newer there."""

import hashlib
import json
import logging
import os
import random
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pydantic import ValidationError

from alerts.config import Settings, StoreConfig, describe
from alerts.db.store import Store
from alerts.errors import MediaAway, MediaGone, MediaRefused
from alerts.evidence import s3
from alerts.evidence.media import MediaStore
from alerts.evidence.media_rows import MediaRows
from alerts.evidence.media_setup import Absent, media_of, objects_of
from alerts.evidence.names import clip_name, key_stem
from alerts.evidence.objects import Stored
from alerts.evidence.s3 import S3Objects
from alerts.evidence.uploader import LONGEST_WAIT_S, LOOK_EVERY_S, Uploader
from alerts.include import Joined
from alerts.lifecycle import Change, ChangeKind
from alerts.record.verify import Verifier
from alerts.routing.plan import AtOnce
from streams.clock import SimulatedClock
from tests.alerts.evidence.stores import KEY, ROOT, SECRET, Server, Stall, Swift
from tests.alerts.making import START, alert, at

NAME = "clips/2026/03/01/01A-080000000-1.mp4"


@pytest.fixture(params=["swift", "moto"])
def server(request: pytest.FixtureRequest) -> Server:
    """The test runs once with each."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """A part of the bucket for this test alone."""
    return f"{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]}/store"


def file(folder: Path, content: bytes = b"clip", name: str = "a.mp4") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def sent(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class TestRoundTrip:
    """What goes in comes out, is where it should be, and goes."""

    @pytest.mark.parametrize("size", [0, 1, 70_000, 3 << 20])
    def test_a_file(self, server: Server, prefix: str, tmp_path: Path, size: int) -> None:
        objects, content = server.objects(prefix), random.Random(size).randbytes(size)
        [stored] = objects.put([(NAME, file(tmp_path, content))])
        assert isinstance(stored, Stored)
        assert objects.stat(NAME) == stored
        assert (stored.name, stored.size, stored.sha256) == (NAME, size, sent(content))
        assert objects.read(NAME, 0, size) == content if size else True
        if size > 10:
            assert objects.read(NAME, 5, 9) == content[5:9]
        assert objects.delete(NAME) and objects.delete(NAME) and objects.stat(NAME) is None
        with pytest.raises(MediaGone):
            objects.read(NAME, 0, 1)

    def test_many_at_once_with_one_that_cannot_be_read(self, server: Server, prefix: str, tmp_path: Path) -> None:
        objects = server.objects(prefix)
        files = [(f"snapshots/{number}", file(tmp_path, b"%d" % number, f"{number}")) for number in range(9)]
        files[4] = ("snapshots/4", tmp_path / "missing")
        results = objects.put(files)
        assert [isinstance(result, OSError) for result in results] == [number == 4 for number in range(9)]
        assert sorted(one.name for one in objects.names()) == sorted(name for name, _ in files if name[-1] != "4")

    def test_two_watches_in_one_bucket(self, server: Server, prefix: str, tmp_path: Path) -> None:
        one, other = server.objects(f"{prefix}/one"), server.objects(f"{prefix}/other")
        one.put([(NAME, file(tmp_path, b"one"))])
        assert list(other.names()) == [] and other.stat(NAME) is None
        other.put([(NAME, file(tmp_path, b"other"))])
        assert other.delete(NAME) and one.read(NAME, 0, 3) == b"one"

    def test_it_is_sent_anew_over_what_is_there(self, server: Server, prefix: str, tmp_path: Path) -> None:
        objects = server.objects(prefix)
        for content in (b"first", b"second!"):
            objects.put([(NAME, file(tmp_path, content))])
        assert objects.stat(NAME) is not None and objects.read(NAME, 0, 7) == b"second!"

    def test_the_check_leaves_nothing(self, server: Server, prefix: str) -> None:
        objects = server.objects(prefix)
        assert list(objects.check()) == [] and list(objects.names()) == []

    def test_more_than_a_page_of_names(
        self, server: Server, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(s3, "PAGE", 3)
        objects, names = server.objects(prefix), [f"snapshots/{number}" for number in range(7)]
        objects.put([(name, file(tmp_path)) for name in names])
        assert [one.name for one in objects.names()] == names


def head_of(server: Server, prefix: str, **more: Any) -> dict[str, Any]:
    objects = server.objects(prefix, **more)
    return objects._do(objects._call("head_object", Key=f"{prefix}/{NAME}"), 20)


def test_the_server_encrypts_where_it_is_asked_to(moto: Server, prefix: str, tmp_path: Path) -> None:
    moto.objects(prefix).put([(NAME, file(tmp_path))])
    assert "ServerSideEncryption" not in head_of(moto, prefix)
    for more in ({"media_encryption": "AES256"}, {"media_encryption": "aws:kms", "media_kms_key": "key-1"}):
        moto.objects(prefix, **more).put([(NAME, file(tmp_path))])
        found = head_of(moto, prefix)
        assert found["ServerSideEncryption"] == more["media_encryption"]
        assert more.get("media_kms_key", "") in found.get("SSEKMSKeyId", "")


def test_nobody_else_may_read_it(moto: Server, prefix: str, tmp_path: Path) -> None:
    objects = moto.objects(prefix)
    objects.put([(NAME, file(tmp_path))])
    grants = objects._do(objects._call("get_object_acl", Key=f"{prefix}/{NAME}"), 20)["Grants"]
    assert [grant["Grantee"]["Type"] for grant in grants] == ["CanonicalUser"]


def test_old_versions_are_told_of(moto: Server) -> None:
    config = moto.config("p").model_copy(update={"media_url": "s3://versions/p"})
    assert config.media_place is not None
    objects = S3Objects(config.media_place, config)
    objects._do(objects._call("create_bucket"), 20)
    objects._do(objects._call("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"}), 20)
    [note] = objects.check()
    assert "old versions" in note


class TestTrouble:
    """Whatever is wrong, it is said in one line, in time, and without a key."""

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"media_url": "s3://nobody/x"}, "no such bucket"),
            ({"media_secret": "wrong-4712"}, "does not go with the key"),
            ({"media_encryption": "AES256"}, "media_encryption"),
            ({"media_endpoint": "http://127.0.0.1:1"}, "does not answer"),
        ],
    )
    def test_wrong_settings(
        self, swift: Swift, prefix: str, caplog: pytest.LogCaptureFixture, given: dict[str, str], said: str
    ) -> None:
        caplog.set_level(logging.DEBUG)
        objects = swift.objects(prefix, **given)
        with pytest.raises(MediaAway, match=said) as caught:
            objects.check()
        text = f"{caught.value} {caught.value.__cause__} {caplog.text} {objects!r} {objects.__dict__}"
        assert "\n" not in str(caught.value)
        assert not any(secret in text for secret in (SECRET, "wrong-4712"))

    def test_no_keys_at_all(self, swift: Swift, prefix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        objects = swift.objects(prefix, media_key=None, media_secret=None)
        with pytest.raises(MediaAway, match="no keys found"):
            objects.check()

    def test_keys_of_the_environment(self, swift: Swift, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        swift.objects(prefix, media_key=None, media_secret=None).check()

    @pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO])
    def test_keys_are_in_no_log_of_what_works(
        self, swift: Swift, prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, level: int
    ) -> None:
        caplog.set_level(level)
        objects = swift.objects(prefix)
        objects.check()
        objects.put([(NAME, file(tmp_path))])
        assert SECRET not in caplog.text
        assert (level == logging.DEBUG) == bool(caplog.text), "the libraries talk only when they are asked to"

    def test_a_server_that_does_not_answer(
        self, swift: Swift, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(s3, "ANSWER_S", 0.3)
        stall = Stall(swift.port, 0)
        objects = swift.objects(prefix, media_endpoint=f"http://127.0.0.1:{stall.port}")
        for ask in (objects.check, lambda: objects.stat(NAME), lambda: objects.put([(NAME, file(tmp_path))])):
            with pytest.raises(MediaAway, match=r"within|does not answer"):
                ask()
        stall.close()


class Liar(BaseHTTPRequestHandler):
    """Takes everything, and gives back something else."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("etag", '"0123"')
        self.send_header("content-length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(206)
        self.send_header("content-length", "4")
        self.end_headers()
        self.wfile.write(b"oops")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def liar() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("content", "fine"), [(b"clip", False), (b"oops", True)])
def test_what_arrived_is_looked_at_where_the_server_proves_nothing(
    liar: ThreadingHTTPServer, swift: Swift, tmp_path: Path, content: bytes, fine: bool
) -> None:
    objects = swift.objects("x", media_endpoint=f"http://127.0.0.1:{liar.server_port}")
    [result] = objects.put([(NAME, file(tmp_path, content))])
    if fine:
        assert isinstance(result, Stored)
    else:
        assert isinstance(result, MediaRefused) and "arrived changed" in str(result)


class Rig:
    """A watch's store whose files go to a real server."""

    def __init__(self, config: StoreConfig) -> None:
        self.config, self.clock = config, SimulatedClock(START)
        self.store = Store.open(config.path)
        self.media = media_of(config, self.store)
        assert self.media.rows is not None and self.media.objects is not None
        self.rows, self.objects = self.media.rows, self.media.objects
        self.uploader = Uploader(
            self.media, self.rows, self.objects, self.clock, random.Random(1), cache_bytes=1 << 40, stay=lambda: ()
        )

    def put(self, name: str, content: bytes) -> str:
        """An alert with a clip; the clip's name."""
        key = f"{key_stem(name, START)}-1"
        path = self.media.path(clip_name(key))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        clip = {"key": key, "sha256": sent(content), "size": len(content)}
        self.store.commit([Change(ChangeKind.FIRED, alert(name, evidence={"clip": clip}))], AtOnce({}), at(0))
        return clip_name(key)

    def run(self, seconds: float = 2 * LOOK_EVERY_S) -> None:
        for _ in range(int(seconds)):
            while self.uploader.step():
                pass
            self.clock.step(1)

    def faults(self) -> dict[str, str]:
        verifier = Verifier(self.store, self.media)
        for _ in verifier.steps():
            pass
        return {fault.where: fault.what for fault in verifier.result.faults}


@pytest.fixture
def rig(swift: Swift, prefix: str, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(swift.config(prefix, path=tmp_path / "data"))
    yield made
    made.store.close()


KILLED = """
import random, sys
from alerts.config import StoreConfig
from alerts.db.store import Store
from alerts.evidence.media_setup import media_of
from alerts.evidence.uploader import Uploader
from streams.clock import SystemClock

config = StoreConfig.model_validate_json(sys.stdin.read())
store = Store.open(config.path)
media = media_of(config, store)
uploader = Uploader(media, media.rows, media.objects, SystemClock(), random.Random(), cache_bytes=1 << 40, stay=tuple)
while True:
    uploader.step()
"""


def test_a_kill_amid_an_upload_loses_nothing_and_leaves_no_half(rig: Rig, swift: Swift, prefix: str) -> None:
    names = [rig.put(f"01A{number}", random.Random(number).randbytes(1 << 20)) for number in range(4)]
    rig.store.close()
    stall = Stall(swift.port, 300_000)
    given = {
        "path": str(rig.config.path), "media_url": rig.config.media_url, "media_region": "us-east-1",
        "media_endpoint": f"http://127.0.0.1:{stall.port}", "media_key": KEY, "media_secret": SECRET,
    }  # fmt: skip
    words = [sys.executable, "-c", textwrap.dedent(KILLED)]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)}) as child:
        assert child.stdin is not None
        child.stdin.write(json.dumps(given).encode())
        child.stdin.close()
        assert stall.stalled.wait(60)
        child.send_signal(signal.SIGKILL)
    stall.close()
    assert rig.objects.stat(names[-1]) is None or rig.objects.stat(names[-1]).size == 1 << 20  # type: ignore[union-attr]
    again = Rig(rig.config)
    assert again.rows.counts().sending == 4 and again.rows.counts().kept == 0
    again.run()
    assert sorted(one.name for one in again.objects.names()) == sorted(names)
    assert again.faults() == {} and again.rows.counts().kept == 4
    again.store.close()


def test_a_server_that_goes_and_comes_back(tmp_path: Path, swift: Swift) -> None:
    (tmp_path / "server").mkdir()
    own = Swift(tmp_path / "server")
    own.start()
    try:
        own.create_bucket()
        rig = Rig(own.config("a", path=tmp_path / "data"))
        before = rig.put("01A", b"before")
        rig.run()
        own.kill()
        after = rig.put("01B", b"after")
        rig.run(seconds=120)
        assert rig.uploader.said() == {"media": "away"} and rig.faults().keys() == {"the object store"}
        own.start()
        rig.run(seconds=LONGEST_WAIT_S)
        assert rig.uploader.said() == {"media": ""}
        assert sorted(one.name for one in rig.objects.names()) == [before, after] and rig.faults() == {}
        rig.store.close()
    finally:
        own.kill()


def test_verify_finds_what_was_changed_in_the_bucket(rig: Rig, tmp_path: Path) -> None:
    changed, missing, fine = (rig.put(f"01{name}", name.encode() * 3_000_000) for name in "ABC")
    rig.run()
    assert rig.faults() == {}
    rig.objects.put([(changed, file(tmp_path, b"forged"))])
    assert rig.objects.delete(missing)
    found = rig.faults()
    assert found.keys() == {changed, missing} and fine not in found


class TestSettings:
    """What can be set, and what happens without the extra."""

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"media_url": "s3://key:secret@bucket/x"}, "store.media_url"),
            ({"media_url": "https://bucket"}, "s3://bucket/prefix"),
            ({"media_url": "s3://bucket/../x"}, "media_url"),
            ({"media_url": "s3://bucket/a//b"}, "media_url"),
            ({"media_url": "s3://b/a b"}, "media_url"),
            ({"media_url": "s3://bucket", "media_key": "k"}, "go together"),
            ({"media_url": "s3://bucket", "media_kms_key": "k"}, "aws:kms"),
            ({"media_region": "x"}, "only with media_url"),
            ({"media_url": "s3://bucket", "media_endpoint": "http://user:secret@host"}, "media_endpoint"),
        ],
    )
    def test_what_cannot_be(self, given: dict[str, str], said: str) -> None:
        with pytest.raises(ValidationError) as caught:
            Settings.model_validate({"store": given})
        text = describe(caught.value, Joined({}))
        assert said in text and "secret" not in text.replace("media_secret", "")

    @pytest.mark.parametrize(
        ("url", "place"),
        [("s3://bucket", "s3://bucket/"), ("s3://bucket/", "s3://bucket/"), ("s3://b.u-c/a/b=1/", "s3://b.u-c/a/b=1/")],
    )
    def test_places(self, url: str, place: str) -> None:
        assert str(StoreConfig.model_validate({"media_url": url}).media_place) == place

    def test_without_the_extra_it_is_said_and_the_watch_goes_on(
        self, monkeypatch: pytest.MonkeyPatch, store: Store, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(s3, "find_spec", lambda name: None)
        objects = objects_of(StoreConfig.model_validate({"media_url": "s3://bucket"}))
        assert isinstance(objects, Absent)
        for ask in (objects.check, lambda: objects.put([]), lambda: objects.stat(NAME), objects.names):
            with pytest.raises(MediaAway, match=r"pip install 'xinan\[s3\]'"):
                ask()
        for use in (lambda: objects.read(NAME, 0, 1), lambda: objects.delete(NAME)):
            with pytest.raises(MediaAway):
                use()

    def test_without_an_object_store_its_libraries_are_not_imported(self) -> None:
        script = "import sys, alerts.watch; print(*{'fsspec', 's3fs', 'botocore', 'aiohttp'} & set(sys.modules))"
        done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == ""

    def test_one_that_is_not_set_any_more_is_said(
        self, store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        media_of(StoreConfig(path=tmp_path), store)
        assert not caplog.records
        MediaRows(store).use("s3://bucket/p/")
        assert isinstance(media_of(StoreConfig(path=tmp_path), store), MediaStore)
        assert "s3://bucket/p/" in caplog.text
