"""Codes that go with the time, by the vectors of RFC 6238."""

import base64
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.access import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()


def when(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_vectors_of_the_rfc(seconds: int, code: str) -> None:
    """Appendix B has eight digits; six are the last ones of them."""
    assert totp.code_at(SECRET, totp.step_at(when(seconds))) == code[-6:]


@pytest.mark.parametrize(("drift", "fine"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_phone_s_clock_may_be_a_little_off(drift: int, fine: bool) -> None:
    code = totp.code_at(SECRET, totp.step_at(when(1111111109)) + drift)
    assert (totp.step_of(SECRET, code, when(1111111109), None) is not None) == fine


def test_a_code_works_once_and_no_older_one_after_it() -> None:
    now = when(1234567890)
    step = totp.step_at(now)
    older, code = totp.code_at(SECRET, step - 1), totp.code_at(SECRET, step)
    assert totp.step_of(SECRET, code, now, None) == step
    assert totp.step_of(SECRET, code, now, step) is None
    assert totp.step_of(SECRET, older, now, step) is None
    assert totp.step_of(SECRET, totp.code_at(SECRET, step + 1), now, step) == step + 1


@given(st.text(max_size=12))
def test_anything_may_be_typed(code: str) -> None:
    now = when(1234567890)
    fine = {totp.code_at(SECRET, totp.step_at(now) + drift) for drift in (-1, 0, 1)}
    assert (totp.step_of(SECRET, code, now, None) is not None) == ("".join(code.split()) in fine)


def test_typed_in_two_groups() -> None:
    assert totp.step_of(SECRET, " 287 082\n", when(59), None) == 1


def test_what_the_authenticator_reads() -> None:
    secret = totp.new_secret()
    assert len(base64.b32decode(secret)) == 20 and totp.new_secret() != secret
    address = urlsplit(totp.uri(secret, "王", "Xin'an 心安/北区"))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert parse_qs(address.query) == {"secret": [secret], "issuer": ["Xin'an 心安/北区"]}
    with pytest.raises(ValueError, match="base32"):
        totp.code_at("not base32!", 1)
