"""What a registry of a whole community and the decision whether people are told cost.

python -m benchmarks.speed.muting
"""

import timeit
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from alerts.alert import Alert
from alerts.config import Settings
from alerts.mute.rules import Scope, ScopeKind, Silence, SilenceKind, decide, situation
from vision.rule import Severity

BUILDINGS, FLOORS, CAMERAS, ALERTS, SILENCES = 8, 18, 48, 1000, 100
NOW = datetime(2026, 3, 1, 15, 30, tzinfo=UTC)


def community() -> Settings:
    """Eight buildings with eighteen corridors each."""
    corridors = {"each": f"1-{FLOORS}", "name": "{n}层走廊", "kind": "corridor"}
    numbers = range(1, BUILDINGS + 1)
    places = [{"id": f"b{b}", "name": f"{b}号楼"} for b in numbers]
    places += [{"id": f"b{b}-{{n}}", "within": f"b{b}", **corridors} for b in numbers]
    cameras = [{"name": f"c{i}", "url": "0", "place": _place(i)} for i in range(CAMERAS)]
    quiet = [{"name": "night", "opens": "22:00", "closes": "07:00", "places": ["b1", "b2"]}]
    return Settings.model_validate({"places": places, "cameras": cameras, "muting": {"quiet": quiet}})


def _place(number: int) -> str:
    return f"b{1 + number % BUILDINGS}-{1 + number % FLOORS}"


def _alert(number: int) -> Alert:
    return Alert(
        *(f"A{number:04d}", str(number), f"c{number % CAMERAS}", "", "clutter", Severity.VIOLATION, "z", "corridor"),
        *(NOW, NOW, 0.6, (0.1, 0.2, 0.3, 0.4)),
        fired_at=NOW,
        place_id=_place(number),
    )


def _silence(number: int) -> Silence:
    scope = Scope(ScopeKind.PLACE, f"b{1 + number % BUILDINGS}") if number % 2 else Scope(ScopeKind.CAMERA, "c1")
    kind = SilenceKind.SHELF if number % 2 else SilenceKind.DRILL
    begun, ends = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    return Silence(f"S{number}", kind, scope, "moving", "Wang", begun, ends)


def _ms(work: Callable[[], object], number: int) -> float:
    return min(timeit.repeat(work, number=number, repeat=5)) / number * 1000


def main() -> None:
    """Print it."""
    settings = community()
    registry = settings.registry()
    alerts, silences = [_alert(i) for i in range(ALERTS)], [_silence(i) for i in range(SILENCES)]
    now = situation(alerts, silences, settings, NOW, registry)
    print(f"registry of {len(registry.places)} places, built: {_ms(settings.registry, 5):.2f} ms")
    made = _ms(lambda: situation(alerts, silences, settings, NOW, registry), 20)
    print(f"situation of {ALERTS} open alerts and {SILENCES} silences: {made:.2f} ms")
    each = _ms(lambda: [decide(alert, now) for alert in alerts], 1) / ALERTS
    print(f"decision on one alert: {each * 1000:.0f} µs")


if __name__ == "__main__":
    main()
