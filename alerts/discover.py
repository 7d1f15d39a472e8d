"""`xinan discover`: ONVIF cameras of the local network as ready settings."""

import json
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from streams.clock import Clock
from streams.errors import SourceError, redact
from streams.onvif import Device, Found, Profile, chosen, with_password


def camera_toml(found: Found, profiles: Sequence[Profile], user: str, password: str, taken: set[str]) -> str:
    """The camera's table for the settings file. taken: names that are given already; this one is added.

    It holds the password where one was given, as the settings do.
    """
    analysed, kept = chosen(list(profiles))
    name = _free_name(found, taken)
    lines = ["[[cameras]]", f"name = {_quoted(name)}", f"url = {_quoted(with_password(analysed.url, user, password))}"]
    lines[-1] += f"   # {_words(analysed)}"
    if kept is not None:
        lines.append(f"main_url = {_quoted(with_password(kept.url, user, password))}   # {_words(kept)}")
    return "\n".join(lines)


def ask(found: Found, user: str, password: str, clock: Clock, taken: set[str]) -> tuple[str, bool]:
    """(a table for the settings file, True), or (a comment that says why there is none, False)."""
    try:
        with Device(found.address, user, password, clock) as device:
            profiles = [profile for profile in device.profiles() if profile.url.startswith("rtsp")]
    except SourceError as error:
        return f"# {redact(found.address)}: {error.reason}", False
    if not profiles:
        return f"# {redact(found.address)}: tells no stream", False
    return camera_toml(found, profiles, user, password, taken), True


def _free_name(found: Found, taken: set[str]) -> str:
    plain = re.sub(r"[^\w.-]+", "-", found.name).strip("-.")[:48] or "camera"
    host = re.sub(r"[^\w.]+", "-", urlsplit(found.address).hostname or "").strip("-")
    base = f"{plain}-{host.rpartition('.')[2] or host}"[:60]
    number, name = 1, base
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    taken.add(name)
    return name


def _words(profile: Profile) -> str:
    fps = f" at {profile.fps:g} fps" if profile.fps else ""
    text = f"{profile.codec} {profile.width}x{profile.height}{fps}, profile {profile.token}"
    return "".join(letter for letter in text if letter.isprintable())[:120]


def _quoted(text: str) -> str:
    """As a TOML basic string, which JSON's are."""
    return json.dumps(text, ensure_ascii=False)
