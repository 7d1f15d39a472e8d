"""SDP offers of browsers and phones that cannot be used."""

from aiortc.exceptions import InvalidAccessError, InvalidStateError

BAD_OFFER = (
    ValueError,
    LookupError,
    AssertionError,
    AttributeError,
    RuntimeError,
    InvalidAccessError,
    InvalidStateError,
)
"""What aiortc lets out on an offer it did not expect; RuntimeError is a StopIteration in a coroutine."""

CONNECT_TIMEOUT_S = 15.0
"""Who has an answer and does not come is forgotten after this long."""


class OfferError(Exception):
    """The offer cannot be used."""
