"""What is to be seen in a picture, as data."""

import json

from alerts.evidence.drawing import MOST_BOXES, drawing
from tests.alerts.making import finding
from vision.look import SeenBox
from vision.zones import Zone, ZoneType


def test_a_suspected_lead_is_told_with_its_path() -> None:
    lead = finding(hazard="flying_lead", evidence={"lead_path": [[0.123456, 0.5], [0.25, 0.75]], "score": 0.5})
    zone = Zone("车棚", ZoneType.SHED, ((0.1, 0.9), (0.5, 0.1), (0.9, 0.9)))
    said = drawing([SeenBox("ebike", 3, 0.91, (0.1, 0.2, 0.3, 0.4))], [lead], [zone])
    assert json.loads(json.dumps(said)) == {
        "boxes": [{"name": "ebike", "confidence": 0.91, "box": [0.1, 0.2, 0.3, 0.4]}],
        "findings": [
            {
                "hazard": "flying_lead",
                "severity": "violation",
                "confidence": 0.6,
                "confirmed": True,
                "box": [0.1, 0.2, 0.3, 0.4],
                "path": [[0.1235, 0.5], [0.25, 0.75]],
            }
        ],
        "zones": [{"name": "车棚", "type": "shed", "polygon": [[0.1, 0.9], [0.5, 0.1], [0.9, 0.9]]}],
    }


def test_of_a_crowd_the_surest_are_told() -> None:
    crowd = [SeenBox("person", number, number / 100, (0.0, 0.0, 0.1, 0.1)) for number in range(60)]
    said = drawing(crowd, [], [])
    assert [one["confidence"] for one in said["boxes"]] == [(59 - number) / 100 for number in range(MOST_BOXES)]
    assert list(said) == ["boxes"]
