"""From the settings to the channels."""

from collections.abc import Callable, Sequence

from alerts.alert import Alert
from alerts.cap import CapIdentity
from alerts.channel_config import CapChannel, Channel, MqttChannel
from alerts.config import Settings
from alerts.errors import SettingsError
from alerts.notifiers.base import Notifier
from alerts.notifiers.cap import CapNotifier
from alerts.notifiers.webhook import WebhookNotifier
from streams.clock import Clock, SystemClock


def build_notifiers(
    settings: Settings, clock: Clock | None = None, open_alerts: Callable[[], Sequence[Alert]] = lambda: ()
) -> dict[str, Notifier]:
    """The configured channels by name.

    open_alerts: what is not resolved now, for channels that show a state; thread-safe, may block.
    Raises SettingsError for a channel whose optional packages are not installed.
    """
    clock = clock or SystemClock()
    site, link = settings.site.name, settings.console.base_url
    built: dict[str, Notifier] = {
        hook.name: WebhookNotifier(hook, site=site, console_url=link, clock=clock) for hook in settings.webhooks
    }
    for channel in settings.channels:
        built[channel.name] = _build(channel, settings, clock, open_alerts)
    return built


def cap_identity(settings: Settings) -> CapIdentity:
    """Who speaks in a message that is fetched, not sent: as to the first CAP channel, if there is one."""
    site, link = settings.site.name, settings.console.base_url
    for channel in settings.channels:
        if isinstance(channel, CapChannel):
            return CapIdentity(channel.sender, channel.addresses, site, link, channel.status)
    return CapIdentity("xinan", ("operators",), site, link)


def _build(channel: Channel, settings: Settings, clock: Clock, open_alerts: Callable[[], Sequence[Alert]]) -> Notifier:
    match channel:
        case CapChannel():
            return CapNotifier(channel, site=settings.site.name, console_url=settings.console.base_url, clock=clock)
        case MqttChannel():
            return _mqtt(channel, settings, open_alerts)


def _mqtt(channel: MqttChannel, settings: Settings, open_alerts: Callable[[], Sequence[Alert]]) -> Notifier:
    try:
        from alerts.notifiers.mqtt import MqttNotifier  # the extra `push`
    except ModuleNotFoundError:
        raise SettingsError(f"channels: {channel.name}: mqtt needs aiomqtt: pip install 'xinan[push]'") from None
    return MqttNotifier(channel, settings, console_url=settings.console.base_url, open_alerts=open_alerts)
