"""The page's words: both languages complete, every key used exists, every value the program can send has a word."""

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.access.roles import Role
from alerts.alert import AlertState
from alerts.config import LIMITS, Settings
from alerts.mute.rules import MutedBy, ScopeKind, SilenceKind
from alerts.record.records import Kind
from alerts.reload import LIVE
from alerts.routing.ladder import USUAL, USUAL_OF_HAZARD
from alerts.routing.plan import Ended
from alerts.setup.parts import PARTS
from alerts.track.detail import DETAILS
from alerts.track.due import OPERATOR
from alerts.track.fold import Stage
from alerts.track.rules import REASONS
from alerts.track.step import StepKind
from alerts.web.files import STATIC
from alerts.words import GROUPS, ended_text, reasons
from streams.misfit import MISFITS
from streams.reasons import REASONS as CAMERA_REASONS
from tests.vision.script import SIZE, Seen, play
from vision.burning import BurnSite, BurnWindow
from vision.hazards import RULES
from vision.rule import Severity, Words
from vision.zones import ZoneType

ROOT = Path(__file__).parents[3]


def strings() -> dict[str, dict[str, str]]:
    parsed: dict[str, dict[str, str]] = {}
    for path in STATIC.glob("strings*.js"):
        text = path.read_text("utf-8")
        part = json.loads(text[text.index("{\n") : text.rindex("}") + 1])
        assert not parsed.keys() & part.keys(), path.name
        parsed |= part
    return parsed


def sources() -> dict[str, str]:
    return {
        path.name: path.read_text("utf-8")
        for path in sorted(STATIC.iterdir())
        if path.suffix in (".js", ".html") and not path.name.startswith("strings")
    }


USED = (
    *("queue", "detail", "why", "safety", "mute", "scope", "silence", "action", "page"),
    *("setup", "banner", "count", "wall", "value", "false", "enter", "draw", "patrol", "answer", "track", "account"),
    *("phone", "plan", "bulk", "push"),
)
"""Groups whose keys stand as they are in the page's files."""


def used_keys() -> set[str]:
    found: set[str] = set()
    for text in sources().values():
        for call in re.findall(r"\bt\(([^;]*?)\)", text):
            found.update(re.findall(r'"([a-z]+\.\w+)"', call))
        found.update(re.findall(rf'"((?:{"|".join(USED)})\.[a-z_]+)"', text))
        found.update(re.findall(r'data-i18n(?:-\w+)?="([^"]+)"', text))
    return found


def test_both_languages_say_the_same_things() -> None:
    for key, both in strings().items():
        assert set(both) == {"zh", "en"}, key
        assert all(text.strip() for text in both.values()), key
        assert set(re.findall(r"\{\w+\}", both["zh"])) == set(re.findall(r"\{\w+\}", both["en"])), key


def test_a_word_for_one_and_for_many_goes_by_a_number_that_is_given() -> None:
    for key, both in strings().items():
        for text in both.values():
            told = set(re.findall(r"\{(\w+)\|[^|}]+\|[^|}]+\}", text))
            assert told <= set(re.findall(r"\{(\w+)\}", text)), key
            assert "|" not in re.sub(r"\{\w+\|[^|}]+\|[^|}]+\}", "", text), key


def test_no_number_stands_before_a_word_for_many_alone() -> None:
    many = r"\{n\} (?:files|notices|cameras|alerts|points|masks|rows|days|suspicions)\b"
    assert not [key for key, both in strings().items() if re.search(many, both["en"]) and key not in MANY]


MANY = {"span.d", "draw.hint_exactly"}
"""Never of one."""


def test_chinese_is_chinese() -> None:
    allowed = {"action.language", "app.title", "detail.by", "list.comma", "list.semicolon", "setup.said"}
    for key, both in strings().items():
        assert key in allowed or re.search("[\u4e00-\u9fff]", both["zh"]), f"{key} is not translated"
        assert key in allowed or not re.search("[\u4e00-\u9fff]", both["en"]), f"{key} is not translated"


def test_every_used_key_exists() -> None:
    missing = used_keys() - set(strings())
    assert not missing


def test_no_key_is_left_over() -> None:
    text = "\n".join(sources().values())
    named = set(re.findall(r'(?:word\(|failure\(error, )"(\w+)"', text))
    groups = named | {"refused", "witness", "breach", "zone", "box", "fire", "safety", "pdf"}
    used = used_keys()
    unused = {key for key in strings() if key not in used and key.split(".")[0] not in groups}
    assert not unused


def codes(call: str, *more: str) -> list[str]:
    """Every code that is given to a refusal where it is raised."""
    found: set[str] = set()
    for path in (ROOT / "alerts").rglob("*.py"):
        found |= set(re.findall(rf'(?:{call})(?:\(|\(422, )\s*"(\w+)"', path.read_text("utf-8")))
    return sorted(found | set(more))


@pytest.mark.parametrize(
    ("group", "values"),
    [
        ("severity", [severity.value for severity in Severity]),
        ("state", [state.value for state in AlertState]),
        ("zone", [zone.value for zone in ZoneType]),
        ("notice", ["passing"]),
        ("stage", [stage.value for stage in Stage]),
        ("step", [kind.value for kind in StepKind]),
        ("ended", [why.value for why in Ended if why is not Ended.NOT_TOLD]),
        ("ended_by", [Ended.ANSWERED, Ended.MUTED, Ended.FALSE_ALARM, Ended.NOT_TOLD]),
        ("problem", sorted(MISFITS)),
        ("down", sorted(CAMERA_REASONS)),
        ("problem", [*CAMERA_REASONS, "no_scheme", "only_here"]),
        ("problem", ["file_missing", "file_not_text", "file_fault", "file_open", "file_doubt"]),
        ("refusal", [*REASONS, "changed"]),
        ("handler", [*USUAL.values(), *USUAL_OF_HAZARD.values(), OPERATOR]),
        ("outcome", ["agreed", "refused", "absent"]),
        ("given", sorted({name for model in DETAILS.values() for name in model.model_fields})),
        ("witness", ["detector", "reference", "detector+reference"]),
        ("breach", ["outside_bay", "blocked_aisle", "over_capacity"]),
        ("health", ["connecting", "online", "offline", "ended", "stalled", "unknown"]),
        ("muted", [by.value for by in MutedBy]),
        ("inhibited", ["flame", "offline"]),
        ("record", [kind.value for kind in Kind]),
        ("deleted", ["retention", "room"]),
        ("silence", [kind.value for kind in SilenceKind]),
        ("scope", [kind.value for kind in ScopeKind]),
        ("part", sorted(set(Settings.model_fields) - {"include", *LIVE})),
        ("role", [role.value for role in Role]),
        ("account_error", codes("AccountRefused|WrongLogin", "wrong", "wrong_code", "code_needed", "code_lost")),
        ("refused", codes("SilenceRefused|BeyondArea|Coded", "endpoint", "too_many_phones")),
        ("box", ["ebike", "bicycle", "person", "flame", "smoke", "clutter", "cable"]),
    ],
)
def test_every_value_has_a_word(group: str, values: list[str]) -> None:
    assert not [value for value in values if f"{group}.{value}" not in strings()]


def evidence_keys() -> set[str]:
    """Every key that a rule writes into `evidence={…}`."""
    keys: set[str] = set()
    for path in sorted((ROOT / "vision" / "hazards").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "evidence" and isinstance(node.value, ast.Dict):
                keys |= {str(key.value) for key in node.value.keys if isinstance(key, ast.Constant)}
    return {key for key in keys if not key.endswith(("_box", "_path"))}


def burn(colour: bool, fps: float, unrest: int) -> dict[str, Any]:
    """The evidence of a burn site's flame, as it is raised."""
    noise = np.random.default_rng(1)

    def picture(at_s: float) -> NDArray[np.uint8]:
        image = np.full((SIZE[1], SIZE[0], 3), 60, np.uint8)
        spot = np.array([40, 150, 235] if colour else [180, 180, 180]) + noise.integers(
            -unrest, unrest + 1, (72, 64, 1)
        )
        image[144:216, 288:352] = np.clip(spot, 0, 255)
        return image

    def seen(at_s: float) -> list[Seen]:
        return [("flame", 0.9, (0.45, 0.4, 0.55, 0.6))]

    window = BurnWindow(date(2000, 1, 1), date(2000, 1, 2), time(6), time(18))
    looks = play(
        seen, seconds=6, fps=fps, picture=picture, zone_type=ZoneType.BURN_SITE, burning=BurnSite((window,), "UTC")
    )
    return dict(looks[-1].findings[0].evidence)


@pytest.mark.parametrize(("colour", "fps", "unrest"), [(True, 5, 90), (True, 1, 0), (False, 5, 90)])
def test_a_person_can_read_why_a_flame_was_raised(colour: bool, fps: float, unrest: int) -> None:
    told = reasons(burn(colour, fps, unrest))
    assert "behaviour" in told and "burning" in told
    assert not {key for key in told if f"evidence.{key}" not in strings()}
    said = {key: value for key, value in told.items() if isinstance(value, str) and key != "burning"}
    assert not {key: value for key, value in said.items() if f"{GROUPS[key]}.{value}" not in strings()}


def test_the_page_and_the_report_look_values_up_alike() -> None:
    listed = re.search(r"const GROUPS = \{(.*?)\};", sources()["format.js"], re.DOTALL)
    assert listed
    assert dict(re.findall(r'(\w+): "(\w+)"', listed[1])) == GROUPS


@pytest.mark.parametrize(
    ("kept", "zh", "en"),
    [
        ("answered: 王", "王已响应", "王 has answered"),
        ("answered", "已有人响应", "somebody has answered"),
        ("muted: moving: until six", "已静默：moving: until six", "muted: moving: until six"),
        ("王 has answered", "王 has answered", "王 has answered"),  # of an older version
        ("unknown: word", "unknown: word", "unknown: word"),
        ("", "", ""),
    ],
)
def test_why_a_notice_was_not_sent_is_said_in_words(kept: str, zh: str, en: str) -> None:
    assert (ended_text(kept, "zh"), ended_text(kept, "en")) == (zh, en)


@pytest.mark.parametrize(("code", "own"), sorted({**MISFITS, **CAMERA_REASONS}.items()))
def test_the_words_of_a_problem_name_what_it_names(code: str, own: str) -> None:
    given, said = (set(re.findall(r"\{(\w+)\}", text)) for text in (own, strings()[f"problem.{code}"]["zh"]))
    assert said <= given | {"known"}


def test_every_reason_of_a_rule_has_a_word() -> None:
    assert evidence_keys()
    assert not {key for key in evidence_keys() if f"evidence.{key}" not in strings()}


def test_every_false_alarm_reason_has_a_word() -> None:
    text = sources()["reasons.js"]
    reasons = {reason for line in re.findall(r"\[(\"[^\]]+)\]", text) for reason in re.findall(r'"(\w+)"', line)}
    assert len(reasons) > 10
    assert not {reason for reason in reasons if f"reason.{reason}" not in strings()}


def test_the_names_of_the_violations() -> None:
    words = strings()
    assert not [key for key in words if key.startswith("hazard.")], "the rules themselves say what they are called"
    assert RULES["ebike"].words == Words("电动车", "E-bike")
    assert RULES["flying_lead"].words == Words("飞线充电（疑似）", "Flying lead (suspected)")
    assert RULES["clutter"].words == Words("楼道堆物", "Clutter")
    assert RULES["flame"].words == Words("明火", "Flame")
    assert "非认证火灾探测器" in words["app.note"]["zh"]
    assert "not a certified fire detector" in words["app.note"]["en"]


def test_nothing_is_put_in_as_markup_and_nothing_comes_from_elsewhere() -> None:
    for name, text in sources().items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text), name
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), name
        if name.endswith(".html"):
            assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", text), name


def test_no_expression_looks_behind() -> None:
    """Safari before 16.4 refuses a file that has one, and the page stays blank."""
    assert not [name for name, text in sources().items() if re.search(r"\(\?<[=!]", text)]


def test_the_page_s_files_stay_small() -> None:
    for path in (path for path in STATIC.iterdir() if path.suffix != ".png"):
        limit = 800 if path.name.startswith("strings") else 300  # a table of words, not code
        assert len(path.read_text("utf-8").splitlines()) <= limit, path.name


def pydantic_problems(schema: Any, given: Mapping[str, Any]) -> Iterator[str]:
    """The kinds of problems that pydantic can have with a value, from its own schema. given: definitions by name."""
    kind = schema["type"]
    yield from ALWAYS[kind]
    yield from (problem for limit, problem in LIMITED.get(kind, {}).items() if limit in schema)
    if kind in ("definitions",):
        given = {one["ref"]: one for one in schema["definitions"]}
    if kind == "definition-ref":
        return
    inner = [schema[key] for key in ("schema", "lax_schema", "items_schema") if key in schema]
    inner += list(schema.get("choices", {}).values()) if kind == "tagged-union" else list(schema.get("choices", []))
    inner += [field["schema"] for field in schema.get("fields", {}).values()] if kind == "model-fields" else []
    inner += list(schema.get("steps", []))
    inner += schema.get("definitions", []) if kind == "definitions" else []
    for one in inner:
        for each in one if isinstance(one, list) else [one]:
            yield from pydantic_problems(each[0] if isinstance(each, tuple) else each, given)


FORMS = {"min_length": "too_short", "max_length": "too_long"}
NUMBERS = {"gt": "greater_than", "ge": "greater_than_equal", "lt": "less_than", "le": "less_than_equal",
           "multiple_of": "multiple_of"}  # fmt: skip
ALWAYS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("default", "nullable", "function-after", "function-before", "function-wrap", "function-plain",
                     "definitions", "definition-ref", "chain", "any", "model-field", "json-or-python"), ()),
    **dict.fromkeys(("lax-or-strict", "is-instance", "union", "none"), ()),
    "str": ("string_type", "string_unicode"),
    "float": ("float_type", "float_parsing", "finite_number"),
    "int": ("int_type", "int_parsing", "int_parsing_size", "int_from_float"),
    "bool": ("bool_type", "bool_parsing"),
    "literal": ("literal_error",),
    "enum": ("enum",),
    "tuple": ("tuple_type", "missing"),
    "list": ("list_type",),
    "model": ("model_type",),
    "model-fields": ("model_type", "missing", "extra_forbidden"),
    "tagged-union": ("union_tag_invalid", "union_tag_not_found"),
    "url": ("url_type", "url_parsing", "url_scheme", "url_syntax_violation", "url_too_long"),
    "time": ("time_type", "time_parsing"),
    "date": ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
    "datetime": ("datetime_type", "datetime_parsing", "datetime_from_date_parsing"),
}  # fmt: skip
"""Kind of schema → what can be wrong with a value of it, whatever its limits are."""
LIMITED = {
    "str": {"min_length": "string_too_short", "max_length": "string_too_long", "pattern": "string_pattern_mismatch"},
    "float": NUMBERS,
    "int": NUMBERS,
    "tuple": FORMS,
    "list": FORMS,
}


@pytest.mark.parametrize("part", PARTS)
def test_whatever_pydantic_can_find_in_set_up_has_words(part: str) -> None:
    found = {
        problem
        for model in PARTS[part].models.values()
        for problem in pydantic_problems(model.__pydantic_core_schema__, {})
    }
    assert {"missing", "extra_forbidden", "model_type"} <= found
    assert not {problem for problem in found if f"problem.{problem}" not in strings()}


def patterned(schema: Any, name: str = "") -> Iterator[str]:
    """Fields whose text has to be of a form. schema: JSON schema, or a part of one; name: of its field."""
    if isinstance(schema, list):
        schema = dict(enumerate(schema))
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield name
        for key, inner in schema.items():
            fields = inner.items() if key == "properties" else [(name, inner)]
            for field, one in fields:
                yield from patterned(one, field)


def test_the_words_of_a_form_are_those_of_its_field() -> None:
    models = [model for part in PARTS.values() for model in part.models.values()]
    found = {field for model in models for field in patterned(model.model_json_schema())}
    assert {"id", "topic", "sender"} <= found
    assert found == {key.removeprefix("form.") for key in strings() if key.startswith("form.")}


def test_the_models_of_set_up_say_nothing_in_sentences_of_their_own() -> None:
    """A bare ValueError would reach the page in English."""
    modules = {"streams.config", "vision.config", "alerts.wall_clock", "alerts.routing.people_channels"}
    modules |= {model.__module__ for part in PARTS.values() for model in part.models.values()}
    for module in sorted(modules - {"alerts.config"}):
        assert "raise ValueError" not in (ROOT / f"{module.replace('.', '/')}.py").read_text("utf-8"), module


def test_the_words_of_a_limit_name_what_the_server_tells() -> None:
    for problem in {*NUMBERS.values(), *FORMS.values(), "string_too_short", "string_too_long"}:
        named = set(re.findall(r"\{(\w+)\}", strings()[f"problem.{problem}"]["zh"]))
        assert named and named <= set(LIMITS), problem


def form_words(fields: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """For each label and choice of a form the groups that may hold its word."""
    for field in fields:
        yield (f"field.{field['name']}", f"hazard.{field['name']}")
        yield from ((f"choice.{one}", f"zone.{one}") for one in field.get("choices", ()) if field["name"] != "type")
        yield from form_words(field.get("fields", ()))


@pytest.mark.parametrize("part", PARTS)
def test_every_field_of_set_up_has_a_word(part: str) -> None:
    known = {*strings(), *(f"hazard.{kind}" for kind in RULES)}
    said = [words for fields in PARTS[part].all_fields().values() for words in form_words(fields)]
    assert said and not [words for words in said if not known & set(words)]
    assert {f"part.{part}", f"part_one.{part}", f"setup_hint.{part}"} <= known
