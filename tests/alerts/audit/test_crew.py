"""The processes of an audit: what the loss of one costs."""

import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from alerts.audit.crew import Crew, Orders, Ready
from alerts.audit.find import Job
from alerts.audit.found import Step
from alerts.audit.recording import Terms
from alerts.audit.review import Told
from alerts.audit.stamp import Stamp
from alerts.audit.views import Views
from alerts.config import load_settings
from alerts.errors import AlertsError
from streams.clock import SystemClock
from vision.errors import ConfigError
from vision.view import View

ORDERS = Orders(Terms.of(load_settings()), Stamp("", "", ""), Path("o"), full_hash=False)
VIEWS = Views(load_settings())


def job(name: str) -> Job:
    return Job(Path(name), name, name)


def fragile(connection: Connection, orders: Orders) -> None:
    """Dies of some recordings, of others the first time only."""
    connection.send(Ready())
    while True:
        try:
            taken: Job
            view: View
            taken, view = connection.recv()
        except EOFError:
            return
        assert view.zones[0].name == "corridor"
        once = taken.path.with_suffix(".tried")
        if "crash" in taken.name or ("once" in taken.name and not once.exists()):
            once.touch()
            os.kill(os.getpid(), signal.SIGSEGV)
        connection.send(Told(taken, Step(1.0, 1.0), over=True))


def stillborn(connection: Connection, orders: Orders) -> None:
    os._exit(3)


def refusing(connection: Connection, orders: Orders) -> None:
    connection.send(ConfigError("no such class"))


def test_a_recording_that_kills_its_process_twice_is_given_up_and_the_others_are_done(tmp_path: Path) -> None:
    jobs = [Job(tmp_path / name, name, name) for name in ("a", "crash", "once", "b")]
    told = [one for one in Crew(2, ORDERS, VIEWS, SystemClock(), fragile).run(jobs) if one is not None]
    over = {one.job.name: one.lost for one in told if one.over}
    assert over == {"a": "", "b": "", "once": "", "crash": "the process that read it was killed by SIGSEGV, 2 times"}
    assert len(told) == 4


@pytest.mark.parametrize(("target", "error"), [(stillborn, AlertsError), (refusing, ConfigError)])
def test_what_no_process_can_help_ends_the_run(target: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        list(Crew(1, ORDERS, VIEWS, SystemClock(), target).run([job("a")]))  # type: ignore[arg-type]


def test_without_recordings_no_process_is_started() -> None:
    assert list(Crew(2, ORDERS, VIEWS, SystemClock(), stillborn).run([])) == []
