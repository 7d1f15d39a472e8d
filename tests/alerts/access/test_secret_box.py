"""What is sealed opens for its own account with its own key alone, and shows nothing."""

from pathlib import Path

import pytest

from alerts.access.secret_box import KEY_FILE, SecretBox, box_of
from alerts.errors import SecretLost, StoreError

SECRET = "GEZDGNBVGY3TQOJQ"
BOX = SecretBox(b"k" * 32)
SEALED = BOX.seal("wang", SECRET)


def test_it_opens_and_is_another_each_time() -> None:
    assert BOX.open("wang", SEALED) == SECRET
    assert BOX.seal("wang", SECRET) != SEALED and SECRET not in SEALED


@pytest.mark.parametrize(
    ("box", "account", "sealed"),
    [
        (SecretBox(b"x" * 32), "wang", SEALED),
        (BOX, "li", SEALED),
        (BOX, "wang", SEALED[:-3] + "A=="),
        (BOX, "wang", SEALED[:20]),
        (BOX, "wang", SEALED.replace("1:", "2:", 1)),
        (BOX, "wang", SECRET),
        (BOX, "wang", "1:"),
        (BOX, "wang", "1:a"),
        (BOX, "wang", "1:王"),
    ],
    ids=["another key", "another's", "changed", "cut", "unknown form", "never sealed", "empty", "short", "no base64"],
)
def test_what_does_not_open(box: SecretBox, account: str, sealed: str) -> None:
    with pytest.raises(SecretLost) as refused:
        box.open(account, sealed)
    assert SECRET not in str(refused.value) and sealed not in str(refused.value)


def test_the_key_is_of_the_folder(tmp_path: Path) -> None:
    assert box_of(tmp_path).open("wang", box_of(tmp_path).seal("wang", SECRET)) == SECRET
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0
    (tmp_path / KEY_FILE).write_bytes(b"short")
    with pytest.raises(StoreError, match=r"second-step\.key: not a key of 32 bytes; remove it, and the second step of"):
        box_of(tmp_path)
