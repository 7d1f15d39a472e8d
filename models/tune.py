"""Teach an exported detector what a site's operators said, and nothing else: the learning behind `xinan models site`.

Only the head's class branch learns. Backbone, neck and boxes stay as they are, so their outputs are computed once a
picture and a step costs milliseconds. (The branch's last layer alone forgets less well and costs other flames more.)
Every output of the base model is a target: where a verdict speaks it is replaced, where nothing is known it is left
out, and everywhere else the network is held to it (distillation).

Needs torch (the `train` extra).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.classes import CLASSES
from models.geometry import Floats, box_iou
from models.lessons import Lesson, same_place
from vision.letterbox import InputBuffer, Letterbox

#: How many outputs a confirmed box lifts, and how well the box that they predict must fit it.
LIFTED, FITS = 5, 0.5
#: Logits that a class is made bolder by: at most, and where nothing tells how shy it has become.
MOST_SHIFT, USUAL_SHIFT = 1.0, 0.6
#: Share of the threshold that a false alarm may come back to.
NEAR = 0.8


@dataclass(frozen=True, slots=True)
class Plan:
    """views: of each judged picture, the first as it is. most: views in all, so that memory stays bounded (2 MB each);
    of more pictures than that some are drawn.
    judged, ordinary: views a step.
    """

    steps: int = 120
    rate: float = 3e-4
    seed: int = 7
    size: int = 640
    views: int = 6
    most: int = 240
    judged: int = 4
    ordinary: int = 8


@dataclass(frozen=True, slots=True)
class Study:
    """A picture as the head sees it. feats: the neck's three maps, (1, C, h, w). target: (classes, A) scores 0-1.
    mask: (classes, A) bool, what counts.
    """

    feats: list[Any]
    target: Any
    mask: Any


def study(model: Any, lesson: Lesson, size: int) -> Study:
    """What there is to learn from a picture. `model`: the base, in evaluation mode."""
    import torch

    box = Letterbox.fit(lesson.image.shape[1], lesson.image.shape[0], size)
    with torch.no_grad():
        output, raw = model(torch.from_numpy(InputBuffer().fill(lesson.image, box)))
    found: Floats = output[0].numpy()
    half = found[2:4] / 2
    boxes = box.to_picture(np.concatenate([found[:2] - half, found[:2] + half]).T)
    target, mask = targets(found[4:], boxes, lesson)
    return Study(raw["feats"], torch.from_numpy(target), torch.from_numpy(mask))


def targets(scores: Floats, boxes: Floats, lesson: Lesson) -> tuple[Floats, NDArray[np.bool_]]:
    """The base's (classes, A) scores with the verdicts put in, and which of them count.

    boxes: (A, 4) what each output predicts, in pixels of the picture.
    """
    target, mask = scores.copy(), np.ones(scores.shape, bool)
    for class_id, *box in lesson.doubt:
        mask[int(class_id), same_place(boxes, np.asarray(box, np.float32))] = False
    for class_id, *box in lesson.false:
        here = same_place(boxes, np.asarray(box, np.float32))
        target[int(class_id), here], mask[int(class_id), here] = 0.0, True
    for class_id, *box in lesson.real:
        row, overlap = int(class_id), box_iou(boxes, np.asarray([box], np.float32))[:, 0]
        best = np.argsort(-(scores[row] * overlap), kind="stable")[:LIFTED]
        best = best[overlap[best] >= FITS]
        target[row, best], mask[row, best] = np.maximum(scores[row, best], overlap[best]), True
    return target, mask


def scores_of(head: Any, feats: Sequence[Any]) -> Any:
    """(classes, A) logits of the class branch."""
    import torch

    return torch.cat([branch(feat).flatten(2) for branch, feat in zip(head.cv3, feats, strict=True)], dim=2)[0]


def loss_of(head: Any, one: Study) -> Any:
    """Cross entropy with the target, by the target's own mass: a quiet picture weighs no less than a busy one."""
    import torch

    scores = scores_of(head, one.feats)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, one.target, reduction="none")
    return loss[one.mask].sum() / (1 + one.target.sum())


def tune(
    model: Any,
    judged: Sequence[Study],
    ordinary: Sequence[Study],
    plan: Plan,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> None:
    """Let the class branch of `model` learn, in place. progress: wraps the steps, to show them."""
    import torch

    torch.manual_seed(plan.seed)
    head = model.model[-1]
    head.cv3.requires_grad_(True)
    optimiser = torch.optim.Adam(head.cv3.parameters(), lr=plan.rate)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, plan.steps)
    batches = zip(rounds(judged, plan.judged, plan.seed), rounds(ordinary, plan.ordinary, plan.seed + 1), strict=False)
    for _, (mine, others) in zip(progress(range(plan.steps)), batches, strict=False):
        optimiser.zero_grad(set_to_none=True)
        for one in (*mine, *others):
            (loss_of(head, one) / (len(mine) + len(others))).backward()
        torch.nn.utils.clip_grad_norm_(head.cv3.parameters(), 1.0)
        optimiser.step()
        fall.step()
    head.cv3.requires_grad_(False)


def embolden(
    model: Any,
    judged: Sequence[Study],
    held: Iterable[tuple[Collection[int], Study]],
    wrong: Collection[int],
    thresholds: Mapping[str, float],
) -> dict[str, float]:
    """Raise the biases of the classes that were called false somewhere, in place; class -> logits added.

    What looks a little like the false alarm, such as a weak real flame, loses a little too: the class becomes shy,
    while its ranking hardly suffers. It is made as bold as it was on those of `held` that show it; without any, by
    `USUAL_SHIFT`. The false alarms stay below `NEAR` of the threshold.

    held: pictures that neither network was trained on, with the classes that each shows.
    """
    import torch

    head = model.model[-1]
    with torch.no_grad():
        seen = [
            (shows, best_of(one.target, one.mask), best_of(scores_of(head, one.feats).sigmoid(), one.mask))
            for shows, one in held
        ]
        false = [best_of(scores_of(head, one.feats).sigmoid(), one.target == 0) for one in judged]
        added = {}
        for class_id in sorted(wrong):
            limit = thresholds[CLASSES[class_id]]
            mine = [(old[class_id], new[class_id]) for shows, old, new in seen if class_id in shows]
            before, after = np.asarray(mine, np.float32).reshape(-1, 2).T
            wanted = shift_for(before, after, limit) if mine else USUAL_SHIFT
            room = logit(NEAR * limit) - logit(max(float(scores[class_id]) for scores in false))
            added[CLASSES[class_id]] = shift = min(wanted, max(0.0, room))
            for branch in head.cv3:
                branch[-1].bias[class_id] += shift
    return added


def best_of(scores: Any, mask: Any) -> Floats:
    """(classes,) best score of each class where it counts; 0 where nothing does."""
    return np.asarray(scores.masked_fill(~mask, 0.0).amax(dim=1).numpy(), np.float32)


def shift_for(before: Floats, after: Floats, threshold: float) -> float:
    """What to add to a class's logits, 0 to `MOST_SHIFT`, so that as many pictures reach the threshold as before.

    before, after: (pictures,) best scores.
    """
    count = int((before >= threshold).sum())
    if not count:
        return 0.0
    return float(np.clip(logit(threshold) - logit(float(np.sort(after)[-count])), 0.0, MOST_SHIFT))


def logit(score: float) -> float:
    score = min(1 - 1e-6, max(1e-6, score))
    return float(np.log(score / (1 - score)))


def rounds(items: Sequence[Study], count: int, seed: int) -> Iterator[list[Study]]:
    """`count` items at a time for ever, each as often as any other; empty lists where there are none."""
    rng, waiting = np.random.default_rng(seed), list[int]()
    while True:
        while items and len(waiting) < count:
            waiting += rng.permutation(len(items)).tolist()
        drawn, waiting = waiting[:count], waiting[count:]
        yield [items[index] for index in drawn]
