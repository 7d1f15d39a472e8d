"""Which passwords will do, and what is kept of them."""

import pytest

from alerts.access import passwords
from alerts.errors import AccountRefused


@pytest.mark.parametrize("password", ["correct horse", "心安心安心安安全第一名", "aaaaaaaabc", "x" * 100 + "yz"])
def test_anything_long_enough_will_do(password: str) -> None:
    passwords.refuse_weak(password, "wang", "王建国")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_length"),
        ("ninechars", "password_length"),
        ("x" * 201, "password_length"),
        ("1234567890", "password_weak"),
        ("Password123", "password_weak"),
        ("woaini1314", "password_weak"),
        ("aaaaaaaaaaaa", "password_weak"),
        ("1212121212", "password_weak"),
        ("wangjianguo", "password_weak"),
        ("WangJianguo", "password_weak"),
        ("Wang Jian Guo", "password_weak"),
    ],
)
def test_what_is_tried_first_will_not(password: str, code: str) -> None:
    with pytest.raises(AccountRefused) as refused:
        passwords.refuse_weak(password, "wangjianguo", "Wang Jian Guo")
    assert refused.value.code == code
    assert not password or password not in str(refused.value)


def test_a_hash_says_how_it_was_made_and_is_another_each_time() -> None:
    one, two = passwords.hashed("correct horse"), passwords.hashed("correct horse")
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$") and one != two
    assert passwords.verify(one, "correct horse") and passwords.verify(two, "correct horse")
    assert not passwords.verify(one, "correct horsf") and not passwords.verify(one, "")
    assert not passwords.outdated(one)
    assert passwords.outdated(one.replace("t=2", "t=1"))


def test_without_a_hash_nothing_is_right_but_as_much_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = passwords._HASHER

    class Counting:
        def verify(self, password_hash: str, password: str) -> bool:
            asked.append(password_hash)
            return real.verify(password_hash, password)

    monkeypatch.setattr(passwords, "_HASHER", Counting())
    assert not passwords.verify(None, "nobody")  # the very word that the dummy is made of
    assert not passwords.verify(None, "correct horse")
    assert [one.rpartition("$")[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$") for one in asked] == [True, True]


@pytest.mark.parametrize("kept", ["", "plain", "$argon2id$v=19$m=19456,t=2,p=1$x$y"])
def test_a_damaged_hash_lets_nobody_in(kept: str) -> None:
    assert not passwords.verify(kept, "correct horse")


def test_the_same_letter_typed_in_two_ways() -> None:
    assert passwords.verify(passwords.hashed("Cafe\u0301 au lait"), "Caf\u00e9 au lait")
