"""Every published table that is known here."""

from pathlib import Path

from safelight.kernel.errors import Invalid
from safelight.sources import (
    boundaries,
    centroids,
    cohort,
    crime,
    deaths,
    deprivation,
    events,
    hospital,
    lookups,
    places,
    pmed,
    population,
    reference,
    seizures,
)
from safelight.sources.table import Table

TABLES: tuple[Table, ...] = (
    *deaths.TABLES,
    *population.TABLES,
    *lookups.TABLES,
    *centroids.TABLES,
    *boundaries.TABLES,
    *places.TABLES,
    *deprivation.TABLES,
    *crime.TABLES,
    *seizures.TABLES,
    *hospital.TABLES,
    *cohort.TABLES,
    *reference.TABLES,
    *events.TABLES,
    *pmed.TABLES,
)
BY_NAME = {table.name: table for table in TABLES}


def find_table(name: str) -> Table:
    """Return a table by name; raises Invalid where it is not known."""
    if name not in BY_NAME:
        raise Invalid(
            "table-known", f"There is no table {name!r}.", f"Known: {', '.join(sorted(BY_NAME))}."
        )
    return BY_NAME[name]


def recognise(path: Path) -> Table | None:
    """Return the table that a file is by its published name, or None."""
    return next((table for table in TABLES if table.owns(path)), None)
