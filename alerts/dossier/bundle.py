"""One alert as a zip that stands for itself: data, pictures, a record to print, its rows of the record, and what
proves them.

    xinan-<alert id>/
        README.txt          what this is and how it is checked
        alert.json          everything as data
        record.pdf          the same to read and print
        record.jsonl        the alert's rows of the record, each sealed by its hash
        snapshots/…, clips/…   under the names by which the rows of the record know them
        SHA256SUMS          of all of these: `sha256sum -c SHA256SUMS`

Pictures have heads hidden. Clear ones, and the clip, come only with a reason for them.
"""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import IO, Any

from alerts.db.codec import plain, time_text, to_json
from alerts.dossier.gather import Dossier, Exported
from alerts.dossier.record_pdf import record_pdf
from alerts.dossier.sheet import Sheet
from alerts.dossier.timeline import timeline
from alerts.errors import MediaAway, MediaGone, StoreError
from alerts.evidence.kept import Kept
from alerts.evidence.media import MediaStore
from alerts.evidence.names import Variant, clip_name, picture_name
from alerts.record.anchor import text
from alerts.record.chain import Head, Record
from alerts.version import version

FORMAT = "xinan-dossier-1"
SUMS, ROWS, DATA, PDF, README = "SHA256SUMS", "record.jsonl", "alert.json", "record.pdf", "README.txt"

_README = """心安 警情档案 / Xin'an: record of one alert
{alert}

record.pdf    可打印的记录 / to read and to print
alert.json    全部数据 / everything as data
record.jsonl  操作记录中属于本警情的各行，每行由自己的哈希封存 / its rows of the record, each sealed by its hash
snapshots/    图片（{heads}） / pictures ({heads_en})
clips/        录像，仅在说明了看清晰画面的原因时附上 / the clip, only where a reason for clear pictures was given

核验 / To check that nothing was changed since:
    sha256sum -c SHA256SUMS
    xinan verify --export THIS.zip
各行确在总记录之中，可在原系统上证明 / That a row is part of the whole record is proven where it was made:
    xinan verify --head NUMBER:HASH     (seq and hash of the row; as of {at}: {head})
导出时缺少的文件 / Not there when this was made: {missing}
"""


@dataclass(frozen=True, slots=True)
class Bundle:
    """file: at its beginning; closing it deletes it. sha256: hex, of the zip. missing: names of files not kept any
    more."""

    file: IO[bytes]
    sha256: str
    size: int
    missing: tuple[str, ...]


def bundle(
    dossier: Dossier,
    media: MediaStore,
    sheet: Sheet,
    exported: Exported,
    *,
    site: str,
    head: Head,
    said: Mapping[str, Any],
) -> Bundle:
    """said: what else belongs into the file of data, as JSON values. Blocks on the disk. Raises StoreError."""
    files, missing = _media(dossier, media, clear=exported.clear)
    shown = {one.mark: files[name] for one in dossier.pictures if (name := _shown(one, exported.clear)) in files}
    parts = dict(files)
    parts[DATA] = _json(_data(dossier, exported, sheet.language, site, head, said, missing))
    parts[ROWS] = "".join(f"{row}\n" for row in map(_row, dossier.records)).encode()
    parts[PDF] = record_pdf(dossier, shown, sheet, site, exported, text(head))
    parts[README] = _readme(dossier, exported, head, missing)
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(parts.items()))
    parts[SUMS] = sums.encode()
    try:
        return _zipped(f"xinan-{dossier.alert.id}", parts, exported.at, missing)
    except OSError as error:
        raise StoreError(f"an export cannot be written: {error.strerror}") from None


def _media(dossier: Dossier, media: MediaStore, *, clear: bool) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Name → content of all that goes along, and what is not kept any more or cannot be had now."""
    files: dict[str, bytes] = {}
    missing: list[str] = []
    for name in _names(dossier, clear=clear):
        try:
            files[name] = media.read(name)
        except (MediaGone, MediaAway):
            missing.append(name)
    return files, tuple(missing)


def _names(dossier: Dossier, *, clear: bool) -> Iterator[str]:
    for one in dossier.pictures:
        wanted: tuple[Variant, ...] = ("veiled", "blurred", *(("clean", "annotated") if clear else ()))
        yield from (picture_name(one.key, variant) for variant in wanted if variant in one.variants)
    clip = dossier.alert.evidence.get("clip") or {}
    if clear and clip.get("key"):
        yield clip_name(str(clip["key"]))


def _shown(one: Kept, clear: bool) -> str:
    """The file that is printed; "" if there is none."""
    variant = "clean" if clear and "clean" in one.variants else one.hidden()
    return picture_name(one.key, variant) if variant else ""


def _data(
    dossier: Dossier,
    exported: Exported,
    language: str,
    site: str,
    head: Head,
    said: Mapping[str, Any],
    missing: tuple[str, ...],
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "exported": {**asdict(exported), "at": time_text(exported.at), "language": language, "xinan": version()},
        "site": site,
        "place": {"id": dossier.place.id, "path": dossier.place.path, "path_en": dossier.place.path_en},
        "alert": to_json(dossier.alert),
        **said,
        "timeline": [event.out() for event in timeline(dossier, exported.at)],
        "pictures": [
            {
                "role": one.role,
                "taken_at": one.taken_at,
                "by": one.by,
                "file": _shown(one, exported.clear),
                "drawing": one.drawing,
            }
            for one in dossier.pictures
        ],
        "looks_told": dossier.looks,
        "head": text(head),
        "missing": list(missing),
    }


def _row(record: Record) -> str:
    return json.dumps(plain({**asdict(record), "at": time_text(record.at)}), ensure_ascii=False, sort_keys=True)


def _json(value: Any) -> bytes:
    return (json.dumps(plain(value), ensure_ascii=False, indent=2) + "\n").encode()


def _readme(dossier: Dossier, exported: Exported, head: Head, missing: tuple[str, ...]) -> bytes:
    heads = ("人像清晰", "people recognisable") if exported.clear else ("人的头部已遮盖", "people's heads are hidden")
    said = _README.format(
        alert=dossier.alert.id,
        heads=heads[0],
        heads_en=heads[1],
        at=time_text(exported.at),
        head=text(head),
        missing=", ".join(missing) or "无 / none",
    )
    return said.encode()


def _zipped(folder: str, parts: Mapping[str, bytes], at: datetime, missing: tuple[str, ...]) -> Bundle:
    file = tempfile.TemporaryFile()  # noqa: SIM115  # whoever gets it closes it
    stamp = at.timetuple()[:6]
    try:
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in parts.items():
                entry = zipfile.ZipInfo(f"{folder}/{name}", stamp)
                coded = name.endswith((".jpg", ".mp4", ".pdf"))
                entry.compress_type = zipfile.ZIP_STORED if coded else zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, content)
        size = file.seek(0, 2)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Bundle(file, digest, size, missing)
