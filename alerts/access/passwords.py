"""Passwords: which ones will do, and their hashes. No I/O; a hash takes its time (docs/design/access.md)."""

import unicodedata

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from alerts.errors import AccountRefused

LEAST = 10
MOST = 200
"""Characters."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
"""Argon2id with 19 MiB, two passes, one lane: of OWASP's recommended ones the one that asks for the least memory."""

_DUMMY = _HASHER.hash("nobody")

_FIRST_TRIED = """
0123456789 1234567890 12345678910 0987654321 1111111111 0000000000 8888888888 6666666666 1234567891 9876543210
123456789a 123456789q a123456789 a1234567890 aa123456789 abc1234567 abcd123456 abc123456789 1122334455 112233445566
1234512345 123123123123 1qaz2wsx3edc qwertyuiop qwerty12345 qwerty123456 asdfghjkl; q1w2e3r4t5 q1w2e3r4t5y6 zxcvbnm123
password12 password123 password1234 passw0rd123 administrator admin12345 admin123456 adminadmin iloveyou123 letmein123
welcome123 changeme123 woaini1314 woaini520 woaini521 5201314520 1314520520 xinan12345 xinan123456 anquan12345
xiaoqu12345
"""
_WORST = frozenset(_FIRST_TRIED.split())
"""What is tried first, as far as it is long enough."""


def refuse_weak(password: str, *own: str) -> None:
    """Raises AccountRefused with what is wrong with a new password. own: short name and name of its account."""
    if not LEAST <= len(password) <= MOST:
        raise AccountRefused("password_length", f"a password has {LEAST} to {MOST} characters")
    plain = _plain(password)
    if len(set(plain)) < 3 or plain in _WORST or plain in {_plain(word) for word in own}:
        raise AccountRefused("password_weak", "this password is among the first that anybody would try")


def hashed(password: str) -> str:
    """Its hash, as a PHC string. Takes tens of milliseconds and 19 MiB."""
    return _HASHER.hash(_typed(password))


def verify(password_hash: str | None, password: str) -> bool:
    """Whether it is the password of that hash. Without one, the answer is no and takes as long."""
    try:
        return _HASHER.verify(password_hash or _DUMMY, _typed(password)) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(password_hash: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def _typed(password: str) -> str:
    """Two keyboards may send the same letter in two ways."""
    return unicodedata.normalize("NFC", password)


def _plain(password: str) -> str:
    return unicodedata.normalize("NFKC", password).casefold().strip()
