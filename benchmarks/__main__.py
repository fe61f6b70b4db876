"""``python -m benchmarks [name …] [--json]``: measure, print, and fail where a goal is missed."""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import beside, capacity, clinic, floor, need, siting, timetable

BENCHMARKS: dict[str, Callable[[], list[floor.Measured]]] = {
    "floor": floor.run,
    "beside": beside.run,
    "capacity": capacity.run,
    "clinic": clinic.run,
    "need": need.run,
    "siting": siting.run,
    "timetable": timetable.run,
}


def main() -> int:
    """Run the benchmarks that are named, or all."""
    parser = argparse.ArgumentParser(prog="run.py bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], metavar="name")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    results = {name: BENCHMARKS[name]() for name in arguments.names or BENCHMARKS}
    if arguments.json:
        print(json.dumps({name: [_row(m) for m in got] for name, got in results.items()}))
    else:
        for name, got in results.items():
            print(f"{name}")
            for m in got:
                verdict = "ok" if m.met else "MISSED"
                goal = f"{m.sense} {m.limit:g}"
                value = f"{m.value:.2f}" if m.value >= 1 else f"{m.value:.3g}"
                print(f"  {m.name:<32} {value:>12} {m.unit:<10} {goal:<10} {verdict}")
    return 0 if all(m.met for got in results.values() for m in got) else 1


def _row(measured: floor.Measured) -> dict[str, Any]:
    return {**measured._asdict(), "met": measured.met}


if __name__ == "__main__":
    sys.exit(main())
