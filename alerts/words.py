"""The console's words for what is written elsewhere too: reports and films. They stand in `web/static`."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from alerts.alert import Alert
from alerts.camera_watch import CAMERA
from vision.hazards import RULES
from vision.rule import Severity, Words

_STATIC = Path(__file__).parent / "web" / "static"
_FILES = ("strings.js", "strings_page.js")


@cache
def strings() -> Mapping[str, Mapping[str, str]]:
    """Key → {"zh", "en"}: the part between the braces of each file is plain JSON."""
    found: dict[str, dict[str, str]] = {}
    for name in _FILES:
        text = (_STATIC / name).read_text("utf-8")
        found |= json.loads(text[text.index("{\n") : text.rindex("}") + 1])
    return found


CAMERA_WORDS = Words("摄像机故障", "Camera fault")


def words_of() -> dict[str, Words]:
    """Hazard → its words; troubles of cameras among them."""
    return {**{kind: rule.words for kind, rule in RULES.items()}, CAMERA: CAMERA_WORDS}


def group_of(group: str) -> dict[str, Mapping[str, str]]:
    """Value → its words, of all that the console knows in a group such as `cause`."""
    start = f"{group}."
    return {key.removeprefix(start): words for key, words in strings().items() if key.startswith(start)}


def hazard_texts(kind: str) -> tuple[str, ...]:
    """All that a hazard is called on the screen: by its own words, and by those of its severity, such as 火情."""
    words = words_of()[kind]
    severity = RULES[kind].severity if kind in RULES else Severity.FAULT
    return (words.zh, words.en, *strings()[f"severity.{severity}"].values())


def hazard_word(kind: str) -> str:
    """Of a hazard, in both languages."""
    words = words_of().get(kind)
    return f"{words.zh} {words.en}" if words else kind


def words_of_alert(alert: Alert) -> Words:
    """What an alert is of: of a camera's trouble its cause."""
    cause = strings().get(f"cause.{alert.evidence.get('cause')}") if alert.hazard == CAMERA else None
    if cause:
        return Words(cause["zh"], cause["en"])
    return words_of().get(alert.hazard) or Words(alert.hazard, alert.hazard)


def alert_word(alert: Alert) -> str:
    """What an alert is of, in both languages: of a camera's trouble its cause."""
    cause = alert.evidence.get("cause")
    return both("cause", str(cause)) if alert.hazard == CAMERA and cause else hazard_word(alert.hazard)


def zone_name(alert: Alert, language: str) -> str:
    """The zone of an alert; one that nobody has named is called as its type is, in that language ("zh", "en")."""
    known = strings().get(f"zone.{alert.zone_type}") if alert.zone == alert.zone_type else None
    return known[language] if known else alert.zone


_APART = frozenset(
    {
        "cause",
        "clip",
        "drill",
        "film",
        "mean_confidence",
        "model",
        "photos",
        "settings",
        "snapshot",
        "snapshot_after",
        "trace",
    }
)


def reasons(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """What the rule measured and compared: without boxes and lines, which are drawn, and what is kept beside them."""
    return {
        key: value
        for key, value in evidence.items()
        if key not in _APART and not key.endswith("_box") and not _is_drawn(value)
    }


def _is_drawn(value: Any) -> bool:
    """Whether it is a list of points."""
    return isinstance(value, list | tuple) and any(isinstance(part, list | tuple) for part in value)


def english(key: str) -> str:
    """A key of the evidence in English."""
    known = strings().get(f"evidence.{key}")
    return known["en"] if known else key.replace("_", " ")


def both(group: str, value: str) -> str:
    """In both languages; what nobody has translated, as it is."""
    known = strings().get(f"{group}.{value}")
    return f"{known['zh']} {known['en']}" if known else value.replace("_", " ")


_ENDED = re.compile(r"([a-z_]+)(?:: (.*))?", re.DOTALL)


def ended_text(reason: str, language: str) -> str:
    """Why a notice was no longer sent (`alerts.routing.plan.no_longer`); what older versions wrote, as it is. The same
    as `endedText` of `static/format.js`."""
    code, detail = (found[1], found[2]) if (found := _ENDED.fullmatch(reason)) else ("", None)
    known = strings().get(f"ended_by.{code}" if detail else f"ended.{code}")
    return known[language].replace("{detail}", detail or "") if known else reason


def is_limit(hazard: str, key: str) -> bool:
    """Whether a key of the evidence is what was compared with, not what was measured."""
    return key in limits_of(hazard) or key.startswith(LIMIT_PREFIXES)


LIMIT_PREFIXES = ("limit_", "min_", "max_")


@cache
def limits_of(hazard: str) -> frozenset[str]:
    """The settings of a rule that can only be limits where its evidence names them: times. (A share may be either.)"""
    rule = RULES.get(hazard)
    return frozenset(key for key in rule.params_type.model_fields if key.endswith("_s")) if rule else frozenset()


GROUPS = {
    "zone_type": "zone",
    "witness": "witness",
    "breach": "breach",
    "behaviour": "fire",
    "place": "fire",
    "flicker_hz": "fire",
    "burning": "fire",
    "warm_share": "fire",
}
"""Key of the evidence → group of the words for its values; `static/format.js` has the same."""


def value_text(key: str, value: Any) -> str:
    """A value of the evidence, short, with the unit that its key ends with."""
    match value:
        case bool():
            return "是 yes" if value else "否 no"
        case float() | int():
            return _number(key, value)
        case str():
            group = GROUPS.get(key, "box")
            return both(group, value) if f"{group}.{value}" in strings() else value
        case list() | tuple():
            return ", ".join(value_text(key, inner) for inner in value)
        case Mapping():
            return "; ".join(f"{name} {value_text(name, inner)}" for name, inner in value.items())
    return "–" if value is None else str(value)


def _number(key: str, value: float) -> str:
    if key.endswith(("_frac", "share", "confidence", "score", "coverage", "threshold")) and 0 <= value <= 1:
        return f"{100 * value:.3g} %"
    unit = next((f" {unit}" for unit in ("s", "m", "px") if key.endswith(f"_{unit}")), "")
    return f"{value:.3g}{unit}" if abs(value) < 100 else f"{value:.0f}{unit}"
