"""Which code made a read model. After an update that changes it, the model is made again.

A row of a site's read model keeps the digest of the code that folds entries into entities. Whether
a change to that code changes what comes of it is not asked: the journal is right, and replaying it
is cheap beside a board on which something is missing.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from safelight.run.store import journal
from safelight.run.store.driver import Driver
from safelight.run.store.journal import EntityRow

ROOT: Final = Path(__file__).parents[2]
# What decides what comes of an entry.
FOLDING: Final = ("kernel", "run/domain", "run/store/projection.py")


@cache
def edition() -> str:
    """Return the digest of the code that makes read models here."""
    return digest_of(ROOT)


def digest_of(root: Path) -> str:
    """Return the digest of the folding code under a folder laid out like this package."""
    found = hashlib.sha256()
    for part in FOLDING:
        path = root / part
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            found.update(f"{file.relative_to(root).as_posix()}\0".encode())
            found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def edition_row(site: str) -> EntityRow:
    """Return the row that says which code made the read model of a site."""
    return EntityRow(site, journal.EDITION, journal.EDITION, 0, "", f'"{edition()}"')


def is_current(driver: Driver, site: str) -> bool:
    """Tell whether the read model of a site was made by the code that runs."""
    return journal.entity(driver, site, journal.EDITION, journal.EDITION) == edition_row(site).body
