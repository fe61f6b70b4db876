"""The districts' record: deaths registered in each year, where the published table was added."""

from pathlib import Path

from safelight.kernel.errors import Invalid
from safelight.sources.deaths import BY_AUTHORITY, districts
from safelight.sources.shelf import Shelf

ABSENT = (
    "The district's deaths year by year stand here once the published table was added "
    "(safelight data add)."
)


def records(data: Path) -> tuple[dict[str, list[tuple[int, int]]], str]:
    """Return each district's years and deaths, with their source.

    Where the table was not added, or cannot be read, there are none, and the text says why.
    """
    shelf = Shelf(data)
    if not shelf.has(BY_AUTHORITY.name):
        return {}, ABSENT
    try:
        deaths = districts(shelf.read(BY_AUTHORITY.name))
    except Invalid as error:
        return {}, f"{error}"
    found: dict[str, list[tuple[int, int]]] = {}
    for code, year, count in deaths[["code", "year", "deaths"]].itertuples(index=False):
        found.setdefault(str(code), []).append((int(year), int(count)))
    return found, f"{BY_AUTHORITY.title}; {BY_AUTHORITY.edition}. {BY_AUTHORITY.attribution}"
