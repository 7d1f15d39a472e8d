"""Seals what the database keeps and the server has to read again: secrets of the second step, keys of phones.

AES-256-GCM under a key that lies beside the database (`alerts.key_file`), so that neither the database nor a copy of it
holds a secret. Whose it is, is part of what is sealed: a secret that is moved to another row opens nothing.
"""

import base64
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alerts.errors import SecretLost
from alerts.key_file import key_in

KEY_FILE = "second-step.key"
STORE_KEY_FILE = "sealed.key"
_VERSION = "1:"
_NONCE = 12


class SecretBox:
    """Thread-safe."""

    def __init__(self, key: bytes, file: str = KEY_FILE, what: str = "the second step of ") -> None:
        """key: 32 secret bytes. file, what: for messages: where the key lies, and of what the secrets are."""
        self._cipher = AESGCM(key)
        self._file, self._what = file, what

    def seal(self, owner: str, secret: str) -> str:
        """As the database keeps it: text, another one each time. owner: whose it is, such as an account's id."""
        nonce = os.urandom(_NONCE)
        sealed = self._cipher.encrypt(nonce, secret.encode(), owner.encode())
        return _VERSION + base64.urlsafe_b64encode(nonce + sealed).decode()

    def open(self, owner: str, sealed: str) -> str:
        """Raises SecretLost: it was sealed with another key, for another owner, or changed."""
        try:
            if not sealed.startswith(_VERSION):
                raise ValueError
            raw = base64.urlsafe_b64decode(sealed.removeprefix(_VERSION))
            return self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], owner.encode()).decode()
        except (InvalidTag, ValueError):
            raise SecretLost(f"{self._what}{owner}: {self._file} is not the key it was sealed with") from None


def box_of(folder: Path) -> SecretBox:
    """For the second step, of a store's folder. Raises StoreError."""
    return SecretBox(key_in(folder, KEY_FILE, "the second step of every account has to be set up anew"))


def store_box_of(folder: Path) -> SecretBox:
    """For what the program makes itself and keeps in the database, of a store's folder. Raises StoreError."""
    return SecretBox(key_in(folder, STORE_KEY_FILE, "every phone has to be registered anew"), STORE_KEY_FILE, "")
