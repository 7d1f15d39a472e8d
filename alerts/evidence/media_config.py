"""Settings of an object store for pictures and clips: the `media_…` keys of `[store]`."""

import re
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import BaseModel, Field, HttpUrl, SecretStr, field_validator, model_validator

_URL = re.compile(
    r"s3://([A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9])((?:/[A-Za-z0-9_=-][A-Za-z0-9._=-]*)*)/?", re.ASCII
)
EXAMPLE = "s3://bucket/prefix"


@dataclass(frozen=True, slots=True)
class MediaPlace:
    """A part of a bucket. prefix: "" or "some/where/"."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


class MediaKeys(BaseModel):
    """Without `media_url` pictures and clips are in the folder only."""

    media_url: str | None = Field(
        default=None,
        description="Pictures and clips are copied there: s3://bucket/prefix. Each watch needs a prefix of its own.",
    )
    media_endpoint: HttpUrl | None = Field(
        default=None, description="Address of a server that speaks S3, such as https://minio.local:9000; default: AWS."
    )
    media_region: str | None = Field(default=None, min_length=1, max_length=64, description="Region of the bucket.")
    media_key: SecretStr | None = Field(
        default=None, description="Access key id; default: from the environment or ~/.aws, as AWS's own tools find it."
    )
    media_secret: SecretStr | None = Field(default=None, description="Secret access key; goes with `media_key`.")
    media_encryption: Literal["AES256", "aws:kms"] | None = Field(
        default=None, description="Have the server encrypt what it keeps, by its own key or by one of its KMS."
    )
    media_kms_key: str | None = Field(default=None, min_length=1, description="Id of the key for aws:kms.")
    media_cache_gb: float = Field(
        default=20.0,
        gt=0,
        description="Copies in the folder of what is there, together; the newest stay. Clips: evidence.most_gb, too.",
    )

    @field_validator("media_url")
    @classmethod
    def _is_a_place(cls, url: str | None) -> str | None:
        """What is wrong is told without the address: somebody may have put a password there."""
        if url is not None and _URL.fullmatch(url) is None:
            raise ValueError(
                f"write {EXAMPLE}: letters, digits, - _ = and dots; keys go into media_key and media_secret"
            )
        return url

    @field_validator("media_endpoint")
    @classmethod
    def _is_a_server(cls, url: HttpUrl | None) -> HttpUrl | None:
        if url is not None and (url.path not in (None, "", "/") or url.query or url.fragment or url.username):
            raise ValueError("expected scheme, host and perhaps port, as https://minio.local:9000")
        return url

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        if (self.media_key is None) != (self.media_secret is None):
            raise ValueError("media_key and media_secret go together")
        if self.media_kms_key is not None and self.media_encryption != "aws:kms":
            raise ValueError('media_kms_key: only with media_encryption = "aws:kms"')
        lost = sorted(name for name in _ONLY_WITH_URL if getattr(self, name) is not None)
        if self.media_url is None and lost:
            raise ValueError(f"{', '.join(lost)}: only with media_url")
        return self

    @property
    def media_place(self) -> MediaPlace | None:
        """Where `media_url` leads; None: nowhere."""
        found = _URL.fullmatch(self.media_url or "")
        return MediaPlace(found[1], f"{found[2][1:]}/" if found[2] else "") if found else None


_ONLY_WITH_URL = {name for name in MediaKeys.model_fields if name not in ("media_url", "media_cache_gb")}
