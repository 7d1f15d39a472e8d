"""Roles and what each may do. Pure; the one list that routes, tokens, docs and the tests' matrix go by.

The roles are those of the work: who sits at the console, who runs to the fire, who looks after a building, who checks
the records, who looks after the program. Whoever can do harm by a thing has a permission of its own for it.
"""

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    """What can be allowed. Each route asks for exactly one; also the scopes of API tokens."""

    SEE = "see"  # alerts, states of cameras, places, pictures with people's heads hidden
    LIVE = "live"  # live pictures and video
    CLEAR = "clear"  # pictures and clips with people recognisable, with a reason
    ANSWER = "answer"  # acknowledge, on the way, there, dealt with
    JUDGE = "judge"  # false alarm, stages of a case, reopen, close
    SILENCE = "silence"  # silences and drills
    SHIFT = "shift"  # sheets of the shifts, figures, false alarms, results of drills
    SIGN = "sign"  # sign a shift's sheet, or countersign it
    DRILL = "drill"  # call people to a fire drill
    EXPORT = "export"  # take an alert out of the console as a file, with a reason
    HOLD = "hold"  # keep evidence beyond its time
    DELIVERIES = "deliveries"  # who was told of what
    RESEND = "resend"  # send dead letters anew
    PHONE = "phone"  # this browser is told by push
    RECORDS = "records"  # who saw, did and changed what
    METRICS = "metrics"  # /metrics
    SETUP = "setup"  # cameras, people, rota, channels: the settings file
    ADMIN = "admin"  # accounts, tokens, log-in links, other people's phones


OF_THE_SITE = frozenset({Permission.METRICS, Permission.SETUP, Permission.ADMIN})
"""What cannot be limited to places: whoever is limited may none of it."""


class Role(StrEnum):
    """What somebody is to the community."""

    OPERATOR = "operator"
    VOLUNTEER = "volunteer"
    BUILDING_LEAD = "building_lead"
    AUDITOR = "auditor"
    ADMIN = "admin"


_P = Permission
ALLOWED: Mapping[Role, frozenset[Permission]] = {
    Role.OPERATOR: frozenset(_P) - {_P.ADMIN, _P.SETUP, _P.RECORDS},
    Role.VOLUNTEER: frozenset({_P.SEE, _P.ANSWER, _P.PHONE}),
    Role.BUILDING_LEAD: frozenset({_P.SEE, _P.LIVE, _P.CLEAR, _P.ANSWER, _P.JUDGE, _P.EXPORT, _P.PHONE, _P.SHIFT}),
    Role.AUDITOR: frozenset({_P.SEE, _P.CLEAR, _P.EXPORT, _P.DELIVERIES, _P.RECORDS, _P.METRICS, _P.SHIFT}),
    Role.ADMIN: frozenset(_P),
}
"""Who may do what. An auditor changes nothing; a volunteer sees no recognisable stranger. Whoever leads a building
reads the sheet of it, but does not hand over a shift of the control room."""
