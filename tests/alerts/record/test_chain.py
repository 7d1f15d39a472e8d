"""Whatever is done to a chain of records is found, and the row is named."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.record.chain import EMPTY, Entry, Head, Record, canonical, check, digest, seal, seal_of
from tests.alerts.making import at

words = st.text(st.characters(codec="utf-8"), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
entries = st.builds(
    Entry, words, words, words, words, st.dictionaries(words, values, max_size=3), account=st.sampled_from(["", "li"])
)
chains = st.lists(entries, min_size=1, max_size=7).map(lambda given: chain(given))


def chain(given: Sequence[Entry]) -> list[Record]:
    """One row for each entry, a second apart."""
    rows: list[Record] = []
    for entry in given:
        rows.append(seal(entry, at(len(rows)), rows[-1].head if rows else EMPTY))
    return rows


def test_rows_from_before_accounts_were_on_record_keep_their_seals() -> None:
    """As it was then: a row of an earlier release, and its seal."""
    row = seal(Entry("held", "01A", "Wang", "console", {"reason": "police"}), at(5), Head(6, "ab" * 32))
    assert row.hash == "cdc2310d2b1074be00b10e558d4a25c2903600c22a822303149891fe1c22335e"
    assert seal_of(replace(row, account="li")) != row.hash


def named(rows: Sequence[Record], noted: Sequence[Head] = ()) -> str:
    """What is complained of, in one text."""
    return "\n".join(fault.where for fault in check(rows, noted=noted))


@given(chains)
def test_an_untouched_chain_is_whole(rows: list[Record]) -> None:
    assert list(check(rows, noted=[row.head for row in rows])) == []


def _other(value: Any) -> Any:
    match value:
        case int():
            return value + 1
        case str():
            return value + "x"
        case Mapping():
            return {**value, "x": 1}
    return at(99_999)


@given(chains, st.data())
def test_a_changed_value_names_its_row(rows: list[Record], data: st.DataObject) -> None:
    victim = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(["at", "by", "via", "kind", "subject", "detail", "prev_hash", "hash", "account"]))
    rows[victim] = replace(rows[victim], **{name: _other(getattr(rows[victim], name))})
    assert f"record {victim + 1}" in named(rows).split("\n")


@given(chains, st.data())
def test_a_changed_row_that_was_sealed_anew_is_named_by_the_next_or_by_what_was_noted(
    rows: list[Record], data: st.DataObject
) -> None:
    noted = [rows[-1].head]
    victim = data.draw(st.integers(0, len(rows) - 1))
    bare = replace(rows[victim], detail=_other(rows[victim].detail))
    rows[victim] = replace(bare, hash=seal_of(bare))
    assert named(rows, noted).split("\n") == [f"record {victim + 1}"]


@given(chains, st.data())
def test_a_chain_written_anew_from_some_row_on_differs_from_what_was_noted(
    rows: list[Record], data: st.DataObject
) -> None:
    noted = [data.draw(st.sampled_from(rows)).head]
    victim = data.draw(st.integers(0, noted[0].seq - 1))
    forged = [Entry(row.kind, row.subject, row.by, row.via, row.detail) for row in rows]
    forged[victim] = replace(forged[victim], by=forged[victim].by + "x")
    assert named(chain(forged)) == ""
    assert named(chain(forged), noted) == f"record {noted[0].seq}"


@given(chains, st.data())
def test_missing_rows_are_named(rows: list[Record], data: st.DataObject) -> None:
    noted = [rows[-1].head]
    first = data.draw(st.integers(0, len(rows) - 1))
    last = data.draw(st.integers(first, len(rows) - 1))
    del rows[first : last + 1]
    said = named(rows, noted)
    if rows and first < len(rows):
        assert said == (f"record {first + 1}" if first == last else f"records {first + 1} to {last + 1}")
    else:
        assert said == f"record {noted[0].seq}"


@given(chains, entries, st.data())
def test_a_row_put_in_between_is_named(rows: list[Record], entry: Entry, data: st.DataObject) -> None:
    """With its number taken, or with all that follow renumbered to make room."""
    place = data.draw(st.integers(0, len(rows) - 1))
    forged = seal(entry, at(place), rows[place - 1].head if place else EMPTY)
    renumbered = [*rows[:place], forged, *(replace(row, seq=row.seq + 1) for row in rows[place:])]
    assert f"record {place + 2}" in named(renumbered)
    assert f"record {place + 1}" in named([*rows[:place], forged, *rows[place:]])


@given(chains.filter(lambda rows: len(rows) > 1), st.data())
def test_swapped_rows_are_both_named(rows: list[Record], data: st.DataObject) -> None:
    one = data.draw(st.integers(0, len(rows) - 2))
    two = data.draw(st.integers(one + 1, len(rows) - 1))
    rows[one], rows[two] = replace(rows[two], seq=one + 1), replace(rows[one], seq=two + 1)
    assert {f"record {one + 1}", f"record {two + 1}"} <= set(named(rows).split("\n"))


def test_older_rows_may_be_gone_where_that_is_known() -> None:
    rows = chain([Entry("a"), Entry("b"), Entry("c")])
    assert list(check(rows[2:], start=rows[1].head, noted=[rows[0].head])) == []
    assert [str(fault) for fault in check(rows[2:])] == ["records 1 to 2: missing (expected 2, found 0)"]


def test_what_a_fault_says() -> None:
    rows = chain([Entry("saw_clear_picture", "01A", "Wang", "console", {"reason": "fire response"}), Entry("a")])
    rows[0] = replace(rows[0], by="Li")
    [fault] = check(rows)
    assert (fault.where, fault.expected) == ("record 1", rows[0].hash)
    assert str(fault).startswith("record 1: was changed after it was sealed (expected ")


@pytest.mark.parametrize(
    ("one", "other"),
    [({"a": 1, "b": [1, (2,)]}, {"b": (1, [2]), "a": 1}), ({1: "x"}, {"1": "x"}), (float("nan"), None)],
)
def test_equal_values_have_one_canonical_form(one: Any, other: Any) -> None:
    assert canonical(one) == canonical(other)
    assert digest(one) == digest(other)


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), (1, True), ("1", 1), ({}, []), (None, "None")])
def test_different_values_have_different_forms(one: Any, other: Any) -> None:
    assert canonical(one) != canonical(other)
