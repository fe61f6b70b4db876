"""Commands about published tables: data list, data add, data check."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from safelight.cli.background import asked_to_end
from safelight.cli.output import FAILED, progress, show
from safelight.kernel.errors import Invalid
from safelight.sources.catalogue import TABLES
from safelight.sources.inspection import STEPS, inspect
from safelight.sources.keeping import Added, add_files, find_files, read_index
from safelight.sources.shelf import Shelf
from safelight.sources.table import Table
from safelight.wiring import home_from_environment

KNOWN = "Files are known by their published names, which `safelight data list` shows."
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(no_args_is_help=True, help="Published tables: list, add, check.")
    group.command("list")(list_tables)
    group.command("add")(add)
    group.command("check")(check)
    app.add_typer(group, name="data")


def list_tables(as_json: Json = False) -> None:
    """List the published tables that Safelight reads, and which of them are here."""
    folder = home_from_environment().data
    shelf, rows = Shelf(folder), Counter[str]()
    for kept in read_index(folder).values():
        rows[kept.table] += kept.rows
    value = [
        {
            "name": table.name,
            "title": table.title,
            "publisher": table.publisher,
            "edition": table.edition,
            "licence": table.licence,
            "attribution": table.attribution,
            "file": table.file,
            "on_shelf": shelf.has(table.name),
            "rows": rows.get(table.name),
        }
        for table in TABLES
    ]
    show("\n".join(_listed(table, shelf, rows) for table in TABLES), value, as_json=as_json)


def _listed(table: Table, shelf: Shelf, rows: Counter[str]) -> str:
    here = "not here"
    if shelf.has(table.name):
        here = f"{rows[table.name]:,} rows" if rows[table.name] else "here, not checked"
    return (
        f"{table.name:<30}{here:>17}  {table.title}\n"
        f"{'':<49}{table.publisher}; {table.edition}; {table.licence}\n"
        f"{'':<49}{table.file}"
    )


def add(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder, or one file.")],
    as_json: Json = False,
) -> None:
    """Check the published tables in a folder and keep a copy; non-zero where one is refused."""
    files, home = find_files(folder), home_from_environment()
    _make(home.path)
    with asked_to_end(), progress(f"Adding from {folder}", len(files)) as told:
        outcome = add_files(files, home.data, told)
    if len(outcome.unknown) == len(files):
        what = f"{folder} is no" if folder.is_file() else f"No file in {folder} is a"
        raise Invalid("table-known", f"{what} table that Safelight reads.", KNOWN)
    show(_told(outcome), _as_value(outcome, folder), as_json=as_json)
    if outcome.refused:
        raise typer.Exit(FAILED)


def _make(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)  # keys and journals will lie there
    except OSError as error:
        raise Invalid(
            "home-folder",
            f"SAFELIGHT_HOME is {home}, which cannot be made: {error.strerror}.",
            "Let SAFELIGHT_HOME name a folder that you may write in.",
        ) from error


def _named(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def _told(outcome: Added) -> str:
    """Put what became of the files into lines, the refused ones last."""
    files = Counter(kept.table for kept in outcome.added.values())
    rows = Counter[str]()
    for kept in outcome.added.values():
        rows[kept.table] += kept.rows
    lines = [
        f"added    {table}: {rows[table]:,} rows" + (f" of {many} files" if many > 1 else "")
        for table, many in files.items()
    ]
    lines += [f"skipped  {path.name}: another copy was taken" for path in outcome.twice]
    lines += [f"refused  {error}" for error in outcome.refused.values()]
    counts = (
        f"{len(outcome.added)} added, {len(outcome.there)} there already, "
        f"{len(outcome.refused)} refused, {len(outcome.unknown)} other files left alone."
    )
    return "\n".join([*lines, counts])


def _as_value(outcome: Added, folder: Path) -> dict[str, Any]:
    return {
        "ok": not outcome.refused,
        "added": [
            {"file": _named(path, folder), "table": k.table, "rows": k.rows, "sha256": k.sha256}
            for path, k in outcome.added.items()
        ],
        "there": [_named(path, folder) for path in outcome.there],
        "twice": [_named(path, folder) for path in outcome.twice],
        "refused": [
            {"file": _named(path, folder), **error.as_dict()}
            for path, error in outcome.refused.items()
        ],
        "unknown": [_named(path, folder) for path in outcome.unknown],
    }


def check(as_json: Json = False) -> None:
    """Read every table here again and hold one against another; non-zero where one is wrong."""
    folder = home_from_environment().data
    with progress("Checking", STEPS) as told:
        findings = inspect(folder, told)
    here = {kept.table for kept in read_index(folder).values()}
    text = "\n".join(f"{finding.where}: {finding.error}" for finding in findings)
    good = f"{len(here)} tables here, each as published and in agreement with the others."
    show(
        text or (good if here else "No tables here yet. Run `safelight data add DIR`."),
        {
            "ok": not findings,
            "tables": sorted(here),
            "findings": [{"where": each.where, **each.error.as_dict()} for each in findings],
        },
        as_json=as_json,
    )
    if findings:
        raise typer.Exit(FAILED)
