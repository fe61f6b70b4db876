"""The command that plans booths, smoking seats and staff for a waiting time."""

from math import inf
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import pandas as pd
import typer

from safelight.cli.background import ProgressFile, in_background
from safelight.cli.capacity_report import (
    evaluation_json,
    evaluation_text,
    recommendation_json,
    recommendation_text,
)
from safelight.cli.output import progress, show
from safelight.cli.writing import check_writable, write_out
from safelight.contracts.need import read_need
from safelight.kernel.errors import Invalid
from safelight.plan.capacity.hours import DAY, parse_hours
from safelight.plan.capacity.profile import Profile, Used, parse_profile, service_of
from safelight.plan.capacity.recommend import Target, recommend
from safelight.plan.capacity.service import Service
from safelight.plan.capacity.simulation import Capacity, simulate
from safelight.plan.parameters import Parameters, shipped_parameters
from safelight.sources.example import need_path

PACK = "planning-capacity"
DAYS_A_YEAR, METRES_A_KM = 365, 1000.0
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NeedTable = Annotated[Path | None, typer.Option(help="Need table (or example), with --reach.")]
Visits = Annotated[
    float | None, typer.Option(help="Visits on a day on which the service opens, on average.")
]
HELP = """How many booths, smoking seats and staff keep the wait short: with --booths the plan is
evaluated, without it the fewest are found.

The Thistle, Glasgow: 11,348 visits in its first year at 8 booths:
safelight capacity --visits-per-day 31.1 --booths 8
"""


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("capacity", help=HELP)(capacity_command)


def capacity_command(  # noqa: PLR0913, PLR0917 - one argument for each option
    visits_per_day: Visits = None,
    need: NeedTable = None,
    around: Annotated[
        str | None, typer.Option(help="With --need: code of the site's area.")
    ] = None,
    within_km: Annotated[float, typer.Option(help="With --need: how far people come.")] = 3.0,
    reach: Annotated[
        float | None, typer.Option(help="With --need: share of people at risk who register.")
    ] = None,
    hours: Annotated[
        str | None,
        typer.Option(help="Opening hours, such as 'Mon-Fri 09:00-21:00; Sat-Sun 10:00-18:00'."),
    ] = None,
    booths: Annotated[int | None, typer.Option(help="Evaluate this many booths.")] = None,
    seats: Annotated[int, typer.Option(help="Smoking seats.")] = 0,
    staff: Annotated[int | None, typer.Option(help="Workers on the floor.")] = None,
    chairs: Annotated[int | None, typer.Option(help="Aftercare chairs.")] = None,
    injecting_share: Annotated[
        float | None, typer.Option(help="Share of visits, to inject.")
    ] = None,
    smoking_share: Annotated[float | None, typer.Option(help="Share of visits, to smoke.")] = None,
    target_minutes: Annotated[float | None, typer.Option(help="Wait at most so long …")] = None,
    target_share: Annotated[float | None, typer.Option(help="… for this share of people.")] = None,
    profile: Annotated[Path | None, typer.Option(help="What you have measured, TOML.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed draws the same people.")] = 1,
    years: Annotated[int, typer.Option(help="Simulated years.")] = 10,
    csv: Annotated[
        Path | None, typer.Option(help="Write the plans, or the week by hour, here.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Evaluate a plan or find the fewest places and staff."""
    _check_asked(visits_per_day, need, within_km, csv)
    said = {
        "hours": hours,
        "visits_per_day": visits_per_day,
        "injecting_share": injecting_share,
        "smoking_share": smoking_share,
    }
    given = parse_profile(_text(profile)) if profile else Profile()
    given = msgspec.structs.replace(
        given, **{key: each for key, each in said.items() if each is not None}
    )
    parameters = shipped_parameters(PACK)
    used: list[Used] = []
    if need:
        people = _people(need, around, within_km)
        visits = _visits(people, reach, given.hours, parameters, used)
        given = msgspec.structs.replace(given, visits_per_day=visits)
    service, filled = service_of(given, parameters)
    used += filled
    target = Target(
        _number(target_minutes, "target_minutes", parameters, used),
        _number(target_share, "target_share", parameters, used),
    )
    if booths is None:
        _recommend(service, target, chairs, (seed, years), used, csv, as_json=as_json)
    else:
        plan = Capacity(booths, seats, staff, chairs)
        _evaluate(service, plan, target, (seed, years), used, csv, as_json=as_json)


def _check_asked(
    visits_per_day: float | None, need: Path | None, within_km: float, csv: Path | None
) -> None:
    """Complain of what contradicts itself, before anything is simulated."""
    check_writable(csv)
    if need is not None and visits_per_day is not None:
        raise Invalid(
            "capacity-visits",
            "The visits are given twice: by --visits-per-day, and by --need with --reach.",
            "Leave one of the two out.",
        )
    if not 0 <= within_km < inf:
        raise Invalid(
            "capacity-within",
            f"Nobody can be within {within_km:g} km.",
            "Give --within-km a distance of 0 or more.",
        )


def _recommend(
    service: Service,
    target: Target,
    chairs: int | None,
    draw: tuple[int, int],
    used: list[Used],
    csv: Path | None,
    *,
    as_json: bool,
) -> None:
    seed, years = draw
    with progress("Trying plans", 100) as told:
        found = in_background(
            lambda: recommend(service, target, seed=seed, years=years, chairs=chairs, told=told),
            ProgressFile(None),
        )
    _write(found.options, csv)
    show(recommendation_text(found, used), recommendation_json(found, used), as_json=as_json)


def _evaluate(
    service: Service,
    plan: Capacity,
    target: Target,
    draw: tuple[int, int],
    used: list[Used],
    csv: Path | None,
    *,
    as_json: bool,
) -> None:
    seed, years = draw
    with progress("Simulating years", years) as told:
        found = in_background(
            lambda: simulate(
                service, plan, seed=seed, years=years, target_minutes=target.minutes, told=told
            ),
            ProgressFile(None),
        )
    _write(found.hours.reset_index(), csv)
    show(
        evaluation_text(found, target, used),
        evaluation_json(found, target, used),
        as_json=as_json,
    )


def _people(need: Path, around: str | None, within_km: float) -> float:
    """Return the people at risk near an area, or in the whole table where none is named."""
    frame, _ = read_need(need_path(need))
    if around is None:
        return float(frame["people_at_risk"].sum())
    at = frame.loc[frame["code"] == around, ["easting", "northing"]]
    if at.empty:
        raise Invalid(
            "capacity-area",
            f"{need} has no area {around}.",
            "Give --around one of its codes, such as "
            f"{frame['code'].iloc[0]}, or leave it out for all areas.",
            area=around,
        )
    east, north = at.iloc[0]
    near = np.hypot(frame["easting"] - east, frame["northing"] - north) <= within_km * METRES_A_KM
    return float(frame.loc[near, "people_at_risk"].sum())


def _visits(
    people: float,
    reach: float | None,
    hours: str | None,
    parameters: Parameters,
    used: list[Used],
) -> float:
    """Return visits on an open day, from people at risk and the share of them who register."""
    if reach is None or not 0 <= reach <= 1:
        known = "nothing says how many of them register"
        raise Invalid(
            "capacity-reach",
            f"{people:,.0f} people at risk are near, and "
            f"{known if reach is None else f'{reach:g} is no share of them'}.",
            "Give --reach a share from 0 to 1. No share is published for Britain; try several.",
        )
    each = _number(None, "visits_per_person_year", parameters, used)
    used.append(Used("people_at_risk", f"{people:,.0f}, of whom {reach:.1%} register", "--need"))
    opening = parse_hours(hours or str(parameters["hours"].value))
    days = 7 if opening.is_always_open else len({opens // DAY for opens, _ in opening.windows})
    return people * reach * each / DAYS_A_YEAR * 7 / days


def _number(given: float | None, name: str, parameters: Parameters, used: list[Used]) -> float:
    """Return a value, from the parameters and into the list of what was used if nobody gave it."""
    if given is not None:
        return given
    parameter = parameters[name]
    used.append(Used(name, f"{parameter.value} {parameter.unit}", parameter.citation))
    return parameters.number(name)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise Invalid(
            "capacity-profile", f"{path} cannot be read: {why}.", "Name a text file in TOML."
        ) from error


def _write(table: pd.DataFrame, path: Path | None) -> None:
    if path is None:
        return
    write_out(path, table.to_csv(index=False).encode())
