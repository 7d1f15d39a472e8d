"""The file that ships: its fingerprint, what it says of itself, and that the published table is its own."""

import hashlib
import json
import tomllib
from typing import Any

import numpy as np
import onnxruntime
import pytest

from models.classes import CLASSES
from models.evaluate import RESULTS
from models.export import ZOO
from models.tables import BEGIN, END, markdown


@pytest.fixture(scope="module")
def zoo() -> dict[str, Any]:
    return tomllib.loads(ZOO.read_text("utf-8"))


@pytest.fixture(scope="module")
def entry(zoo: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = zoo["models"][zoo["shipped"]]
    return found


def test_zoo_names_the_file_that_is_there(entry: dict[str, Any]) -> None:
    content = (ZOO.parent / entry["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert len(content) == entry["size"] <= 12 * 1024 * 1024
    assert entry["licence"] == "AGPL-3.0-or-later"
    assert (ZOO.parent / entry["card"]).exists()


def test_metadata_and_output_shape(entry: dict[str, Any]) -> None:
    session = onnxruntime.InferenceSession(str(ZOO.parent / entry["file"]), providers=["CPUExecutionProvider"])
    said = session.get_modelmeta().custom_metadata_map
    assert tuple(json.loads(said["names"])) == CLASSES
    assert set(json.loads(said["thresholds"])) == set(CLASSES)
    assert all(0 < value < 1 for value in json.loads(said["thresholds"]).values())
    assert {"nms_iou", "license", "data_hash", "trained", "description"} <= set(said)
    assert (said["version"], said["license"]) == (entry["version"], entry["licence"])
    (out,) = session.run(["output0"], {"images": np.zeros((1, 3, 64, 96), np.float32)})
    assert out.shape == (1, 4 + len(CLASSES), 8 * 12 + 4 * 6 + 2 * 3)
    assert (out[:, 4:] >= 0).all() and (out[:, 4:] <= 1).all()


def test_the_published_table_is_the_stored_result_of_the_shipped_model(zoo: dict[str, Any]) -> None:
    name: str = zoo["shipped"]
    stored = RESULTS / "results" / f"{name.removeprefix('xinan-')}.json"
    result = json.loads(stored.read_text("utf-8"))
    assert result["ours"]["model"] == name
    assert result["ours"]["version"] == zoo["models"][name]["version"]
    table = (RESULTS / "README.md").read_text("utf-8").split(BEGIN)[1].split(END)[0].strip()
    assert table == markdown(result).strip()


def test_the_card_says_what_it_is_not() -> None:
    card = (ZOO.parent / "MODEL_CARD.md").read_text("utf-8")
    for words in ("not a certified fire detector", "GB 15631", "EN 54-10", "FM 3260", "UL 268B"):
        assert words in card
