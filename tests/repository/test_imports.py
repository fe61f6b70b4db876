"""The import contracts of pyproject.toml refuse what they are meant to refuse."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = [
    "__init__",
    "cli/__init__",
    "web/__init__",
    "web/floor/__init__",
    "web/floor/views",
    "web/custody/__init__",
    "web/custody/views",
    "rehearse/__init__",
    "wiring",
    "run/__init__",
    "run/actions/__init__",
    "run/identity/__init__",
    "run/store/__init__",
    "run/register/__init__",
    "run/domain/__init__",
    "plan/__init__",
    "plan/timetable/__init__",
    "plan/capacity/__init__",
    "plan/siting/__init__",
    "plan/need/__init__",
    "plan/parameters",
    "plan/compiled",
    "sources/__init__",
    "contracts/__init__",
    "journal/__init__",
    "kernel/__init__",
]
DOWN = "Imports point down"
INSIDE_RUN = "Inside run, imports point down"
INSIDE_PLAN = "Inside plan, imports point down"
PLANS_PURE = "Plans are pure"
PURE = "Rules, journal and kernel are pure"
ACYCLIC = "No two packages import each other"


def lint(root: Path, imports: Mapping[str, str]) -> tuple[int, str]:
    """Judge a small Safelight, with some imports put into it, by the project's own contracts."""
    shutil.copy(ROOT / "pyproject.toml", root)
    for module in MODULES:
        path = root / "safelight" / f"{module}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for module, line in imports.items():
        (root / "safelight" / f"{module}.py").write_text(f"{line}\n", encoding="utf-8")
    program = Path(sys.executable).with_name("lint-imports")
    # The small Safelight has to be found before the one that is being tested.
    environment = {**os.environ, "PYTHONPATH": str(root)}
    judged = subprocess.run(
        [program, "--no-cache", "--no-logo"],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return judged.returncode, judged.stdout


def test_contracts_keep_imports_that_point_down(tmp_path: Path) -> None:
    code, told = lint(
        tmp_path,
        {
            "cli/__init__": "import safelight.web, safelight.rehearse, safelight.wiring",
            "run/actions/__init__": "import safelight.run.domain",
            "journal/__init__": "import hashlib, safelight.kernel",
            "run/store/__init__": "import apsw, pathlib",
            "plan/capacity/__init__": "import safelight.plan.siting, safelight.sources, pathlib",
        },
    )
    assert (code, "0 broken" in told) == (0, True)


@pytest.mark.parametrize(
    ("imports", "contract"),
    [
        ({"kernel/__init__": "import safelight.journal"}, DOWN),
        ({"run/domain/__init__": "import safelight.wiring"}, DOWN),
        ({"web/__init__": "import safelight.cli"}, DOWN),
        ({"stray": "VALUE = 1"}, DOWN),
        ({"run/domain/__init__": "import safelight.run.store"}, INSIDE_RUN),
        ({"run/store/__init__": "import safelight.run.actions"}, INSIDE_RUN),
        ({"run/stray": "VALUE = 1"}, INSIDE_RUN),
        ({"run/domain/__init__": "import safelight.plan"}, DOWN),
        ({"plan/__init__": "import safelight.run"}, DOWN),
        ({"sources/__init__": "import safelight.plan"}, DOWN),
        ({"plan/need/__init__": "import safelight.plan.siting"}, INSIDE_PLAN),
        ({"plan/capacity/__init__": "import safelight.plan.timetable"}, INSIDE_PLAN),
        ({"plan/stray": "VALUE = 1"}, INSIDE_PLAN),
        ({"plan/need/__init__": "import urllib.request"}, PLANS_PURE),
        ({"plan/siting/__init__": "import random"}, PLANS_PURE),
        ({"run/domain/__init__": "from django.db import models"}, PURE),
        ({"run/domain/__init__": "from pathlib import Path"}, PURE),
        ({"kernel/__init__": "import os"}, PURE),
        ({"journal/__init__": "import apsw"}, PURE),
        (
            {
                "web/floor/views": "import safelight.web.custody.views",
                "web/custody/__init__": "import safelight.web.floor",
            },
            ACYCLIC,
        ),
    ],
)
def test_contract_can_fail(imports: Mapping[str, str], contract: str, tmp_path: Path) -> None:
    code, told = lint(tmp_path, imports)
    assert (code, f"{contract} BROKEN" in told) == (1, True)
