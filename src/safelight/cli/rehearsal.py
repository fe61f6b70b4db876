"""The command that rehearses a service with simulated people."""

from typing import Annotated

import typer

from safelight.cli.output import progress, show
from safelight.rehearse.run import rehearse
from safelight.rehearse.scenario import find_scenario, shipped_scenarios
from safelight.wiring import home_from_environment, prepare_home

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("rehearse")(rehearse_command)


def rehearse_command(
    scenario: Annotated[str, typer.Option(help=f"One of {', '.join(shipped_scenarios())}.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same journal.")] = 1,
    days: Annotated[int | None, typer.Option(min=1, help="Only the first days.")] = None,
    as_json: Json = False,
) -> None:
    """Drive the real commands with people who never existed, and keep the journal."""
    found = find_scenario(scenario)
    home = home_from_environment()
    prepare_home(home)
    with progress(f"Rehearsing {scenario}", days or found.days) as told:
        report = rehearse(home, found, seed, days, lambda done, _all: told(done))
    show(
        f"{found.site.id}: {report.entries} entries, {report.visits} visits, "
        f"{report.incidents} incidents in {report.seconds:.1f} s.",
        {"site": found.site.id, **report._asdict()},
        as_json=as_json,
    )
