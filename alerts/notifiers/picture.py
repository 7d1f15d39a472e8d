"""Pictures made to fit what a channel takes."""

from vision.jpeg import decode_image, encode_jpeg, shrink

_WIDTHS = (1920, 1280, 960, 640, 320)
_QUALITY = 80


def fitted(jpeg: bytes, most_bytes: int) -> bytes | None:
    """The picture in at most so many bytes, made smaller where need be; None: it is no picture, or never fits.

    Takes some milliseconds: call it in a thread.
    """
    if len(jpeg) <= most_bytes:
        return jpeg
    clear = decode_image(jpeg)
    if clear is None:
        return None
    tries = (encode_jpeg(shrink(clear, width), _QUALITY) for width in _WIDTHS)
    return next((small for small in tries if len(small) <= most_bytes), None)
