"""What became of one attempt to deliver a notice."""

from enum import StrEnum


class Fate(StrEnum):
    """given_up: a dead letter, rejected or expired."""

    DELIVERED = "delivered"
    FAILED = "failed"
    GIVEN_UP = "given_up"
