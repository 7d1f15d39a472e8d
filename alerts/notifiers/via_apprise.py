"""Whatever Apprise knows (https://github.com/caronc/apprise), by one address of its kind."""

import asyncio
import logging

import apprise
from apprise.attachment.memory import AttachMemory

from alerts.errors import SettingsError
from alerts.notifiers import markup
from alerts.notifiers.base import Delivered, Notice, Outcome, Rejected, Retry
from alerts.notifiers.context import TextContext
from alerts.notifiers.message import Message, as_text
from alerts.routing.people_channels import AppriseChannel
from vision.rule import Severity

for _name in ("apprise", "urllib3", "requests"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)  # they log addresses, with what is secret in them

_KINDS = {
    Severity.FIRE: apprise.NotifyType.FAILURE,
    Severity.VIOLATION: apprise.NotifyType.WARNING,
    Severity.FAULT: apprise.NotifyType.INFO,
}


class AppriseNotifier:
    """One address; a recipient may have one of its own."""

    def __init__(self, config: AppriseChannel, context: TextContext) -> None:
        """Raises SettingsError for an address that Apprise does not know."""
        self._config, self._context = config, context
        self._url = config.url.get_secret_value()
        if _service(self._url) is None:
            raise SettingsError(f"channels: {config.name}: url: Apprise does not know such an address")

    async def send(self, notice: Notice) -> Outcome:
        """One attempt. Apprise says only whether it went, not why not."""
        url = notice.recipient.address or self._url
        service = _service(url)
        if service is None:
            return Rejected("apprise: the recipient's address is none that Apprise knows")
        message = await self._context.word(notice, self._config.language)
        takes = any(one.attachment_support for one in service)
        picture = await self._context.picture(notice, wanted=self._config.picture and takes)
        try:
            async with asyncio.timeout(self._config.timeout_s):
                went = await self._notify(service, notice, message, picture)
        except TimeoutError:
            return Retry(f"{_where(url)}: no answer within {self._config.timeout_s:g} s")
        return Delivered() if went else Retry(f"{_where(url)}: not taken")

    async def close(self) -> None:
        """Nothing is held between two notices."""

    async def _notify(self, service: apprise.Apprise, notice: Notice, message: Message, picture: bytes | None) -> bool:
        attached = None
        if picture is not None:
            attached = apprise.AppriseAttachment()
            name = f"{notice.alert.id}.jpg"
            attached.add(AttachMemory(content=picture, name=name, mimetype="image/jpeg"))  # type: ignore[no-untyped-call]
        went = await service.async_notify(
            title=markup.unmentioned(message.head),
            body=as_text(message, markup.unmentioned),
            body_format=apprise.NotifyFormat.TEXT,
            notify_type=_kind_of(message),
            attach=attached,
        )
        return bool(went)


def _kind_of(message: Message) -> apprise.NotifyType:
    """That a fire is out of sight is no success."""
    if message.unseen:
        return apprise.NotifyType.WARNING
    return apprise.NotifyType.SUCCESS if message.update else _KINDS[message.severity]


def _service(url: str) -> apprise.Apprise | None:
    service = apprise.Apprise()
    return service if service.add(url) and len(service) == 1 else None


def _where(url: str) -> str:
    """The scheme alone: the host's place holds a token with many services."""
    return f"apprise {url.partition('://')[0].lower()}"
