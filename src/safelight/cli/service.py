"""Commands about the service: setup, serve, demo, sites, statistics, packs, staff."""

from typing import Annotated

import msgspec
import typer

from safelight.cli.opening import (
    Address,
    create_account,
    prepare_accounts,
    serve_demonstration,
    serve_node,
)
from safelight.cli.output import progress, show
from safelight.kernel.errors import Invalid, SafelightError
from safelight.run.actions.tap import Tap, read_command
from safelight.run.domain.base import Actor, Role
from safelight.run.store.reader import Reader, reading
from safelight.wiring import (
    WriterLock,
    home_from_environment,
    new_id,
    open_engine,
    packs_of,
    prepare_home,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(help="The port to listen on.")]
Names = Annotated[
    list[str] | None,
    typer.Option("--name", help="A name or address by which tablets call this machine."),
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("setup")(setup)
    app.command("serve")(serve)
    app.command("demo")(demo)
    app.command("found")(found)
    app.command("sites")(sites)
    app.command("statistics")(statistics)
    app.command("packs")(packs)
    app.command("staff")(staff)


def setup(as_json: Json = False) -> None:
    """Create databases, keys and folders where they are not there yet."""
    home = home_from_environment()
    prepare_home(home)
    prepare_accounts(home)
    show(f"Set up in {home.path}.", {"home": str(home.path)}, as_json=as_json)


def serve(host: Host = "127.0.0.1", port: Port = 8000, names: Names = None) -> None:
    """Open the service in SAFELIGHT_HOME."""
    serve_node(home_from_environment(), Address(host, port, tuple(names or ())))


def demo(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Open a demonstration that is alive: simulated people, in real time."""
    serve_demonstration(home_from_environment(), Address(host, port))


def found(
    site: Annotated[str, typer.Argument(help="The site's id: lower case, digits, hyphens.")],
    name: Annotated[str, typer.Option(help="The site's name.")],
    kind: Annotated[str, typer.Option(help="building or vehicle.")] = "building",
    timezone: Annotated[str, typer.Option(help="Where it stands.")] = "Europe/London",
    live: Annotated[bool, typer.Option("--live", help="Real people; takes no example.")] = False,
    as_json: Json = False,
) -> None:
    """Found a site: the first entry of its journal. Its manager sets it up on the screens."""
    home = home_from_environment()
    prepare_home(home)
    lock = WriterLock(home)
    engine = open_engine(home, told=progress)
    fields = {"name": name, "kind": kind, "timezone": timezone, "live": live}
    actor = Actor("staff-console", Role.MANAGER)
    try:
        tap = Tap(site, new_id(), "site.found", read_command("site.found", fields), actor)
        engine.perform(tap)
        engine.commit()
    finally:
        engine.close()
        lock.release()
    show(f"Founded {site}: {name}.", {"site": site, **fields}, as_json=as_json)


def sites(as_json: Json = False) -> None:
    """List the sites held here."""
    home = home_from_environment()
    with reading(home.connect) as reader:
        rows = [_site(reader, name) for name in reader.sites()]
    text = "\n".join(f"{row['site']}\t{row['kind']}\t{row['name']}" for row in rows)
    show(text or "No site here yet: `safelight demo` opens one.", rows, as_json=as_json)


def _site(reader: Reader, name: str) -> dict[str, str]:
    premises = reader.premises(name)
    return {
        "site": name,
        "name": premises.name if premises else "",
        "kind": premises.kind if premises else "",
    }


def statistics(
    site: Annotated[str, typer.Option(help="The site.")],
    first: Annotated[str, typer.Option("--from", help="First month, as 2025-01.")],
    last: Annotated[str, typer.Option("--to", help="Last month, as 2025-08.")],
    as_json: Json = False,
) -> None:
    """Print a service's months, counted from its journal."""
    home = home_from_environment()
    with reading(home.connect) as reader:
        if site not in reader.sites():
            raise Invalid(
                "site-known", f"There is no site {site!r} here.", "See `safelight sites`."
            )
        try:
            months = reader.statistics(site, first, last)
        except ValueError as error:
            raise Invalid("month", f"{error}.", "Write months as 2025-01.") from error
    text = "\n".join(
        f"{m.month}  visits {m.visits}  episodes {sum(m.episodes.values())}  "
        f"emergencies {m.medical_emergencies}  people {m.people}"
        for m in months
    )
    show(text, [msgspec.to_builtins(month) for month in months], as_json=as_json)


def packs(as_json: Json = False) -> None:
    """List the protocol packs that are installed, with their digests."""
    rows = [
        {
            "pack": pack.id,
            "version": pack.version,
            "title": pack.title,
            "example": pack.example,
            "digest": digest,
        }
        for digest, pack in packs_of(home_from_environment()).items()
    ]
    text = "\n".join(
        f"{row['pack']} {row['version']}{' (example)' if row['example'] else ''}  {row['title']}"
        for row in rows
    )
    show(text, rows, as_json=as_json)


def staff(
    login: Annotated[str, typer.Argument(help="The name to sign in with.")],
    role: Annotated[Role, typer.Option(help="Such as worker, nurse or prescriber.")],
    as_json: Json = False,
) -> None:
    """Add a member of staff and print a first password, which is shown only here."""
    if role is Role.ANYONE:
        raise SafelightError("role", "Nobody can be made 'anyone'.", "Choose another role.")
    staff_id, password = create_account(home_from_environment(), login, role)
    show(
        f"{login} ({role}, {staff_id}) signs in with {password}",
        {"login": login, "role": role, "staff": staff_id, "password": password},
        as_json=as_json,
    )
