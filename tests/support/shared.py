"""The folder of published data, where this machine has it."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("SAFELIGHT_SHARED") or ROOT.parent / "shared")
DATA = SHARED / "data"

needs_data = pytest.mark.skipif(
    not DATA.is_dir(),
    reason=f"NOT COMPARED with the published data: {DATA} is not here; set SAFELIGHT_SHARED",
)
