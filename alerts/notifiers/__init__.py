"""The channels that tell people and machines of alerts."""

from alerts.notifiers.base import Delivered, Notice, Notifier, Outcome, Rejected, Retry
from alerts.notifiers.webhook import WebhookNotifier, build_notifiers

__all__ = [
    "Delivered",
    "Notice",
    "Notifier",
    "Outcome",
    "Rejected",
    "Retry",
    "WebhookNotifier",
    "build_notifiers",
]
