"""The one place where clocks, stores, keys and settings are put together."""

import base64
import fcntl
import hmac
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safelight.journal.checkpoint import Checkpoint, read_checkpoint, sign, write_checkpoint
from safelight.journal.merkle import Frontier, leaf_hash
from safelight.kernel.clock import Clock, format_instant
from safelight.kernel.errors import SafelightError
from safelight.kernel.ids import command_id
from safelight.run.actions.emergency import EmergencyDesk
from safelight.run.actions.engine import Engine
from safelight.run.actions.node import Node
from safelight.run.actions.timekeeper import Anchor, Timekeeper
from safelight.run.domain.protocol import Protocol
from safelight.run.identity.vault import Vault
from safelight.run.register.layout import Layout, installed_layouts
from safelight.run.register.office import Office
from safelight.run.store import journal
from safelight.run.store.driver import Driver, StoreFault
from safelight.run.store.packs import installed_packs
from safelight.run.store.postgres import PostgresDriver
from safelight.run.store.reader import Reader
from safelight.run.store.rebuild import Told, renew
from safelight.run.store.spool import Spool
from safelight.run.store.sqlite import SQLiteDriver
from safelight.sources.files import write_whole

PACKS = Path(__file__).parent / "packs"
LAYOUTS = "register-layouts"  # the folder of them among packs
PROJECT = Path(__file__).parents[2]
DEMONSTRATION_KEY = "demonstration.key"


def system_clock() -> datetime:
    """Return the time of this machine, in UTC."""
    return datetime.now(UTC)


def keep_sums_steady() -> None:
    """Let linear algebra use one thread, so that the same seed gives the same table anywhere.

    Sums that threads share differ in their last digits with the number of threads. It is read when
    numpy is first imported, so this comes before.
    """
    os.environ["OPENBLAS_NUM_THREADS"] = "1"


@dataclass(frozen=True)
class Home:
    """The folder of databases and keys, and the ways into it."""

    path: Path
    database: str = ""  # a PostgreSQL address; empty for SQLite in the folder

    @property
    def keys(self) -> Path:
        """The folder of keys, readable by its owner alone."""
        return self.path / "keys"

    @property
    def journal(self) -> Path:
        """The journal's SQLite file."""
        return self.path / "journal.sqlite3"

    @property
    def packs(self) -> Path:
        """The service's own protocol packs."""
        return self.path / "packs"

    @property
    def data(self) -> Path:
        """The shelf of published tables."""
        return self.path / "data"

    def connect(self) -> Driver:
        """Open a connection that only reads; raises SafelightError where nothing is set up."""
        if self.database:
            return PostgresDriver(self.database, read_only=True)
        if not self.journal.exists():
            raise _not_set_up(self)
        return SQLiteDriver(str(self.journal), read_only=True)

    def connect_for_writing(self) -> Driver:
        """Open the one writing connection and see that tables and triggers are there."""
        driver: Driver = (
            PostgresDriver(self.database) if self.database else SQLiteDriver(str(self.journal))
        )
        driver.prepare()
        return driver

    @property
    def connector(self) -> Callable[[], Driver]:
        """The way to open a reading connection, in a form that other processes can take."""
        return partial(_connect, str(self.path), self.database)


def _not_set_up(home: Home) -> SafelightError:
    return SafelightError(
        "home-set-up",
        f"There is no journal in {home.path}.",
        "Run `safelight setup` first, or set SAFELIGHT_HOME to where it is.",
    )


def _connect(path: str, database: str) -> Driver:
    return Home(Path(path), database).connect()


def home_from_environment() -> Home:
    """Return the home that SAFELIGHT_HOME names, or ``var`` in the project."""
    path = Path(os.environ.get("SAFELIGHT_HOME") or PROJECT / "var")
    return Home(path.absolute(), os.environ.get("SAFELIGHT_DATABASE", ""))


def prepare_home(home: Home) -> None:
    """Make the folder, its keys and its databases, where they are not there yet."""
    for folder in (home.path, home.keys, home.packs, home.path / "checkpoints"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _keep(home.keys / "vault.key", lambda: secrets.token_bytes(32))
    _keep(home.keys / "web.key", lambda: secrets.token_hex(32).encode())
    _keep(home.keys / "node.key", lambda: Ed25519PrivateKey.generate().private_bytes_raw())
    (home.keys / "node.pub").write_text(node_key(home).public_key().public_bytes_raw().hex() + "\n")
    home.connect_for_writing().close()
    Vault(home.path / "vault.sqlite3", vault_key(home)).close()
    Spool(home.path / "emergency.spool").close()


def _keep(path: Path, make: Callable[[], bytes]) -> None:
    """Write a key once, readable by its owner alone."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(make())


def _key(home: Home, name: str) -> bytes:
    path = home.keys / name
    if not path.exists():
        raise SafelightError(
            "home-set-up",
            f"The key {name} is missing in {home.keys}.",
            "Run `safelight setup` for a new home; restore the key for one that has data.",
        )
    return path.read_bytes()


def vault_key(home: Home) -> bytes:
    """Return the vault's key."""
    return _key(home, "vault.key")


def web_key(home: Home) -> str:
    """Return the secret that signs sessions and forms."""
    return _key(home, "web.key").decode()


def node_key(home: Home) -> Ed25519PrivateKey:
    """Return the key that signs this node's checkpoints."""
    return Ed25519PrivateKey.from_private_bytes(_key(home, "node.key"))


def trusted_key(home: Home) -> bytes | None:
    """Return the public key that checkpoints here must carry, or None before set-up."""
    path = home.keys / "node.pub"
    return bytes.fromhex(path.read_text().strip()) if path.exists() else None


def packs_of(home: Home) -> dict[str, Protocol]:
    """Return all installed packs by digest: those shipped and the service's own."""
    own = installed_packs(home.packs) if home.packs.is_dir() else {}
    return {**installed_packs(PACKS), **own}


def layouts_of(home: Home) -> dict[str, Layout]:
    """Return the layouts of registers by id: those shipped and, before them, the service's own."""
    return installed_layouts(PACKS / LAYOUTS, home.packs / LAYOUTS)


class PackShelf:
    """The installed packs; looks again when asked for one that it has not seen."""

    def __init__(self, home: Home) -> None:
        """Read all packs."""
        self._home, self._packs = home, packs_of(home)

    def get(self, digest: str) -> Protocol | None:
        """Return a pack by its digest, or None."""
        if digest not in self._packs:
            self._packs = packs_of(self._home)
        return self._packs.get(digest)


def checkpoints_of(home: Home, site: str) -> list[Checkpoint]:
    """Return the checkpoints kept here for a site, oldest first."""
    path = _checkpoint_file(home, site)
    if not path.exists():
        return []
    *whole, _torn = path.read_text().split("\n")  # a power cut may leave half a line at the end
    return [read_checkpoint(line) for line in whole if line]


def _checkpoint_file(home: Home, site: str) -> Path:
    return home.path / "checkpoints" / f"{site}.jsonl"


def sign_checkpoint(home: Home, site: str) -> Checkpoint:
    """Sign a site's journal as it is now and append the checkpoint to the site's file."""
    driver = home.connect()
    try:
        frontier = Frontier()
        for digest in journal.hashes(driver, site, journal.head(driver, site).seq):
            frontier.append(leaf_hash(digest))
    finally:
        driver.close()
    at = format_instant(system_clock())
    point = sign(Checkpoint(site, frontier.size, frontier.root(), at), node_key(home))
    with _checkpoint_file(home, site).open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # the keeper signs, and whoever exports a register
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        file.write(write_checkpoint(point).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return point


def covering_checkpoint(home: Home, site: str) -> Checkpoint:
    """Return the newest checkpoint of a site, or a new one where entries came after it."""
    driver = home.connect()
    try:
        size = journal.head(driver, site).seq
    finally:
        driver.close()
    kept = checkpoints_of(home, site)
    return kept[-1] if kept and kept[-1].size >= size else sign_checkpoint(home, site)


def office_of(home: Home) -> Office:
    """Return where the registers of a home are printed and exported."""
    return Office(
        connect=home.connector,
        layouts=partial(layouts_of, home),
        checkpoint=partial(covering_checkpoint, home),
        key=partial(node_key, home),
    )


def new_id() -> str:
    """Return a fresh command id."""
    return command_id(system_clock(), secrets.token_bytes(10))


def has_demonstration(home: Home) -> bool:
    """Tell whether a demonstration was opened in this home."""
    return (home.keys / DEMONSTRATION_KEY).exists()


def demo_password(home: Home) -> str:
    """Return the password of this home's demonstration accounts."""
    _keep(home.keys / DEMONSTRATION_KEY, lambda: secrets.token_urlsafe(9).encode())
    return _key(home, DEMONSTRATION_KEY).decode()


def demo_secret(home: Home, login: str) -> str:
    """Return the secret behind the codes of a demonstration account, as base32."""
    digest = hmac.digest(demo_password(home).encode(), f"second factor|{login}".encode(), "sha256")
    return base64.b32encode(digest[:20]).decode()


class WriterLock:
    """Keeps a second writer out of a home for as long as this process lives."""

    def __init__(self, home: Home) -> None:
        """Take the lock; raises SafelightError where another process holds it, or no home is."""
        if not home.path.is_dir():
            raise _not_set_up(home)
        self._file = (home.path / "writer.lock").open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise SafelightError(
                "one-writer",
                f"Another Safelight is writing in {home.path}.",
                "Stop it first (a running server, a rehearsal), or use another SAFELIGHT_HOME.",
            ) from error

    def release(self) -> None:
        """Let another process write."""
        self._file.close()


def timekeeper_of(home: Home) -> Timekeeper:
    """Return who says whether this machine's clock can be relied on.

    What two people confirmed holds until the machine is started anew, as ``boot_id`` tells.
    """
    path, boot = home.path / "clock.json", _boot_id()

    def keep(anchor: Anchor) -> None:
        write_whole(path, msgspec.json.encode(_Kept(boot, anchor.wall, anchor.steady)))

    return Timekeeper(system_clock, steady_clock, _anchor_of(path, boot), keep)


class _Kept(msgspec.Struct, frozen=True):
    """A confirmation as the home keeps it."""

    boot: str
    wall: datetime
    steady: float


def _anchor_of(path: Path, boot: str) -> Anchor | None:
    """Return the confirmation of this run of the machine; a file that cannot be read is none."""
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
    except (OSError, msgspec.DecodeError):
        return None
    return Anchor(kept.wall, kept.steady) if boot and kept.boot == boot else None


def _boot_id() -> str:
    """Return what tells one run of the machine from the next, or nothing where that is unknown."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def steady_clock() -> float:
    """Return seconds of a clock that nobody can set and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if _HAS_BOOTTIME else time.monotonic()


_HAS_BOOTTIME = hasattr(time, "CLOCK_BOOTTIME")


@contextmanager
def _untold(_: str, __: int) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


def open_engine(home: Home, clock: Clock = system_clock, told: Told = _untold) -> Engine:
    """Open the engine over a home; the caller holds the writer lock.

    Read models that another edition of the code made are made again first; ``told`` shows it. On a
    disk that takes nothing they stay as they were, as far as this edition can read them: an old
    board is better than none, and emergencies go to the spool.
    """
    timekeeper = timekeeper_of(home) if clock is system_clock else None
    driver = home.connect_for_writing()
    with suppress(StoreFault):
        renew(driver, told)
    return Engine(driver, clock, PackShelf(home).get, timekeeper)


def open_node(home: Home, clock: Clock = system_clock, told: Told = _untold) -> Node:
    """Open a node over a home; the caller holds the writer lock."""
    return Node(
        engine=open_engine(home, clock, told),
        reader=Reader(home.connector),
        vault=Vault(home.path / "vault.sqlite3", vault_key(home)),
        desk=EmergencyDesk(Spool(home.path / "emergency.spool")),
        clock=clock,
        checkpoints=partial(checkpoints_of, home),
        connect=home.connector,
        packs=lambda: list(packs_of(home).values()),
    )
