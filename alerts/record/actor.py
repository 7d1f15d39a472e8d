"""Who does something, as the record names them. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """name: for people to read. via: the door: console, api, terminal, watch or a channel. account: its id; "" where no
    account did it."""

    name: str
    via: str
    account: str = ""


PROGRAM = Actor("system", "watch")
"""What nobody did."""
