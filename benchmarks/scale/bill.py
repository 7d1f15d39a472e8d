"""What a camera costs: cores, memory, network, alerts, storage; from the prices of `unit_costs`.

cores      decode_s + looks_per_s × (look_s + take_s) + preview_s
storage    alerts_per_day × (alert_kib + snapshot_kib + clip_s × bit_rate / 8)
"""

from dataclasses import dataclass

from benchmarks.scale.unit_costs import UnitCosts

KIB, GIB = 1024.0, 1024.0**3
PREVIEWS_PER_S = 1.0
"""A live picture a second is made of each camera, whether anybody looks or not (`vision.live.PICTURE_EVERY_S`)."""


@dataclass(frozen=True, slots=True)
class Use:
    """How a camera is used. bit_rate: of its stream, bit/s. alerts_per_day: raised, fires and violations together.

    clip_s: of each alert that is kept.
    """

    size: str = "704x576"
    bit_rate: float = 1.0e6
    looks_per_s: float = 2.9
    alerts_per_day: float = 4.0
    clip_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Bill:
    """Of one camera. centre_cores: of `cores` what is spent in the supervisor, which is one process."""

    cores: float
    centre_cores: float
    mbit_per_s: float
    message_kib_per_s: float
    rows_per_day: float
    stored_mib_per_day: float


def bill(costs: UnitCosts, use: Use) -> Bill:
    """For one camera."""
    centre = use.looks_per_s * costs.take_s
    analyzer = costs.decode_s[use.size] + use.looks_per_s * costs.look_s + PREVIEWS_PER_S * costs.preview_s
    messages = use.looks_per_s * costs.message_bytes / KIB + PREVIEWS_PER_S * costs.preview_kib
    kib = costs.alert_kib + costs.snapshot_kib + use.clip_s * use.bit_rate / 8 / KIB
    return Bill(
        analyzer + centre,
        centre,
        use.bit_rate / 1e6,
        messages,
        use.alerts_per_day,
        use.alerts_per_day * kib / KIB,
    )
