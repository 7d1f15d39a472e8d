"""`xinan channels test`: a marked notice through each channel, and in one line each what became of it."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from alerts.alert import Alert, fingerprint
from alerts.config import Settings
from alerts.errors import SettingsError
from alerts.ids import UlidFactory
from alerts.notifiers.base import Delivered, Full, Notice, Notifier, Rejected, Retry, Standing
from alerts.notifiers.build import build_notifiers
from alerts.notifiers.channel_config import PushChannel
from alerts.notifiers.message import TEST
from alerts.routing.people_channels import BotChannel
from alerts.routing.recipient import EVERYBODY, Recipient
from streams.clock import Clock, sleep_s
from vision.jpeg import encode_jpeg
from vision.rule import Severity

CONNECTING_S = 0.25
"""Between two tries on a channel that is still connecting, seconds."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of it. channel: its name, with "for fires" where it was the bot for fires. problem: "" for none."""

    channel: str
    problem: str = ""
    note: str = ""


async def try_channels(
    settings: Settings, name: str | None, clock: Clock, to: Recipient = EVERYBODY
) -> AsyncIterator[Tried]:
    """Send to every channel, or to the one of that name, one after the other. to: one person, not all it reaches.

    Raises SettingsError: there is none, none of this name, or one that cannot be used as it is set.
    """
    wanted = chosen(settings, name)
    new_id = UlidFactory(random.SystemRandom())
    notifiers = build_notifiers(wanted, clock, picture_of=lambda alert: trial_picture(), cold=False)
    try:
        for hook in wanted.webhooks:
            yield Tried(hook.name, await _try(notifiers[hook.name], trial_notice(new_id, clock, to), hook.timeout_s))
        for channel in wanted.channels:
            if isinstance(channel, PushChannel):
                yield Tried(channel.name, note="every phone has a button in the console that tries it")
                continue
            notice = trial_notice(new_id, clock, to)
            yield Tried(channel.name, await _try(notifiers[channel.name], notice, channel.timeout_s))
            if isinstance(channel, BotChannel) and channel.fire_url is not None:
                fire = replace(notice, id=new_id(notice.at), alert=replace(notice.alert, severity=Severity.FIRE))
                problem = await _try(notifiers[channel.name], fire, channel.timeout_s)
                yield Tried(f"{channel.name} for fires", problem)
    finally:
        for notifier in notifiers.values():
            await notifier.close()


def require_channels(settings: Settings) -> None:
    """Raises SettingsError for a channel that cannot be used as it is set. Nothing is sent."""

    async def build() -> None:
        for notifier in build_notifiers(settings).values():
            await notifier.close()

    asyncio.run(build())


def run_trial(settings: Settings, name: str | None, clock: Clock, tell: Callable[[Tried], None]) -> bool:
    """Try them, telling of each; whether all is well. Raises SettingsError."""

    async def each() -> bool:
        fine = True
        async for tried in try_channels(settings, name, clock):
            tell(tried)
            fine = fine and not tried.problem
        return fine

    return asyncio.run(each())


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


def trial_notice(new_id: UlidFactory, clock: Clock, to: Recipient = EVERYBODY) -> Notice:
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
        exercise=True,
    )
    return Notice(new_id(at), TEST, at, alert, recipient=to, exercise=True)


def trial_picture() -> bytes:
    """A picture that cannot be taken for one of a camera, JPEG."""
    image = np.full((180, 320, 3), 200, np.uint8)
    cv2.putText(image, "TEST", (60, 115), cv2.FONT_HERSHEY_SIMPLEX, 3.0, (60, 60, 60), 6)
    return encode_jpeg(image, 80)


async def _try(notifier: Notifier, notice: Notice, patience_s: float) -> str:
    """ "" or what went wrong. patience_s: a channel that has to connect first gets so long for it."""
    tries = 1
    if isinstance(notifier, Standing):
        notifier.start()
        tries = max(1, round(patience_s / CONNECTING_S))
    problem = ""
    for _ in range(tries):
        match await notifier.send(notice):
            case Delivered(missed):
                return "; ".join(f"receiver {number}: {one.reason}" for number, one in missed.items())
            case Rejected(reason):
                return reason
            case Retry(reason) | Full(reason):
                problem = reason
        if tries > 1:
            await sleep_s(CONNECTING_S)
    return problem
