"""The channels that tell people and machines of alerts."""

from alerts.notifiers.base import Delivered, Full, Notice, Notifier, Outcome, Rejected, Retry, Standing
from alerts.notifiers.build import build_notifiers
from alerts.notifiers.webhook import WebhookNotifier

__all__ = [
    "Delivered",
    "Full",
    "Notice",
    "Notifier",
    "Outcome",
    "Rejected",
    "Retry",
    "Standing",
    "WebhookNotifier",
    "build_notifiers",
]
