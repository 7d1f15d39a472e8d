"""What all tests share."""

import signal
from contextlib import suppress

# A shell ignores Ctrl-C in what it starts in the background, and every child inherits that: the programs that the tests
# interrupt would never hear of it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Nothing is judged by how long it took: other tests run beside it.
with suppress(ImportError):  # the synthetic world's environment goes without
    from hypothesis import settings

    settings.register_profile("xinan", deadline=None)
    settings.load_profile("xinan")
