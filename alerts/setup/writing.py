"""A settings file replaced by another text, with the text before beside it; whole on the disk before it is seen."""

import os
from pathlib import Path

from streams.disk import replacing, sync

BACKUP = ".bak"


def backup_of(file: Path) -> Path:
    """Where the text before the last change is kept."""
    return file.with_name(file.name + BACKUP)


def write_with_backup(file: Path, text: str) -> None:
    """Both with the permissions and, where that may be, the owner of the file. Raises OSError; the file stands then."""
    real = file.resolve()  # a link stays one
    _write(backup_of(real), real.read_bytes(), real)
    _write(real, text.encode(), real)


def _write(target: Path, content: bytes, like: Path) -> None:
    stat = like.stat()
    with replacing(target) as staged:
        staged.unlink(missing_ok=True)
        # Nobody may read it before it has the right permissions: it holds passwords.
        with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
            os.fchmod(out.fileno(), stat.st_mode & 0o7777)
            if (stat.st_uid, stat.st_gid) != (os.getuid(), os.getgid()) and os.getuid() == 0:
                os.fchown(out.fileno(), stat.st_uid, stat.st_gid)
            out.flush()
            os.fsync(out.fileno())
    sync(target.parent)
