"""Measure the shipped lead network on single pictures that it has not seen.

    python -m models.leads.evaluate --shared ../shared/data [--stills FOLDER] [--out benchmarks/leads/results/NAME.json]

Real pictures of two-wheelers that were kept out of training: as they are (every path is false), and with leads painted
in that were painted for no other use (a path that ends near the painted lead's end is right). Rendered stills with
leads, which no training saw: found, and false at machines of stills without leads. One picture each: the rule averages
looks and asks again, so these are lower bounds of what it finds and upper bounds of what it invents.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe
from models.files import write_json
from models.leads.courses import Box, course
from models.leads.gather import LEAD, label_of, labelled, split, stills
from models.leads.paint import lead_stroke, paint
from vision.closeup import Closeup
from vision.hazards.flying_lead import FlyingLeadParams
from vision.lead_path import LeadPath, find_paths
from vision.leads import LeadNetwork

RESULTS = Path("benchmarks/leads/results/v1.json")
REAL = ("ebike/voc2007", "ebike2/bhavana4790", "ebike2/SYNTHETIC")
MOST_OF_A_SOURCE = 220
LOOKS = 3
"""A close-up knows a cell after so many looks: here the same picture each time."""
SEED = 20261126
BESIDE = 0.3
"""A rendered lead counts where its box reaches this share of the machine's size beyond it: less is not judged."""


@dataclass(slots=True)
class Count:
    """How many of how many."""

    yes: int = 0
    of: int = 0

    def add(self, hit: bool) -> None:
        """One more."""
        self.yes, self.of = self.yes + hit, self.of + 1

    def json(self) -> dict[str, Any]:
        """With the share."""
        return {"yes": self.yes, "of": self.of, "share": round(self.yes / self.of, 4) if self.of else None}


def path_at(network: LeadNetwork, image: NDArray[np.uint8], machine: Box) -> tuple[LeadPath, Closeup] | None:
    """The surest path at a machine of one picture, if the rule would take it."""
    closeup = Closeup(machine)
    for _ in range(LOOKS):
        closeup.add(image, [])
    x1, y1, x2, y2 = (value / 2 for value in closeup.inside(machine))
    paths = find_paths(network.look(closeup.picture), (x1, y1, x2, y2))
    sure = [path for path in paths if path.score >= FlyingLeadParams().min_score]
    return (sure[0], closeup) if sure else None


def real(network: LeadNetwork, shared: Path) -> dict[str, Any]:
    """False on clean pictures, found on painted ones."""
    rng = np.random.default_rng(SEED)
    clean, painted = Count(), Count()
    for image, machine in _unseen(shared):
        clean.add(path_at(network, image, machine) is not None)
        size = max(machine[2] - machine[0], machine[3] - machine[1])
        canvas = np.asarray(image.astype(np.float32) / 255, np.float32)
        points = course(rng, machine)
        cover = paint(canvas, [points], lead_stroke(rng, size), rng)
        outside = cover.copy()
        x1, y1, x2, y2 = (max(0, int(value)) for value in machine)
        outside[y1:y2, x1:x2] = 0
        if outside.sum() < BESIDE * size:
            continue  # outside the picture, or of the colour of what is behind it
        seen = np.asarray(np.clip(canvas * 255, 0, 255), np.uint8)
        painted.add(path_at(network, seen, machine) is not None)
    return {"false_at_machines": clean.json(), "painted_leads_found": painted.json()}


def _unseen(shared: Path) -> Iterator[tuple[NDArray[np.uint8], Box]]:
    _, unseen = split(shared)
    for source in REAL:
        for path in unseen[source][:MOST_OF_A_SOURCE]:
            picture = labelled(path, label_of(path))
            for machine in picture.machines[:2]:
                yield picture.image, machine


def rendered(network: LeadNetwork, folder: Path) -> dict[str, Any]:
    """Found where a lead reaches a machine, false in stills without leads."""
    found, false = Count(), Count()
    for still in stills(folder):
        leads = [box for kind, box in still.boxes if kind == LEAD]
        for machine in still.machines[:2]:
            if not leads:
                false.add(path_at(network, still.image, machine) is not None)
            elif any(_reaches(lead, machine) for lead in leads):
                found.add(path_at(network, still.image, machine) is not None)
    return {"leads_found": found.json(), "false_at_machines": false.json()}


def _reaches(lead: Box, machine: Box) -> bool:
    """Whether a lead's box touches the machine's and goes on well beyond it."""
    apart = lead[2] < machine[0] or lead[0] > machine[2] or lead[3] < machine[1] or lead[1] > machine[3]
    beyond = max(machine[0] - lead[0], lead[2] - machine[2], machine[1] - lead[1], lead[3] - machine[3])
    return not apart and beyond > BESIDE * max(machine[2] - machine[0], machine[3] - machine[1])


def main(argv: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="the gathered pictures")
    parser.add_argument("--stills", type=Path, help="rendered stills that no training saw")
    parser.add_argument("--model", type=Path, help="another network than the shipped one")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args(argv)
    network = LeadNetwork.load(args.model)
    result: dict[str, Any] = {"version": network.version, "real": real(network, args.shared)}
    if args.stills:
        result["rendered"] = rendered(network, args.stills)
    result["machine"] = describe()
    write_json(args.out, result)
    for kind in ("real", "rendered"):
        print(kind, result.get(kind, "not measured"))


if __name__ == "__main__":
    main()
