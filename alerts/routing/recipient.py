"""Whom a notice is for."""

from dataclasses import dataclass
from typing import Self

_ONE_OF = "#"
"""No person's id holds it."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a notice is for.

    person: id in the settings; "" means whoever reads the channel, "#2" the second to whom it writes. name: for people
    to read.
    address: what the channel needs to reach that person: an e-mail address, the id of a mention, a topic; "" means the
    channel's own. language: zh or en; "" means what the channel is set to.
    """

    person: str = ""
    name: str = ""
    address: str = ""
    language: str = ""

    @classmethod
    def one_of(cls, number: int) -> Self:
        """One alone of those to whom a channel writes: the first is 1."""
        return cls(f"{_ONE_OF}{number}")

    @property
    def number(self) -> int | None:
        """Which one of those to whom the channel writes; None: not one of them alone."""
        return int(self.person[1:]) if self.person.startswith(_ONE_OF) else None


EVERYBODY = Recipient()
"""Whoever reads the channel."""
