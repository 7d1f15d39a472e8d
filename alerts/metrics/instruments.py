"""What is counted as it happens: alerts, answers, notices. All in memory, from this start on."""

from collections.abc import Callable, Iterator, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from alerts.alert import Alert
from alerts.camera_watch import CAMERA
from alerts.config import Settings
from alerts.db.rows import Delivery
from alerts.delivery.fate import Fate
from alerts.lifecycle import Change, ChangeKind
from alerts.notifiers.channel_base import PUSH_PREFIX
from alerts.track.step import StepKind
from streams.clock import Clock
from vision.rule import Severity

RAISE_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 180.0, 600.0)
"""From a lift's second to the dwell time of clutter."""
DELIVERY_S = (0.1, 0.3, 1.0, 2.0, 4.0, 15.0, 60.0, 180.0, 600.0)
"""0.3 and 1 s are the bars of a push; 60 s is what a fire's notice may be late."""
ANSWER_S = (4.0, 15.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 3600.0, 86400.0)
"""15, 60 and 180 s are the rungs of a fire's ladder; a violation has hours."""
PHONES = "phones"
"""Each phone is a channel of the outbox; here all are one, so that labels stay few."""


class _ReadOff(Collector):
    """A function as a collector."""

    def __init__(self, read: Callable[[], Iterator[Metric]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """In the thread that answers."""
        return self._read()


class Metrics:
    """A registry of its own; thread-safe, never blocks. Label values come from the settings alone."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """settings: what can happen at all is shown at nought, so that a rate can be told from its first time on."""
        self._clock = clock
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._alerts = Counter(
            "xinan_alerts", "Alerts that fired or came back.", ("hazard", "severity"), registry=registry
        )
        self._false = Counter(
            "xinan_false_alarms", "Alerts that a person called false.", ("hazard",), registry=registry
        )
        self._raised = Histogram(
            "xinan_alert_raise_seconds",
            "From the first suspicion to the stored alert, the time of verification included.",
            ("hazard",),
            buckets=RAISE_S,
            registry=registry,
        )
        self._answered = Histogram(
            "xinan_alert_acknowledge_seconds",
            "From the alert to the first person who has it in hand.",
            ("severity",),
            buckets=ANSWER_S,
            registry=registry,
        )
        self._notices = Counter(
            "xinan_notices",
            "Attempts to deliver a notice, by what became of them.",
            ("channel", "priority", "outcome"),
            registry=registry,
        )
        self._delivered = Histogram(
            "xinan_notice_delivery_seconds",
            "From when a notice was due to when its channel had taken it.",
            ("channel", "priority"),
            buckets=DELIVERY_S,
            registry=registry,
        )
        for hazard in (*settings.hazards.by_kind, CAMERA):
            self._false.labels(hazard)
            self._raised.labels(hazard)
        for severity in (Severity.FIRE, Severity.VIOLATION):
            self._answered.labels(severity.value)

    def add(self, read: Callable[[], Iterator[Metric]]) -> None:
        """These (`alerts.metrics.gauges`) are read off each time that Prometheus asks, in the thread that answers."""
        self._registry.register(_ReadOff(read))

    def text(self) -> bytes:
        """As Prometheus reads it, without when each counter was made. May block on the database."""
        return generate_latest(_ReadOff(self._collect))

    def _collect(self) -> Iterator[Metric]:
        for family in self._registry.collect():
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family

    def stored(self, changes: Sequence[Change]) -> None:
        """These have just been stored. What a person raised as a drill is no alert to whoever reads the numbers."""
        for change in changes:
            alert = change.alert
            if alert.drilled:
                continue
            match change.kind:
                case ChangeKind.FIRED:
                    self._alerts.labels(alert.hazard, alert.severity.value).inc()
                    self._raised.labels(alert.hazard).observe(self._since_first_seen_s(alert))
                case ChangeKind.REOPENED if change.step is None or change.step.kind is not StepKind.UNDONE:
                    self._alerts.labels(alert.hazard, alert.severity.value).inc()
                case ChangeKind.FALSE_ALARM:
                    self._false.labels(alert.hazard).inc()
                case ChangeKind.ACKNOWLEDGED if (waited_s := alert.answered_s) is not None:
                    self._answered.labels(alert.severity.value).observe(waited_s)

    def tried(self, delivery: Delivery, fate: Fate) -> None:
        """An attempt to deliver it has ended."""
        channel = PHONES if delivery.channel.startswith(PUSH_PREFIX) else delivery.channel
        self._notices.labels(channel, delivery.severity.value, fate.value).inc()
        if fate is Fate.DELIVERED:
            due = delivery.not_before or delivery.created_at
            late_s = (self._clock.now() - due).total_seconds()
            self._delivered.labels(channel, delivery.severity.value).observe(max(0.0, late_s))

    def _since_first_seen_s(self, alert: Alert) -> float:
        return max(0.0, (self._clock.now() - alert.started_at).total_seconds())
