"""The settings in force while the watch runs, and what is built of them anew when they change: people and channels.

Other settings are taken as a whole or not at all: whatever can fail is built before anything is put in its place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alerts.config import Settings, WebhookConfig
from alerts.notifiers.base import Notifier
from alerts.notifiers.channel_config import Channel
from alerts.notifiers.push import PushNotifier
from alerts.reload import LIVE
from alerts.routing.people import People
from alerts.routing.recipient import Recipient

Build = Callable[[Settings], Mapping[str, Notifier]]
"""The channels of such settings, by name. May block; raises SettingsError, StoreError."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be in force. channels: those that have not changed are the objects of before."""

    settings: Settings
    channels: Mapping[str, Notifier]


class LiveSettings:
    """`settings` and `channels` are replaced as a whole, never changed: any thread may read them."""

    def __init__(self, settings: Settings, build: Build) -> None:
        """Raises SettingsError, StoreError."""
        self._build = build
        self.settings = settings
        self.channels: Mapping[str, Notifier] = dict(build(settings))
        self._people = People(settings.people, settings.groups)

    def prepared(self, fresh: Settings) -> Prepared:
        """What of `fresh` can be in force at once, with its channels built. May block.

        Raises SettingsError, StoreError, and nothing has changed then.
        """
        settings = self.settings.model_copy(update={name: getattr(fresh, name) for name in LIVE})
        old, new = _outlets(self.settings), _outlets(settings)
        same_site = settings.site == self.settings.site  # notices carry its name, and times as they are there
        other = {name for name, config in new.items() if old.get(name) != config or not same_site}
        built = self._build(
            settings.model_copy(
                update={
                    "webhooks": tuple(one for one in settings.webhooks if one.name in other),
                    "channels": tuple(one for one in settings.channels if one.name in other),
                }
            )
        )
        return Prepared(settings, {name: built[name] if name in other else self.channels[name] for name in new})

    def adopt(self, prepared: Prepared) -> None:
        """It is in force from now on."""
        self.channels = prepared.channels
        self._people = People(prepared.settings.people, prepared.settings.groups)
        self.settings = prepared.settings

    def whom(self, person: str, channel: str) -> Recipient | None:
        """How somebody is told on a channel, as things are now; None: not any more."""
        return self._people.recipient(person, channel)

    @property
    def phones(self) -> PushNotifier | None:
        """The channel behind which phones are, if there is one."""
        return next((one for one in self.channels.values() if isinstance(one, PushNotifier)), None)

    @property
    def names(self) -> dict[str, str]:
        """A person's id → what that person is called."""
        return {person.id: person.shown for person in self.settings.people}


def _outlets(settings: Settings) -> dict[str, WebhookConfig | Channel]:
    return {one.name: one for one in (*settings.webhooks, *settings.channels)}
