"""From the settings to the channels."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from alerts.alert import Alert
from alerts.cap import CapIdentity
from alerts.channel_config import CapChannel, MqttChannel, PushChannel
from alerts.config import Settings
from alerts.errors import SettingsError
from alerts.notifiers.base import Notifier
from alerts.notifiers.cap import CapNotifier
from alerts.notifiers.webhook import WebhookNotifier
from alerts.registry import Place
from streams.clock import Clock, SystemClock

if TYPE_CHECKING:
    from alerts.answer_links import AnswerLinks  # these know of notices
    from alerts.store import Store


def build_notifiers(
    settings: Settings,
    clock: Clock | None = None,
    open_alerts: Callable[[], Sequence[Alert]] = lambda: (),
    *,
    store: "Store | None" = None,
    where: Callable[[Alert], Place | None] = lambda alert: None,
    links: "AnswerLinks | None" = None,
) -> dict[str, Notifier]:
    """The configured channels by name.

    open_alerts: what is not resolved now, for channels that show a state; thread-safe, may block.
    store: for channels that keep something of their own (phones); without it these are left out.
    where: the place of an alert as it is known at the moment of sending. links: what notices are answered with.
    Raises SettingsError for a channel whose optional packages are not installed or whose certificates cannot be read,
    StoreError.
    """
    clock = clock or SystemClock()
    site, link = settings.site.name, settings.console.base_url
    built: dict[str, Notifier] = {
        hook.name: WebhookNotifier(hook, site=site, console_url=link, clock=clock) for hook in settings.webhooks
    }
    for channel in settings.channels:
        match channel:
            case CapChannel():
                built[channel.name] = CapNotifier(channel, site=site, console_url=link, clock=clock)
            case MqttChannel():
                built[channel.name] = _mqtt(channel, settings, open_alerts)
            case PushChannel() if store is not None:
                built[channel.name] = _push(channel, store, site, clock, where, links)
    return built


def cap_identity(settings: Settings) -> CapIdentity:
    """Who speaks in a message that is fetched, not sent: as to the first CAP channel, if there is one."""
    site, link = settings.site.name, settings.console.base_url
    for channel in settings.channels:
        if isinstance(channel, CapChannel):
            return CapIdentity(channel.sender, channel.addresses, site, link, channel.status)
    return CapIdentity("xinan", ("operators",), site, link)


def _mqtt(channel: MqttChannel, settings: Settings, open_alerts: Callable[[], Sequence[Alert]]) -> Notifier:
    try:
        from alerts.notifiers.mqtt import MqttNotifier  # the extra `push`
    except ModuleNotFoundError:
        raise SettingsError(f"channels: {channel.name}: mqtt needs aiomqtt: pip install 'xinan[push]'") from None
    try:
        return MqttNotifier(channel, settings, console_url=settings.console.base_url, open_alerts=open_alerts)
    except OSError as error:  # ssl's errors are OSErrors
        reason = error.strerror or str(error)
        raise SettingsError(f"channels: {channel.name}: ca_file, cert_file or key_file: {reason}") from None


def _push(
    channel: PushChannel,
    store: "Store",
    site: str,
    clock: Clock,
    where: Callable[[Alert], Place | None],
    links: "AnswerLinks | None",
) -> Notifier:
    from alerts.notifiers.push import PushNotifier  # it runs the outbox's worker, which knows of notifiers

    return PushNotifier(channel, store, site=site, clock=clock, where=where, links=links)
