"""The floor on which the tests of engine, writer and node take place."""

from pathlib import Path

import pytest

from tests.support.engines import Floor


@pytest.fixture
def floor(tmp_path: Path) -> Floor:
    """An open site in a folder of its own."""
    return Floor(tmp_path)
