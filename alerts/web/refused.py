"""What the guard says to a request that goes no further."""

from collections.abc import Mapping


class Refused(Exception):
    """headers: further ones of the answer."""

    def __init__(self, status: int, error: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.error, self.detail = status, error, detail
        self.headers = dict(headers or {})
        super().__init__(detail)
