"""Commands about journals: verify, checkpoint, prove, check-proof, rebuild."""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import Annotated

import typer

from safelight.cli.keys import KeyOption, public_key
from safelight.cli.output import errors, progress, show
from safelight.cli.writing import write_out
from safelight.journal.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from safelight.journal.merkle import inclusion_path, leaf_hash
from safelight.journal.proof import Proof, check_proof, pack, readable, unpack
from safelight.journal.verify import CHUNK, Verified
from safelight.kernel.errors import Invalid, SafelightError
from safelight.run.store import journal
from safelight.run.store.driver import Driver
from safelight.run.store.rebuild import compare, rebuild, replay
from safelight.run.store.sqlite import SQLiteDriver
from safelight.run.store.verification import verify_journal
from safelight.wiring import (
    Home,
    WriterLock,
    checkpoints_of,
    home_from_environment,
    sign_checkpoint,
    trusted_key,
)

# A fresh interpreter would read the whole command line again in each worker.
START_METHOD = "fork" if "fork" in get_all_start_methods() else "spawn"
MOST_WORKERS = 8

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SiteArgument = Annotated[str | None, typer.Argument(help="One site; all where left out.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("verify")(verify)
    app.command("checkpoint")(checkpoint)
    app.command("prove")(prove)
    app.command("check-proof")(check)
    app.command("rebuild")(rebuild_command)


def _sites(driver: Driver, site: str | None) -> list[str]:
    held = journal.sites(driver)
    if site is None:
        return held
    if site not in held:
        raise Invalid(
            "site-known",
            f"There is no site {site!r} here.",
            f"Held here: {', '.join(held) or 'none'}.",
        )
    return [site]


def verify(
    site: SiteArgument = None,
    against: Annotated[
        Path | None, typer.Option("--checkpoint", help="A checkpoint kept elsewhere.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Verify journals against their hashes and signed checkpoints; non-zero where one is wrong."""
    home = home_from_environment()
    extra = _kept_elsewhere(against)
    driver = home.connect()
    sizes = {name: journal.head(driver, name).seq for name in _sites(driver, site)}
    guarded = driver.is_guarded()
    driver.close()
    results = []
    for name, size in sizes.items():
        points = [*checkpoints_of(home, name), *(p for p in extra if p.site == name)]
        results.append(verify_one(home, name, size, points))
    if not guarded:
        errors.print(
            "Warning: the triggers that keep the journal append-only are gone. What stands here "
            "verifies; find out who removed them."
        )
    text = "\n".join(
        f"{v.site}: {v.size} entries verified, {v.checkpoints} checkpoint(s), "
        f"root {v.root.hex()[:16]}…"
        for v in results
    )
    value = [
        {
            "site": v.site,
            "ok": True,
            "entries": v.size,
            "root": v.root.hex(),
            "checkpoints": v.checkpoints,
        }
        for v in results
    ]
    show(
        text or "No journal here yet.",
        {"ok": True, "guarded": guarded, "sites": value},
        as_json=as_json,
    )


def _kept_elsewhere(path: Path | None) -> list[Checkpoint]:
    if path is None:
        return []
    return [read_checkpoint(line) for line in _read(path).splitlines() if line.strip()]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SafelightError(
            "file-readable", f"{path} cannot be read: {error.strerror}.", "Check the path."
        ) from error


def verify_one(home: Home, site: str, size: int, points: list[Checkpoint]) -> Verified:
    """Verify one site's journal in several processes; raises Tampered."""
    workers = min(MOST_WORKERS, os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, get_context(START_METHOD)) as executor:
        if size > CHUNK:
            # Workers begin before the progress bar's thread does: a fork takes no threads along.
            executor.submit(int).result()
        with progress(f"Verifying {site}", size) as told:
            return verify_journal(
                home.connector,
                site,
                points,
                trusted=trusted_key(home),
                executor=executor,
                progress=told,
            )


def checkpoint(site: SiteArgument = None, as_json: Json = False) -> None:
    """Sign the present state of journals and keep it; print it for somebody else to keep too."""
    home = home_from_environment()
    driver = home.connect()
    points = [sign_checkpoint(home, name) for name in _sites(driver, site)]
    driver.close()
    lines = "\n".join(write_checkpoint(point) for point in points)
    value = [
        {"site": p.site, "size": p.size, "root": p.root.hex(), "at": p.at, "key": p.key.hex()}
        for p in points
    ]
    show(lines, value, as_json=as_json)


def prove(
    site: str,
    seq: int,
    out: Annotated[Path | None, typer.Option("--out", help="Write the proof here.")] = None,
    as_json: Json = False,
) -> None:
    """Prove that entry SEQ stands in SITE's journal: a file of at most 1 KB.

    Without --out the proof goes to standard output; on a terminal it is JSON.
    """
    home = home_from_environment()
    driver = home.connect()
    _sites(driver, site)
    points = [p for p in checkpoints_of(home, site) if p.size >= seq]
    if not 1 <= seq <= journal.head(driver, site).seq:
        raise Invalid(
            "entry-known",
            f"The journal of {site} has no entry {seq}.",
            f"It has entries 1 to {journal.head(driver, site).seq}.",
        )
    point = points[-1] if points else sign_checkpoint(home, site)
    digests = journal.hashes(driver, site, point.size)
    driver.close()
    path = inclusion_path([leaf_hash(digest) for digest in digests], seq - 1)
    proof = Proof(point, seq, digests[seq - 1], tuple(path))
    if out is not None:
        write_out(out, pack(proof))
        show(f"Proof of entry {seq} of {site} written to {out}.", readable(proof), as_json=as_json)
    elif as_json or sys.stdout.isatty():
        show("", readable(proof), as_json=True)
    else:
        sys.stdout.buffer.write(pack(proof))


def check(
    file: Annotated[Path, typer.Argument(help="A proof, in either form.")],
    key: KeyOption = None,
    as_json: Json = False,
) -> None:
    """Check a proof without the database; non-zero where it does not hold."""
    trusted = public_key(key) if key else trusted_key(home_from_environment())
    proof = unpack(_read(file))
    check_proof(proof, trusted)
    point = proof.checkpoint
    by = "the trusted key" if trusted else f"key {point.key.hex()[:16]}…, which nobody vouched for"
    show(
        f"Entry {proof.seq} of {point.site} stands in the journal of {point.size} entries "
        f"signed at {point.at} by {by}.",
        {
            "ok": True,
            "site": point.site,
            "seq": proof.seq,
            "size": point.size,
            "at": point.at,
            "entry": proof.entry.hex(),
            "key": point.key.hex(),
            "trusted": trusted is not None,
        },
        as_json=as_json,
    )


def rebuild_command(
    site: SiteArgument = None,
    check_only: Annotated[
        bool, typer.Option("--check", help="Compare only; change nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make the read models again from the journals, or check that they would be the same."""
    home = home_from_environment()
    lock = None if check_only else WriterLock(home)
    driver = home.connect() if check_only else home.connect_for_writing()
    results = []
    for name in _sites(driver, site):
        size = journal.head(driver, name).seq
        with progress(f"Rebuilding {name}", size) as told:
            if check_only:
                scratch = SQLiteDriver(":memory:", scratch=True)
                scratch.prepare()
                replay(driver, scratch, name, told)
                rows = compare(driver, scratch, name)
                results.append({"site": name, "entries": size, "rows": rows, "same": True})
            else:
                count = rebuild(driver, name, told)
                results.append({"site": name, "entries": count, "rebuilt": True})
    driver.close()
    if lock is not None:
        lock.release()
    words = "the read model fits its journal" if check_only else "read model rebuilt"
    text = "\n".join(f"{r['site']}: {words} ({r['entries']} entries)." for r in results)
    show(text or "No journal here yet.", results, as_json=as_json)
