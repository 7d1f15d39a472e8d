"""Web Push without a library: the message encryption of RFC 8291 (over RFC 8188) and the sender's proof of RFC 8292.

Pure but for the randomness of keys and salts, which may be handed in. Sending is done in `alerts.notifiers.push`.
"""

import base64
import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()
RECORD_SIZE = 4096
MOST_PLAIN = 3993
"""Bytes of a message before encryption: what leaves 4096 with the header and the tag (RFC 8291, section 4)."""

TOKEN_LIFE = timedelta(hours=12)
"""RFC 8292 allows 24 hours at most; half of it leaves room for clocks that differ."""
_POINT, _AUTH, _SALT = 65, 16, 16


@dataclass(frozen=True, slots=True)
class BrowserKeys:
    """What a browser gives for its subscription. point: uncompressed P-256, 65 bytes; auth: 16 bytes."""

    point: bytes
    auth: bytes

    @classmethod
    def from_text(cls, p256dh: str, auth: str) -> "BrowserKeys":
        """From base64url. Raises ValueError unless both are keys of their kind."""
        keys = cls(unpack(p256dh), unpack(auth))
        if len(keys.point) != _POINT or keys.point[0] != 4:
            raise ValueError("p256dh: not an uncompressed point of P-256")
        if len(keys.auth) != _AUTH:
            raise ValueError(f"auth: needs {_AUTH} bytes, got {len(keys.auth)}")
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, keys.point)  # ValueError: not on the curve
        return keys


def pack(data: bytes) -> str:
    """As base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unpack(text: str) -> bytes:
    """The inverse. Raises ValueError for what is not base64url."""
    if not text.isascii():
        raise ValueError("not base64url")
    return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), b"-_", validate=True)


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Its public half, uncompressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encrypt(
    plain: bytes, keys: BrowserKeys, *, salt: bytes | None = None, sender: ec.EllipticCurvePrivateKey | None = None
) -> bytes:
    """One record in the encoding `aes128gcm`, which only that browser can read.

    salt, sender: fresh for each message unless given, for tests. Raises ValueError for a message that is too long.
    """
    if len(plain) > MOST_PLAIN:
        raise ValueError(f"a push message holds {MOST_PLAIN} bytes, got {len(plain)}")
    salt, sender = salt or os.urandom(_SALT), sender or ec.generate_private_key(CURVE)
    own = point_of(sender)
    shared = sender.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, keys.point))
    secret = _derive(keys.auth, shared, b"WebPush: info\0" + keys.point + own, 32)
    key = _derive(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(salt, secret, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(own)]) + own
    return header + AESGCM(key).encrypt(nonce, plain + b"\x02", None)


def _derive(salt: bytes, key: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(key)


class Vapid:
    """The sender's key pair, by which a push service knows that messages come from whom the browser subscribed to."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, contact: str) -> None:
        """contact: "mailto:…" or "https://…", for the push service's operator in case of trouble."""
        self._key = key
        self._contact = contact
        self.public = pack(point_of(key))
        self._tokens: dict[str, tuple[datetime, str]] = {}

    def authorization(self, endpoint: str, now: datetime) -> str:
        """The header's value for a subscription's address. A token serves its whole push service for hours."""
        parts = urlsplit(endpoint)
        audience = f"{parts.scheme}://{parts.netloc}"
        expires_at, token = self._tokens.get(audience, (now, ""))
        if not now + TOKEN_LIFE / 2 < expires_at <= now + TOKEN_LIFE:  # old, or the clock was set back
            expires_at = now + TOKEN_LIFE
            token = self._sign({"aud": audience, "exp": int(expires_at.timestamp()), "sub": self._contact})
            self._tokens = {**self._tokens, audience: (expires_at, token)} if len(self._tokens) < 64 else {}
        return f"vapid t={token}, k={self.public}"

    def _sign(self, claims: dict[str, object]) -> str:
        """A JSON Web Token, ES256."""
        head = {"typ": "JWT", "alg": "ES256"}
        text = ".".join(pack(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
        r, s = decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{pack(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def new_key() -> str:
    """A private key as text: its number, base64url."""
    number = ec.generate_private_key(CURVE).private_numbers().private_value
    return pack(number.to_bytes(32, "big"))


def read_key(text: str) -> ec.EllipticCurvePrivateKey:
    """From `new_key`. Raises ValueError."""
    return ec.derive_private_key(int.from_bytes(unpack(text), "big"), CURVE)
