"""What all tests share."""

import signal
from collections.abc import Generator
from contextlib import suppress

import pytest

# A shell ignores Ctrl-C in what it starts in the background, and every child inherits that: the programs that the tests
# interrupt would never hear of it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Nothing is judged by how long it took: other tests run beside it.
with suppress(ImportError):  # the synthetic world's environment goes without
    from hypothesis import settings

    settings.register_profile("xinan", deadline=None)
    settings.load_profile("xinan")


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = report.failed or item.stash.get(FAILED, False)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """What a failed test shared with others is not used again: run once more on what it had half done (a name that is
    taken by now), it would fail by that alone and hide why it failed first."""
    if item.stash.get(FAILED, False):
        item.stash[FAILED] = False
        item.session._setupstate.teardown_exact(None)
