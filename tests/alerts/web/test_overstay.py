"""What stays open ends soon after its session; what the database cannot say of is left open."""

from dataclasses import dataclass, field

import pytest

from alerts.errors import StoreError
from alerts.web.overstay import Overstay


@dataclass
class Kind:
    """Things that are open."""

    owners: frozenset[str]
    ended: list[str] = field(default_factory=list)

    def close_of(self, owner: str) -> None:
        self.ended.append(owner)
        self.owners -= {owner}


async def test_of_all_kinds_what_is_over_is_ended_once() -> None:
    over = {"a"}

    async def still_in(owner: str) -> bool:
        return owner not in over

    video, streams = Kind(frozenset("ab")), Kind(frozenset("bc"))
    overstay = Overstay(still_in, video, streams)
    await overstay.check()
    await overstay.check()
    assert video.ended == streams.ended == ["a"]
    over.add("c")
    await overstay.check()
    assert (video.owners, streams.owners) == (frozenset("b"), frozenset("b"))


async def test_a_database_that_does_not_answer_ends_nothing() -> None:
    async def still_in(owner: str) -> bool:
        raise StoreError("it does not answer")

    video = Kind(frozenset("a"))
    with pytest.raises(StoreError):
        await Overstay(still_in, video).check()
    assert video.ended == []
