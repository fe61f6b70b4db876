"""Commands about controlled-drugs registers: list, check, print, export, check-export."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from safelight.cli.journal import verify_one
from safelight.cli.keys import KeyOption, public_key
from safelight.cli.output import FAILED, progress, show
from safelight.cli.register_export import held_against, statement_path
from safelight.cli.registers import printed
from safelight.cli.writing import check_writable, write_out
from safelight.kernel.errors import Invalid
from safelight.run.domain.clinic.words import in_figures
from safelight.run.identity.access import Reason
from safelight.run.register.check import Checked, check_registers
from safelight.run.register.export import check_export, read_export
from safelight.run.register.office import Wanted, unknown_register
from safelight.run.store import journal
from safelight.run.store.driver import Driver
from safelight.run.store.registers import registers_of
from safelight.wiring import checkpoints_of, home_from_environment, office_of, trusted_key

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SiteOption = Annotated[str | None, typer.Option(help="The site; needed where several are held.")]
RegisterArgument = Annotated[str, typer.Argument(help="The register; see `register list`.")]
LayoutOption = Annotated[str, typer.Option(help="Such as uk-2001 or de-btmvv.")]
First = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of writing.")
]
Last = Annotated[
    datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of writing.")
]
USUAL = "uk-2001"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(
        no_args_is_help=True, help="Controlled-drugs registers: list, check, print, export."
    )
    group.command("list")(list_registers)
    group.command("check")(check)
    group.command("print")(print_register)
    group.command("export")(export)
    group.command("check-export")(check_exported)
    app.add_typer(group, name="register")


def list_registers(site: SiteOption = None, as_json: Json = False) -> None:
    """List the registers that are held here, with their balances."""
    driver = home_from_environment().connect()
    found = [(name, each) for name in _sites(driver, site) for each in registers_of(driver, name)]
    driver.close()
    value = [
        {"site": name, "register": each.id, "lines": each.lines, "balance": each.balance}
        for name, each in found
    ]
    lines = [
        f"{name}\t{each.id}\t{each.lines} lines\t{in_figures(each.balance)} mg"
        for name, each in found
    ]
    show("\n".join(lines) or "No register here yet.", value, as_json=as_json)


def check(
    site: SiteOption = None,
    only: Annotated[
        str | None, typer.Option("--register", help="Only this one is told of.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Verify journals and make every register anew from them; non-zero where one differs."""
    home = home_from_environment()
    driver = home.connect()
    results: list[tuple[str, Checked]] = []
    for name in _sites(driver, site):
        size = journal.head(driver, name).seq
        verify_one(home, name, size, checkpoints_of(home, name))
        with progress(f"Checking the registers of {name}", size) as told:
            results += [(name, each) for each in check_registers(driver, name, told)]
    driver.close()
    results = [(name, each) for name, each in results if only in (None, each.register)]
    if only is not None and not results:
        raise unknown_register(only)
    value = [{"site": name, "ok": each.ok, **each._asdict()} for name, each in results]
    text = "\n".join(_told(name, each) for name, each in results)
    show(text or "No register here yet.", value, as_json=as_json)
    if not all(each.ok for _, each in results):
        raise typer.Exit(FAILED)


def _told(site: str, checked: Checked) -> str:
    verdict = "agrees with the journal" if checked.ok else "DOES NOT AGREE with the journal"
    head = (
        f"{site}\t{checked.register}\t{checked.lines} lines\t{in_figures(checked.balance)} mg\t"
        f"{verdict}"
    )
    return "\n".join([head, *(f"  {problem}" for problem in checked.problems)])


def print_register(
    register: RegisterArgument,
    login: Annotated[str, typer.Option("--as", help="Who prints it: a login that may.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The PDF to write.")],
    reason: Annotated[Reason, typer.Option(help="Why names are looked up.")],
    layout: LayoutOption = USUAL,
    site: SiteOption = None,
    first: First = None,
    last: Last = None,
    as_json: Json = False,
) -> None:
    """Print a register with names, as tagged PDF; who printed it is written down."""
    check_writable(out)
    home = home_from_environment()
    driver = home.connect()
    where = _site(driver, site)
    driver.close()
    done = printed(home, Wanted(where, register, layout, *_days(first, last)), login, reason)
    write_out(out, done.pdf)
    show(
        f"{register} printed to {out}: {done.lines} lines; SHA-256 {done.digest}.",
        {"register": register, "lines": done.lines, "sha256": done.digest, "file": str(out)},
        as_json=as_json,
    )


def export(
    register: RegisterArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="The CSV to write.")],
    layout: LayoutOption = USUAL,
    site: SiteOption = None,
    first: First = None,
    last: Last = None,
    as_json: Json = False,
) -> None:
    """Export a register without names, as CSV, with a file beside it that proves what it holds."""
    check_writable(out, statement_path(out))
    home = home_from_environment()
    driver = home.connect()
    try:
        wanted = Wanted(_site(driver, site), register, layout, *_days(first, last))
    finally:
        driver.close()
    done = office_of(home).export(wanted)
    write_out(statement_path(out), done.beside)
    write_out(out, done.table)
    said = done.statement
    show(
        f"{register} exported to {out}: {said.lines} lines, balance {in_figures(said.balance)} mg, "
        f"with {statement_path(out).name} beside it.",
        _plain(said),
        as_json=as_json,
    )


def check_exported(
    file: Annotated[Path, typer.Argument(help="A CSV that `register export` wrote.")],
    key: KeyOption = None,
    as_json: Json = False,
) -> None:
    """Check an exported register against its proof and, if it is held here, its journal."""
    home = home_from_environment()
    trusted = public_key(key) if key else trusted_key(home)
    table = _read(file)
    said = check_export(table, read_export(_read(statement_path(file))), trusted)
    held = held_against(home, table, said)
    by = "the trusted key" if trusted else "a key that nobody vouched for"
    text = (
        f"{file} holds lines {said.first_line} to {said.last_line} of {said.register} at "
        f"{said.site}, balance {in_figures(said.balance)} mg, signed by {by}."
    )
    more = (
        "The journal here gives the same table."
        if held
        else "The journal is not held here, so the table was not made again from it."
    )
    value = {"ok": True, "trusted": trusted is not None, "journal": held, **_plain(said)}
    show(f"{text} {more}", value, as_json=as_json)


def _plain(statement: Any) -> dict[str, Any]:  # noqa: ANN401 - a struct of plain values
    return {name: getattr(statement, name) for name in statement.__struct_fields__}


def _days(*instants: datetime | None) -> list[date | None]:
    return [instant.date() if instant else None for instant in instants]


def _sites(driver: Driver, site: str | None) -> list[str]:
    held = journal.sites(driver)
    if site is not None and site not in held:
        raise Invalid(
            "site-known",
            f"There is no site {site!r} here.",
            f"Held here: {', '.join(held) or 'none'}.",
        )
    return held if site is None else [site]


def _site(driver: Driver, site: str | None) -> str:
    found = _sites(driver, site)
    if len(found) != 1:
        raise Invalid(
            "site-given",
            f"{len(found)} sites are held here.",
            f"Say which one with --site: {', '.join(found) or 'found one first'}.",
        )
    return found[0]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Invalid(
            "file-readable", f"{path} cannot be read: {error.strerror}.", "Check the path."
        ) from error
