"""Recordings through the live rules, as a library (docs/guide/audit-notebook.md).

What does the work is loaded when it is first asked for: the settings, which name this package's own, wait for no
network.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alerts.audit.event import AuditEvent, read_events
    from alerts.audit.extras import Extras
    from alerts.audit.results import AuditResult
    from alerts.audit.run import audit

__all__ = ["AuditEvent", "AuditResult", "Extras", "audit", "read_events"]

_WHERE = {"AuditEvent": "event", "AuditResult": "results", "Extras": "extras", "audit": "run", "read_events": "event"}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
