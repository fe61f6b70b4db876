"""Soaks of the clinic: years in memory, years in a storm, and operations on registers.

Years and operations come in blocks, each with a seed of its own, in as many processes as there are
processors. With a results file a soak goes on where it was left off: a block that was done by this
very code is not done again.
"""

import gc
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from safelight.rehearse.clinic.invariants import Invariants
from safelight.rehearse.clinic.run import rehearsal_pack, rehearse_in_memory
from safelight.rehearse.clinic.scenario import find_clinic
from safelight.rehearse.clinic.tally import Tally
from safelight.run.domain.protocol import Protocol
from tests.support.clinic_storm import storm
from tests.support.register_storm import storm as storm_over_registers

ROOT = Path(__file__).parents[1]
# What decides what a block comes to, and with it whether an older result still counts.
CODE = (
    "src/safelight/kernel",
    "src/safelight/packs",
    "src/safelight/rehearse",
    "src/safelight/run/domain",
    "src/safelight/run/store/projection.py",
)
STORED = (
    "src/safelight/journal",
    "src/safelight/run/actions",
    "src/safelight/run/store",
    "tests/support",
)
IN_MEMORY, SMALL_CLINIC = "clinic", "clinic-2-sessions"
DAYS = 365
YEARS_IN_A_BLOCK, OPERATIONS_IN_A_BLOCK = 5, 100_000
MOST_MISTAKEN = 0.001  # of all sessions

Progress = Callable[[int], None]


@dataclass
class YearsReport:
    """What years of a clinic came to; ``broken`` says what must never happen and did."""

    years: int = 0
    sessions: int = 0
    doses: int = 0
    commands: int = 0
    checked: int = 0  # commands after which the invariants were judged
    attacks_refused: int = 0
    overdoses: int = 0
    discrepancies: int = 0
    sessions_mistaken: int = 0
    broken: list[str] = field(default_factory=list)


@dataclass
class StormyReport(YearsReport):
    """What years of a clinic in a storm came to."""

    taps: int = 0
    entries: int = 0
    power_cuts: int = 0
    failed_commits: int = 0
    killed: int = 0
    survived_unacknowledged: int = 0
    sent_twice: int = 0
    sent_later: int = 0
    two_tablets: int = 0
    clock_moved: int = 0
    clock_stops: int = 0  # what had to wait because the clock was not to be trusted


@dataclass
class OperationsReport:
    """What random operations on registers came to."""

    operations: int = 0
    accepted: int = 0
    refused: int = 0
    lines: int = 0
    broken: list[str] = field(default_factory=list)


Report = TypeVar("Report", YearsReport, StormyReport, OperationsReport)
Held = TypeVar("Held", YearsReport, StormyReport)


class Block(NamedTuple):
    """A piece of a soak that one process does in one go."""

    soak: str
    seed: int
    size: int


def years(count: int, seed: int, progress: Progress, results: Path | None) -> YearsReport:
    """Rehearse a small clinic for so many years against the rules in memory."""
    blocks = _blocks(IN_MEMORY, count, seed, YEARS_IN_A_BLOCK)
    return _held(_summed(YearsReport(), _done(blocks, years_of, results), progress))


def stormy_years(count: int, seed: int, progress: Progress, results: Path | None) -> StormyReport:
    """Rehearse a small clinic for so many years through the real store, in trouble."""
    blocks = _blocks("clinic-storm", count, seed, 1)
    return _held(_summed(StormyReport(), _done(blocks, stormy_year, results), progress))


def operations(count: int, seed: int, progress: Progress, results: Path | None) -> OperationsReport:
    """Do so many random operations on registers beside a second bookkeeper."""
    blocks = _blocks("registers", count, seed, OPERATIONS_IN_A_BLOCK)
    return _summed(OperationsReport(), _done(blocks, registers, results), progress)


def _held(report: Held) -> Held:
    """Return a report that says so where too many sessions were refused by mistake."""
    share = report.sessions_mistaken / max(1, report.sessions)
    if share > MOST_MISTAKEN:
        report.broken.append(f"{share:.3%} of sessions were refused by mistake")
    return report


# --- Blocks -----------------------------------------------------------------------------------


def years_of(block: Block) -> YearsReport:
    """Rehearse the years of one block in memory."""
    done = rehearse_in_memory(
        find_clinic(SMALL_CLINIC), block.seed, block.size * DAYS, Invariants(), _pack()
    )
    return YearsReport(years=block.size, **_counts(done.tally))


def stormy_year(block: Block) -> StormyReport:
    """Rehearse one year in a storm."""
    report, tally = storm(find_clinic(SMALL_CLINIC), block.seed, block.size * DAYS)
    counts = {**_counts(tally), **asdict(report), "clock_stops": tally.clock_stops}
    return StormyReport(years=block.size, **counts)


def registers(block: Block) -> OperationsReport:
    """Do the operations of one block."""
    try:
        done = storm_over_registers(block.seed, block.size)
    except AssertionError as error:
        return OperationsReport(block.size, broken=[f"seed {block.seed}: {error}"])
    return OperationsReport(block.size, done.accepted, done.refused.total(), done.lines)


def _counts(tally: Tally) -> dict[str, Any]:
    return {
        "sessions": tally.sessions,
        "doses": tally.doses,
        "commands": tally.commands,
        "checked": tally.checked,
        "attacks_refused": tally.attacks,
        "overdoses": tally.overdoses,
        "discrepancies": tally.discrepancies,
        "sessions_mistaken": tally.sessions_mistaken,
        "broken": tally.broken,
    }


@lru_cache(maxsize=1)
def _pack() -> Protocol:
    return rehearsal_pack()


def _blocks(soak: str, count: int, seed: int, size: int) -> list[Block]:
    starts = range(0, count, size)
    return [
        Block(soak, seed * 1_000_000 + number, min(size, count - start))
        for number, start in enumerate(starts)
    ]


def _summed(into: Report, done: Iterator[dict[str, Any]], progress: Progress) -> Report:
    """Add up what blocks came to; progress is told the sum of the first field."""
    first = fields(into)[0].name
    for each in done:
        for name, value in each.items():
            setattr(into, name, getattr(into, name) + value)
        progress(int(getattr(into, first)))
    return into


def _done(
    blocks: list[Block], work: Callable[[Block], Report], results: Path | None
) -> Iterator[dict[str, Any]]:
    """Yield what each block came to: as the results file has it, or done now."""
    code = _code(CODE if blocks[0].soak == IN_MEMORY else (*CODE, *STORED))
    known = dict(_read(results, code)) if results else {}
    yield from (known[block] for block in blocks if block in known)
    left = [block for block in blocks if block not in known]
    with ProcessPoolExecutor(os.cpu_count(), initializer=_collect_rarely) as executor:
        waiting = {executor.submit(_tidily, work, block): block for block in left}
        for future in as_completed(waiting):
            report = asdict(future.result())
            if results:
                line = {"code": code, "block": waiting[future], "report": report}
                with results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
            yield report


def _tidily(work: Callable[[Block], Report], block: Block) -> Report:
    """Do a block and leave nothing of it behind: a process does hundreds of them."""
    report = work(block)
    gc.collect()
    return report


def _collect_rarely() -> None:
    """Look for cycles rarely: a site is made of values that refer to none, by the million."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


def _read(results: Path, code: str) -> Iterator[tuple[Block, dict[str, Any]]]:
    """Yield the blocks of a results file that this very code has done."""
    if not results.exists():
        return
    for text in results.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        if line["code"] == code:
            yield Block(*line["block"]), line["report"]


def _code(parts: Iterable[str]) -> str:
    """Return a digest of the files of some parts of the code."""
    whole = hashlib.sha256()
    for part in parts:
        found = ROOT / part
        for path in sorted(found.rglob("*")) if found.is_dir() else [found]:
            if path.suffix in {".py", ".toml", ".sql"}:
                whole.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return whole.hexdigest()
