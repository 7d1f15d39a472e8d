"""Keys that lie beside the database, not in it: each in a file of the store's folder, for the owner only."""

import os
from pathlib import Path

from alerts.errors import StoreError

KEY_BYTES = 32


def key_in(folder: Path, name: str, lost: str) -> bytes:
    """`KEY_BYTES` secret bytes, made at the first call. lost: what ends if the file is removed.

    Raises StoreError.
    """
    path = folder / name
    try:
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            key = os.urandom(KEY_BYTES)
            _write(path, key)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from None
    if len(key) != KEY_BYTES:
        raise StoreError(f"{path}: not a key of {KEY_BYTES} bytes; remove it, and {lost}")
    return key


def _write(path: Path, key: bytes) -> None:
    """All of it or nothing, also if the power is cut."""
    staged = path.with_suffix(".new")
    handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, key)
        os.fsync(handle)
    finally:
        os.close(handle)
    os.replace(staged, path)
