"""What is owed next, by when and by whom. Computed, never stored: a new limit holds for all open alerts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.alert import Alert
from alerts.track.config import TracksConfig
from alerts.track.fold import Stage, Track, deadline_of
from alerts.track.step import Step, StepKind, TrackKind

OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Due:
    """what: the step that is owed. at: by when, aware UTC. whose: a handler of the settings, or people's names."""

    what: StepKind
    at: datetime
    whose: str


def due(alert: Alert, track: Track, config: TracksConfig, handler: str) -> list[Due]:
    """All that is owed, the soonest first. Nothing where it has ended, but for things still in store.

    handler: whose business the alert is.
    """
    owed = list(_in_store(track, config))
    if not track.ended and alert.called_at is not None:
        of = _of_a_case if track.kind is TrackKind.CASE else _of_an_incident
        owed += of(alert, track, config, alert.called_at, handler)
    return sorted(owed, key=lambda one: (one.at, one.what))


def sent(track: Track) -> str:
    """Who was sent last, "" if nobody was."""
    return str(track.said.dispatched.detail.get("to", "")) if track.said.dispatched else ""


def _of_an_incident(
    alert: Alert, track: Track, config: TracksConfig, called_at: datetime, handler: str
) -> Iterator[Due]:
    said, handler = track.said, sent(track) or handler
    if track.stage is Stage.OUT and said.done is not None:
        yield Due(StepKind.CLOSED, said.done.at + timedelta(hours=config.close_h), OPERATOR)
    elif said.first is None:
        yield Due(StepKind.ACKNOWLEDGED, called_at + timedelta(seconds=config.acknowledge_s), OPERATOR)
    elif track.kind is TrackKind.FAULT:
        return
    elif not said.responders:
        yield Due(StepKind.ACCEPTED, said.first.at + timedelta(seconds=config.respond_s), handler)
    else:
        coming = [one for one in said.responders.values() if one.progress in (StepKind.ACCEPTED, StepKind.ON_THE_WAY)]
        if len(coming) == len(said.responders):  # nobody is there yet
            since = min(one.since for one in coming)
            names = ", ".join(one.name for one in coming)
            yield Due(StepKind.THERE, since + timedelta(seconds=config.there_s), names)


def _of_a_case(alert: Alert, track: Track, config: TracksConfig, called_at: datetime, handler: str) -> Iterator[Due]:
    said, handler = track.said, sent(track) or handler
    if said.verified is None and said.done is None:
        yield Due(StepKind.VERIFIED, called_at + timedelta(hours=config.verify_h), OPERATOR)
        return
    if track.stage is Stage.INSPECTED and said.done is not None:
        yield Due(StepKind.CLOSED, said.done.at + timedelta(hours=config.close_h), OPERATOR)
        return
    if cleared_at := _said_or_seen_clear(alert, track):
        yield Due(StepKind.INSPECTED, cleared_at + timedelta(hours=config.inspect_h), OPERATOR)
        return
    if said.failed is not None and said.reported is None:
        yield Due(StepKind.REPORTED, said.failed.at + timedelta(hours=config.report_h), handler)
    if (deadline := deadline_of(said.notice)) and track.stage is not Stage.MOVED:
        yield Due(StepKind.MOVED, deadline, handler)
    elif said.verified is not None and track.stage is Stage.VERIFIED:
        yield Due(StepKind.DISSUADED, said.verified.at + timedelta(hours=config.dissuade_h), handler)


def _said_or_seen_clear(alert: Alert, track: Track) -> datetime | None:
    """Since when the place is clear, as the camera sees it or a person says."""
    stage = track.said.stage
    if stage is not None and (stage.kind in (StepKind.DEALT_WITH, StepKind.MOVED) or _agreed(stage)):
        return stage.at
    return alert.resolved_at


def _agreed(step: Step) -> bool:
    return step.kind is StepKind.DISSUADED and step.detail.get("outcome") == "agreed"


def _in_store(track: Track, config: TracksConfig) -> Iterator[Due]:
    for one in track.said.custody:
        if one.handed_over is None:
            at = (one.claimed or one.moved).at + timedelta(days=config.claim_days)
            yield Due(StepKind.HANDED_OVER, at, OPERATOR)
