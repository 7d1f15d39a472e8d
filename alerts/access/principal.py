"""Who asks, and what of the site is theirs. Pure."""

from dataclasses import dataclass, field

from alerts.access.roles import ALLOWED, OF_THE_SITE, Permission, Role
from alerts.alert import Alert
from alerts.record.actor import Actor
from alerts.registry.config import SITE
from alerts.registry.registry import Registry


@dataclass(frozen=True, slots=True)
class Area:
    """The part of a site that somebody is limited to, as it is registered now.

    cameras: names. places: ids, with all that lie within them: an alert stays theirs when its camera is removed.
    """

    cameras: frozenset[str]
    places: frozenset[str]

    def has(self, alert: Alert) -> bool:
        """Whether an alert was raised in it. The database asks the same: `alerts.db.store`."""
        return alert.camera in self.cameras or alert.place_id in self.places


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody, or a program, that asks for something.

    account: id; "" for who came by a one-time link. name: for the records. places: ids of places and names of cameras
    that all is limited to; None: the whole site. scopes: of a token, None: all that the role allows. via: the door, for
    the records: console or api. session: key of the session or token, never the secret itself.
    """

    account: str
    name: str
    role: Role
    places: frozenset[str] | None = None
    scopes: frozenset[Permission] | None = None
    via: str = "console"
    session: str = field(default="", repr=False)

    def may(self, permission: Permission) -> bool:
        """Whether it is allowed somewhere; where, `area` says."""
        if self.is_limited and permission in OF_THE_SITE:
            return False
        if permission is Permission.PHONE and not self.account and not self.may(Permission.ADMIN):
            return False  # a phone is told what its account may see, and is its account's
        return permission in ALLOWED[self.role] and (self.scopes is None or permission in self.scopes)

    @property
    def actor(self) -> Actor:
        """For the record."""
        return Actor(self.name, self.via, self.account)

    @property
    def is_limited(self) -> bool:
        """Whether not all of the site is theirs."""
        return self.places is not None and SITE not in self.places

    def area(self, registry: Registry) -> Area | None:
        """The part of the site that is theirs; None: all of it, what is not registered too.

        A place that is no longer registered gives nothing, but its alerts stay theirs.
        """
        if self.places is None or not self.is_limited:
            return None
        cameras = {name for name in self.places if name in registry.cameras}
        for place in self.places & registry.places.keys():
            cameras.update(registry.cameras_of(place))
        inside = {below for place in self.places for below in registry.below(place)}
        return Area(frozenset(cameras), self.places | inside)
