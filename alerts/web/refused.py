"""What is said to a request that goes no further, by the guard or by a route."""

from collections.abc import Mapping

from fastapi import HTTPException


class Coded(HTTPException):
    """An answer that the console has words for, by its code."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        self.code = code
        super().__init__(status, detail, headers)


class Refused(Exception):
    """headers: further ones of the answer."""

    def __init__(self, status: int, error: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.error, self.detail = status, error, detail
        self.headers = dict(headers or {})
        super().__init__(detail)
