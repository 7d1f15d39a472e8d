"""Plans on disk, in a folder beside the pictures and clips of alerts: for each place one picture, and one file that
says where its cameras hang.

Files, not rows: a plan is part of how the site is set up, as the settings file is; one process writes it, seldom; and
it is shown while the database does not answer, which is when somebody may need to see where it burns.
"""

import contextlib
import hashlib
import logging
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alerts.errors import PlanStale, StoreError
from alerts.evidence.snapshot import LEAST_FREE
from alerts.plans.picture import PlanPicture
from streams.disk import replacing, sync

log = logging.getLogger(__name__)

PLANS = "plans"
"""The folder's name in the store."""
MOST_SPOTS = 200


class Spot(BaseModel):
    """Where a camera hangs: 0–1 of the picture, from its left and from its top."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)


class Plan(BaseModel):
    """version: grows with each change. picture: the file's name in the folder. width, height: its pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    place: str = Field(max_length=64)
    version: int = Field(ge=1)
    picture: str = Field(pattern=r"^[0-9a-f]{16}-[0-9a-f]{16}\.webp$")
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    spots: Mapping[str, Spot] = Field(default={}, max_length=MOST_SPOTS)


class PlanStore:
    """Thread-safe. Holds what the files say; they are read once, and written by this object alone."""

    def __init__(self, folder: Path, *, least_free: int = LEAST_FREE) -> None:
        """folder: need not be there. least_free: bytes that are left free for alerts."""
        self._folder, self._least_free = folder, least_free
        self._lock = threading.Lock()
        self._plans = {plan.place: plan for path in sorted(folder.glob("*.json")) if (plan := _read(path))}

    def all(self) -> list[Plan]:
        """In no particular order."""
        return list(self._plans.values())

    def get(self, place: str) -> Plan | None:
        """Of one place, by its id."""
        return self._plans.get(place)

    def picture(self, plan: Plan) -> Path:
        """The file, whether it is there or not."""
        return self._folder / plan.picture

    def draw(self, place: str, picture: PlanPicture) -> Plan:
        """Keep a picture, in place of an older one; cameras stay where they are on it. Raises StoreError."""
        with self._lock:
            old = self._plans.get(place)
            name = f"{_stem(place)}-{hashlib.sha256(picture.data).hexdigest()[:16]}.webp"
            plan = Plan(
                place=place,
                version=old.version + 1 if old else 1,
                picture=name,
                width=picture.width,
                height=picture.height,
                spots=old.spots if old else {},
            )
            self._write(self._folder / name, picture.data)
            self._keep(plan)
            if old and old.picture != name:
                with contextlib.suppress(OSError):  # a file that nobody asks for any more
                    self.picture(old).unlink()
            return plan

    def hang(self, place: str, spots: Mapping[str, Spot], version: int) -> Plan:
        """Say where the cameras hang; those not named are on it no more. version: of the plan that was looked at.

        Raises PlanStale: it was changed meanwhile, or is gone. StoreError.
        """
        with self._lock:
            old = self._plans.get(place)
            if old is None or old.version != version:
                raise PlanStale
            plan = old.model_copy(update={"spots": dict(spots), "version": version + 1})
            self._keep(plan)
            return plan

    def remove(self, place: str) -> bool:
        """Whether there was one. Raises StoreError."""
        with self._lock:
            plan = self._plans.get(place)
            if plan is None:
                return False
            try:
                self._file(place).unlink(missing_ok=True)
                self.picture(plan).unlink(missing_ok=True)
            except OSError as error:
                raise StoreError(f"{self._folder}: a plan cannot be removed: {error.strerror}") from None
            del self._plans[place]
            return True

    def _file(self, place: str) -> Path:
        return self._folder / f"{_stem(place)}.json"

    def _keep(self, plan: Plan) -> None:
        self._write(self._file(plan.place), plan.model_dump_json(indent=1).encode())
        self._plans = {**self._plans, plan.place: plan}

    def _write(self, path: Path, data: bytes) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(self._folder).free - len(data) < self._least_free:
                raise StoreError(f"{self._folder}: the disk is full up to what is kept for alerts")
            with replacing(path) as staged:
                staged.write_bytes(data)
                sync(staged)
            sync(self._folder)
        except OSError as error:
            raise StoreError(f"{self._folder}: a plan cannot be written: {error.strerror}") from None


def _stem(place: str) -> str:
    """Ids of places may be of any script, and may be "..": no file is called after one."""
    return hashlib.sha256(place.encode()).hexdigest()[:16]


def _read(path: Path) -> Plan | None:
    """What cannot be read is left alone, and said: no plan keeps the watch from starting."""
    try:
        return Plan.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        log.warning("plans: %s cannot be read: %s", path.name, str(error).splitlines()[0])
        return None
