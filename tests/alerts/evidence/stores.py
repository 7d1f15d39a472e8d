"""Object stores for tests: one in memory that can be away, and real servers on loopback."""

import hashlib
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest

from alerts.config import StoreConfig
from alerts.errors import MediaAway, MediaGone, MediaRefused
from alerts.evidence.objects import Stored
from alerts.evidence.s3 import S3Objects

ROOT = Path(__file__).parents[3]
KEY, SECRET = "test:tester", "hush-4711-hush"
BUCKET = "evidence"


class MemoryObjects:
    """See `alerts.evidence.objects.Objects`. asked: every call, in order."""

    def __init__(self) -> None:
        self.place = "memory"
        self.kept: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.away = False
        self.forever = False
        self.refuses: set[str] = set()

    def check(self) -> Sequence[str]:
        self._ask("check")
        return ()

    def put(self, files: Sequence[tuple[str, Path]]) -> list[Stored | MediaRefused | OSError]:
        self._ask(f"put {len(files)}")
        return [self._put(name, path) for name, path in files]

    def stat(self, name: str) -> Stored | None:
        self._ask(f"stat {name}")
        content = self.kept.get(name)
        return None if content is None else Stored(name, len(content), hashlib.sha256(content).hexdigest())

    def read(self, name: str, start: int, end: int) -> bytes:
        self._ask(f"read {name}")
        if name not in self.kept:
            raise MediaGone(name)
        return self.kept[name][start:end]

    def delete(self, name: str) -> bool:
        self._ask(f"delete {name}")
        if self.forever:
            raise MediaAway("these keys may not do that")
        self.kept.pop(name, None)
        return True

    def names(self) -> Iterator[Stored]:
        self._ask("names")
        yield from (Stored(name, len(content), "") for name, content in sorted(self.kept.items()))

    def _put(self, name: str, path: Path) -> Stored | MediaRefused | OSError:
        if name in self.refuses:
            return MediaRefused(f"{name}: EntityTooLarge")
        try:
            content = self.kept[name] = path.read_bytes()
        except OSError as error:
            return error
        return Stored(name, len(content), hashlib.sha256(content).hexdigest())

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.away:
            raise MediaAway("memory: does not answer")


def free_port() -> int:
    """Of loopback."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A process that speaks S3 on loopback. It can be killed and started again; what it keeps is in `folder`."""

    ready = ""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._process: subprocess.Popen[str] | None = None

    def words(self) -> list[str]:
        """Its command."""
        raise NotImplementedError

    def start(self) -> None:
        """Until it answers."""
        self._process = subprocess.Popen(
            self.words(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.folder
        )
        said = []
        for line in self._process.stdout or ():
            said.append(line)
            if self.ready in line:
                return
        raise AssertionError("".join(said))

    def kill(self) -> None:
        """As a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def config(self, prefix: str, **more: Any) -> StoreConfig:
        """Of a watch that uses it, with a folder of its own."""
        given = {
            "path": self.folder / f"watch-{prefix.replace('/', '-')}",
            "media_url": f"s3://{BUCKET}/{prefix}",
            "media_endpoint": f"http://127.0.0.1:{self.port}",
            "media_region": "us-east-1",
            "media_key": KEY,
            "media_secret": SECRET,
        }
        return StoreConfig.model_validate(given | more)

    def objects(self, prefix: str, **more: Any) -> S3Objects:
        """The store of such a watch."""
        config = self.config(prefix, **more)
        assert config.media_place is not None
        return S3Objects(config.media_place, config)

    def create_bucket(self) -> None:
        """The one that all share."""
        objects = self.objects("setup")
        objects._do(objects._call("create_bucket"), 20)


class Swift(Server):
    """OpenStack Swift."""

    ready = "ready"

    def words(self) -> list[str]:
        program = ROOT / "tests" / "swift_server.py"
        return ["/usr/bin/python3", str(program), str(self.folder), str(self.port), KEY, SECRET]


class Moto(Server):
    """A server that stands for AWS's own: newer checksums, encryption, versions. It keeps nothing when it ends."""

    ready = "Running on"

    def words(self) -> list[str]:
        return [sys.executable, "-m", "moto.server", "-p", str(self.port)]


class Stall:
    """Passes connections on to a server until so many bytes have gone there; then it stands still: `stalled`."""

    def __init__(self, port: int, after: int) -> None:
        self._target, self._after = port, after
        self.stalled = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """All connections."""
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += [client, server]
                threading.Thread(target=self._pass, args=(client, server, self._after), daemon=True).start()
                threading.Thread(target=self._pass, args=(server, client, 1 << 60), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, most: int) -> None:
        passed = 0
        with suppress(OSError):
            while data := source.recv(1 << 14):
                passed += len(data)
                if passed > most:
                    self.stalled.set()
                    return
                sink.sendall(data)


def swift_missing() -> str:
    """Why Swift cannot run here; "" if it can."""
    found = subprocess.run(
        ["/usr/bin/python3", "-c", "import swift.common.middleware.s3api"], capture_output=True, check=False
    )
    return "" if found.returncode == 0 else "OpenStack Swift is missing: apt-get install swift-proxy swift-object"


_S = TypeVar("_S", bound=Server)


@pytest.fixture(scope="session")
def swift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swift]:
    """One for all tests that do not stop it; with the bucket."""
    if reason := swift_missing():
        pytest.skip(reason)
    yield from _served(Swift(tmp_path_factory.mktemp("swift")))


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    """One for all tests; with the bucket."""
    yield from _served(Moto(tmp_path_factory.mktemp("moto")))


def _served(server: _S) -> Iterator[_S]:
    server.start()
    try:
        server.create_bucket()
        yield server
    finally:
        server.kill()
