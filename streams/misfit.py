"""What is wrong with settings beyond what pydantic itself checks: two of one name, a name that stands for nothing, what
goes only with something else.

Each has a code, by which the console says it in the reader's language (`problem.CODE` in `static/strings_setup.js`)."""

from collections.abc import Iterable
from typing import Any, LiteralString

from pydantic_core import PydanticCustomError

MISFITS: dict[str, LiteralString] = {
    "two_cameras": "two cameras are called {names}",
    "two_channels": "two webhooks or channels are called {names}",
    "two_people": "two people or groups are called {names}",
    "two_places": "two places have the id {names}",
    "second_push": "channels: one of type push serves all phones",
    "reserved_name": "people and groups: {names} has a meaning of its own; choose another name",
    "no_such_channel": "people: {person} is to be told by {channel}, which is no channel; there are: {known}",
    "wrong_address": "{key}: {person} on {channel}: expected {wanted}",
    "unknown_name": "{where} names {name}, which is unknown; there are: {known}",
    "no_such_place": "{where}: no place has the id {name}; {hint}",
    "within_itself": "place {name}: within: lies within itself: {circle}",
    "bad_name": "needs a letter, a digit, '_' or '-'",
    "whip_token": 'url = "whip:" needs a token of at least 16 letters and digits',
    "token_signs": "token: may hold letters, digits and . _ ~ - only, since it stands in a link",
    "few_points": "a polygon needs at least 3 points, got {number}",
    "no_area": "the points lie on one line: the polygon has no area",
    "lines_cross": "the lines cross: put the points in order round the zone",
    "zoned_hour": "an hour without a zone, as 22:00; the zone stands in {key}",
    "zoned_time": "a time without a zone, as 2027-04-04T08:00:00; the zone stands in site.time_zone",
    "days_backwards": "last_day is before first_day",
    "no_time_zone": "no time zone is called '{name}'; a name is e.g. 'Asia/Shanghai'",
    "floor_points": "a floor has four points or none, got {number}",
    "floor_order": "the points do not go round a floor: near left, near right, far right, far left",
    "shed_only": "bays, aisles and capacity are of a shed, and {name} is a {type}",
    "burn_only": "burning is of a burn_site, and {name} is a {type}",
    "two_zones": "two zones are called {names}",
    "two_addresses": "{person} has two addresses on {names}; one is enough",
    "override_backwards": "an override that ends ({ends}) before it begins ({begins})",
    "nobody_named": "name or tell: whose business it is, or who is told",
    "ladder_backwards": "ladder: after_s must not go down: {times}",
    "reserve_too_large": "fire_reserve: at most {most}, two fewer than per_minute",
    "server_only": "url: only scheme, host and port",
    "log_in_in_url": "url: give name and password as username and password",
    "token_or_password": "token: instead of username and password, not beside them",
    "name_and_password": "username and password: both or neither",
    "password_alone": "password: needs a username",
    "key_alone": "key_file: needs a cert_file",
    "needs_mqtts": "ca_file and cert_file: need an mqtts:// url",
    "no_mail_address": "not an e-mail address: '{address}'",
    "password_in_clear": "security: a password is only sent encrypted; starttls or tls",
    "place_in_use": "places: cameras still hang in {names}: {cameras}; give them another place first",
    "limited_to_it": "{who} may see nothing but {names}; give them something else to see first",
    "site_id": "site is the whole site, [site]; choose another id",
    "each_id": "with each, the id has to hold {mark}, such as floor-{mark}",
    "brace_in_id": "id: {id} holds a brace; {mark} is replaced where each says by what",
    "each_too_many": "each: {number} places, more than {most}",
    "each_backwards": "each: {part} runs backwards",
    "quiet_fire": "{kind} is a fire, which no clock may mute; allowed: {known}",
    "quiet_unknown": "{kind} is no hazard; allowed: {known}",
}
"""Code → the program's own words, for commands and logs."""


def misfit(code: str, **values: Any) -> PydanticCustomError:
    """The error to raise, a ValueError. values: ids, names and keys, nothing that is secret; lists are joined."""
    said = {key: value if isinstance(value, str | int) else listed(value) for key, value in values.items()}
    return PydanticCustomError(code, MISFITS[code], said)


def listed(names: Iterable[str]) -> str:
    """With commas; "none" where there are none."""
    return ", ".join(names) or "none"
