"""Collects the hazard log: hazards from the code, rules, and tests that show each control.

``python -m tests.repository.hazards`` writes docs/hazard-log.md.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from safelight.run.domain.clinic.hazards import APART, HAZARDS, INVARIANTS, Hazard
from tests.repository.rules import ROOT, Refusal, refusals, sources

PAGE = ROOT / "docs" / "hazard-log.md"
TESTS = ROOT / "tests"
MACHINE = "tests/property/test_dosing_machine.py"
FAULTS = "tests/unit/rehearse/test_clinic_invariants.py"
# Modules of the clinic whose every refusal is somebody's safety; treatment's are its own matter.
SAFETY = frozenset(
    "clock count day destruction discrepancy dose dosing_locks footnote gate late ledger licence "
    "observation oral patient prescription proof register requisition returns session".split()
)
ID = re.compile(r"H\d\d")
HEAD = f"""# The hazard log

What could harm a patient at a clinic with heroin-assisted treatment, and what in the rules controls
it. Every rule is in [the rules](rules.md); every test named here runs with `python3 run.py test`,
which fails where none of a hazard's tests ran and passed.

**Severity and likelihood are left open.** They depend on the place, its patients and its staff: the
deploying organisation's Clinical Safety Officer assesses them (DCB0160), with this log as the
manufacturer's part (DCB0129), and decides what else is needed there. Nobody has yet approved it.

Written by `python -m tests.repository.hazards` from `safelight/run/domain/clinic/hazards.py`:
change that, not this page.

## The invariants

What an oracle with books of its own asserts after every command of a rehearsal, and
[a property test](../{MACHINE}) after every command by chance.
[Planted faults](../{FAULTS}) show that it can fail: each breaks its invariant, and no other.

| | Invariant |
|---|---|
"""
TABLE = """
## The hazards

| Hazard | Cause | Harm | Control | Rules | Invariants | Tests | Severity, likelihood |
|---|---|---|---|---|---|---|---|
"""
OPEN = "for the deploying Clinical Safety Officer"


class Shown(NamedTuple):
    """A test that shows the control of a hazard."""

    path: str
    test: str


def marked(folder: Path = TESTS, root: Path = ROOT) -> dict[str, list[Shown]]:
    """Return the tests below a folder by the hazards that they are marked with."""
    found: dict[str, list[Shown]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        tables = {name: value for node in tree.body for name, value in _assigned(node)}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for hazard in sorted(_hazards(node, tables)):
                    shown = Shown(path.relative_to(root).as_posix(), node.name)
                    found.setdefault(hazard, []).append(shown)
    return found


def _assigned(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign):
        yield from ((each.id, node.value) for each in node.targets if isinstance(each, ast.Name))


def _hazards(test: ast.FunctionDef, tables: Mapping[str, ast.expr]) -> set[str]:
    """Return the ids in a test's decorators, and in the tables of cases that they name."""
    names = {
        node.id
        for decorator in test.decorator_list
        for node in ast.walk(decorator)
        if isinstance(node, ast.Name)
    }
    said = [*test.decorator_list, *(tables[name] for name in names & tables.keys())]
    return {
        node.value
        for each in said
        for node in ast.walk(each)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and ID.fullmatch(node.value)
    }


def complaints(
    hazards: Sequence[Hazard],
    shown: Mapping[str, Sequence[Shown]],
    found: Iterable[Refusal],
    apart: Mapping[str, str],
) -> list[str]:
    """Say what is an orphan: a hazard, a mark, a rule or a refusal that nothing belongs to."""
    refused = list(found)
    rules = {each.rule for each in refused}
    safety = {each.rule for each in refused if each.where in SAFETY}
    ids = [hazard.id for hazard in hazards]
    named = {rule for hazard in hazards for rule in hazard.rules}
    wrong = [f"{each} is there twice" for each in sorted({i for i in ids if ids.count(i) > 1})]
    wrong += [f"{each} has no test" for each in ids if not shown.get(each)]
    wrong += [f"{each} is marked, and no hazard" for each in sorted(shown.keys() - set(ids))]
    wrong += [f"{each} is no rule" for each in sorted(named - rules)]
    wrong += [f"{each} controls no hazard" for each in sorted(safety - named - apart.keys())]
    wrong += [f"{each} is apart for nothing" for each in sorted(apart.keys() - (safety - named))]
    for hazard in hazards:
        wrong += [f"{hazard.id} leaves something out" for each in hazard[:5] if not each]
        wrong += [f"{hazard.id} names no invariant" for _ in [0] if not hazard.invariants]
        strange = sorted(set(hazard.invariants) - INVARIANTS.keys())
        wrong += [f"{hazard.id}: there is no invariant {each}" for each in strange]
    covered = {number for hazard in hazards for number in hazard.invariants}
    wrong += [
        f"no hazard is about invariant {each}" for each in sorted(INVARIANTS.keys() - covered)
    ]
    return wrong


def page(hazards: Sequence[Hazard], shown: Mapping[str, Sequence[Shown]]) -> str:
    """Return the page of the hazard log."""
    invariants = "".join(f"| {number} | {text} |\n" for number, text in INVARIANTS.items())
    rows = "".join(_row(hazard, shown.get(hazard.id, ())) for hazard in hazards)
    apart = "".join(f"| `{rule}` | {why} |\n" for rule, why in APART.items())
    tail = "\n## Rules of the clinic that control no hazard\n\n| Rule | Why not |\n|---|---|\n"
    return f"{HEAD}{invariants}{TABLE}{rows}{tail}{apart}"


def _row(hazard: Hazard, shown: Sequence[Shown]) -> str:
    rules = ", ".join(f"`{rule}`" for rule in hazard.rules) or "none: it is flagged"
    tests = "<br>".join(f"[{_sentence(each.test)}](../{each.path})" for each in shown)
    numbers = ", ".join(map(str, hazard.invariants))
    cells = [
        f"<a id='{hazard.id.lower()}'></a>**{hazard.id}** {hazard.hazard}",
        hazard.cause,
        hazard.harm,
        hazard.control,
        rules,
        numbers,
        tests,
        OPEN,
    ]
    return f"| {' | '.join(cells)} |\n"


def _sentence(test: str) -> str:
    return test.removeprefix("test_").replace("_", " ")


if __name__ == "__main__":
    PAGE.write_text(page(HAZARDS, marked()), encoding="utf-8")
    for each in complaints(HAZARDS, marked(), refusals(sources()), APART):
        print(each)  # noqa: T201 - speaks to the person who started it
