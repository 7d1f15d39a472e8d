"""The one door to the alerts, for `watch`, `demo` and the console: looks in, alerts and events out."""

from alerts.desk.desk import Desk
from alerts.events import Event, Subscription

__all__ = ["Desk", "Event", "Subscription"]
