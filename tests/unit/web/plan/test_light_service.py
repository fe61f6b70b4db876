"""The service that the floor waits for carries no frames, arrays, shapes or solvers."""

import subprocess
import sys

# Typst is not among them: a clinic prints its register with it.
HEAVY = ("numpy", "pandas", "pandera", "pyarrow", "scipy", "shapely", "numba", "highspy")
LOOK = """
import sys, tempfile
from pathlib import Path
from safelight.web.settings import configure
configure(Path(tempfile.gettempdir()), "k" * 50, [])
import safelight.cli.opening, safelight.web.urls
print(*sorted(name for name in sys.modules if name in {heavy!r}))
"""


def test_opening_the_service_imports_nothing_that_only_planning_needs() -> None:
    look = LOOK.replace("{heavy!r}", repr(HEAVY))
    told = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


def test_the_check_would_see_them() -> None:
    look = LOOK.replace("{heavy!r}", repr(HEAVY)) + "import numpy\nprint('numpy' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["True"]
