"""Pictures that a site model is held to: it must say of them what its base says.

Frames of the demonstration clip travel with the package: an e-bike, a person, clutter and a fire by night. Pictures of
a training set, or of a folder of the site's own quiet hours, hold better.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from models.clip import DEMO, clip_frames
from models.dataset import Entry, load_set
from models.geometry import Image
from models.lessons import Lesson, doubts_in
from streams.errors import SourceError
from streams.image_file import read_image
from vision.stills import find_stills

#: Seconds between the frames of the clip that are learnt from; the check takes those in between.
EVERY_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Ordinary:
    """Where ordinary pictures come from besides the demonstration clip, and how many are drawn of each."""

    training_set: Path | None = None
    folder: Path | None = None
    most: int = 160


def ordinary_lessons(wanted: Ordinary, lessons: Sequence[Lesson], seed: int) -> list[Lesson]:
    """The pictures to hold to. Raises SetError or SourceError naming the file that cannot be read."""
    rng = np.random.default_rng(seed)
    found = [Lesson(image) for image in demo_frames(0)]
    if wanted.training_set is not None:
        wrong = {int(class_id) for lesson in lessons for class_id in lesson.false[:, 0]}
        found += [Lesson(image) for image in set_pictures(wanted.training_set, wanted.most, wrong, rng)]
    if wanted.folder is not None:
        paths = [path for path, _ in find_stills([wanted.folder])]
        if not paths:
            raise SourceError(str(wanted.folder), "no picture found")
        images = [read_image(paths[index]) for index in rng.permutation(len(paths))[: wanted.most]]
        # They may be of a judged camera: what was called false there must not be held to.
        found += [Lesson(image, doubt=doubts_in(image, lessons)) for image in images]
    return found


def demo_frames(start_s: float) -> Iterator[Image]:
    """Frames of the clip, one every `EVERY_S`, from `start_s` on."""
    return (image for _, image in clip_frames(DEMO, EVERY_S, start_s))


def set_pictures(folder: Path, most: int, wrong: Collection[int], rng: np.random.Generator) -> list[Image]:
    """Pictures to train on, drawn from a set without decoding the others. Raises SetError.

    Half of them, as far as there are, show a class of `wrong`: what is unlearnt at one place must stay known elsewhere.
    """

    def drawn(entries: list[Entry]) -> list[Entry]:
        shuffled = [entries[index] for index in rng.permutation(len(entries))]
        show = [any(int(row[0]) in wrong for row in entry["boxes"]) for entry in shuffled]
        first = [entry for entry, wanted in zip(shuffled, show, strict=True) if wanted][: most // 2]
        rest = [entry for entry, wanted in zip(shuffled, show, strict=True) if not wanted]
        return [*first, *rest[: most - len(first)]]

    return [sample.image for sample in load_set(folder, "train", pick=drawn)]
