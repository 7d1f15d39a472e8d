"""A connection to an MQTT broker, as a channel's settings describe it."""

import logging
import ssl
from collections.abc import Collection

import aiomqtt

from alerts.notifiers.channel_config import MqttChannel
from alerts.notifiers.mqtt_retained import broker_of

_quiet = logging.getLogger(f"{__name__}.library")
_quiet.setLevel(logging.CRITICAL)  # the library logs a warning for each failed try; what matters is said once, by us


def tls_of(config: MqttChannel) -> ssl.SSLContext | None:
    """None: not encrypted. Raises OSError when a certificate file cannot be read."""
    if not config.tls:
        return None
    context = ssl.create_default_context(cafile=str(config.ca_file) if config.ca_file else None)
    if config.cert_file:
        context.load_cert_chain(config.cert_file, config.key_file)
    return context


def client_of(config: MqttChannel, tls: ssl.SSLContext | None, will: aiomqtt.Will | None = None) -> aiomqtt.Client:
    """`async with client_of(…) as client:` is connected until the block ends. Raises aiomqtt.MqttError there."""
    host, port = broker_of(config)
    return aiomqtt.Client(
        host,
        port,
        username=config.username,
        password=config.password.get_secret_value() if config.password else None,
        logger=_quiet,
        will=will,
        timeout=config.timeout_s,
        keepalive=config.keepalive_s,
        tls_context=tls,
    )


async def clear(client: aiomqtt.Client, topics: Collection[str]) -> None:
    """Take away what is retained there. Raises aiomqtt.MqttError."""
    for topic in sorted(topics):
        await client.publish(topic, "", qos=1, retain=True)


def reason(error: BaseException) -> str:
    """One line; the library's errors hold neither address nor password."""
    return " ".join(str(error).split())[:120] or type(error).__name__
