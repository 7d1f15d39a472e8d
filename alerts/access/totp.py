"""Six-digit codes that go with the time: TOTP (RFC 6238) with SHA-1 and 30 seconds, as all phones have it. Pure.

By hand: the two libraries that have it say whether a code is right, not of which step it is, and a step must be known
to be refused the second time.
"""

import base64
import binascii
import hmac
import secrets
import struct
from datetime import datetime
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
DRIFT = 1
"""Steps that a phone's clock may be ahead or behind."""


def new_secret() -> str:
    """160 random bits, base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int) -> str:
    """The code of a step. Raises ValueError for a secret that is none."""
    try:
        key = base64.b32decode(secret)
    except binascii.Error:
        raise ValueError("not a secret in base32") from None
    digest = hmac.digest(key, struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 0xF
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}d}"


def step_at(at: datetime) -> int:
    """at: aware."""
    return int(at.timestamp()) // STEP_S


def step_of(secret: str, code: str, at: datetime, used: int | None) -> int | None:
    """The step whose code this is, around `at` and after the step `used`; None: it is wrong, old, or used already."""
    given = "".join(code.split()).encode()
    now, found = step_at(at), None
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), given) and (used is None or step > used):
            found = step
    return found


def uri(secret: str, account: str, issuer: str) -> str:
    """What an authenticator reads from the QR code."""
    label = quote(f"{issuer}:{account}", safe="")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"
