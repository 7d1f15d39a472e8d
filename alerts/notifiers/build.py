"""From the settings to the channels."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.alert import Alert
from alerts.config import Settings
from alerts.errors import SettingsError
from alerts.notifiers.base import Notifier
from alerts.notifiers.cap import CapNotifier
from alerts.notifiers.cap_xml import CapIdentity
from alerts.notifiers.channel_config import CapChannel, MqttChannel, PeopleChannel, PushChannel
from alerts.notifiers.context import GoingOf, PictureOf, TextContext, no_picture, nobody_known
from alerts.notifiers.dingtalk import DingtalkNotifier
from alerts.notifiers.feishu import FeishuNotifier
from alerts.notifiers.ntfy import NtfyNotifier
from alerts.notifiers.webhook import WebhookNotifier
from alerts.notifiers.wecom import WecomNotifier
from alerts.registry.registry import Place
from alerts.routing.people_channels import (
    AppriseChannel,
    DingtalkChannel,
    EmailChannel,
    FeishuChannel,
    NtfyChannel,
    WecomChannel,
)
from streams.clock import Clock, SystemClock

Work = Callable[[], Coroutine[None, None, None]]

if TYPE_CHECKING:
    from alerts.db.store import Store
    from alerts.track.answer_links import AnswerLinks  # these know of notices


def build_notifiers(
    settings: Settings,
    clock: Clock | None = None,
    open_alerts: Callable[[], Sequence[Alert]] = lambda: (),
    picture_of: PictureOf = no_picture,
    *,
    going_of: GoingOf = nobody_known,
    store: "Store | None" = None,
    where: Callable[[Alert], Place | None] = lambda alert: None,
    links: "AnswerLinks | None" = None,
    hears: Callable[[str, Alert], bool] = lambda account, alert: True,
    cold: bool = True,
) -> dict[str, Notifier]:
    """The configured channels by name.

    open_alerts: what is not resolved now, for channels that show a state; thread-safe, may block.
    picture_of: the JPEG of an alert that may leave the console; may block. going_of: who goes there; may block.
    store: for channels that keep something of their own (phones); without it these are left out.
    where: the place of an alert as it is known at the moment of sending. links: what notices are answered with.
    hears: whether an account may see an alert; its phones are told of no other.
    cold: a run just before this one may have used up the rates of bots.
    Raises SettingsError for a channel that cannot be used as it is set or lacks optional packages, StoreError.
    """
    clock = clock or SystemClock()
    site, link = settings.site.name, settings.console.base_url
    context = TextContext(site, link, clock, ZoneInfo(settings.site.time_zone), picture_of, going_of, cold)
    built: dict[str, Notifier] = {
        hook.name: WebhookNotifier(hook, site=site, console_url=link, clock=clock) for hook in settings.webhooks
    }
    for channel in settings.channels:
        match channel:
            case CapChannel():
                built[channel.name] = CapNotifier(channel, site=site, console_url=link, clock=clock)
            case MqttChannel():
                built[channel.name] = _mqtt(channel, settings, open_alerts, store)
            case PushChannel():
                if store is not None:
                    built[channel.name] = _push(channel, store, context, where, links, hears)
            case _:
                built[channel.name] = _for_people(channel, context)
    return built


def cap_identity(settings: Settings) -> CapIdentity:
    """Who speaks in a message that is fetched, not sent: as to the first CAP channel, if there is one."""
    site, link = settings.site.name, settings.console.base_url
    for channel in settings.channels:
        if isinstance(channel, CapChannel):
            return CapIdentity(channel.sender, channel.addresses, site, link, channel.status)
    return CapIdentity("xinan", ("operators",), site, link)


def _mqtt(
    channel: MqttChannel, settings: Settings, open_alerts: Callable[[], Sequence[Alert]], store: "Store | None"
) -> Notifier:
    from alerts.notifiers.mqtt_retained import Retained  # it keeps rows in the store, which knows of notifiers

    try:
        from alerts.notifiers.mqtt import MqttNotifier  # the extra `push`
    except ModuleNotFoundError:
        raise SettingsError(f"channels: {channel.name}: mqtt needs aiomqtt: pip install 'xinan[push]'") from None
    try:
        return MqttNotifier(
            channel,
            settings,
            console_url=settings.console.base_url,
            open_alerts=open_alerts,
            retained=None if store is None else Retained(store),
        )
    except OSError as error:  # ssl's errors are OSErrors
        reason = error.strerror or str(error)
        raise SettingsError(f"channels: {channel.name}: ca_file, cert_file or key_file: {reason}") from None


def sweeping(store: "Store", channels: Callable[[], Mapping[str, Notifier]]) -> Work | None:
    """What takes away what MQTT channels once left at brokers, and ends when it is gone; None: nothing is left. Without
    the extra `push`, it waits for a start with it. channels: those in force. May block. Raises StoreError."""
    from alerts.notifiers.mqtt_retained import Retained

    retained = Retained(store)
    if not retained.all():
        return None
    try:
        from alerts.notifiers.mqtt_sweep import Sweep
    except ModuleNotFoundError:
        return None
    return Sweep(retained, channels).run


def _push(
    channel: PushChannel,
    store: "Store",
    context: TextContext,
    where: Callable[[Alert], Place | None],
    links: "AnswerLinks | None",
    hears: Callable[[str, Alert], bool],
) -> Notifier:
    from alerts.notifiers.push import PushNotifier  # it runs the outbox's worker, which knows of notifiers

    return PushNotifier(channel, store, context, where=where, links=links, hears=hears)


def _for_people(channel: PeopleChannel, context: TextContext) -> Notifier:
    match channel:
        case WecomChannel():
            return WecomNotifier(channel, context)
        case DingtalkChannel():
            return DingtalkNotifier(channel, context)
        case FeishuChannel():
            return FeishuNotifier(channel, context)
        case NtfyChannel():
            return NtfyNotifier(channel, context)
        case EmailChannel():
            return _mail(channel, context)
        case AppriseChannel():
            return _apprise(channel, context)


def _mail(channel: EmailChannel, context: TextContext) -> Notifier:
    try:
        from alerts.notifiers.mail import MailNotifier  # the extra `push`
    except ModuleNotFoundError:
        raise SettingsError(f"channels: {channel.name}: email needs aiosmtplib: pip install 'xinan[push]'") from None
    try:
        return MailNotifier(channel, context)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SettingsError(f"channels: {channel.name}: ca_file: {channel.ca_file}: {reason}") from None


def _apprise(channel: AppriseChannel, context: TextContext) -> Notifier:
    try:
        from alerts.notifiers.via_apprise import AppriseNotifier  # the extra `push`
    except ModuleNotFoundError:
        raise SettingsError(f"channels: {channel.name}: apprise is missing: pip install 'xinan[push]'") from None
    return AppriseNotifier(channel, context)
