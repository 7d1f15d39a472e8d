"""What the report draws: hours of the week as a table that is shaded, days or weeks as bars. Numbers stand in both."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from alerts.audit import words
from alerts.audit.hours import HOUR_S, HOURS
from alerts.audit.page import number, wide
from alerts.audit.statistics import Group
from vision.rule import Words

STYLE = """
.map{border-collapse:separate;border-spacing:1px;font-size:.8rem}.map th,.map td{border:0;padding:.1rem .2rem;
text-align:center;min-width:2.35rem;line-height:1.2;font-variant-numeric:tabular-nums}
.map td{background:rgb(var(--heat)/var(--h,0));height:2.2rem;outline:1px solid var(--rule);outline-offset:-1px}
.map td.corner{background:none;outline:0}
.map td.no{background:repeating-linear-gradient(135deg,transparent 0 5px,var(--band) 5px 7px);outline:0}
.map tbody th{text-align:left;white-space:nowrap;padding-right:.5rem}.map small{display:block;font-size:.68rem}
.trend{display:block;max-width:100%;height:auto;font-size:10px}.trend text{fill:var(--ink)}.trend .dim{fill:var(--dim)}
.trend rect{fill:rgb(var(--heat))}.trend .no{fill:var(--band)}.trend line{stroke:var(--rule)}
"""
WEEKDAYS = (
    ("周一", "Mon"),
    ("周二", "Tue"),
    ("周三", "Wed"),
    ("周四", "Thu"),
    ("周五", "Fri"),
    ("周六", "Sat"),
    ("周日", "Sun"),
)
DARKEST = 0.6
"""Opacity of the highest rate: text stays readable on it, in both themes."""
LEAST_SEEN_S = 60.0
"""An hour of which less was seen is told as not seen, as a rate of it would mean nothing; unless there was an event,
whose rate is then of so long.
"""
DAYS = 45
"""A longer time is told by weeks."""


def week_map(group: Group, hazard: str, label: Words) -> str:
    """Events and hours seen of each hour of the week; "" where no hour is known."""
    if group.timed_s <= 0:
        return ""
    counted, rates = group.counted(hazard).by_hour, hour_rates(group, hazard)
    most = max((rate for rate in rates if rate), default=0.0)
    head = "".join(f"<th scope=col>{hour}" for hour in range(HOURS))
    rows = []
    for day, (zh, en) in enumerate(WEEKDAYS):
        cells = (
            _cell(rates[at], most, counted[at], group.seen_by_hour[at]) for at in range(day * HOURS, (day + 1) * HOURS)
        )
        rows.append(f"<tr><th scope=row>{words.html(Words(zh, en))}{''.join(cells)}")
    table = f"<table class=map><thead><tr><td class=corner>{head}</thead><tbody>{''.join(rows)}</tbody></table>"
    return wide(label, table)


def hour_rates(group: Group, hazard: str) -> list[float | None]:
    """Events per camera-hour of each hour of the week; None where it was not seen."""
    counted = group.counted(hazard).by_hour
    return [_rate(counted[hour], seen_s) for hour, seen_s in enumerate(group.seen_by_hour)]


def _rate(events: int, seen_s: float) -> float | None:
    return events / max(seen_s, LEAST_SEEN_S) * HOUR_S if events or seen_s >= LEAST_SEEN_S else None


def _cell(rate: float | None, most: float, events: int, seen_s: float) -> str:
    if rate is None:
        return "<td class=no>"
    shade = f" style='--h:{DARKEST * rate / most:.2f}'" if rate else ""
    counted = f"<b>{events}</b>" if events else "<span class=dim>0</span>"
    return f"<td{shade}>{counted}<small>{number(seen_s / HOUR_S, 2)}</small>"


@dataclass(frozen=True, slots=True)
class Bar:
    """Of a day or a week. rate: events per camera-hour; None where nothing was seen."""

    begins: date
    events: int
    hours: float

    @property
    def rate(self) -> float | None:
        """Per camera-hour seen."""
        return _rate(self.events, self.hours * HOUR_S)


def bars(group: Group, hazard: str, days: Sequence[date]) -> tuple[bool, list[Bar]]:
    """Whether they are weeks, and one for each, those not seen included."""
    weekly = len(days) > DAYS
    counted = group.counted(hazard).by_day
    found: dict[date, tuple[int, float]] = {}
    for day in days:
        begins = day - timedelta(days=day.weekday()) if weekly else day
        events, hours = found.get(begins, (0, 0.0))
        found[begins] = (events + counted[day], hours + group.seen_by_day.get(day, 0.0) / HOUR_S)
    return weekly, [Bar(begins, *of) for begins, of in found.items()]


def trend(group: Group, hazard: str, days: Sequence[date], label: Words) -> str:
    """Bars, and the same as a table."""
    weekly, shown = bars(group, hazard, days)
    if not shown:
        return ""
    return f"{_svg(shown, label)}{_as_table(shown, weekly=weekly)}"


def _svg(shown: Sequence[Bar], label: Words) -> str:
    width, height, step = max(320, min(1100, 46 * len(shown))), 110, 0.0
    step = width / len(shown)
    most = max((bar.rate or 0.0 for bar in shown), default=0.0) or 1.0
    every = max(1, round(38 / step))
    pieces = []
    for index, bar in enumerate(shown):
        x, middle, wide_px = index * step, (index + 0.5) * step, max(0.5, step - 2)
        if bar.rate is None:
            pieces.append(f"<rect class=no x={x + 1:.1f} y=16 width={wide_px:.1f} height={height} />")
        else:
            tall = height * bar.rate / most
            pieces.append(f"<rect x={x + 1:.1f} y={16 + height - tall:.1f} width={wide_px:.1f} height={tall:.1f} />")
            if step >= 12:
                pieces.append(f"<text x={middle:.1f} y={12 + height - tall:.1f} text-anchor=middle>{bar.events}</text>")
        if index % every == 0:
            pieces.append(
                f"<text class=dim x={middle:.1f} y={height + 30} text-anchor=middle>{bar.begins:%m-%d}</text>"
            )
    return (
        f"<svg class=trend width={width} height={height + 36} viewBox='0 0 {width} {height + 36}' role=img "
        f"{words.attribute('aria-label', label)}><line x1=0 x2={width} y1={height + 16} y2={height + 16} />"
        f"{''.join(pieces)}</svg>"
    )


def _as_table(shown: Sequence[Bar], *, weekly: bool) -> str:
    rows = "".join(
        f"<tr><th scope=row>{bar.begins}<td class=n>{bar.events if bar.rate is not None else ''}"
        f"<td class=n>{number(bar.hours) if bar.rate is not None else ''}"
        f"<td class=n>{number(bar.rate) if bar.rate is not None else ''}"
        for bar in shown
    )
    heads = "".join(f"<th scope=col class=n>{words.tag(key)}" for key in ("events", "hours", "rate"))
    return (
        f"<details class=screen><summary>{words.tag('as_table')}</summary><table><thead><tr><th scope=col>"
        f"{words.tag('week' if weekly else 'day')}{heads}</thead><tbody>{rows}</tbody></table></details>"
    )


def sparkline(trace: Sequence[Sequence[float]], fired_s: float) -> str:
    """Scores over time as inline SVG; the line marks when it fired. trace: of the evidence. "" for fewer than 2."""
    if len(trace) < 2:
        return ""
    width, height = 320, 56
    first_s, last_s = min(trace[0][0], fired_s), max(trace[-1][0], fired_s)
    per_s = width / max(last_s - first_s, 1e-6)
    at = [((point[0] - first_s) * per_s, height * (1 - min(1.0, max(0.0, point[1])))) for point in trace]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    fired_x = (fired_s - first_s) * per_s
    return (
        f"<svg class=trace viewBox='-2 -2 {width + 4} {height + 18}' role=img "
        f"{words.attribute('aria-label', words.say('over_time'))}>"
        f"<path class=axis d='M0 0V{height}H{width}'/><polyline points='{line}'/>"
        f"<path class=fired d='M{fired_x:.1f} 0V{height}'/>"
        f"<text x=0 y={height + 13}>{first_s:.1f} s</text>"
        f"<text x={width} y={height + 13} text-anchor=end>{last_s:.1f} s</text></svg>"
    )


def charts(group: Group, hazards: Sequence[str], days: Sequence[date], place: Words) -> Iterator[str]:
    """Week and trend of each hazard that was found. place: whose they are."""
    for hazard in hazards:
        if not group.counted(hazard).events:
            continue
        said = words.hazard(hazard)
        label = Words(f"{place.zh} {said.zh}", f"{place.en} {said.en}")
        for key, drawn in (("map", week_map(group, hazard, label)), ("trend", trend(group, hazard, days, label))):
            if drawn:
                yield f"<h3>{words.html(said)} · {words.tag(key)}</h3>{drawn}"
