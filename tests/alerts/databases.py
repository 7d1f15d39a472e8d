"""A PostgreSQL server of a test's own, and the place of a store in either database."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from pydantic import SecretStr

from alerts.db.store import Store

PASSWORD = "hidden-Pässw/rd"
USER = "xinan"
TRIES = 5


class Postgres:
    """A server on a loopback port, its data in `folder`. It can be stopped, killed and started again."""

    def __init__(self, folder: Path, programs: Path, *, durable: bool = False) -> None:
        """programs: where `initdb` lies. durable: with fsync, as in an installation. `start` is not called yet."""
        self._folder, self._programs, self._durable = folder, programs, durable
        self.port = 0
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, "postgres")
        password = folder / "password"
        password.write_text(PASSWORD, "utf-8")
        password.chmod(0o644)
        options = ["-U", USER, "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "--locale=C.UTF-8", "-N"]
        self._call("initdb", "-D", str(folder / "cluster"), *options)
        self._databases = 0

    def start(self) -> None:
        """Returns when it takes connections. The first time it finds itself a port, which it keeps."""
        for _ in range(1 if self.port else TRIES):
            port = self.port or _free_port()
            options = f"-p {port} -h 127.0.0.1 -k '' -c max_connections=60 {'' if self._durable else '-F'}"
            try:
                self._ctl("start", "-l", str(self._folder / "log"), "-o", options)
            except RuntimeError as error:
                failed = error  # somebody else may have taken the port meanwhile
            else:
                self.port = port
                return
        raise failed

    def stop(self, mode: str = "fast") -> None:
        """mode: fast: it ends what is connected; immediate: it is as good as killed. Harmless when it does not run."""
        if (self._folder / "cluster" / "postmaster.pid").exists():
            self._ctl("stop", "-m", mode)

    def url(self, database: str = "postgres") -> SecretStr:
        """The address of one of its databases."""
        return SecretStr(f"postgresql+psycopg://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/{database}")

    def fresh(self) -> SecretStr:
        """The address of a new, empty database."""
        self._databases += 1
        self.execute(f"CREATE DATABASE test{self._databases}")
        return self.url(f"test{self._databases}")

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """As somebody beside the store; its rows, if any."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _ctl(self, verb: str, *arguments: str) -> None:
        self._call("pg_ctl", verb, "-w", "-D", str(self._folder / "cluster"), *arguments)

    def _call(self, program: str, *arguments: str) -> None:
        other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*other, str(self._programs / program), *arguments]
        with (self._folder / "calls").open("a") as log:  # no pipe: the server would keep it open
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{program} failed: {(self._folder / 'calls').read_text()}")


def _free_port() -> int:
    """Nobody listens on it; somebody may before we do."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _programs() -> Path | None:
    """Debian's newest, else of the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = str(debian[-1]) if debian else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[Postgres]:
    """It runs until the block ends. Skips the test where PostgreSQL is not installed."""
    found = _programs()
    if found is None:
        pytest.skip("no PostgreSQL server here: apt-get install postgresql")
    # Not in pytest's folder, which its owner alone may enter: the server may run as somebody else.
    with tempfile.TemporaryDirectory(prefix="xinan-postgres-") as name:
        server = Postgres(Path(name), found, durable=durable)
        try:
            server.start()
            yield server
        finally:
            server.stop("immediate")


@dataclass(frozen=True, slots=True)
class StorePlace:
    """Where a store lies: url None: SQLite in the folder."""

    folder: Path
    url: SecretStr | None

    def open(self) -> Store:
        return Store.open(self.folder, self.url)

    def read(self) -> Store:
        return Store.read(self.folder, self.url)
