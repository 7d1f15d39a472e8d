"""NAL units of H.264 and H.265 in Annex B form (start codes): only as much as is needed to know a stream's format."""

from collections.abc import Iterator

_START = b"\x00\x00\x01"
_H264_SETS, _H264_SLICES = frozenset({7, 8}), frozenset(range(1, 6))
_HEVC_SETS, _HEVC_SLICES = frozenset({32, 33, 34}), frozenset(range(32))


def nal_units(data: bytes) -> Iterator[bytes]:
    """Each unit without its start code, in order. Lazy: what comes after the units asked for is not looked at."""
    start = data.find(_START)
    while start >= 0:
        start += len(_START)
        end = data.find(_START, start)
        yield data[start : end if end >= 0 else len(data)].rstrip(b"\x00")
        start = end


def parameter_sets(data: bytes, codec: str) -> bytes:
    """The parameter sets (VPS, SPS, PPS) that stand before the first slice, each behind a four-byte start code; b"" if
    there are none. codec: h264 or hevc; others have none.
    """
    if codec not in ("h264", "hevc"):
        return b""
    sets, slices = (_H264_SETS, _H264_SLICES) if codec == "h264" else (_HEVC_SETS, _HEVC_SLICES)
    found: list[bytes] = []
    for unit in nal_units(data):
        kind = -1 if not unit else unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F
        if kind in slices:
            break
        if kind in sets:
            found.append(b"\x00" + _START + unit)
    return b"".join(found)
