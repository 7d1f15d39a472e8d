"""Which version runs."""

from importlib import metadata


def version() -> str:
    """As it was installed."""
    try:
        return metadata.version("xinan")
    except metadata.PackageNotFoundError:  # it runs from its folder
        return "unknown"
