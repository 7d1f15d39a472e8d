"""Web Push's encryption and proof, against the standard's own example and another implementation."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.notifiers.web_push import MOST_PLAIN, BrowserKeys, Vapid, encrypt, new_key, pack, read_key, unpack
from tests.alerts.making import START
from tests.alerts.push_service import Browser, claims
from tests.alerts.receiver import Got

BROWSER = Browser()
KEYS = BrowserKeys.from_text(**BROWSER.keys())


def test_the_example_of_rfc_8291() -> None:
    """Appendix A: the same message, byte for byte."""
    keys = BrowserKeys.from_text(
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    )
    made = encrypt(
        b"When I grow up, I want to be a watermelon",
        keys,
        salt=unpack("DGv6ra1nlYgDCS1FRnbzlw"),
        sender=read_key("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
    )
    assert pack(made) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6"
        "PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@settings(max_examples=30, deadline=None)
@given(plain=st.binary(max_size=MOST_PLAIN))
def test_another_implementation_reads_it(plain: bytes) -> None:
    made = encrypt(plain, KEYS)
    assert BROWSER.read(made) == plain
    assert len(made) <= 4096


def test_each_message_has_keys_of_its_own() -> None:
    assert encrypt(b"x", KEYS) != encrypt(b"x", KEYS)


def test_a_message_that_is_too_long_is_refused() -> None:
    assert len(encrypt(b"x" * MOST_PLAIN, KEYS)) == 4096
    with pytest.raises(ValueError, match="3993"):
        encrypt(b"x" * (MOST_PLAIN + 1), KEYS)


GOOD = BROWSER.keys()


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", GOOD["auth"]),
        (GOOD["p256dh"], ""),
        (GOOD["p256dh"][:-2], GOOD["auth"]),
        (GOOD["p256dh"], GOOD["auth"] + "AAAA"),
        (pack(b"\x04" + b"\x01" * 64), GOOD["auth"]),
        (pack(b"\x02" + b"\x01" * 64), GOOD["auth"]),
        ("é" * 87, GOOD["auth"]),
        ("!" * 87, GOOD["auth"]),
    ],
    ids=["no key", "no secret", "cut", "secret too long", "not on the curve", "another form", "no ASCII", "no base64"],
)
def test_what_is_no_key_of_a_browser(p256dh: str, auth: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        BrowserKeys.from_text(p256dh, auth)


def test_the_sender_proves_itself_to_each_push_service() -> None:
    vapid = Vapid(read_key(new_key()), "mailto:duty@lane12.example")
    said = vapid.authorization("https://push.example:8443/abc?d=e", START)
    found = claims(Got("/", {"Authorization": said}, b""), vapid.public)
    assert found["aud"] == "https://push.example:8443"
    assert found["sub"] == "mailto:duty@lane12.example"
    assert 0 < found["exp"] - START.timestamp() <= 24 * 3600
    other = claims(Got("/", {"Authorization": vapid.authorization("https://b.example/", START)}, b""), vapid.public)
    assert other["aud"] == "https://b.example"


@pytest.mark.parametrize(("hours", "same"), [(0, True), (5, True), (7, False), (-1, False)])
def test_a_token_is_used_while_it_is_young(hours: int, same: bool) -> None:
    vapid = Vapid(read_key(new_key()), "mailto:a@b.example")
    first = vapid.authorization("https://push.example/", START)
    assert (vapid.authorization("https://push.example/", START + timedelta(hours=hours)) == first) == same


def test_a_key_survives_being_written_down() -> None:
    text = new_key()
    assert Vapid(read_key(text), "").public == Vapid(read_key(text), "").public
