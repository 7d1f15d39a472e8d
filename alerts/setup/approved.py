"""Pictures of the clear route that somebody has approved, kept in the store's folder; the settings name them."""

import hashlib
import os
from pathlib import Path

from alerts.errors import SetupRefused
from streams.disk import replacing, sync

FOLDER = "references"


def keep_approved(folder: Path, camera: str, jpeg: bytes) -> Path:
    """Where it lies now. folder: of the store. The one before stays: the settings of before name it.

    Raises SetupRefused.
    """
    # A camera's name is letters, digits, "_", "-" and "." alone (`streams.config`): it leads nowhere else.
    file = folder / FOLDER / f"{camera}-{hashlib.sha256(jpeg).hexdigest()[:12]}.jpg"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as staged, staged.open("wb") as out:
            out.write(jpeg)
            out.flush()
            os.fsync(out.fileno())
        sync(file.parent)
    except OSError as error:
        raise SetupRefused("not_written", f"{file}: {(error.strerror or str(error)).lower()}") from None
    return file
