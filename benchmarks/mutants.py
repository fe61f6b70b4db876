"""``python -m benchmarks.mutants [module …]``: change the clinic's rules a little, and be noticed.

Each mutant is a rule with one comparison, constant, word or call changed; a test has to fail then.
mutmut (a tool of its own, in an environment of its own under var/) makes and runs them, one process
at the lowest priority, against the examples and the planted faults. It prints the share that was
noticed by module, and fails below the share that the clinic promises. It takes half an hour.
"""

import argparse
import difflib
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "var" / "mutants"
TOOL, TREE = HOME / "tool", HOME / "tree"
MUTMUT = "mutmut>=3.8,<3.9"  # its notes on what became of a mutant have no promised shape
PROMISED = 0.9
DOMAIN = "src/safelight/run/domain"
COPIED = ("src", "tests", "docs", "pyproject.toml", "README.md")
GROUPS = {
    "dosing": "clock day dose dosing_locks gate late observation oral patient session".split(),
    "prescription": "licence prescription proof words".split(),
    "register": (
        "count destruction discrepancy footnote ledger register requisition returns".split()
    ),
}
TESTS = (
    "tests/spec/clinic",
    "tests/spec/test_dosing_locks.py",
    "tests/spec/test_incident.py",
    "tests/unit/rehearse/test_clinic_invariants.py",
)
SETTINGS = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = {modules}
also_copy = {copied}
pytest_add_cli_args = ["-p", "no:cacheprovider", "-x", "-q"]
pytest_add_cli_args_test_selection = {tests}
use_git_change_detection = false
"""


class Mutant(NamedTuple):
    """One changed rule, and whether a test noticed."""

    module: str
    name: str
    noticed: bool


def path_of(module: str) -> str:
    """Return where the rules of a module stand."""
    folder = DOMAIN if module == "dosing_locks" else f"{DOMAIN}/clinic"
    return f"{folder}/{module}.py"


def prepare(modules: Sequence[str]) -> None:
    """Install the tool where it is missing, and copy the tree on which it works."""
    if not TOOL.exists():
        venv.create(TOOL, with_pip=True)
        subprocess.run([TOOL / "bin" / "pip", "install", "-q", MUTMUT], check=True)
    shutil.rmtree(TREE, ignore_errors=True)
    TREE.mkdir(parents=True)
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, TREE / name)
    lists = {
        "modules": json.dumps([path_of(each) for each in modules]),
        "copied": json.dumps(COPIED),
        "tests": json.dumps(TESTS),
    }
    with (TREE / "pyproject.toml").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS.format(**lists))


def run() -> int:
    """Make the mutants and try them."""
    packages = next((TOOL / "lib").glob("python*/site-packages"))
    nice = [nice, "-n", "19"] if (nice := shutil.which("nice")) else []
    return subprocess.run(
        [*nice, sys.executable, "-m", "mutmut", "run", "--max-children", "1"],
        cwd=TREE,
        env={**os.environ, "PYTHONPATH": str(packages)},
        check=False,
    ).returncode


def mutants(tree: Path = TREE) -> Iterator[Mutant]:
    """Yield what became of every mutant."""
    for notes in sorted((tree / "mutants" / DOMAIN).rglob("*.meta")):
        module = notes.name.partition(".")[0]
        ended = json.loads(notes.read_text(encoding="utf-8"))["exit_code_by_key"]
        for key, code in ended.items():
            yield Mutant(module, key.rpartition(".x_")[2], noticed=code not in {0, None})


def shown(found: Sequence[Mutant]) -> bool:
    """Print the shares by module and by group, and say whether each group keeps the promise."""
    kept = True
    for group, modules in GROUPS.items():
        whole: list[Mutant] = []
        for module in modules:
            own = [each for each in found if each.module == module]
            whole += own
            if own:
                print(f"  {module:<14}{share(own):8.1%} of {len(own)}")
        if whole:
            kept = kept and share(whole) >= PROMISED
            print(f"{group:<16}{share(whole):8.1%} of {len(whole)}\n")
    return kept


def share(found: Sequence[Mutant]) -> float:
    """Return the share of mutants that a test noticed."""
    return sum(each.noticed for each in found) / len(found)


def change(mutant: Mutant, tree: Path = TREE) -> str:
    """Return the lines in which a mutant differs from the rule."""
    code = (tree / "mutants" / path_of(mutant.module)).read_text(encoding="utf-8")
    original = f"x_{mutant.name.rpartition('_mutmut_')[0]}_mutmut_orig"
    rule, changed = (_body(code, each) for each in (original, f"x_{mutant.name}"))
    lines = list(difflib.unified_diff(rule, changed, n=0, lineterm=""))[3:]
    return "\n".join(f"    {line[0]} {line[1:].strip()}" for line in lines if line[0] in "+-")


def _body(code: str, function: str) -> list[str]:
    """Return the lines of a function at the top of a file."""
    lines = code.partition(f"\ndef {function}(")[2].splitlines()[1:]
    ends = [number for number, line in enumerate(lines) if line and line[0] not in " )"]
    return lines[: ends[0]] if ends else lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the rules of some modules, or of all."""
    parser = argparse.ArgumentParser(prog="benchmarks.mutants", description=__doc__)
    every = [module for modules in GROUPS.values() for module in modules]
    parser.add_argument("module", nargs="*", help=f"one or more of {', '.join(every)}")
    parser.add_argument("--again", action="store_true", help="only show the last results")
    told = parser.parse_args(arguments)
    if strange := sorted(set(told.module) - set(every)):
        parser.error(f"there is no module {', '.join(strange)}")
    if not told.again:
        prepare(told.module or every)
        if run() != 0:
            print("mutmut itself failed; what it said stands above.", file=sys.stderr)
            return 2
    found = list(mutants())
    for each in found:
        if not each.noticed:
            print(f"{each.module} {each.name}\n{change(each)}")
    return 0 if shown(found) else 1


if __name__ == "__main__":
    sys.exit(main())
