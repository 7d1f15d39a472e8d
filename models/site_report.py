"""What a site model gained and lost, measured on the two ONNX files with the run time's own detector."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from models.classes import CLASSES, EBIKE, FLAME, PERSON
from models.data import Sample
from models.figures import finite
from models.geometry import Floats, Image, box_iou
from models.headlines import Limits
from models.lessons import Lesson, same_place
from models.score import pictures_found
from models.subject import Subject, detect_all
from models.validate import measure
from vision.detections import Detections

MUST_SEE: Final = (EBIKE, PERSON, FLAME)
#: What a site model may cost of the validation figures: `total`, which chooses its own thresholds, and the shares of
#: pictures with a class in which it reaches the base's threshold (a picture is about one point of them).
MAY_FALL: Final = {"total": 0.01, **{f"{CLASSES[class_id]}_seen": 0.05 for class_id in MUST_SEE}}
#: And of what is seen in the demo clip, as a share.
MAY_LOSE: Final = 0.1
Progress = Callable[[Sequence[Any], str], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One verdict: the best score of its class at its place, by the base model and by the site model."""

    image: str
    source: str
    name: str
    real: bool
    threshold: float
    before: float
    after: float

    @property
    def word(self) -> str:
        """In one word; "unseen": the base model alone does not see it in this one picture."""
        words = {
            (True, True, True): "kept",
            (True, True, False): "LOST",
            (True, False, True): "found",
            (False, True, False): "gone",
            (False, True, True): "still there",
            (False, False, True): "new",
        }
        return words.get((self.real, self.before >= self.threshold, self.after >= self.threshold), "unseen")


@dataclass(frozen=True, slots=True)
class Report:
    """before, after: validation figures, empty without a set. demo: detections of the base in the demo clip, how many
    of them stay, and how many are new.
    """

    outcomes: list[Outcome]
    before: dict[str, float]
    after: dict[str, float]
    demo: tuple[int, int, int]

    def objections(self) -> list[str]:
        """Why this model must not be used; empty if it may."""
        lost = [f"{one.image}: the acknowledged {one.name} is lost" for one in self.outcomes if one.word == "LOST"]
        fallen = [
            f"validation: {name} falls from {self.before[name]:.3f} to {self.after[name]:.3f}"
            for name, most in MAY_FALL.items()
            if self.before and self.before[name] - self.after[name] > most
        ]
        seen, kept, _ = self.demo
        if seen - kept > MAY_LOSE * seen:
            fallen.append(f"demo clip: only {kept} of {seen} detections stay")
        return lost + fallen

    def lines(self) -> list[str]:
        """For people: every verdict, then the sums."""
        words = [one.word for one in self.outcomes]
        seen, kept, new = self.demo
        said = [
            f"{one.image}  {one.source}  {'real' if one.real else 'false'} {one.name}  "
            f"{one.before:.2f} -> {one.after:.2f}  {one.word}"
            for one in self.outcomes
        ]
        said.append(", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words)))
        said.append(f"demo clip: {kept} of {seen} detections stay, {new} new")
        said += [
            f"validation {name}: {value:.3f} -> {self.after[name]:.3f}"
            for name, value in self.before.items()
            if name in MAY_FALL
        ]
        return said

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "pictures": [{**asdict(one), "outcome": one.word} for one in self.outcomes],
            "validation": {"before": finite(self.before), "after": finite(self.after)},
            "demo": dict(zip(("seen", "kept", "new"), self.demo, strict=True)),
            "objections": self.objections(),
        }


def compare(
    base: Subject,
    site: Subject,
    lessons: Sequence[Lesson],
    held: Sequence[Sample],
    demo: Sequence[Image],
    progress: Progress,
) -> Report:
    """Both models on the verdicts, on frames of the demo clip, and on held-out pictures where there are any."""
    outcomes = [one for lesson in progress(lessons, "verdicts") for one in outcomes_of(base, site, lesson)]
    counts = np.sum([agreement(base.detector.detect(image), site.detector.detect(image)) for image in demo], axis=0)
    before, after = (figures(model, base.limits, held) if held else {} for model in (base, site))
    return Report(outcomes, before, after, (int(counts[0]), int(counts[1]), int(counts[2])))


def outcomes_of(base: Subject, site: Subject, lesson: Lesson) -> list[Outcome]:
    """One for each judged box of the picture."""
    found = [model.detect(lesson.image) for model in (base, site)]
    made = []
    for real, boxes in ((True, lesson.real), (False, lesson.false)):
        for class_id, *box in boxes:
            name = CLASSES[int(class_id)]
            before, after = (score_at(rows, int(class_id), np.asarray(box, np.float32)) for rows in found)
            made.append(Outcome(lesson.name, lesson.source, name, real, base.limits[name], before, after))
    return made


def score_at(rows: Floats, class_id: int, box: Floats) -> float:
    """The best score of a class at a judged place; rows as of `Subject.detect`."""
    mine = rows[rows[:, 5] == class_id]
    return float(mine[same_place(mine[:, :4], box), 4].max(initial=0.0))


def agreement(before: Detections, after: Detections) -> tuple[int, int, int]:
    """Detections before; how many of them there are after; how many after that were not there before."""
    if not len(before.xyxy) or not len(after.xyxy):
        return len(before.xyxy), 0, len(after.xyxy)
    same = box_iou(before.xyxy, after.xyxy) >= 0.5
    same &= before.class_id[:, None] == after.class_id[None, :]
    return len(before.xyxy), int(same.any(axis=1).sum()), int((~same.any(axis=0)).sum())


def figures(model: Subject, limits: Limits, held: Sequence[Sample]) -> dict[str, float]:
    """`models.validate.measure`, and what is seen at the base's thresholds `limits`: a site model keeps them."""
    items = detect_all(model, held)
    seen = {f"{CLASSES[c]}_seen": pictures_found(items, c, limits[CLASSES[c]]).value for c in MUST_SEE}
    return {**seen, **measure(items)}
