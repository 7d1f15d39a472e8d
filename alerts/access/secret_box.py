"""Seals what the database keeps and the server has to read again: the secrets of the second step.

AES-256-GCM under a key that lies beside the database (`alerts.key_file`), so that neither the database nor a copy of it
holds a secret. The account is part of what is sealed: a secret that is moved to another account's row opens nothing.
"""

import base64
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alerts.errors import SecretLost
from alerts.key_file import key_in

KEY_FILE = "second-step.key"
_VERSION = "1:"
_NONCE = 12


class SecretBox:
    """Thread-safe."""

    def __init__(self, key: bytes) -> None:
        """key: 32 secret bytes."""
        self._cipher = AESGCM(key)

    def seal(self, account: str, secret: str) -> str:
        """As the database keeps it: text, another one each time."""
        nonce = os.urandom(_NONCE)
        sealed = self._cipher.encrypt(nonce, secret.encode(), account.encode())
        return _VERSION + base64.urlsafe_b64encode(nonce + sealed).decode()

    def open(self, account: str, sealed: str) -> str:
        """Raises SecretLost: it was sealed with another key, for another account, or changed."""
        try:
            if not sealed.startswith(_VERSION):
                raise ValueError
            raw = base64.urlsafe_b64decode(sealed.removeprefix(_VERSION))
            return self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], account.encode()).decode()
        except (InvalidTag, ValueError):
            raise SecretLost(f"the second step of {account}: {KEY_FILE} is not the key it was sealed with") from None


def box_of(folder: Path) -> SecretBox:
    """That of a store's folder. Raises StoreError."""
    return SecretBox(key_in(folder, KEY_FILE, "the second step of every account has to be set up anew"))
