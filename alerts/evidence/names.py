"""What pictures and clips are called: the one place where a key becomes a file name, and a name an alert. No I/O.

A name is a path relative to the store's folder, in which files lie and by which the record speaks of them:
"snapshots/2026/01/31/<alert id>-<hhmmssmmm UTC>-<n>.blurred.jpg", "clips/2026/01/31/<alert id>-<hhmmssmmm UTC>-1.mp4".
"""

import re
from datetime import UTC, datetime
from typing import Literal, get_args

from alerts.errors import StoreError

Variant = Literal["clean", "annotated", "blurred", "veiled"]
"""clean: as it came. veiled: heads hidden. blurred: heads hidden and the finding drawn in, for notices. annotated:
clear and drawn in; of earlier versions, as the console now draws by itself."""
VARIANTS: tuple[Variant, ...] = get_args(Variant)
SNAPSHOTS, CLIPS = "snapshots", "clips"
"""Folders of the store."""
PICTURE_SUFFIX, CLIP_SUFFIX = ".jpg", ".mp4"

KEY = re.compile(r"\d{4}/\d{2}/\d{2}/[A-Za-z0-9_-]{1,64}-\d{9}-\d{1,3}", re.ASCII)
"""Keys of pictures, and of clips."""
_NAME = re.compile(
    rf"({SNAPSHOTS}/{KEY.pattern}\.({'|'.join(VARIANTS)})\{PICTURE_SUFFIX}|{CLIPS}/{KEY.pattern}\{CLIP_SUFFIX})",
    re.ASCII,
)


def key_stem(alert_id: str, at: datetime) -> str:
    """What the keys of pictures and clips of this moment begin with. at: aware."""
    at = at.astimezone(UTC)
    return f"{at:%Y/%m/%d}/{alert_id}-{at:%H%M%S}{at.microsecond // 1000:03d}"


def picture_file(key: str, variant: Variant) -> str:
    """Below the folder of pictures. Raises StoreError for a key or variant that there cannot be."""
    if variant not in VARIANTS:
        raise StoreError(f"{variant!r}: no such picture; allowed: {', '.join(VARIANTS)}")
    if KEY.fullmatch(key) is None:
        raise StoreError(f"{key[:80]!r}: not the key of a snapshot")
    return f"{key}.{variant}{PICTURE_SUFFIX}"


def clip_file(key: str) -> str:
    """Below the folder of clips. Raises StoreError for a key that there cannot be."""
    if KEY.fullmatch(key) is None:
        raise StoreError(f"{key[:80]!r}: not the key of a clip")
    return f"{key}{CLIP_SUFFIX}"


def picture_name(key: str, variant: Variant) -> str:
    """Raises StoreError as `picture_file` does."""
    return f"{SNAPSHOTS}/{picture_file(key, variant)}"


def clip_name(key: str) -> str:
    """Raises StoreError as `clip_file` does."""
    return f"{CLIPS}/{clip_file(key)}"


def is_name(text: str) -> bool:
    """Whether it is the name of a picture or clip, and so leads nowhere else."""
    return _NAME.fullmatch(text) is not None


def alert_of(name: str) -> str:
    """The id of the alert that a file is of, by its name or by its path."""
    return name.rpartition("/")[2].partition(".")[0].rsplit("-", 2)[0]
