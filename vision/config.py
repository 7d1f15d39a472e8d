"""Settings of detection and of the hazards, validated so that an error names its key and the allowed values."""

from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    create_model,
    field_validator,
    model_validator,
)

from streams.config import StreamConfig
from streams.misfit import misfit
from vision import geometry
from vision.backends import Choice
from vision.burning import BurnSite, BurnWindow
from vision.floor import Floor
from vision.hazards import RULES
from vision.rule import HazardParams
from vision.sight import Sight
from vision.zones import WHOLE_PICTURE, Zone, ZoneType

Unit = Annotated[float, Field(ge=0.0, le=1.0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Points = tuple[tuple[Unit, Unit], ...]

LEAST_AREA = 1e-6
"""Of a polygon, as a share of the picture."""
SLIP = 1e-4
"""What lines that cross may cut off, as a share of the picture: a last point that was clicked just beyond the first
line."""


def _enclosing(polygon: Points) -> Points:
    """The polygon. Raises ValueError if it encloses nothing, or if its lines cross: it would hold something else than
    whoever wrote it sees in it."""
    if len(polygon) < 3:
        raise misfit("few_points", number=len(polygon))
    points = np.array(polygon, np.float32)
    if geometry.is_flat(points, LEAST_AREA):
        raise misfit("no_area")
    if geometry.polygon_area(points) < LEAST_AREA or geometry.cut_off(points) >= SLIP:
        raise misfit("lines_cross")
    return polygon


Polygon = Annotated[Points, AfterValidator(_enclosing)]
"""Checked one by one, so that an error says which."""


class BurnWindowConfig(_Frozen):
    """When burning is allowed, in local time."""

    first_day: date = Field(description="The first day, as 2027-04-03.")
    last_day: date = Field(description="The last day, included.")
    opens: time = Field(default=time(0, 0), description="From this time of day on, as 06:00.")
    closes: time = Field(default=time(0, 0), description="Until this time; at or before `opens`: of the next day.")

    @field_validator("opens", "closes")
    @classmethod
    def _local(cls, hour: time) -> time:
        # Such an hour cannot be compared with the local one: the look at a fire would fail, and nothing be raised.
        if hour.tzinfo is not None:
            raise misfit("zoned_hour", key="time_zone")
        return hour

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_day < self.first_day:
            raise misfit("days_backwards")
        return self


class BurningConfig(_Frozen):
    """What may be burnt in a burn site. Without it a flame there is a fire, as everywhere."""

    windows: tuple[BurnWindowConfig, ...] = Field(min_length=1, description="When; outside of them it is a fire.")
    time_zone: str = Field(default="Asia/Shanghai", description="Of the days and hours; a name of the IANA database.")
    burners: tuple[Polygon, ...] = Field(
        default=(), description="Polygons inside which it may burn. Default: the whole zone."
    )
    unattended_s: float = Field(
        default=300.0, gt=0, description="With nobody beside it for this long it is a fire, seconds."
    )

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise misfit("no_time_zone", name=name) from None
        return name

    def site(self) -> BurnSite:
        """The run-time form."""
        windows = tuple(BurnWindow(w.first_day, w.last_day, w.opens, w.closes) for w in self.windows)
        return BurnSite(windows, self.time_zone, self.burners, self.unattended_s)


class FloorConfig(_Frozen):
    """The floor of a zone, so that the way past a thing can be measured."""

    width_m: float = Field(gt=0, le=50, description="Width of the route, metres.")
    length_m: float | None = Field(
        default=None, gt=0, le=200, description="Length of the rectangle of the four points, metres."
    )
    points: tuple[tuple[Unit, Unit], ...] = Field(
        default=(),
        description="Near left, near right, far right, far left corner [x, y] of a rectangle on the floor as wide as "
        "the route. Default: the zone's polygon is the floor.",
    )

    @field_validator("points")
    @classmethod
    def _make_a_rectangle(cls, points: Points) -> Points:
        if points and len(points) != 4:
            raise misfit("floor_points", number=len(points))
        if points and not geometry.is_convex(np.array(points, np.float32)):
            raise misfit("floor_order")
        return points

    def floor(self) -> Floor:
        """The run-time form."""
        near_left, near_right, far_right, far_left = self.points or (None,) * 4
        if near_left is None or near_right is None or far_right is None or far_left is None:
            return Floor(self.width_m)
        return Floor(self.width_m, (near_left, near_right, far_right, far_left), self.length_m)


def _of(kind: ZoneType) -> dict[str, JsonValue]:
    """For the form of a zone: only one of this type has the field (`alerts.setup.fields`)."""
    return {"of_type": kind.value}


class ZoneConfig(_Frozen):
    """A part of a camera's picture."""

    name: str = Field(min_length=1, max_length=80, description="In human words, as the volunteer reads it.")
    type: ZoneType = Field(description="What kind of place it is; decides what is allowed there.")
    polygon: Polygon = Field(
        default=WHOLE_PICTURE,
        description="At least 3 points [x, y], 0–1 of the picture. Default: the whole picture.",
    )
    bays: tuple[Polygon, ...] = Field(
        default=(),
        description="Of a shed: polygons of the marked places; an e-bike outside them is a violation.",
        json_schema_extra=_of(ZoneType.SHED),
    )
    aisles: tuple[Polygon, ...] = Field(
        default=(),
        description="Of a shed: polygons that stay free (aisle, exit); an e-bike there is a violation.",
        json_schema_extra=_of(ZoneType.SHED),
    )
    capacity: int | None = Field(
        default=None,
        ge=0,
        description="Of a shed: more e-bikes than this are a violation. Default: any number.",
        json_schema_extra=_of(ZoneType.SHED),
    )
    burning: BurningConfig | None = Field(
        default=None,
        description="Of a burn_site: when, where and how something may be burnt. Default: never.",
        json_schema_extra=_of(ZoneType.BURN_SITE),
    )
    allowed: tuple[Polygon, ...] = Field(
        default=(), description="Places where something may stand on a route: a mat, a cabinet, an extinguisher box."
    )
    floor: FloorConfig | None = Field(default=None, description="Its floor, for the free width. Default: not known.")

    piles: tuple[Polygon, ...] = Field(
        default=(),
        description="Polygons of the charging piles: a lead from one of them is as it should be. Default: in a shed "
        "short leads are taken for a pile's.",
    )

    @model_validator(mode="after")
    def _sheds_alone_have_bays(self) -> Self:
        if self.zone().ordered and self.type is not ZoneType.SHED:
            raise misfit("shed_only", name=self.name, type=str(self.type))
        return self

    @model_validator(mode="after")
    def _burn_sites_alone_burn(self) -> Self:
        if self.burning is not None and self.type is not ZoneType.BURN_SITE:
            raise misfit("burn_only", name=self.name, type=str(self.type))
        return self

    def zone(self) -> Zone:
        """The run-time form."""
        return Zone(
            self.name,
            self.type,
            self.polygon,
            piles=self.piles,
            bays=self.bays,
            aisles=self.aisles,
            capacity=self.capacity,
            burning=self.burning.site() if self.burning else None,
            allowed=self.allowed,
            floor=self.floor.floor() if self.floor else None,
        )


class CameraConfig(StreamConfig):
    """A camera, the place it watches, and its zones."""

    place: str = Field(default="", max_length=200, description="Where it hangs, in human words: lane, building, floor.")
    reference: Path | None = Field(
        default=None,
        description="A picture of the clear route, taken by this camera and approved. Default: learnt from the first "
        "looks.",
    )
    zones: tuple[ZoneConfig, ...] = Field(
        default=(ZoneConfig(name="corridor", type=ZoneType.CORRIDOR),),
        description="Default: the whole picture is a corridor.",
    )
    masks: tuple[Polygon, ...] = Field(
        default=(),
        description="Polygons that are blackened before anything looks at the picture: a neighbour's door, a bed.",
    )

    @field_validator("zones")
    @classmethod
    def _names_differ(cls, zones: tuple[ZoneConfig, ...]) -> tuple[ZoneConfig, ...]:
        names = [zone.name for zone in zones]
        if twice := {name for name in names if names.count(name) > 1}:
            raise misfit("two_zones", names=sorted(twice))
        return zones

    @property
    def sight(self) -> Sight:
        """What its pictures are of, by these settings."""
        return Sight(self.url, self.masks)


class DetectorConfig(_Frozen):
    """The detector's weights and how they run."""

    model: Path | None = Field(default=None, description="An ONNX file. Default: the shipped detector.")
    threads: int = Field(default=1, ge=1, le=64, description="onnxruntime threads of one analyzer.")
    input_size: int | None = Field(
        default=None,
        ge=160,
        le=1920,
        multiple_of=32,
        description="Long side of the network input. Default: the model's.",
    )
    backend: Choice = Field(
        default="cpu",
        description="What runs the network: cpu, openvino, cuda, tensorrt, or auto (the first of cuda, openvino, cpu "
        "that is there). What is not there is told in one line, and the CPU runs.",
    )
    sha256: str | None = Field(
        default=None,
        pattern="^[0-9a-f]{64}$",
        description="Fingerprint of the model file, lower case; another file is refused. Default: not checked; the "
        "shipped one always is.",
    )
    thresholds: Mapping[str, Unit] = Field(
        default_factory=dict, description="Class name → least confidence, over the model's own."
    )


class AnalysisConfig(_Frozen):
    """How often cameras are looked at."""

    looks_per_s: float = Field(
        default=5.0,
        ge=0.05,
        le=30,
        description="Most looks per camera and second: where something moves or was just seen, if `cores` allows.",
    )
    least_looks_per_s: float = Field(
        default=2.5,
        ge=0.05,
        le=30,
        description="Every camera is looked at this often, whatever it shows and whatever it costs.",
    )
    dense: bool | None = Field(
        default=None,
        description="Of recordings: look as often as `looks_per_s` says all the time, and decode everything (true), or "
        "only where something comes, moves or may be true, which is many times as fast (false). Default: true for "
        "recordings of up to a minute.",
    )
    cores: float | None = Field(
        default=None,
        gt=0,
        description="Processor cores that the analyzers may use together where extra looks are made. Default: 0.75 of "
        "the machine's.",
    )
    analyzers: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="Processes that share the cameras. Default: one for four cameras, no more than cores.",
    )
    preview_fps: float = Field(default=8.0, ge=0.1, le=30, description="Live pictures per camera and second.")
    preview_width: int = Field(default=640, ge=160, le=1920, description="Width of the live picture, pixels.")


class EvidenceConfig(_Frozen):
    """The clips that are kept of alerts: what the camera sent before and after the moment, as it sent it."""

    enabled: bool = Field(default=True, description="Keep a clip of every alert that fires.")
    pre_s: float = Field(default=10.0, ge=0, le=120, description="A clip begins this long before the alert.")
    post_s: float = Field(default=15.0, ge=1, le=300, description="A clip ends this long after the alert.")
    ring_mb: int = Field(
        default=16,
        ge=1,
        le=1024,
        description="Memory for what each stream sent last. A stream that fills it sooner has less before the moment.",
    )
    most_gb: float = Field(
        default=10.0,
        gt=0,
        description="Clips together take no more of the disk: the oldest of closed alerts are deleted first.",
    )


class HazardsBase(_Frozen):
    """The settings of each hazard by its name. What is not given keeps its default."""

    @property
    def by_kind(self) -> dict[str, HazardParams]:
        """Hazard → its settings."""
        return {kind: getattr(self, kind) for kind in RULES}

    def __getitem__(self, kind: str) -> HazardParams:
        return self.by_kind[kind]

    def only(self, kinds: set[str]) -> Self:
        """The same settings with these hazards on and every other off."""
        return self.model_copy(
            update={kind: params.model_copy(update={"enabled": kind in kinds}) for kind, params in self.by_kind.items()}
        )


if TYPE_CHECKING:
    HazardsConfig = HazardsBase
else:
    # One field per rule that `vision.hazards` finds, so that a new hazard needs no line here.
    HazardsConfig = create_model(
        "HazardsConfig",
        __base__=HazardsBase,
        __module__=__name__,
        **{kind: (rule.params_type, rule.params_type()) for kind, rule in RULES.items()},
    )
