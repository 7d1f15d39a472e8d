"""What comes with the program, installed from a wheel or run from its own tree: its version, the settings explained."""

import hashlib
import tomllib
from importlib import metadata
from pathlib import Path

from alerts.errors import AlertsError, SettingsError
from streams.disk import replace_text

EXAMPLE = "xinan.example.toml"
_TREE = Path(__file__).parents[1]


def version() -> str:
    """Of the tree that it runs from, else of the installed package."""
    tree = _TREE / "pyproject.toml"
    if tree.is_file():
        return str(tomllib.loads(tree.read_text("utf-8"))["project"]["version"])
    return metadata.version("xinan")


def program() -> str:
    """A fingerprint of all sources that run, where machines have to have the same."""
    digest = hashlib.sha256()
    for file in sorted(file for top in ("streams", "vision", "alerts") for file in (_TREE / top).rglob("*.py")):
        digest.update(f"{file.relative_to(_TREE).as_posix()}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def example() -> str:
    """Settings with every key explained: at the top of the tree, beside this module in a wheel."""
    found = next(path for folder in (_TREE, Path(__file__).parent) if (path := folder / EXAMPLE).is_file())
    return found.read_text("utf-8")


def write_example(path: Path, *, force: bool) -> None:
    """Settings to begin with. Raises SettingsError when the file is there, unless `force`; AlertsError."""
    if path.exists() and not force:
        raise SettingsError(f"{path}: is there already; name another file, or write over it with --force")
    try:
        replace_text(path, example())
    except OSError as error:
        raise AlertsError(f"{path}: cannot be written: {error.strerror}") from None
