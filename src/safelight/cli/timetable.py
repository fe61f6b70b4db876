"""The command that plans a mobile unit's week."""

import csv
import io
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from safelight.cli.background import ProgressFile, asked_to_end, in_background
from safelight.cli.output import progress, show
from safelight.cli.writing import check_writable, write_out
from safelight.contracts.need import read_need
from safelight.kernel.errors import Invalid
from safelight.plan.parameters import Parameters, shipped_parameters
from safelight.plan.timetable.export import COLUMNS, as_rows, as_text, as_value
from safelight.plan.timetable.solve import timetable
from safelight.plan.timetable.tables import (
    PlacedStop,
    problem_of,
    read_drive,
    read_stops,
    read_vehicles,
    stops_from_need,
)
from safelight.sources.example import need_path

PACK = "planning-timetable"
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
HELP = (  # one line a paragraph: the terminal breaks them where it ends
    "Plan the week of mobile units: which stops, on which days, from when to when.\n\n"
    "The stops come from a table (--stops: id, name, lon, lat, weight, and where wanted reach, "
    "dwell, visits, hours) or are the areas with the most need (--need, --stops-top). The vehicles "
    "come from a table (id, lon, lat, days, start, end, and where wanted parking, most_stops, "
    "rest, set_up, pack_up, speed_kmh). Prints the gain with a bound that no week exceeds."
)


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("timetable", help=HELP)(timetable_command)


def timetable_command(
    vehicles: Annotated[Path, typer.Option(help="Vehicles and shifts, CSV or TOML.")],
    stops: Annotated[Path | None, typer.Option(help="Candidate stops, CSV.")] = None,
    need: Annotated[Path | None, typer.Option(help="Need table (or example), for --stops.")] = None,
    stops_top: Annotated[int, typer.Option(help="With --need: so many areas as stops.")] = 60,
    drive: Annotated[
        Path | None, typer.Option(help="Driving times in minutes, CSV with ids at both edges.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the week here, CSV.")] = None,
    gap: Annotated[float, typer.Option(help="How near the bound is near enough.")] = 0.01,
    seed: Annotated[int, typer.Option(help="The same seed gives the same week.")] = 1,
    stretch: Annotated[bool, typer.Option("--stretch", help="Open longer where time is left.")] = (
        False
    ),
    as_json: Json = False,
) -> None:
    """Plan a week and print it."""
    check_writable(out)
    parameters = shipped_parameters(PACK)
    problem = problem_of(
        _stops(stops, need, stops_top, parameters),
        read_vehicles(_vehicles(vehicles), parameters),
        read_drive(list(csv.reader(io.StringIO(_text(drive))))) if drive else None,
        parameters,
    )
    with progress("Planning the week", 1):
        plan = in_background(
            lambda: timetable(problem, gap=gap, seed=seed, stretch=stretch), ProgressFile(None)
        )
    if out is not None:
        with asked_to_end():
            _write(as_rows(plan, problem), out)
    value = {**as_value(plan, problem), "parameters": f"{parameters.id} {parameters.version}"}
    show(as_text(plan, problem), value, as_json=as_json)


def _stops(
    stops: Path | None, need: Path | None, top: int, parameters: Parameters
) -> list[PlacedStop]:
    if (stops is None) == (need is None):
        raise Invalid(
            "timetable-stops",
            "The stops come from --stops or from --need, from one of them.",
            "Give --stops FILE, or --need FILE with --stops-top N.",
        )
    if stops is not None:
        return read_stops(_rows(stops), parameters)
    assert need is not None  # noqa: S101 - as checked above
    return stops_from_need(read_need(need_path(need))[0], top, parameters)


def _vehicles(path: Path) -> list[Mapping[str, Any]]:
    if path.suffix != ".toml":
        return _rows(path)
    try:
        rows = tomllib.loads(_text(path)).get("vehicles", [])
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(path, str(error)) from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _unreadable(path, "it has no [[vehicles]]")
    return rows


def _rows(path: Path) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = list(csv.DictReader(io.StringIO(_text(path))))
    if any(None in row for row in rows):
        raise _unreadable(path, "a row has more cells than the head")
    return rows


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise _unreadable(path, str(why)) from error


def _unreadable(path: Path, why: str) -> Invalid:
    return Invalid(
        "timetable-file",
        f"{path} cannot be read: {why}.",
        "Name a file that is there: a CSV in UTF-8, or for vehicles a TOML file too.",
    )


def _write(rows: list[dict[str, object]], path: Path) -> None:
    page = io.StringIO(newline="")
    writer = csv.DictWriter(page, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    write_out(path, page.getvalue().encode())
