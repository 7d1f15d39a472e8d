"""`kill -9` at random points of raise → store → send → answer, on SQLite and PostgreSQL.

    python -m benchmarks.durability.kills [--kills 200] [--longest 0.5] [--seed 11] [--out FILE]

A process raises fires and violations as fast as it can, tells them to a machine and, over a ladder of rungs within half
a second, to three people on two channels, and answers most of them. It is killed at a random moment, and the next one
goes on with what is left. The receiver counts by idempotency key. PostgreSQL runs with fsync, as in an installation.
"""

import argparse
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.machine import describe
from models.files import write_json
from tests.alerts.databases import StorePlace, postgres_server
from tests.alerts.killing import Verdict, kill_and_judge

OUT = Path(__file__).parent / "results" / "kills.json"


def main() -> None:
    """Run it, print the table, write the file; exit code 1 when anything was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--longest", type=float, default=0.5, help="latest moment of a kill, seconds after the start")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    found: dict[str, Verdict] = {}
    with tempfile.TemporaryDirectory() as folder, postgres_server(durable=True) as server:
        places = {
            "sqlite": StorePlace(Path(folder) / "sqlite", None),
            "postgresql": StorePlace(Path(folder) / "postgresql", server.fresh()),
        }
        for name, place in places.items():
            found[name] = kill_and_judge(place, given.kills, given.seed, given.longest)
            print(f"{name}: {found[name]}", flush=True)
    results = {name: asdict(verdict) for name, verdict in found.items()}
    write_json(given.out, {"machine": describe(), "longest_s": given.longest, "seed": given.seed, "results": results})
    wrong = sum(one.lost + one.answers_lost + one.untold + one.duplicates for one in found.values())
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
