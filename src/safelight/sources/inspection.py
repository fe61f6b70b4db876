"""Looking through a shelf: every file against its hash, every table, and one against another."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from safelight.kernel.errors import Invalid, SafelightError
from safelight.sources.agreement import RULES, disagreements
from safelight.sources.catalogue import TABLES
from safelight.sources.keeping import hash_of, place_of, read_index
from safelight.sources.shelf import Shelf

STEPS = len(TABLES) + len(RULES)
ADD = "Run `safelight data add DIR` with the folder that has it as published."


class Finding(NamedTuple):
    """Something wrong on a shelf: in which table, or against which rule."""

    where: str
    error: SafelightError


def inspect(folder: Path, told: Callable[[int], None] = lambda _: None) -> list[Finding]:
    """Return everything that is wrong on a shelf; ``told`` takes the number of steps done.

    Files are held against their hashes, tables are read and checked again, and those that are
    sound are held against each other.
    """
    shelf = Shelf(folder)
    findings = [Finding(name, error) for name, error in _not_as_kept(shelf)]
    for done, table in enumerate(TABLES, start=1):
        try:
            if shelf.has(table.name):
                shelf.read(table.name)
        except Invalid as error:
            findings.append(Finding(table.name, error))
        told(done)
    unsound = {finding.where for finding in findings}
    for done, rule in enumerate(RULES, start=len(TABLES) + 1):
        if not unsound & set(rule.tables):
            findings += [Finding(*each) for each in disagreements(shelf, [rule]).items()]
        told(done)
    return findings


def _not_as_kept(shelf: Shelf) -> list[tuple[str, Invalid]]:
    """Return table and error for each file that is gone, changed, or was never added."""
    index = read_index(shelf.folder)
    held = {
        place_of(path, shelf.folder): (path, table.name)
        for table in TABLES
        if shelf.has(table.name)
        for path in shelf.paths(table.name)
    }
    gone = [(index[place].table, place, "is gone") for place in sorted(set(index) - set(held))]
    new = [(held[place][1], place, "was never added") for place in sorted(set(held) - set(index))]
    changed = [
        (held[place][1], place, "has changed since it was added")
        for place in sorted(set(held) & set(index))
        if hash_of(held[place][0]) != index[place].sha256
    ]
    return [
        (table, Invalid("table-as-kept", f"{place} {words}.", ADD, file=place))
        for table, place, words in (*gone, *new, *changed)
    ]
