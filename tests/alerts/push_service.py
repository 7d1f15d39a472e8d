"""A push service and a browser for tests: takes what is sent, proves the sender, and decrypts as a browser does."""

import base64
import json
import os
from dataclasses import dataclass, field
from typing import Any

import http_ece
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.alerts.receiver import Got


def _unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """A subscription's secret side. The decryption is another implementation than the one that encrypts."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    def keys(self) -> dict[str, str]:
        """As `PushSubscription.toJSON()` gives them."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "p256dh": base64.urlsafe_b64encode(point).rstrip(b"=").decode(),
            "auth": base64.urlsafe_b64encode(self.auth).rstrip(b"=").decode(),
        }

    def subscription(self, endpoint: str) -> dict[str, Any]:
        """As a page sends it."""
        return {"endpoint": endpoint, "expirationTime": None, "keys": self.keys()}

    def read(self, body: bytes) -> bytes:
        """What was sent, decrypted."""
        plain: bytes = http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        return plain

    def message(self, got: Got) -> dict[str, Any]:
        """The JSON of a push."""
        assert got.headers["Content-Encoding"] == "aes128gcm"
        found: dict[str, Any] = json.loads(self.read(got.body))
        return found


def claims(got: Got, public: str) -> dict[str, Any]:
    """What the sender claims, once its signature is proved by the key that the browser subscribed with."""
    scheme, fields = got.headers["Authorization"].split(" ", 1)
    assert scheme == "vapid"
    said = dict(part.strip().split("=", 1) for part in fields.split(","))
    assert said["k"] == public
    head, body, signature = said["t"].split(".")
    assert json.loads(_unpack(head)) == {"typ": "JWT", "alg": "ES256"}
    raw = _unpack(signature)
    r, s = (int.from_bytes(part, "big") for part in (raw[:32], raw[32:]))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _unpack(public))
    key.verify(encode_dss_signature(r, s), f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    found: dict[str, Any] = json.loads(_unpack(body))
    return found
