"""Whom a notice is for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a notice is for.

    person: id in the settings; "" means whoever reads the channel. name: for people to read.
    address: what the channel needs to reach that person: an e-mail address, the id of a mention, a topic; "" means the
    channel's own. language: zh or en; "" means what the channel is set to.
    """

    person: str = ""
    name: str = ""
    address: str = ""
    language: str = ""


EVERYBODY = Recipient()
"""Whoever reads the channel."""
