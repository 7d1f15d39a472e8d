"""Send a test by one channel, to all whom it reaches or to one person, as the settings are or would be."""

import asyncio

from alerts.config import Settings
from alerts.errors import SettingsError, SetupRefused
from alerts.notifiers.channel_trial import Tried, try_channels
from alerts.routing.people import People
from alerts.routing.recipient import EVERYBODY, Recipient
from streams.clock import Clock

DEADLINE_S = 75.0
"""Longer than the longest `timeout_s` of a channel; a bot with one of its own for fires sends twice."""


async def tried_channel(settings: Settings, name: str, clock: Clock, person: str = "") -> list[Tried]:
    """What became of it, a line for each bot. person: only to this one. Raises SetupRefused."""
    try:
        to = _recipient(settings, name, person)
        async with asyncio.timeout(DEADLINE_S):
            return [tried async for tried in try_channels(settings, name, clock, to)]
    except SettingsError as error:
        raise SetupRefused("invalid", str(error)) from None
    except TimeoutError:
        raise SetupRefused("no_answer", f"{name}: no answer within {DEADLINE_S:g} s") from None


def _recipient(settings: Settings, channel: str, person: str) -> Recipient:
    if not person:
        return EVERYBODY
    found = People(settings.people, settings.groups).recipient(person, channel)
    if found is None:
        raise SetupRefused("gone", f"{person} is not reached by {channel}")
    return found
