"""The channels that tell people and machines of alerts."""

from alerts.notifiers.base import EVERYBODY, Delivered, Notice, Notifier, Outcome, Recipient, Rejected, Retry
from alerts.notifiers.webhook import WebhookNotifier, build_notifiers

__all__ = [
    "EVERYBODY",
    "Delivered",
    "Notice",
    "Notifier",
    "Outcome",
    "Recipient",
    "Rejected",
    "Retry",
    "WebhookNotifier",
    "build_notifiers",
]
