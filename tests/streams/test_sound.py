"""Which pictures are sound and which packets are decoded: tables, no stream."""

import pytest

from streams.sound import Backlog, DecodeBudget, Flow, PixelBudget, SoundPictures

FULL_HD, FOUR_K = 1920 * 1080, 3840 * 2160


@pytest.mark.parametrize(
    ("pictures", "taken"),
    [
        ("k....k..", "11111111"),
        ("k..x..k.", "11100011"),
        ("k..E..k.", "1110011"),
        ("k.xkx.k.", "11010011"),
        ("k..X.k..", "11100111"),
    ],
)
def test_what_follows_damage_waits_for_the_next_key_picture(pictures: str, taken: str) -> None:
    """k: key, x: marked as damaged, X: a key picture marked so, E: a packet that cannot be decoded."""
    sound, found = SoundPictures(), ""
    for index, kind in enumerate(pictures):
        if kind == "E":
            sound.damage(index * 0.04)
        else:
            found += str(int(sound.take(key=kind in "kX", marked=kind in "xX", now_s=index * 0.04)))
    assert found == taken


def test_without_key_pictures_the_stream_is_taken_again_though_damage_goes_on() -> None:
    sound = SoundPictures()
    taken = [sound.take(key=False, marked=index % 50 == 0, now_s=index * 0.04) for index in range(700)]
    assert not any(taken[: int(SoundPictures.LONGEST_S / 0.04)])
    assert any(taken)


def _run(budget: DecodeBudget, pixels: int, fps: float, *, start_s: float, seconds: float, gop: int = 50) -> list[bool]:
    count = int(seconds * fps)
    return [budget.skip(index % gop == 0, pixels, start_s + index / fps) for index in range(count)]


@pytest.mark.parametrize(
    ("pixels", "fps", "over"),
    [(FULL_HD, 25, False), (FULL_HD, 30, False), (FOUR_K, 8, False), (FOUR_K, 25, True), (FULL_HD, 60, True)],
)
def test_the_budget_is_counted_in_pixels(pixels: int, fps: float, over: bool) -> None:
    budget = DecodeBudget(70.0)
    skipped = _run(budget, pixels, fps, start_s=0.0, seconds=12.0)
    assert any(skipped) is budget.over is over
    late = skipped[int(6 * fps) :]
    assert not over or sum(not each for each in late) <= 1 + len(late) / 50, "key pictures only"


def test_a_burst_at_the_start_is_not_judged() -> None:
    budget = DecodeBudget(70.0)
    assert not any(budget.skip(index == 0, FULL_HD, 0.001 * index) for index in range(200))
    assert not any(_run(budget, FULL_HD, 25, start_s=2.1, seconds=10.0))


def test_a_stream_made_small_again_is_decoded_from_its_next_key_picture() -> None:
    budget = DecodeBudget(70.0)
    _run(budget, FOUR_K, 25, start_s=0.0, seconds=8.0)
    assert budget.over
    back = _run(budget, FULL_HD, 25, start_s=8.0, seconds=10.0)
    first = next(index for index, skipped in enumerate(back) if index % 50 and not skipped)
    assert first % 50 == 1, "the key picture before it was taken, too"
    assert not any(back[first:])
    assert not budget.over


def test_a_large_stream_without_key_pictures_is_not_lost() -> None:
    budget = DecodeBudget(70.0)
    skipped = _run(budget, FOUR_K, 25, start_s=0.0, seconds=20.0, gop=10_000)
    assert any(skipped)
    assert not any(skipped[int((DecodeBudget.NO_KEY_S + 1) * 25) :])


def _feed(backlog: Backlog, packets: int, waited_s: float, *, step_s: float, start_s: float) -> list[bool]:
    """Packets with a key frame every ten; which of them are left out."""
    return [backlog.skip(index % 10 == 0, waited_s, start_s + index * step_s) for index in range(packets)]


def test_a_reader_that_keeps_up_leaves_nothing_out() -> None:
    assert not any(_feed(Backlog(), 500, 0.03, step_s=0.04, start_s=0.0))


def test_a_reader_that_is_behind_takes_key_frames_until_it_has_to_wait_again() -> None:
    backlog = Backlog()
    behind = _feed(backlog, 50, 0.0, step_s=0.1, start_s=0.0)
    assert not any(behind[:20]), "two seconds decide"
    assert [index for index in range(22, 50) if not behind[index]] == [30, 40]
    back = _feed(backlog, 30, 0.03, step_s=0.04, start_s=5.0)
    assert not any(back), "the first packet here is a key frame, and it had to be waited for"


def test_a_stream_without_key_frames_is_decoded_again_in_the_end() -> None:
    backlog = Backlog()
    for index in range(30):
        backlog.skip(False, 0.0, index * 0.1)
    assert backlog.skip(False, 0.03, 3.0)
    assert not backlog.skip(False, 0.03, 3.0 + Backlog.NO_KEY_S + 0.1)


@pytest.mark.parametrize(
    ("pixels", "fps", "taken_per_s"),
    [(FULL_HD, 8, 8), (FOUR_K, 8, 8), (FOUR_K, 25, 8.4), (4 * FOUR_K, 8, 2.1), (1, 1000, 1000)],
)
def test_pictures_that_stand_for_themselves_are_taken_within_the_budget(
    pixels: int, fps: int, taken_per_s: float
) -> None:
    budget = PixelBudget(70.0)
    taken = [budget.take(pixels, index / fps) for index in range(20 * fps)]
    assert sum(taken) / 20 == pytest.approx(taken_per_s, rel=0.05)
    assert budget.over is (not all(taken))


def test_uneven_pictures_within_the_budget_are_all_taken() -> None:
    budget = PixelBudget(70.0)
    assert all(budget.take(FOUR_K, (index // 2) * 0.25) for index in range(100))


def test_a_budget_that_was_exceeded_is_kept_again() -> None:
    budget = PixelBudget(70.0)
    assert 5 < sum(budget.take(4 * FOUR_K, index / 8) for index in range(40)) < 15
    assert budget.over
    assert sum(budget.take(FULL_HD, 10 + index / 8) for index in range(40)) == 40
    assert not budget.over


@pytest.mark.parametrize(("fps", "waited"), [(25, False), (120, False), (5000, True)])
def test_a_flood_is_held_back(fps: int, waited: bool) -> None:
    flow, now_s, pauses = Flow(120.0), 0.0, []
    for _ in range(20 * fps):
        pauses.append(flow.pause_s(now_s))
        now_s += pauses[-1] + 1 / fps
        if now_s > 20:
            break
    assert (sum(pauses) > 0) is waited
    assert len(pauses) <= 120 * 21 + 1
