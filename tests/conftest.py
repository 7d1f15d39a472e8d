"""What all tests share."""

import signal

# A shell ignores Ctrl-C in what it starts in the background, and every child inherits that: the programs that the tests
# interrupt would never hear of it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
