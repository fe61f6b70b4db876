"""The shelf: a folder of published files, read table by table."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import pandas as pd

from safelight.kernel.errors import Invalid
from safelight.sources.catalogue import find_table, recognise


class Shelf:
    """Finds tables under a folder by the names of their published files.

    A table is read and checked once per process, and again when its file has changed.
    """

    def __init__(self, folder: Path) -> None:
        """Look through the folder; it may be missing, and is then a shelf with nothing on it."""
        self.folder = folder = folder.absolute()
        self._paths: dict[str, list[Path]] = {}
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            table = None if hidden else recognise(path)
            if table is not None and path.is_file():
                self._paths.setdefault(table.name, []).append(path)

    def has(self, name: str) -> bool:
        """Whether a table is here; raises Invalid for a name that is not known."""
        return find_table(name).name in self._paths

    def paths(self, name: str) -> list[Path]:
        """Return the files of a table, sorted; raises Invalid where there is none."""
        table = find_table(name)
        if name not in self._paths:
            raise Invalid(
                "table-on-shelf",
                f"The table '{name}' ({table.title}) is not here.",
                f"It is published by {table.publisher} as {table.file}. Put it into a folder DIR "
                "and run `safelight data add DIR`.",
                table=name,
            )
        found = self._paths[name]
        return found if table.many else found[:1]

    def path(self, name: str) -> Path:
        """Return the file of a table, the first where it has several."""
        return self.paths(name)[0]

    def read(self, name: str) -> pd.DataFrame:
        """Return a table with plain column names; raises Invalid that names what is wrong."""
        stamps = tuple((path, path.stat().st_mtime_ns) for path in self.paths(name))
        return _read(name, stamps).copy()

    def attributions(self, names: Iterable[str]) -> list[str]:
        """Return what the licences of these tables ask to be said, each sentence once."""
        return list(dict.fromkeys(find_table(name).attribution for name in names))


@lru_cache(maxsize=64)
def _read(name: str, stamps: tuple[tuple[Path, int], ...]) -> pd.DataFrame:
    table = find_table(name)
    return pd.concat([table.read(path) for path, _ in stamps], ignore_index=True)
