"""`[[channels]]` that people read: group bots, ntfy, e-mail, and everything that Apprise knows.

Addresses of bots are secrets: whoever has one can write to the group.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, HttpUrl, Secret, SecretStr, WithJsonSchema, model_validator

from alerts.notifiers.channel_base import ChannelConfig
from alerts.routing.people import PersonConfig
from streams.misfit import misfit

SecretUrl = Annotated[Secret[HttpUrl], WithJsonSchema({"type": "string", "format": "password", "writeOnly": True})]
"""Its schema says that it is a secret, as that of `SecretStr` does."""


class ReadChannel(ChannelConfig):
    """What every channel has that people read.

    WANTED: what it needs to reach one person, in words. `takes`: whether an address is that.
    """

    WANTED: ClassVar[str]

    language: Literal["zh", "en"] = Field(
        default="zh", description="Of its notices; a person's own language goes before."
    )

    def takes(self, address: str) -> bool:
        """Whether a person can be reached by such an address."""
        raise NotImplementedError


class BotChannel(ReadChannel):
    """A bot in a group chat. What is over its rate waits in the outbox."""

    url: SecretUrl = Field(description="The bot's webhook address, as the group shows it.")
    fire_url: SecretUrl | None = Field(
        default=None, description="A bot of its own for fires, so that nothing else uses up its rate."
    )
    per_minute: int = Field(default=20, ge=2, le=1000, description="Messages a minute that the bot may send.")
    fire_reserve: int = Field(
        default=5, ge=0, description="That many of them are kept for fires, where fires have no bot of their own."
    )

    @model_validator(mode="after")
    def _leaves_room(self) -> Self:
        if self.fire_reserve > self.per_minute - 2:
            raise misfit("reserve_too_large", most=self.per_minute - 2)
        return self


class WecomChannel(BotChannel):
    """A group bot of WeCom (企业微信)."""

    type: Literal["wecom"]
    format: Literal["markdown", "text"] = Field(
        default="markdown", description="text for groups that are read in WeChat, which does not show markdown."
    )
    picture: bool = Field(default=True, description="Send the snapshot after the text; it counts as a message.")
    WANTED: ClassVar[str] = "the member's user id"

    def takes(self, address: str) -> bool:
        """To be called by name in the group."""
        return re.fullmatch(r"[\w.@-]{1,64}", address, re.ASCII) is not None


class DingtalkChannel(BotChannel):
    """A group bot of DingTalk (钉钉). Without a picture: it takes none but public addresses."""

    type: Literal["dingtalk"]
    secret: SecretStr | None = Field(default=None, description="The bot's signing secret (加签), if it has one.")
    fire_secret: SecretStr | None = Field(default=None, description="That of the bot for fires.")
    WANTED: ClassVar[str] = "the member's telephone number or user id"

    def takes(self, address: str) -> bool:
        """To be called by name in the group."""
        return is_phone(address) or re.fullmatch(r"[\w-]{1,64}", address, re.ASCII) is not None


class FeishuChannel(BotChannel):
    """A group bot of Feishu (飞书). Without a picture: a bot cannot upload one."""

    type: Literal["feishu"]
    secret: SecretStr | None = Field(default=None, description="The bot's signing secret (签名校验), if it has one.")
    fire_secret: SecretStr | None = Field(default=None, description="That of the bot for fires.")
    per_minute: int = Field(default=100, ge=2, le=1000, description="Messages a minute that the bot may send.")
    per_second: int = Field(default=5, ge=1, le=100, description="Messages a second that the bot may send.")
    fire_reserve: int = Field(
        default=20, ge=0, description="That many a minute are kept for fires, where fires have no bot of their own."
    )
    WANTED: ClassVar[str] = "the member's user id"

    def takes(self, address: str) -> bool:
        """To be called by name in the group."""
        return re.fullmatch(r"[\w-]{1,64}", address, re.ASCII) is not None


class NtfyChannel(ReadChannel):
    """A topic of an ntfy server, best one of your own: phones and browsers subscribe to it."""

    type: Literal["ntfy"]
    url: HttpUrl = Field(description="The server, such as https://ntfy.example.")
    topic: SecretStr = Field(
        description="The topic. Whoever knows it can read it, unless the server asks for a log-in."
    )
    token: SecretStr | None = Field(default=None, description="Access token.")
    username: str | None = Field(default=None, description="Or a name to log in with.")
    password: SecretStr | None = Field(default=None, description="And its password.")
    picture: bool = Field(default=True, description="Attach the snapshot, where the server takes attachments.")
    WANTED: ClassVar[str] = "a topic: letters, digits, _ and -, at most 64"

    def takes(self, address: str) -> bool:
        """A topic of the person's own."""
        return re.fullmatch(r"[\w-]{1,64}", address, re.ASCII) is not None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.url.username or self.url.password or self.url.query:
            raise misfit("log_in_in_url")
        if self.token is not None and self.username is not None:
            raise misfit("token_or_password")
        if (self.username is None) != (self.password is None):
            raise misfit("name_and_password")
        return self


def _mail_address(address: str) -> str:
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or any(sign.isspace() or sign in '<>,;"' for sign in address):
        raise misfit("no_mail_address", address=address)
    return address


MailAddress = Annotated[str, AfterValidator(_mail_address), Field(max_length=254)]


class EmailChannel(ReadChannel):
    """Mail by a mail server, with the snapshot in it."""

    type: Literal["email"]
    host: str = Field(min_length=1, max_length=253, description="The mail server (SMTP).")
    port: int | None = Field(
        default=None, ge=1, le=65535, description="Its port. Default: 587 for starttls, 465 for tls, 25 for none."
    )
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="none: unencrypted, for a server on this machine."
    )
    ca_file: Path | None = Field(
        default=None, description="Certificates that the server's must be signed by. Default: the system's."
    )
    username: str | None = Field(default=None, description="Name to log in with.")
    password: SecretStr | None = Field(default=None, description="Password to log in with.")
    sender: MailAddress = Field(description="From.")
    to: tuple[MailAddress, ...] = Field(min_length=1, description="To; they do not see each other.")
    picture: bool = Field(default=True, description="Send the snapshot in the mail.")
    timeout_s: float = Field(default=20.0, gt=0, le=60, description="Give up on one attempt after this long.")
    WANTED: ClassVar[str] = "an e-mail address"

    def takes(self, address: str) -> bool:
        """A person's own."""
        try:
            return bool(_mail_address(address))
        except ValueError:
            return False

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise misfit("name_and_password")
        if self.username is not None and self.security == "none":
            raise misfit("password_in_clear")
        return self


class AppriseChannel(ReadChannel):
    """Anything that Apprise knows: Telegram, Matrix, Signal, Pushover and some hundred more."""

    type: Literal["apprise"]
    url: SecretStr = Field(description="An address as Apprise writes it, such as tgram://TOKEN/CHAT.")
    picture: bool = Field(default=True, description="Attach the snapshot, where the service takes attachments.")
    timeout_s: float = Field(default=20.0, gt=0, le=60, description="Give up on one attempt after this long.")
    WANTED: ClassVar[str] = "an address as Apprise writes it, such as tgram://TOKEN/CHAT"

    def takes(self, address: str) -> bool:
        """As far as can be seen without Apprise."""
        return re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://\S+", address) is not None


def is_phone(address: str) -> bool:
    """Whether it is a telephone number, as DingTalk takes it."""
    return re.fullmatch(r"\+?[0-9-]{6,20}", address, re.ASCII) is not None


def check_addresses(people: Sequence[PersonConfig], channels: Mapping[str, object]) -> None:
    """channels: by name. Raises ValueError, which names the key and not the address."""
    for number, person in enumerate(people):
        for at, way in enumerate(person.channels):
            channel, address = channels.get(way.channel), way.address.get_secret_value()
            if address and isinstance(channel, ReadChannel) and not channel.takes(address):
                key = f"people.{number}.channels.{at}.address"
                raise misfit("wrong_address", key=key, person=person.id, channel=way.channel, wanted=channel.WANTED)
