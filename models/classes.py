"""The seven classes, how they come out of COCO's eighty, and what other data sets call them."""

import re
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

#: Our class -> what other data sets call it, as `class_named` reads names.
NAMES: Final[dict[int, tuple[str, ...]]] = {
    EBIKE: (
        *("ebike", "ebikes", "e bike", "electric bike", "electric bicycle", "electric scooter", "electric vehicle"),
        *("moped", "scooter", "motor scooter", "motorcycle", "motorcycles", "motorbike", "motorbikes", "motor bike"),
        *("electromobile", "电动车", "电动自行车", "电瓶车", "电单车", "电动摩托车", "摩托车", "踏板车"),
    ),
    BICYCLE: ("bicycle", "bicycles", "bike", "bikes", "cycle", "自行车", "单车"),
    PERSON: (
        *("person", "persons", "people", "human", "pedestrian", "pedestrians", "man", "woman", "child", "rider"),
        *("人", "行人", "人员"),
    ),
    FLAME: ("flame", "flames", "fire", "fires", "open flame", "火", "火焰", "明火", "火灾"),
    SMOKE: ("smoke", "smokes", "烟", "烟雾", "浓烟"),
    CLUTTER: ("clutter", "obstacle", "obstruction", "debris", "杂物", "堆物", "楼道堆物", "障碍物"),
    CABLE: ("cable", "cables", "wire", "wires", "flying lead", "charging cable", "电线", "电缆", "飞线", "飞线充电"),
}
_OURS: Final = {name: class_id for class_id, names in NAMES.items() for name in names}


def class_named(name: str) -> int | None:
    """The class that a data set means by `name`, whatever its case and whether words are joined by blank, - or _.

    None: none of ours.
    """
    return _OURS.get(re.sub(r"[\s_-]+", " ", name).strip().casefold())
