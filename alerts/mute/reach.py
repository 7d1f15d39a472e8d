"""Which silences are about a part of the site: whoever is limited to it sees those, and orders those that hold nothing
of anybody else back."""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, false, or_

from alerts.access.principal import Area
from alerts.alert import Alert
from alerts.db import areas
from alerts.db.schema_silences import silences
from alerts.mute.rules import Scope, ScopeKind
from alerts.registry.config import SITE
from alerts.registry.registry import Registry

_S = silences.c


@dataclass(frozen=True)
class Reach:
    """An area as the registry has it now. around: the ids of its places, of those around them and around its cameras,
    and of the site."""

    area: Area
    registry: Registry
    around: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        own = {*self.area.places, *(self.registry.where(None, camera).id for camera in self.area.cameras)}
        parents = {parent for name in own for parent in self.registry.place(name).parents}
        object.__setattr__(self, "around", frozenset((SITE, *own, *parents)))

    def has(self, scope: Scope, alert: Alert | None) -> bool:
        """Whether a silence holds anything of the area back. alert: the one of the area that the scope names."""
        match scope.kind:
            case ScopeKind.PLACE:
                return scope.value in self.around
            case ScopeKind.CAMERA:
                return scope.value in self.area.cameras
            case ScopeKind.CAMERA_HAZARD:
                return scope.hazard_and_camera[1] in self.area.cameras
            case ScopeKind.HAZARD:
                return True
            case ScopeKind.ALERT:
                return alert is not None

    def holds(self, scope: Scope, alert: Alert | None) -> bool:
        """Whether it holds back nothing else."""
        match scope.kind:
            case ScopeKind.PLACE:
                return scope.value in self.area.places
            case ScopeKind.HAZARD:
                return False
            case _:
                return self.has(scope, alert)

    def has_any(self, places: Collection[str]) -> bool:
        """Whether any of these places is around or within the area; of none, all are meant."""
        return not places or any(place in self.around for place in places)

    def rows(self) -> ColumnElement[bool]:
        """`has` in SQL, of the table of silences."""
        return or_(
            _S.scope_kind == ScopeKind.HAZARD.value,
            and_(_S.scope_kind == ScopeKind.PLACE.value, _S.scope.in_(sorted(self.around))),
            and_(_S.scope_kind == ScopeKind.CAMERA.value, _S.scope.in_(sorted(self.area.cameras))),
            and_(
                _S.scope_kind == ScopeKind.CAMERA_HAZARD.value,
                or_(
                    false(), *(_S.scope.endswith(f"@{camera}", autoescape=True) for camera in sorted(self.area.cameras))
                ),
            ),
            and_(_S.scope_kind == ScopeKind.ALERT.value, areas.is_of(_S.scope, self.area)),
        )
