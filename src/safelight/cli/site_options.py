"""The options of safelight site, and how they are read."""

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from safelight.kernel.errors import Invalid
from safelight.plan.parameters import Parameters, parse_parameters, shipped_parameters
from safelight.plan.siting.planner import SiteProblem, read_figures
from safelight.plan.siting.planner.problem import MEASURES, NODES, OBJECTIVES, WITHIN
from safelight.plan.siting.planner.uptake import parse_metres, parse_uptake

Option = typer.Option
Many = list[str] | None


@dataclass(frozen=True, kw_only=True)
class SiteOptions:
    """Everything that ``safelight site`` can be told."""

    need: Annotated[str, Option(help="A need table, or 'example': Kent and Medway by MSOA.")]
    budget: Annotated[float | None, Option(help="£ a year: running cost and spread capital.")] = (
        None
    )
    capital: Annotated[float | None, Option(help="£ at the start, at most.")] = None
    sites: Annotated[int | None, Option(help="Sites, at most.")] = None
    buildings: Annotated[int | None, Option(help="Buildings, at most.")] = None
    mobile_stops: Annotated[int | None, Option(help="Mobile stops, at most.")] = None
    vehicles: Annotated[int | None, Option(help="Vehicles, at most.")] = None
    kinds: Annotated[str, Option(help="Kinds of site to consider.")] = "building,mobile"
    objective: Annotated[str, Option(help=f"{', '.join(OBJECTIVES)}.")] = "overdoses"
    then: Annotated[
        str | None, Option(help="A second objective, among the best plans for the first.")
    ] = None
    measure: Annotated[
        str | None, Option(help=f"What need is counted in: {', '.join(MEASURES)}.")
    ] = None
    within: Annotated[
        str | None, Option(help="For the objective 'within': 500m, 2km or 15min.")
    ] = None
    decay: Annotated[
        str, Option(help="How far people come: behrends, '0:1,500:0.84,2000:0' or exp:1500.")
    ] = "behrends"
    candidates: Annotated[
        Path | None, Option(help="CSV of places, instead of every area of the need table.")
    ] = None
    travel_times: Annotated[
        Path | None, Option(help="CSV with from, to and minutes, instead of straight lines.")
    ] = None
    force: Annotated[Many, Option(help="A place that must have a site: CODE or CODE:kind.")] = None
    forbid: Annotated[Many, Option(help="A place that must not: CODE or CODE:kind.")] = None
    min_district: Annotated[Many, Option(help="Sites at least, as Dover=1.")] = None
    max_district: Annotated[Many, Option(help="Sites at most, as Dover=1.")] = None
    spacing: Annotated[str | None, Option(help="Least distance between sites: 2km.")] = None
    change: Annotated[
        Many, Option("--set", help="Another planning figure, as building_booths=4.")
    ] = None
    parameters: Annotated[Path | None, Option(help="Your own planning figures, TOML.")] = None
    gap: Annotated[float, Option(help="Stop within this share of the best possible.")] = 0.0
    nodes: Annotated[int, Option(help="Stop unproven after so many steps of the search.")] = NODES
    draws: Annotated[int, Option(help="Plan again for so many draws of need.")] = 0
    seed: Annotated[int, Option(help="Which draws: the same seed gives the same plan.")] = 1
    frontier: Annotated[str | None, Option(help="A plan for each number of sites: 1..20.")] = None
    compare: Annotated[
        bool, Option("--compare", help="Beside it: only buildings, only mobile stops.")
    ] = False
    out: Annotated[Path | None, Option(help="Write the plan here, JSON.")] = None
    csv: Annotated[Path | None, Option(help="Write the sites here, CSV.")] = None
    geojson: Annotated[Path | None, Option(help="Write the sites here, GeoJSON.")] = None
    progress_file: Annotated[Path | None, Option(help="Keep what is being done here, JSON.")] = None
    as_json: Annotated[bool, Option("--json", help="Print JSON.")] = False

    def given(self) -> dict[str, Any]:
        """Return the options that differ from their defaults, without the files to write."""
        left_out = {"need", "out", "csv", "geojson", "progress_file", "as_json"}
        return {
            field.name: str(value) if isinstance(value, Path) else value
            for field in fields(self)
            if field.name not in left_out and (value := getattr(self, field.name)) != field.default
        }


def read_problem(options: SiteOptions) -> SiteProblem:
    """Return the problem that the options describe; raises Invalid for what cannot be read."""
    if options.within is not None and WITHIN not in {options.objective, options.then}:
        raise Invalid(
            "site-within",
            "A distance is given, and neither objective counts who is within it.",
            "Take --objective within, or --then within, or leave --within out.",
        )
    figures = read_figures(
        _parameters(options.parameters),
        {
            name: _number(name, value)
            for name, value in _pairs(options.change, "--set", "building_booths=4")
        },
    )
    minute = figures.metres_per_minute
    return SiteProblem(
        figures=figures,
        uptake=parse_uptake(options.decay, figures.parameters),
        objective=options.objective,
        then=options.then,
        measure=options.measure,
        within=None if options.within is None else parse_metres(options.within, minute),
        budget=options.budget,
        capital=options.capital,
        sites=options.sites,
        buildings=options.buildings,
        mobile_stops=options.mobile_stops,
        vehicles=options.vehicles,
        kinds=tuple(each.strip() for each in options.kinds.split(",") if each.strip()),
        force=tuple(options.force or ()),
        forbid=tuple(options.forbid or ()),
        min_district=_counts(options.min_district, "--min-district"),
        max_district=_counts(options.max_district, "--max-district"),
        spacing=0.0 if options.spacing is None else parse_metres(options.spacing, minute),
        candidates=_table(options.candidates, "--candidates"),
        travel=_table(options.travel_times, "--travel-times"),
        gap=options.gap,
        nodes=options.nodes,
        draws=options.draws,
        frontier=None if options.frontier is None else _range(options.frontier),
        compare=options.compare,
    )


def _parameters(path: Path | None) -> Parameters:
    if path is None:
        return shipped_parameters("planning-siting")
    try:
        return parse_parameters(_text(path))
    except Invalid as error:
        raise Invalid(error.code, f"{path}: {error.message}", error.remedy) from error


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from error
    except UnicodeDecodeError as error:
        raise _unreadable(path, "it is not UTF-8") from error


def _unreadable(path: Path, why: str) -> Invalid:
    remedy = "Name a TOML file in UTF-8, in the form of the shipped planning figures."
    return Invalid("file-readable", f"{path} cannot be read: {why}.", remedy)


def _table(path: Path | None, option: str) -> pd.DataFrame | None:
    if path is None:
        return None
    codes = dict.fromkeys(("id", "from", "to", "kinds", "name", "district"), str)
    try:
        return pd.read_csv(path, dtype=codes)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise Invalid(
            "site-table", f"{option} {path} cannot be read: {why}.", "Give a CSV file in UTF-8."
        ) from error


def _pairs(given: Many, option: str, example: str = "Dover=1") -> list[tuple[str, str]]:
    found = []
    for text in given or ():
        name, middle, value = (part.strip() for part in text.rpartition("="))
        if not (name and middle and value):
            raise Invalid(
                "site-pair", f"{option} {text!r} is no NAME=NUMBER.", f"Write it as {example}."
            )
        found.append((name, value))
    return found


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Invalid(
            "site-pair", f"--set {name}: {text!r} is no number.", f"Write it as {name}=4."
        ) from None


def _counts(given: Many, option: str) -> dict[str, int]:
    found = {}
    for name, value in _pairs(given, option):
        if not value.isdecimal():
            raise Invalid("site-pair", f"{option}: {value!r} is no count.", "Write it as Dover=1.")
        found[name] = int(value)
    return found


def _range(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)\.\.(\d+)", text.strip())
    if not found:
        raise Invalid(
            "site-frontier",
            f"The frontier {text!r} is no range of numbers of sites.",
            "Write --frontier 1..20.",
        )
    return int(found[1]), int(found[2])
