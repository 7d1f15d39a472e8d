"""What tests of the whole program share with those of its parts."""

from tests.alerts.evidence.stores import swift

__all__ = ["swift"]
