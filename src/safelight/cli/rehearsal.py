"""The command that rehearses a service with simulated people."""

from itertools import count
from typing import Annotated

import typer

from safelight.cli.output import FAILED, progress, show
from safelight.rehearse.clinic.run import rehearse_clinic
from safelight.rehearse.clinic.scenario import clinic_scenarios, find_clinic
from safelight.rehearse.clinic.table import table
from safelight.rehearse.run import rehearse
from safelight.rehearse.scenario import find_scenario, shipped_scenarios
from safelight.wiring import Home, home_from_environment, prepare_home

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NAMES = ", ".join([*shipped_scenarios(), *clinic_scenarios()])


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("rehearse")(rehearse_command)


def rehearse_command(
    scenario: Annotated[str, typer.Option(help=f"One of {NAMES}.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same journal.")] = 1,
    days: Annotated[int | None, typer.Option(min=1, help="Only the first days.")] = None,
    as_json: Json = False,
) -> None:
    """Drive the real commands with people who never existed, and keep the journal.

    At a clinic the invariants are judged after every command; it fails where one does not hold.
    """
    home = home_from_environment()
    if scenario in clinic_scenarios():
        _rehearse_clinic(home, scenario, seed, days, as_json=as_json)
        return
    found = find_scenario(scenario, clinic_scenarios())
    prepare_home(home)
    with progress(f"Rehearsing {scenario}", days or found.days) as told:
        report = rehearse(home, found, seed, days, lambda done, _all: told(done))
    show(
        f"{found.site.id}: {report.entries} entries, {report.visits} visits, "
        f"{report.incidents} incidents in {report.seconds:.1f} s.",
        {"site": found.site.id, **report._asdict()},
        as_json=as_json,
    )


def _rehearse_clinic(home: Home, name: str, seed: int, days: int | None, *, as_json: bool) -> None:
    found, done = find_clinic(name), count(1)
    with progress(f"Rehearsing {name}", days or found.days) as told:
        report = rehearse_clinic(home, found, seed, days, lambda: told(next(done)))
    show(table(report, found), report.as_dict(), as_json=as_json)
    if report.tally.broken:
        raise typer.Exit(FAILED)
