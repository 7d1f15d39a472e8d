"""Pictures that stand in the report's page itself, so that it shows them also where nothing else is sent along.

They are the small ones, with heads hidden. Bounded: what does not fit is shown from its file, as long as that is there.
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import zip_longest
from pathlib import Path
from typing import TypeVar

from alerts.audit import words
from alerts.audit.small import QUALITY, WIDTH
from vision.jpeg import decode_image, encode_jpeg, shrink
from vision.rule import Words

T = TypeVar("T")

MOST_BYTES = 8 << 20
"""Of the page, for all pictures together: so much goes by mail."""
LARGE = 60_000
"""Bytes from which on a picture is made smaller first: those of the watch have the size of its camera."""


def embedded(ways: Iterable[str], out: Path, most: int = MOST_BYTES) -> dict[str, str]:
    """Path → the picture as a `data:` address.

    ways: of pictures below the report's folder, what matters most first, each as often as it stands in the page.
    """
    found: dict[str, str] = {}
    for way, number in Counter(ways).items():
        address = _address(out / way)
        if address and len(address) * number <= most:
            found[way] = address
            most -= len(address) * number
    return found


def by_rank(rows: Iterable[Sequence[T]]) -> Iterator[T]:
    """The first of each row, then the second of each, and so on."""
    return (one for rank in zip_longest(*rows) for one in rank if one is not None)


def image(way: str, pictures: Mapping[str, str], shown: Words, up: str = "", large: str = "") -> str:
    """What is to be seen: the picture itself, else its file, which need not be read before somebody comes to it.

    up: from the page to the report's folder. large: what stands for it where it is not there, as an earlier version
    made none.
    """
    source, more = (pictures[way], "") if way in pictures else (up + way, " loading=lazy")
    if large and way not in pictures:
        instead = escape(up + large, quote=True)
        more += f" data-large='{instead}' onerror='this.onerror=null;this.src=this.dataset.large'"
    return f"<img src='{escape(source, quote=True)}' {words.attribute('alt', words.say('picture', what=shown))}{more}>"


def _address(path: Path) -> str:
    """ "": there is no picture."""
    try:
        jpeg = path.read_bytes()
    except OSError:
        return ""
    if len(jpeg) > LARGE:
        whole = decode_image(jpeg)
        if whole is None:
            return ""
        jpeg = encode_jpeg(shrink(whole, WIDTH), QUALITY)
    return f"data:image/jpeg;base64,{b64encode(jpeg).decode()}"
