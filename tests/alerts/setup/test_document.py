"""One entry of a settings file changed: it says what was meant, and all else stands as it stood."""

import difflib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.errors import SetupRefused
from alerts.setup.document import plain, with_entry, with_table, without_entry

EXAMPLE = (Path(__file__).parents[3] / "xinan.example.toml").read_text("utf-8")
WITH_WEBHOOK = re.sub(r"(?ms)^# \[\[webhooks\]\].*?(?=\n\n)", lambda shown: re.sub("(?m)^# ", "", shown[0]), EXAMPLE)
HANDWRITTEN = """\
# our site
[[people]]   # the keeper
id = "li"
name = '李阿姨'   # since March
channels = [
    { channel = "team", address = "1" },   # first
    { channel = "mail" },
]

# the night
[[people]]
id = "wang"
channels = [{ channel = "team" }]

[rota]   # agreed in May
shifts = [
    { begins = 08:00:00, ends = 20:00:00, who = ["li"] },   # days
    { begins = "20:00", ends = "08:00", who = ["wang"] },   # nights
]
"""


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """Those that went, and those that came."""
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    gone = [line[2:] for line in lines if line.startswith("- ")]
    return gone, [line[2:] for line in lines if line.startswith("+ ")]


def entry(text: str, part: str, at: int) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(text)[part][at]
    return found


def test_a_changed_value_changes_its_line_alone() -> None:
    value = entry(WITH_WEBHOOK, "webhooks", 0) | {"timeout_s": 6.5}
    gone, came = changed_lines(WITH_WEBHOOK, with_entry(WITH_WEBHOOK, "webhooks", 0, value))
    assert [line.split("#")[0].split() for line in gone] == [["timeout_s", "=", "5.0"]]
    assert came[0].startswith("timeout_s = 6.5") and came[0].endswith("# give up on one attempt after this long")


def test_what_is_equal_is_not_touched_however_it_is_written() -> None:
    value = plain(tomllib.loads(HANDWRITTEN)["rota"])
    assert value["shifts"][0]["begins"] == "08:00:00"
    assert with_table(HANDWRITTEN, "rota", value) == HANDWRITTEN


def test_a_list_keeps_what_stays_and_its_comments() -> None:
    value = plain(entry(HANDWRITTEN, "people", 0))
    value["channels"].append({"channel": "phone"})
    after = with_entry(HANDWRITTEN, "people", 0, value)
    gone, _ = changed_lines(HANDWRITTEN, after)
    assert not [line for line in gone if "#" in line]
    assert [way["channel"] for way in entry(after, "people", 0)["channels"]] == ["team", "mail", "phone"]


def test_a_new_entry_stands_behind_the_others_and_before_what_follows() -> None:
    after = with_entry(HANDWRITTEN, "people", None, {"id": "chen", "channels": [{"channel": "mail"}]})
    gone, came = changed_lines(HANDWRITTEN, after)
    assert not gone and came[:2] == ["[[people]]", 'id = "chen"']
    assert after.index("wang") < after.index("chen") < after.index("[rota]")


def test_an_entry_goes_and_what_tells_of_the_next_stays() -> None:
    after = without_entry(WITH_WEBHOOK, "webhooks", 0)
    gone, came = changed_lines(WITH_WEBHOOK, after)
    assert not came and gone[0] == "[[webhooks]]" and "team" in gone[1]
    assert "# Further channels: as many" in after and "webhooks" not in tomllib.loads(after)


def test_the_first_of_two_goes_with_its_own_lines_alone() -> None:
    after = without_entry(HANDWRITTEN, "people", 0)
    assert "# the night" in after and "李阿姨" not in after
    assert [one["id"] for one in tomllib.loads(after)["people"]] == ["wang"]


def test_a_zone_more_is_a_table_of_its_own_and_the_others_stay() -> None:
    value = plain(entry(EXAMPLE, "cameras", 0))
    value["zones"].append({"name": "门", "type": "exit", "polygon": [[0, 0], [1, 0], [1, 1]]})
    after = with_entry(EXAMPLE, "cameras", 0, value)
    gone, came = changed_lines(EXAMPLE, after)
    assert not gone and "[[cameras.zones]]" in came
    assert plain(entry(after, "cameras", 0)) == value


def test_a_key_that_comes_to_a_camera_with_zones_is_the_camera_s() -> None:
    text = '[[cameras]]\nname = "a"\nurl = "1"\n\n[[cameras.zones]]\nname = "z"\ntype = "lobby"\n'
    value = plain(entry(text, "cameras", 0)) | {"place": "b3"}
    after = with_entry(text, "cameras", 0, value)
    assert entry(after, "cameras", 0)["place"] == "b3" and "place" not in entry(after, "cameras", 0)["zones"][0]


def test_a_list_of_inline_tables_stays_one() -> None:
    text = 'groups = [{ name = "a", members = ["li"] }]   # ours\n'
    after = with_entry(text, "groups", None, {"name": "b", "members": ["wang"]})
    assert after.count("groups") == 1 and "# ours" in after
    assert [one["name"] for one in tomllib.loads(after)["groups"]] == ["a", "b"]


def test_ends_of_lines_stay_those_of_the_file() -> None:
    text = HANDWRITTEN.replace("\n", "\r\n")
    after = with_entry(text, "people", None, {"id": "chen"})
    assert after.replace("\r\n", "").count("\n") == 0
    assert with_entry(text, "people", 1, plain(entry(text, "people", 1))) == text


def test_what_is_no_list_is_left_to_the_hand() -> None:
    with pytest.raises(SetupRefused, match="list of tables"):
        with_entry("people.x = 1\n", "people", None, {"id": "li"})


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    TEXT | st.integers(-(2**31), 2**31) | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
ENTRIES = st.dictionaries(TEXT, VALUES, max_size=4)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(entries=st.lists(ENTRIES, min_size=1, max_size=3), value=ENTRIES, data=st.data())
def test_whatever_comes_out_says_what_was_meant(entries: list[Any], value: Any, data: st.DataObject) -> None:
    text = HANDWRITTEN
    for one in entries:
        text = with_entry(text, "people", None, one)
    at = data.draw(st.integers(0, len(entries) + 1))
    changed = with_entry(text, "people", at, value)
    fewer = without_entry(changed, "people", at)
    meant = plain(tomllib.loads(text)["people"])
    assert plain(tomllib.loads(changed)["people"]) == [*meant[:at], plain(value), *meant[at + 1 :]]
    assert plain(tomllib.loads(fewer)["people"]) == [*meant[:at], *meant[at + 1 :]]
    for said in (changed, fewer):
        assert tomllib.loads(said)["rota"] == tomllib.loads(HANDWRITTEN)["rota"] and "# agreed in May" in said
