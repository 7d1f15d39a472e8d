"""What can go wrong in `alerts`.

AlertsError
├── SettingsError     a configuration that cannot be used: names the file, the key and the allowed values
│   └── InvalidSettings   likewise, with what is wrong key by key
├── SetupRefused      what somebody wanted to set up in the browser cannot be: says why
├── WatchFailed       a part of a running watch gave up
├── StoreError        the store cannot be opened or written
│   ├── StoreInUse    another process writes it
│   └── RowRefused    what was to be stored is at fault, not the database: trying again is no use
├── MediaGone         a picture or clip that is not, or no longer, kept
├── AccountRefused    what was wanted of an account cannot be: says why
├── MediaAway         the object store does not answer, or lets nobody in
├── MediaRefused      the object store does not take one file; trying again at once is no use
├── SecretLost        what was sealed with another key than the one that lies beside the database
├── PhotoRefused      a photo that somebody sends is not taken: says why
├── ReportRefused     what somebody reports cannot be: says why
├── PushRefused       a browser's subscription that is not taken
├── PlanRefused       a picture that is not taken for a plan: says why
├── PlanStale         somebody else changed the plan first, or it is gone
├── TokenRefused      an API token that may not be, or that is not there: says why
├── AlertNotFound     no alert has this id
├── DeliveryNotFound  no notice that was given up has this id
├── SilenceNotFound   no silence has this id
├── SilenceRefused    what a person wanted silenced cannot be: says why
├── BeyondArea        it reaches beyond the places that somebody is limited to
├── RouteRefused      a route does not say whom it lets in
└── StaleAlert        somebody else changed the alert first; carries the newer one
    └── AlertRefused  what was asked does not go with the alert as it stands; says why
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from alerts.alert import Alert
from alerts.track.fold import Track


class AlertsError(Exception):
    """Base of everything that `alerts` raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one key of the settings. loc: the key's way, as it is counted in all files together; () where
    a file as a whole is wrong. code: the kind of problem, as pydantic, `streams.misfit` or `alerts.include` names it;
    values: of the latter two, for the words of the console. `message` and `values` hold nothing but keys, ids and
    names, so that no secret is told."""

    loc: tuple[int | str, ...]
    code: str
    message: str
    values: Mapping[str, str] = field(default_factory=dict)


class SettingsError(AlertsError):
    """The configuration cannot be used: one line. problems: what is wrong, piece by piece, where that is known."""

    def __init__(self, detail: str, problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__(detail)


class InvalidSettings(SettingsError):
    """They can be read and may not be so."""


class SetupRefused(AlertsError):
    """It cannot be set so: one line; `code` is its name for programs, problems: of single keys."""

    def __init__(self, code: str, detail: str, problems: Sequence[Problem] = ()) -> None:
        self.code, self.problems = code, tuple(problems)
        super().__init__(detail)


class WatchFailed(AlertsError):
    """A part of a running watch gave up."""


class StoreError(AlertsError):
    """The store cannot be opened or written."""


class StoreInUse(StoreError):
    """Another process holds its lock."""


class RowRefused(StoreError):
    """A value that the database will never take."""


class MediaGone(AlertsError):
    """A picture or clip that is not, or no longer, kept."""


class AccountRefused(AlertsError):
    """It cannot be: one line for whoever wanted it; `code` is its name for programs."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        super().__init__(reason)


class PhotoRefused(AlertsError):
    """It is not taken: one line of words; `code` is its name for programs."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        super().__init__(reason)


class ReportRefused(PhotoRefused):
    """The report, whatever its photo."""


class MediaAway(AlertsError):
    """The object store does not answer, or lets nobody in; one line without any key."""


class MediaRefused(AlertsError):
    """The object store does not take, or does not keep, this one file."""


class SecretLost(AlertsError):
    """A secret that cannot be opened any more; one line without it."""


class PushRefused(AlertsError):
    """A browser's subscription that is not taken; the reason in one line, `code` its name for the console."""

    def __init__(self, reason: str, code: str = "endpoint") -> None:
        self.code = code
        super().__init__(reason)


class PlanRefused(AlertsError):
    """A picture that is not taken for a plan: one line for whoever sent it; `code` is its name for programs."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        super().__init__(code, reason)  # it crosses from one process to another, which makes it anew of these
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class PlanStale(AlertsError):
    """The plan was changed meanwhile, or is gone."""


class TokenRefused(AlertsError):
    """An API token that may not be, or is not there; the text is one line for the person who wanted it."""


class AlertNotFound(AlertsError):
    """No alert has this id."""


class DeliveryNotFound(AlertsError):
    """No notice that was given up has this id."""


class SilenceNotFound(AlertsError):
    """No silence has this id."""


class SilenceRefused(AlertsError):
    """A silence that may not be; one line for the person who wanted it. `code`: its name for the console, whose words
    `values` complete."""

    def __init__(self, code: str, reason: str, **values: float) -> None:
        self.code, self.values = code, values
        super().__init__(reason)


class HandOverNotFound(AlertsError):
    """No hand-over has this id."""


class HandOverRefused(AlertsError):
    """It cannot be signed or countersigned so: one line for whoever wanted it; `code` is its name for programs."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        super().__init__(reason)


class DrillNotFound(AlertsError):
    """No drill has this id."""


class DrillRefused(AlertsError):
    """A drill that may not begin now: one line for whoever wanted it; `code` is its name for programs."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        super().__init__(reason)


class BeyondArea(AlertsError):
    """It reaches beyond the places that somebody is limited to; one line for that person, `code` for the console."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        super().__init__(reason)


class RouteRefused(AlertsError):
    """A route that does not say whom it lets in, or not what the guard says; the text names it."""


class StaleAlert(AlertsError):
    """The alert was changed meanwhile; `current` is what it is now, `track` where it stands, as far as is known."""

    def __init__(self, current: Alert, track: Track | None = None) -> None:
        self.current, self.track = current, track
        super().__init__(f"alert {current.id} was changed meanwhile: it is {current.state}")


class AlertRefused(StaleAlert):
    """The alert's state does not allow it; `reason` is one line, `code` its name in `alerts.track.rules`."""

    def __init__(self, current: Alert, reason: str, code: str = "", track: Track | None = None) -> None:
        super().__init__(current, track)
        self.reason, self.code = reason, code
        self.args = (f"alert {current.id}: {reason}",)
