"""The newest key picture and all that came after it: what somebody who joins now has to be shown first."""

from streams.access_unit import AccessUnit

MOST_UNITS = 400
MOST_BYTES = 8 << 20


class PictureGroup:
    """Bounded: of a group that grows longer than this nothing is kept until the next key picture. Not thread-safe.

    Cameras send a key picture every second or two, savings modes of some only every ten; 400 pictures are 16 s at 25.
    """

    def __init__(self, most_units: int = MOST_UNITS, most_bytes: int = MOST_BYTES) -> None:
        self._most_units, self._most_bytes = most_units, most_bytes
        self._units: list[AccessUnit] = []
        self._bytes = 0
        self._begun = False

    @property
    def units(self) -> tuple[AccessUnit, ...]:
        """From the key picture on; empty while there is none, or while the group is too long."""
        return tuple(self._units)

    def add(self, unit: AccessUnit) -> bool:
        """Take the next picture. False: it leans on one that never came, and is of no use."""
        if unit.key:
            self.clear()
            self._begun = True
        elif not self._begun:
            return False
        elif not self._units:
            return True  # the group is too long to be kept, but whoever follows it goes on
        self._units.append(unit)
        self._bytes += len(unit.data)
        if len(self._units) > self._most_units or self._bytes > self._most_bytes:
            self.clear()
            self._begun = True
        return True

    def clear(self) -> None:
        """Forget all: something was lost, and only a key picture helps."""
        self._units, self._bytes, self._begun = [], 0, False
