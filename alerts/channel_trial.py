"""`xinan channels test`: a marked notice through each channel, and in one line each what became of it."""

import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np

from alerts.alert import Alert, fingerprint
from alerts.config import Settings
from alerts.errors import SettingsError
from alerts.ids import UlidFactory
from alerts.notifiers import Delivered, Notice, Notifier, Rejected, Retry, Standing, build_notifiers
from alerts.notifiers.message import TEST
from streams.clock import Clock
from vision.jpeg import encode_jpeg
from vision.rule import Severity


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of it. channel: with the words "for fires" where it was the bot for fires. problem: "" for none."""

    channel: str
    problem: str


async def try_channels(settings: Settings, name: str | None, clock: Clock) -> AsyncIterator[Tried]:
    """Send to every channel, or to the one of that name, one after the other.

    Raises SettingsError: there is none, none of this name, or one that cannot be used as it is set.
    """
    wanted = chosen(settings, name)
    new_id = UlidFactory(random.SystemRandom())
    notifiers = build_notifiers(wanted, clock, picture_of=lambda alert: trial_picture(), cold=False)
    own_bots = {channel.name for channel in wanted.channels if getattr(channel, "fire_url", None) is not None}
    try:
        _start(notifiers)
        for channel, notifier in notifiers.items():
            notice = trial_notice(new_id, clock)
            yield Tried(channel, await _try(notifier, notice))
            if channel in own_bots:
                fire = replace(notice, id=new_id(notice.at), alert=replace(notice.alert, severity=Severity.FIRE))
                yield Tried(f"{channel} for fires", await _try(notifier, fire))
    finally:
        for notifier in notifiers.values():
            await notifier.close()


def chosen(settings: Settings, name: str | None) -> Settings:
    """With the channels that are to be tried alone. Raises SettingsError."""
    names = list(settings.expiry_s)
    if not names:
        raise SettingsError("no channels: name some in xinan.toml ([[channels]]); see docs/guide/channels.md")
    if name is not None and name not in names:
        raise SettingsError(f"no channel is called {name}; there are: {', '.join(names)}")
    return settings.model_copy(
        update={
            "webhooks": tuple(one for one in settings.webhooks if name in (None, one.name)),
            "channels": tuple(one for one in settings.channels if name in (None, one.name)),
        }
    )


def trial_notice(new_id: UlidFactory, clock: Clock) -> Notice:
    """Of no hazard that anybody acts on, marked as a test and as a drill."""
    at = clock.now()
    alert = Alert(
        id=new_id(at),
        fingerprint=fingerprint(TEST, TEST, TEST, TEST),
        camera=TEST,
        place=TEST,
        hazard=TEST,
        severity=Severity.FAULT,
        zone=TEST,
        zone_type=TEST,
        started_at=at,
        seen_at=at,
        confidence=0.0,
        box=(0.0, 0.0, 1.0, 1.0),
        fired_at=at,
        snapshot=TEST,
    )
    return Notice(new_id(at), TEST, at, alert, exercise=True)


def trial_picture() -> bytes:
    """A picture that cannot be taken for one of a camera, JPEG."""
    image = np.full((180, 320, 3), 200, np.uint8)
    cv2.putText(image, "TEST", (60, 115), cv2.FONT_HERSHEY_SIMPLEX, 3.0, (60, 60, 60), 6)
    return encode_jpeg(image, 80)


def _start(notifiers: Mapping[str, Notifier]) -> None:
    for notifier in notifiers.values():
        if isinstance(notifier, Standing):
            notifier.start()


async def _try(notifier: Notifier, notice: Notice) -> str:
    match await notifier.send(notice):
        case Delivered():
            return ""
        case Retry(reason) | Rejected(reason):
            return reason
