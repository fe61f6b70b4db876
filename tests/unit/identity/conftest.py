"""One vault for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.run.identity.vault import Vault
from tests.support.vaults import KEY


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vault.sqlite3"


@pytest.fixture
def vault(path: Path) -> Iterator[Vault]:
    opened = Vault(path, KEY)
    yield opened
    opened.close()
