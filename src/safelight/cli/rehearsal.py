"""The command that rehearses a service with simulated people."""

from typing import Annotated

import typer

from safelight.cli.output import progress, show
from safelight.rehearse.run import rehearse, scenario_names
from safelight.wiring import WriterLock, home_from_environment, prepare_home

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("rehearse")(rehearse_command)


def rehearse_command(
    scenario: Annotated[str, typer.Option(help=f"One of {', '.join(scenario_names())}.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same journal.")] = 1,
    days: Annotated[int | None, typer.Option(min=1, help="Only the first days.")] = None,
    as_json: Json = False,
) -> None:
    """Drive the real commands with people who never existed, and keep the journal."""
    home = home_from_environment()
    prepare_home(home)
    lock = WriterLock(home)
    with progress(f"Rehearsing {scenario}", 100) as told:
        report = rehearse(home, scenario, seed, days, told)
    lock.release()
    show(
        f"{report.site}: {report.entries} entries, {report.visits} visits, "
        f"{report.incidents} incidents in {report.seconds:.1f} s.",
        report._asdict(),
        as_json=as_json,
    )
