"""Putting published files on a shelf: each checked as a whole, kept as published, with its hash."""

import fcntl
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from safelight.kernel.errors import Invalid, SafelightError
from safelight.sources.catalogue import recognise
from safelight.sources.files import write_whole
from safelight.sources.table import Table

INDEX = "index.json"
INCOMING = ".incoming"  # hidden, so that a shelf never shows what is not checked yet


class Kept(msgspec.Struct, frozen=True):
    """A file on the shelf: which table it is, its hash as published, and its rows as read."""

    table: str
    sha256: str
    rows: int


@dataclass
class Added:
    """What became of a folder's files; paths are as they were found."""

    added: dict[Path, Kept] = field(default_factory=dict)
    there: list[Path] = field(default_factory=list)  # on the shelf already, the same to the byte
    twice: list[Path] = field(default_factory=list)  # another copy in the folder was taken
    refused: dict[Path, SafelightError] = field(default_factory=dict)
    unknown: list[Path] = field(default_factory=list)  # files that are no table known here


def find_files(source: Path) -> list[Path]:
    """Return the files in a folder and beneath, sorted, or the one file that ``source`` is.

    Raises:
        Invalid: There is no such folder.
    """
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise Invalid(
            "folder-there", f"There is no folder {source}.", "Name the folder with the files."
        )
    return sorted(path for path in source.rglob("*") if path.is_file())


def add_files(
    files: list[Path], shelf: Path, told: Callable[[int], None] = lambda _: None
) -> Added:
    """Check every file that is a known table and keep a copy of it; a bad one is not kept.

    ``told`` is called with the number of files done. What is on the shelf already stays as it is.
    """
    outcome, seen = Added(), set[str]()
    with _index(shelf) as index:
        for done, path in enumerate(files, start=1):
            table = recognise(path)
            if table is None:
                outcome.unknown.append(path)
            elif (place := _place(table, path)) in seen:
                outcome.twice.append(path)
            elif _add(path, table, shelf, index, outcome):
                seen.add(place)
            told(done)
    return outcome


def read_index(shelf: Path) -> dict[str, Kept]:
    """Return what is on record for a shelf, by place; raises Invalid where it cannot be read."""
    path = shelf / INDEX
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Kept])
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except msgspec.DecodeError as error:
        raise Invalid(
            "shelf-index",
            f"{path} cannot be read: {error}.",
            "Remove it and run `safelight data add DIR` again.",
        ) from error


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def place_of(path: Path, shelf: Path) -> str:
    """Return the place of a file that lies on a shelf, as the index names it."""
    return path.relative_to(shelf).as_posix().removesuffix(".gz")


def _place(table: Table, path: Path) -> str:
    """Return where a table's file belongs: the end of its path that tells what it is."""
    depth = len(Path(table.file).parts)
    return "/".join(path.absolute().parts[-depth:]).removesuffix(".gz")


def _add(path: Path, table: Table, shelf: Path, index: dict[str, Kept], outcome: Added) -> bool:
    """Add one file; returns whether it, or the same, is on the shelf now."""
    place = _place(table, path)
    target = shelf / (place + (".gz" if path.suffix == ".gz" else ""))
    kept = index.get(place)
    if kept and target.exists() and kept.sha256 == hash_of(target) == hash_of(path):
        outcome.there.append(path)
        return True
    try:
        kept = _bring_in(path, table, shelf, target)
    except SafelightError as error:
        outcome.refused[path] = error
        return False
    other = shelf / (place if path.suffix == ".gz" else place + ".gz")
    index[place] = outcome.added[path] = kept
    with _said(shelf):
        other.unlink(missing_ok=True)
        text = json.dumps(msgspec.to_builtins(index), indent=1, sort_keys=True)
        write_whole(shelf / INDEX, text.encode())
    return True


def _bring_in(path: Path, table: Table, shelf: Path, target: Path) -> Kept:
    """Copy a file in, check the copy, and only then give it its place."""
    copy = shelf / INCOMING / path.name
    with _said(shelf):
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            write_whole(copy, path.read_bytes())
            kept = Kept(table.name, hash_of(copy), len(table.read(copy)))
            target.parent.mkdir(parents=True, exist_ok=True)
            copy.replace(target)
        finally:
            copy.unlink(missing_ok=True)
    return kept


@contextmanager
def _said(shelf: Path) -> Iterator[None]:
    """Turn what the system says into what a person can do."""
    try:
        yield
    except OSError as error:
        raise SafelightError(
            "table-kept",
            f"{error.filename or shelf} cannot be read or written: {error.strerror}.",
            f"See who may read and write there, and that there is room in {shelf}.",
        ) from error


@contextmanager
def _index(shelf: Path) -> Iterator[dict[str, Kept]]:
    """Hold a shelf's index, so that two that add at once do not lose each other's entries."""
    with _said(shelf):
        shelf.mkdir(parents=True, exist_ok=True)
        lock = (shelf / ".lock").open("a")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield read_index(shelf)
