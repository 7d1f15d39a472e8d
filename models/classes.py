"""The seven classes and how they come out of COCO's eighty."""

from typing import Final

CLASSES: Final = ("ebike", "bicycle", "person", "flame", "smoke", "clutter", "cable")
EBIKE, BICYCLE, PERSON, FLAME, SMOKE, CLUTTER, CABLE = range(len(CLASSES))

COCO_PERSON, COCO_BICYCLE, COCO_MOTORCYCLE = 0, 1, 3

#: Our class -> COCO rows averaged to start its last layer. Classes not named start from zero with a low
#: prior.
COCO_START: Final[dict[int, tuple[int, ...]]] = {
    EBIKE: (COCO_MOTORCYCLE,),
    BICYCLE: (COCO_BICYCLE,),
    PERSON: (COCO_PERSON,),
    CLUTTER: (28, 24, 56, 57, 58, 26),  # suitcase, backpack, chair, couch, potted plant, handbag
}

#: COCO class -> our class where a confident teacher box may be trained on.
COCO_TEACHES: Final[dict[int, int]] = {
    COCO_PERSON: PERSON,
    COCO_BICYCLE: BICYCLE,
    COCO_MOTORCYCLE: EBIKE,
    13: CLUTTER,  # bench
    28: CLUTTER,  # suitcase
    56: CLUTTER,  # chair
    57: CLUTTER,  # couch
    58: CLUTTER,  # potted plant
    60: CLUTTER,  # dining table
}

#: COCO class -> our class whose background is left out of the loss there: a bag may be carried, a bed may be
#: furniture.
COCO_DOUBTS: Final[dict[int, int]] = {24: CLUTTER, 26: CLUTTER, 59: CLUTTER, 36: EBIKE}

#: COCO class -> our class when the zero-shot COCO network is measured as the baseline.
COCO_AS_OURS: Final[dict[int, int]] = {
    COCO_PERSON: PERSON,
    COCO_BICYCLE: BICYCLE,
    COCO_MOTORCYCLE: EBIKE,
    24: CLUTTER,
    26: CLUTTER,
    28: CLUTTER,
    56: CLUTTER,
    57: CLUTTER,
    58: CLUTTER,
    60: CLUTTER,
}
