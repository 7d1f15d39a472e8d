"""An object store that speaks S3, by fsspec's s3fs (extra `s3`).

A file goes up in a single PUT: it is there whole or not at all, and no half of one is left to be paid for. With it go
its MD5, which every server compares, and its SHA-256. That it arrived is believed when the server answers with one of
the two, or when what is read back is the same.
"""

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from alerts.errors import MediaAway, MediaGone, MediaRefused
from alerts.evidence.media_config import MediaKeys, MediaPlace
from alerts.evidence.objects import SHA256, Stored
from streams.errors import redact

CONNECT_S, ANSWER_S = 5.0, 20.0
"""A connection, and an answer to what carries no file, is given up after this long, seconds."""
LEAST_RATE = 64 << 10
"""A file may take longer: so many bytes each second at the least."""
AT_ONCE = 4
"""Files under way side by side: over a line with 50 ms of delay one after the other is slow."""
PAGE = 1000
"""Names of one answer: the most that there are."""
_BLOCK = 1 << 20
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_PAST_END = frozenset({"InvalidRange", "RequestedRangeNotSatisfiable", "416"})
_THIS_FILE = frozenset(
    {"BadDigest", "InvalidDigest", "EntityTooLarge", "EntityTooSmall", "InvalidArgument", "KeyTooLongError",
     "InvalidRequest", "MetadataTooLarge", "XAmzContentSHA256Mismatch", "IncompleteBody"}
)  # fmt: skip
_NOT_ALLOWED = "these keys may not do that; it takes s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket"
_ADVICE = {
    "NoSuchBucket": "there is no such bucket; create it, or correct store.media_url",
    "InvalidBucketName": "that is no name of a bucket; correct store.media_url",
    "AccessDenied": _NOT_ALLOWED,
    "403": _NOT_ALLOWED,  # HEAD has no words
    "InvalidAccessKeyId": "it does not know this key; correct store.media_key",
    "SignatureDoesNotMatch": "the secret does not go with the key; correct store.media_secret",
    "NotImplemented": "it cannot do that; does it know store.media_encryption?",
    "PermanentRedirect": "the bucket is in another region; set store.media_region",
    "AuthorizationHeaderMalformed": "the bucket is in another region; set store.media_region",
    "RequestTimeTooSkewed": "its clock and the one here differ",
}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _File:
    """What is sent. md5, sha256: raw."""

    size: int
    md5: bytes
    sha256: bytes


class _PastEnd(MediaRefused):
    """Nothing of the range is there."""


class S3Objects:
    """See `alerts.evidence.objects.Objects`. Its connections live in fsspec's own thread, and end with the object."""

    def __init__(self, place: MediaPlace, keys: MediaKeys) -> None:
        """Nothing is asked of the server yet. Raises ImportError when the extra is missing (`missing`)."""
        from s3fs import S3FileSystem  # with botocore half a second and 40 MB, which most do without

        self._place, self.place = place, f"{place}" + (f" at {keys.media_endpoint.host}" if keys.media_endpoint else "")
        self._encryption = _encryption(keys)
        self._system = S3FileSystem(
            key=keys.media_key.get_secret_value() if keys.media_key else None,
            secret=keys.media_secret.get_secret_value() if keys.media_secret else None,
            endpoint_url=str(keys.media_endpoint).rstrip("/") if keys.media_endpoint else None,
            client_kwargs={"region_name": keys.media_region} if keys.media_region else {},
            config_kwargs=_client(own_server=keys.media_endpoint is not None),
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        self._system.retries = 1  # who calls tries again, and says so

    def check(self) -> Sequence[str]:
        """Raises MediaAway, MediaRefused."""
        name = "checked-by-xinan"
        content = name.encode()
        self._do(self._send(name, content, _described(content)), ANSWER_S)
        if self.read(name, 0, len(content)) != content:
            raise MediaRefused(f"{self.place}: gives back something else than was put there")
        notes = []
        try:
            if not self.delete(name):
                notes.append("what is deleted is still there: retention cannot delete evidence")
        except (MediaAway, MediaRefused) as error:
            notes.append(f"nothing can be deleted: retention cannot delete evidence: {error}")
        if self._versioned():
            notes.append("it keeps old versions: what is deleted goes only by a lifecycle rule for noncurrent versions")
        return notes

    def put(self, files: Sequence[tuple[str, Path]]) -> list[Stored | MediaRefused | OSError]:
        """As the protocol says; `AT_ONCE` side by side."""

        async def all_of_them() -> list[Stored | MediaRefused | OSError | MediaAway]:
            room = asyncio.Semaphore(AT_ONCE)

            async def one(name: str, path: Path) -> Stored | MediaRefused | OSError | MediaAway:
                async with room:
                    try:
                        return await self._put(name, path)
                    except (MediaRefused, MediaAway, OSError) as error:
                        return error

            return await asyncio.gather(*(one(name, path) for name, path in files))

        done: list[Stored | MediaRefused | OSError] = []
        for result in self._do(all_of_them(), None):
            if isinstance(result, MediaAway):
                raise result
            done.append(result)
        return done

    def stat(self, name: str) -> Stored | None:
        """Asks by HEAD."""
        try:
            found = self._do(self._call("head_object", Key=self._key(name)), ANSWER_S)
        except MediaGone:
            return None
        metadata = {str(key).lower(): str(value) for key, value in found.get("Metadata", {}).items()}
        return Stored(name, int(found["ContentLength"]), metadata.get(SHA256, ""))

    def read(self, name: str, start: int, end: int) -> bytes:
        """One request for the range; none for nothing."""
        if end <= start:
            return b""
        return bytes(self._do(self._range(name, start, end), ANSWER_S + (end - start) / LEAST_RATE))

    def delete(self, name: str) -> bool:
        """Asks by HEAD afterwards."""
        with contextlib.suppress(MediaGone):
            self._do(self._call("delete_object", Key=self._key(name)), ANSWER_S)
        return self.stat(name) is None

    def names(self) -> Iterator[Stored]:
        """Page by page."""
        after: dict[str, str] = {}
        while True:
            page = self._do(self._call("list_objects_v2", Prefix=self._place.prefix, MaxKeys=PAGE, **after), ANSWER_S)
            for item in page.get("Contents", ()):
                yield Stored(item["Key"].removeprefix(self._place.prefix), int(item["Size"]), "")
            if not page.get("IsTruncated"):
                return
            after = {"ContinuationToken": page["NextContinuationToken"]}

    def _key(self, name: str) -> str:
        return f"{self._place.prefix}{name}"

    def _versioned(self) -> bool:
        """Not every server answers that, and not every key may ask."""
        with contextlib.suppress(MediaAway, MediaGone, MediaRefused):
            return bool(self._do(self._call("get_bucket_versioning"), ANSWER_S).get("Status") == "Enabled")
        return False

    async def _put(self, name: str, path: Path) -> Stored:
        with path.open("rb") as file:
            described = await asyncio.to_thread(_describe, file)
            file.seek(0)
            limit_s = ANSWER_S + described.size / LEAST_RATE
            try:
                await asyncio.wait_for(self._send(name, file, described), limit_s)
            except TimeoutError:  # an OSError, which would be the file's
                raise MediaAway(f"{self.place}: {name} was not taken within {limit_s:.0f} s") from None
        return Stored(name, described.size, described.sha256.hex())

    async def _send(self, name: str, body: Any, file: _File) -> None:
        """One PUT; believed only once it is shown to have arrived. Raises MediaRefused, MediaAway."""
        answer = await self._call(
            "put_object",
            Key=self._key(name),
            Body=body,
            ContentMD5=base64.b64encode(file.md5).decode(),
            ChecksumSHA256=base64.b64encode(file.sha256).decode(),
            ContentType={".jpg": "image/jpeg", ".mp4": "video/mp4"}.get(Path(name).suffix, "text/plain"),
            Metadata={SHA256: file.sha256.hex()},
            **self._encryption,
        )
        if answer.get("ChecksumSHA256"):
            arrived = answer["ChecksumSHA256"] == base64.b64encode(file.sha256).decode()
        else:  # an older server; encrypted by a KMS, its ETag is something else
            arrived = answer.get("ETag", "").strip('"') == file.md5.hex() or await self._holds(name, file)
        if not arrived:
            raise MediaRefused(f"{name}: arrived changed")

    async def _holds(self, name: str, file: _File) -> bool:
        """Read it back."""
        found = hashlib.sha256()
        for start in range(0, file.size, _BLOCK):
            found.update(await self._range(name, start, min(start + _BLOCK, file.size)))
        return found.digest() == file.sha256

    async def _range(self, name: str, start: int, end: int) -> bytes:
        path = f"{self._place.bucket}/{self._key(name)}"
        try:
            with self._as_our_errors(name):
                return bytes(await self._system._cat_file(path, start=start, end=end))
        except _PastEnd:
            return b""

    async def _call(self, method: str, **given: Any) -> dict[str, Any]:
        with self._as_our_errors(str(given.get("Key", "")).removeprefix(self._place.prefix)):
            answer: dict[str, Any] = await self._system._call_s3(method, Bucket=self._place.bucket, **given)
            return answer

    def _do(self, work: Awaitable[_T], limit_s: float | None) -> _T:
        """In fsspec's thread. Raises MediaAway after the limit, seconds."""
        from fsspec.asyn import sync

        async def within() -> _T:
            return await asyncio.wait_for(work, limit_s)

        try:
            found: _T = sync(self._system.loop, within)
            return found
        except TimeoutError:
            raise MediaAway(f"{self.place}: no answer within {limit_s:g} s") from None

    @contextlib.contextmanager
    def _as_our_errors(self, name: str) -> Iterator[None]:
        """What s3fs and botocore raise, in one line that holds no key and no signature."""
        try:
            yield
        except (MediaAway, MediaGone, MediaRefused, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001 - of botocore, aiohttp and s3fs alike, without a common base
            raise self._translated(name, error) from None

    def _translated(self, name: str, error: Exception) -> MediaAway | MediaGone | MediaRefused:
        cause = error if hasattr(error, "response") else error.__cause__ or error
        said = dict(getattr(cause, "response", {}).get("Error", {}))
        code = str(said.get("Code", ""))
        if code in _MISSING or (not code and isinstance(error, FileNotFoundError)):
            return MediaGone(f"{name}: not in {self.place}")
        if code in _PAST_END:
            return _PastEnd(f"{name}: ends before that")
        if code in _THIS_FILE:
            return MediaRefused(f"{name}: {self.place} does not take it: {code}")
        if code:
            status = getattr(cause, "response", {}).get("ResponseMetadata", {}).get("HTTPStatusCode", "")
            return MediaAway(f"{self.place}: {_ADVICE.get(code) or f'answers {code} (HTTP {status})'}")
        kind = type(cause).__name__
        if kind in ("NoCredentialsError", "PartialCredentialsError"):
            return MediaAway(f"{self.place}: no keys found; set store.media_key and store.media_secret")
        return MediaAway(f"{self.place}: does not answer: {redact(kind)}")


def missing() -> str:
    """What to do where the extra is not installed; "" where it is."""
    return "" if find_spec("s3fs") else "s3fs is missing; install it with: pip install 'xinan[s3]'"


def _client(*, own_server: bool) -> dict[str, Any]:
    """Of botocore. A server of one's own has rarely a name for each bucket, and often none of AWS's newer checksums."""
    return {
        "connect_timeout": CONNECT_S,
        "read_timeout": ANSWER_S,
        "retries": {"max_attempts": 0},
        "max_pool_connections": 2 * AT_ONCE,
        "request_checksum_calculation": "when_required",
        "response_checksum_validation": "when_required",
        **({"s3": {"addressing_style": "path"}} if own_server else {}),
    }


def _encryption(keys: MediaKeys) -> dict[str, str]:
    if keys.media_encryption is None:
        return {}
    own = {"SSEKMSKeyId": keys.media_kms_key} if keys.media_kms_key else {}
    return {"ServerSideEncryption": keys.media_encryption, **own}


def _describe(file: Any) -> _File:
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    while block := file.read(_BLOCK):
        md5.update(block)
        sha256.update(block)
        size += len(block)
    return _File(size, md5.digest(), sha256.digest())


def _described(content: bytes) -> _File:
    return _File(len(content), hashlib.md5(content, usedforsecurity=False).digest(), hashlib.sha256(content).digest())
