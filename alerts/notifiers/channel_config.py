"""`[[channels]]`: who else is told of alerts. One table each; `type` says which of these models it is."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AnyUrl, Field, HttpUrl, SecretStr, UrlConstraints, field_validator
from pydantic import model_validator as model_check

from alerts.notifiers.channel_base import ChannelConfig
from alerts.routing.people_channels import (
    AppriseChannel,
    DingtalkChannel,
    EmailChannel,
    FeishuChannel,
    NtfyChannel,
    WecomChannel,
)
from streams.misfit import misfit

MqttUrl = Annotated[AnyUrl, UrlConstraints(allowed_schemes=["mqtt", "mqtts"], host_required=True)]
Topic = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", max_length=100)]


class MqttChannel(ChannelConfig):
    """A broker: alerts as events, the state of every camera retained, entities for Home Assistant."""

    type: Literal["mqtt"]
    url: MqttUrl = Field(description="mqtt://host:1883, or mqtts://host:8883 with TLS; no password in it.")
    username: str | None = Field(default=None, description="Name to log in with.")
    password: SecretStr | None = Field(default=None, description="Password to log in with.")
    ca_file: Path | None = Field(
        default=None, description="Certificates that the broker's must be signed by. Default: the system's."
    )
    cert_file: Path | None = Field(default=None, description="Own certificate, for brokers that ask for one.")
    key_file: Path | None = Field(default=None, description="Its key. Default: in cert_file.")
    topic: Topic = Field(default="xinan", description="Everything is published below it.")
    discovery: Topic | None = Field(
        default="homeassistant", description='Where Home Assistant looks for devices; "" for no discovery.'
    )
    keepalive_s: int = Field(default=30, ge=5, le=3600, description="The broker calls us lost after 1.5 times this.")

    @field_validator("discovery", mode="before")
    @classmethod
    def _none_is_written_empty(cls, value: object) -> object:
        return None if value == "" else value

    @model_check(mode="after")
    def _sound(self) -> Self:
        if self.url.username or self.url.password:
            raise misfit("log_in_in_url")
        if self.url.path not in (None, "", "/") or self.url.query:
            raise misfit("server_only")
        if self.password is not None and self.username is None:
            raise misfit("password_alone")
        if self.key_file is not None and self.cert_file is None:
            raise misfit("key_alone")
        if not self.tls and (self.ca_file or self.cert_file):
            raise misfit("needs_mqtts")
        return self

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.url.scheme == "mqtts"


CapName = Annotated[str, Field(pattern=r"^[^\s,<&]+$", max_length=100)]


class CapChannel(ChannelConfig):
    """An address that takes Common Alerting Protocol 1.2 messages: a control centre, an alert aggregator."""

    type: Literal["cap"]
    url: HttpUrl = Field(description="Receives a POST with the XML of each notice.")
    secret: SecretStr | None = Field(default=None, description="Key of the HMAC-SHA256 signature header.")
    sender: CapName = Field(description="Who we are to the receiver, by agreement: such as xinan@lane12.example.")
    addresses: tuple[CapName, ...] = Field(min_length=1, description="Whom the message is meant for, by agreement.")
    status: Literal["Actual", "Exercise", "Test"] = Field(
        default="Actual", description="Test while it is being set up: nobody is to act on it."
    )


class PushChannel(ChannelConfig):
    """Phones and other browsers that subscribe in the console (Web Push)."""

    type: Literal["push"]
    contact: str = Field(
        pattern=r"^(mailto:[^@\s]+@[^@\s]+|https://\S+)$",
        max_length=200,
        description="mailto: or https: address by which a push service reaches who runs this, in case of trouble.",
    )
    allow_private: bool = Field(
        default=False, description="Also send to push services in the own network, and without TLS."
    )
    proxy: HttpUrl | None = Field(default=None, description="HTTP proxy to the push services, if need be.")


PeopleChannel = WecomChannel | DingtalkChannel | FeishuChannel | NtfyChannel | EmailChannel | AppriseChannel
"""Channels that people read."""

Channel = Annotated[MqttChannel | CapChannel | PushChannel | PeopleChannel, Field(discriminator="type")]
