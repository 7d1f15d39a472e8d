"""What the pictures of a camera are of: the mark by which one on its way from before is told from one of now."""

from dataclasses import dataclass

from pydantic import SecretStr

from vision.geometry import Polygon


@dataclass(frozen=True, slots=True)
class Sight:
    """url: where the pictures come from. masks: what is black in them.

    Pictures of two sights never follow one another as if they were of one place, and what was kept of the one is not
    shown as the other's: it may show what nobody may see any more. Whatever else changes of a camera (its place, its
    zones, its time-outs) does not show in its pictures.
    """

    url: SecretStr
    masks: tuple[Polygon, ...] = ()
