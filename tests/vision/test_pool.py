"""How many analyzers there are, and which camera is whose."""

import pytest

from vision.config import AnalysisConfig
from vision.pool import analyzers_for, cores_each, shared_out


@pytest.mark.parametrize(
    ("cameras", "cores", "analyzers", "expected"),
    [
        (0, 2, None, 2),
        (0, 1, None, 1),
        (1, 2, None, 1),
        (4, 2, None, 1),
        (5, 2, None, 2),
        (16, 2, None, 2),
        (16, 8, None, 4),
        (1, 1, 3, 3),
    ],
)
def test_how_many(cameras: int, cores: int, analyzers: int | None, expected: int) -> None:
    assert analyzers_for(cameras, AnalysisConfig(analyzers=analyzers), cores) == expected


def test_the_processor_is_shared_out() -> None:
    assert cores_each(2, AnalysisConfig(), 2) == pytest.approx(0.75)
    assert cores_each(2, AnalysisConfig(cores=1.0), 8) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("names", "shares", "expected"),
    [
        ("abcdef", [(), ()], ["ace", "bdf"]),
        ("abcdefg", [tuple("ace"), tuple("bdf")], ["aceg", "bdf"]),
        ("abdf", [tuple("ace"), tuple("bdf")], ["a", "bdf"]),
        ("abdfx", [tuple("ace"), tuple("bdf")], ["ax", "bdf"]),
        ("fedcba", [tuple("ace"), tuple("bdf")], ["ace", "bdf"]),
    ],
)
def test_who_has_a_place_keeps_it(names: str, shares: list[tuple[str, ...]], expected: list[str]) -> None:
    assert shared_out(list(names), shares) == [tuple(share) for share in expected]
