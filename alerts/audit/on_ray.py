"""That an audit is to run on a Ray cluster; importable where Ray, which is an extra, is not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class OnRay:
    """In place of processes of this machine. near: folders, each with the name of the machine on which it lies."""

    address: str
    near: Mapping[Path, str] = field(default_factory=dict)
