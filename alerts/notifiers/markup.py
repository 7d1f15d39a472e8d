"""Text of cameras and people made harmless for each format, and cut to a length. Pure.

Chat bots know no reliable escape: WeCom's markdown has none, DingTalk's differs from phone to desktop. So a sign that
means something to them is replaced by its full-width twin, which reads the same and means nothing.
"""

import html
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from alerts.line import one_line

LONGEST_VALUE = 200
"""Characters of one text from outside; a place or a reason is shorter."""

_MENTIONS = str.maketrans("@<>", "＠＜＞")
_SIGNS = str.maketrans("@<>*_`[]#~|\\!&$", "＠＜＞＊＿｀［］＃～｜＼！＆＄")
_URL_SAFE = "/:?#@!$&*+,;=%~-._"
"""What stays as it is in a link: everything a URL may hold but quotes and brackets, which end it in some format."""

Escape = Callable[[str], str]


def clean(text: str, longest: int = LONGEST_VALUE) -> str:
    """One line without what cannot be seen, cut with "…"."""
    return cut(one_line(text), longest)


def cut(text: str, longest: int) -> str:
    """At most so many characters (≥ 1)."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def cut_bytes(text: str, most: int) -> str:
    """At most so many bytes of UTF-8 (≥ 3), never a part of a character."""
    coded = text.encode()
    return text if len(coded) <= most else coded[: most - 3].decode(errors="ignore") + "…"


def plain(text: str) -> str:
    """For what shows text as it is."""
    return text


def unmentioned(text: str) -> str:
    """For chats that show plain text: nobody is called by it, and nothing is a tag."""
    return text.translate(_MENTIONS)


def markdown(text: str) -> str:
    """For chats that show markdown: no emphasis, link, picture, heading, tag or mention; no address becomes a link."""
    return text.replace("://", "：//").translate(_SIGNS)


def in_html(text: str) -> str:
    """For HTML, between tags and in quoted attributes."""
    return html.escape(text, quote=True)


def link(url: str) -> str:
    """A URL that ends where it should in every format; "" for what is no http(s) address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    return quote(url, safe=_URL_SAFE)
