"""Cuts the power under SQLite: an in-memory disk for APSW that forgets what was never synced.

A file has durable bytes and a list of changes since its last sync. A cut keeps the durable bytes
and lets chance decide, for each 512-byte sector of each unsynced write, whether it is kept, lost,
torn or garbage. Names are durable apart from contents: a new name after the first sync of its file
(SQLite's unix VFS syncs the folder then), a deletion when SQLite asks for a sync of the folder
(`synchronous=EXTRA`) or at the next such first sync. Until then the old file or the new may be
found after the cut. SQLite never renames a file, so a VFS has no method for it.

APSW lets no Python code implement xShm. So WAL needs `PRAGMA locking_mode=EXCLUSIVE` before the
first access to the journal (SQLite then keeps the index of the WAL on its heap), or
`PowerCutVFS(..., shared_memory=True)`, which borrows the xShm methods of SQLite's unix VFS on an
empty temporary file: slower, but several connections can share one database.

Two things differ from a real disk. The Python exception raised here reaches the caller even where
SQLite itself swallows the error: a failed automatic checkpoint makes COMMIT raise although the row
is safe. And SQLite draws the salt of a WAL from its own generator, so the bytes of a WAL, unlike
the outcomes, vary between two runs of one seed.
"""

from __future__ import annotations

import itertools
import shutil
import weakref
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Final, Literal

import apsw
from typing_extensions import Buffer, override

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

Operation = Literal["write", "truncate", "sync", "delete", "any", "read", "open"]

CHANGES: Final = frozenset({"write", "truncate", "sync", "delete"})
SECTOR: Final = 512
KEPT: Final = (0.0, 0.5, 0.9, 1.0)  # the share of a file's unsynced sectors that a cut keeps
TORN: Final = 0.03  # the share that is torn or garbage, where a cut keeps some and loses some


class PowerCut(apsw.IOError):
    """The power is off: raised by the operation in which it failed and by all that follow it.

    Closing a connection then raises it too, once the connection is closed: suppress it there. A
    connection that is never closed raises where it is collected, which pytest reports.
    """

    result = apsw.SQLITE_IOERR
    extendedresult = apsw.SQLITE_IOERR


class _Fault:
    """An error to raise in place of an operation, once or for ever."""

    def __init__(self, operation: str, error: int, after: int, path: str, *, forever: bool) -> None:
        self.operation = operation
        self.error = error
        self.after = after
        self.path = path
        self.forever = forever

    def strikes(self, operation: str, path: str) -> bool:
        kinds = CHANGES if self.operation == "any" else {self.operation}
        if operation not in kinds or not path.endswith(self.path):
            return False
        self.after -= 1
        return self.after < 0


class _Power:
    """One stretch of time with the power on, from a boot to a cut; old files never see the next."""

    def __init__(self) -> None:
        self.off = False
        self.story = "The power was cut"
        self.operations = 0
        self.fails_at = 0
        self.rng: Random | None = None
        self.faults: list[_Fault] = []

    def tick(self, operation: str, path: str) -> Exception | None:
        """Count one operation, and return the error in which it must end."""
        if self.off:
            raise PowerCut(self.story)
        self.operations += 1
        if self.operations == self.fails_at:
            self.off = True
            self.story = f"The power failed in operation {self.operations}, {operation} of {path}"
            return PowerCut(self.story)
        return self.fault(operation, path) if self.faults else None

    def check(self, operation: str, path: str) -> None:
        """Raise if an operation that changes nothing must fail."""
        if self.off:
            raise PowerCut(self.story)
        if self.faults and (error := self.fault(operation, path)):
            raise error

    def fault(self, operation: str, path: str) -> Exception | None:
        for fault in self.faults:
            if fault.strikes(operation, path):
                if not fault.forever:
                    self.faults.remove(fault)
                return apsw.exception_for(fault.error)
        return None

    def takes_effect(self) -> bool:
        """Whether the operation in which the power failed still reached the disk."""
        return self.off and self.rng is not None and self.rng.random() < 0.5

    def written(self, size: int, error: Exception) -> int:
        """How many bytes of a failing write got as far as the file."""
        if self.off:
            return self.rng.randrange(size + 1) if self.rng else 0
        return 0 if isinstance(error, apsw.ReadOnlyError) else size // 2


def _put(content: bytearray, offset: int, data: bytes | bytearray) -> None:
    if offset > len(content):
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _resize(content: bytearray, size: int) -> None:
    if size < len(content):
        del content[size:]
    else:
        content.extend(bytes(size - len(content)))


class _Node:
    """One file: what it holds, what of that is durable, and the changes in between."""

    def __init__(self, path: str, content: bytes | bytearray = b"", *, fresh: bool = False) -> None:
        self.path = path
        self.content = bytearray(content)
        self.durable = bytearray(content)
        self.changes: list[tuple[int, bytes | None]] = []  # None: a truncation to that size
        self.fresh = fresh
        self.locks: dict[PowerCutFile, int] = {}

    def write(self, offset: int, data: bytes) -> None:
        self.changes.append((offset, data))
        _put(self.content, offset, data)

    def truncate(self, size: int) -> None:
        self.changes.append((size, None))
        _resize(self.content, size)

    def sync(self) -> None:
        durable = self.durable
        for offset, data in self.changes:
            if data is None:
                _resize(durable, offset)
            else:
                _put(durable, offset, data)
        self.changes.clear()

    def survivor(self, rng: Random, *, whole_sectors: bool) -> bytearray:
        """Return what a cut leaves of the file."""
        image = bytearray(self.durable)
        if not self.changes:
            return image
        kept = rng.choice(KEPT)
        longest = 0
        for offset, data in self.changes:
            if data is not None:
                longest = max(longest, offset + len(data))
                _scatter(image, offset, data, kept, rng, whole_sectors=whole_sectors)
            elif rng.random() < kept:
                _resize(image, offset)
        if len(image) < longest and rng.random() < 0.5:
            _resize(image, rng.randint(len(image), longest))
        return image


def _scatter(
    image: bytearray, offset: int, data: bytes, kept: float, rng: Random, *, whole_sectors: bool
) -> None:
    """Apply a chance selection of a write's sectors; a few of them torn or garbage."""
    if kept == 0.0:
        return
    if kept == 1.0:
        _put(image, offset, data)
        return
    chance = rng.random
    start, end = offset, offset + len(data)
    while start < end:
        stop = min(end, start - start % SECTOR + SECTOR)
        draw = chance()
        if draw < TORN:
            _tear(image, start, data[start - offset : stop - offset], rng, whole_sectors)
        elif chance() < kept:
            _put(image, start, data[start - offset : stop - offset])
        start = stop


def _tear(image: bytearray, start: int, data: bytes, rng: Random, whole_sectors: bool) -> None:  # noqa: FBT001
    if rng.random() < 0.5:
        _put(image, start, data[: rng.randrange(len(data) + 1)])
        return
    size = len(data)
    if whole_sectors:
        start -= start % SECTOR
        size = SECTOR
    _put(image, start, rng.randbytes(size))


class PowerCutFile(apsw.VFSFile):
    """An open file of the simulated disk."""

    def __init__(self, disk: PowerCutVFS, node: _Node, flags: int, base: tuple[str, str]) -> None:
        wanted = apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        super().__init__(*base, [wanted, 0])
        self._disk = disk
        self._power = disk.power
        self._node = node
        self._temporary = bool(flags & apsw.SQLITE_OPEN_DELETEONCLOSE)

    @override
    def xRead(self, amount: int, offset: int) -> bytes:
        power = self._power
        if power.off or power.faults:
            power.check("read", self._node.path)
        return bytes(self._node.content[offset : offset + amount])

    @override
    def xWrite(self, data: Buffer, offset: int) -> None:
        node = self._node
        written = bytes(data)
        if error := self._power.tick("write", node.path):
            if part := self._power.written(len(written), error):
                node.write(offset, written[:part])
            raise error
        node.write(offset, written)

    @override
    def xTruncate(self, newsize: int) -> None:
        error = self._power.tick("truncate", self._node.path)
        if error is None or self._power.takes_effect():
            self._node.truncate(newsize)
        if error:
            raise error

    @override
    def xSync(self, flags: int) -> None:
        node = self._node
        error = self._power.tick("sync", node.path)
        if error is None or self._power.takes_effect():
            node.sync()
            if node.fresh:
                self._disk.sync_folder()
                node.fresh = False
        elif not self._power.off:
            node.changes.clear()  # as on Linux: counted as clean, so no later sync writes them
        if error:
            raise error

    @override
    def xFileSize(self) -> int:
        self._power.check("size", self._node.path)
        return len(self._node.content)

    @override
    def xLock(self, level: int) -> None:
        if self._power.off:
            raise PowerCut(self._power.story)
        locks = self._node.locks
        highest = max((held for file, held in locks.items() if file is not self), default=0)
        if level == apsw.SQLITE_LOCK_SHARED:
            free = highest < apsw.SQLITE_LOCK_PENDING
        elif level == apsw.SQLITE_LOCK_RESERVED:
            free = highest < apsw.SQLITE_LOCK_RESERVED
        else:
            free = highest == apsw.SQLITE_LOCK_NONE
            if not free and highest < apsw.SQLITE_LOCK_PENDING:
                locks[self] = apsw.SQLITE_LOCK_PENDING
        if not free:
            raise apsw.exception_for(apsw.SQLITE_BUSY)
        locks[self] = level

    @override
    def xUnlock(self, level: int) -> None:
        if level:
            self._node.locks[self] = level
        else:
            self._node.locks.pop(self, None)

    @override
    def xCheckReservedLock(self) -> bool:
        return any(held >= apsw.SQLITE_LOCK_RESERVED for held in self._node.locks.values())

    @override
    def xFileControl(self, op: int, ptr: int) -> bool:
        return False

    @override
    def xSectorSize(self) -> int:
        return SECTOR

    @override
    def xDeviceCharacteristics(self) -> int:
        return 0 if self._disk.whole_sectors else apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    @override
    def xClose(self) -> None:
        self._node.locks.pop(self, None)
        if self._temporary and not self._power.off:
            self._disk.forget(self._node.path)
        super().xClose()


class PowerCutVFS(apsw.VFS):
    """A disk in memory, whose power a test can cut.

    Args:
        name: The name under which `apsw.Connection(path, vfs=name)` finds it.
        shared_memory: Whether several connections can share a database in WAL mode.
        whole_sectors: Whether a cut may also spoil the bytes beside a write in its sector. SQLite
            is told, and pads what it writes; common disks are not like that.
    """

    def __init__(
        self, name: str = "powercut", *, shared_memory: bool = False, whole_sectors: bool = False
    ) -> None:
        super().__init__(name, base="")
        self.name = name
        self.whole_sectors = whole_sectors
        self.power = _Power()
        self._live: dict[str, _Node] = {}
        self._disk: dict[str, _Node] = {}  # the names that are durable
        self._read_only = False
        self._boots = 0
        self._anonymous = itertools.count(1)
        self._folder = mkdtemp(prefix="powercut-") if shared_memory else None
        if self._folder:
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    @property
    def power_is_off(self) -> bool:
        """Whether the scheduled cut has come."""
        return self.power.off

    @property
    def operations(self) -> int:
        """How many writes, truncations, syncs and deletions there were since the last boot."""
        return self.power.operations

    def cut_after(self, operations: int, rng: Random) -> None:
        """Let the power fail in that operation from now: 1 is the next."""
        self.power.fails_at = self.power.operations + operations
        self.power.rng = rng

    def cut(self, rng: Random) -> None:
        """Cut the power now, unless it is off already, and boot again with what survived."""
        self.power.off = True
        survivors = {}
        for path in dict.fromkeys((*self._disk, *self._live)):
            old, new = self._disk.get(path), self._live.get(path)
            node = new if old is new else rng.choice((old, new))
            if node is not None:
                survivors[path] = node.survivor(rng, whole_sectors=self.whole_sectors)
        self.load(survivors)

    def image(self) -> dict[str, bytes]:
        """Return what every file holds now, synced or not."""
        return {path: bytes(node.content) for path, node in self._live.items()}

    def load(self, image: Mapping[str, bytes | bytearray]) -> None:
        """Boot with these files and no others, all durable; schedule and faults are gone."""
        self.power.off = True
        self.power = _Power()
        self._boots += 1
        self._read_only = False
        self._disk = {path: _Node(path, content) for path, content in image.items()}
        self._live = dict(self._disk)

    def fail_next(
        self,
        operation: Operation,
        error: int,
        *,
        after: int = 0,
        forever: bool = False,
        path: str = "",
    ) -> None:
        """Fail an operation with an SQLite error code, such as apsw.SQLITE_FULL.

        Half of a failing write reaches the file, except with SQLITE_READONLY. After a failing sync
        the unsynced changes can be read, but no later sync makes them durable, as on Linux.

        Args:
            operation: The kind; "any" is any of write, truncate, sync and delete.
            error: The code, plain or extended.
            after: How many such operations still succeed.
            forever: Whether all later ones fail too, until `clear_faults` or a cut.
            path: The end of the file's path, to spare other files; "-wal" is the WAL.
        """
        self.power.faults.append(_Fault(operation, error, after, path, forever=forever))

    def clear_faults(self) -> None:
        """Let every operation succeed again."""
        self.power.faults.clear()
        self._read_only = False

    def make_read_only(self) -> None:
        """Let later opens give files that can only be read, and writes fail."""
        self._read_only = True
        self.fail_next("any", apsw.SQLITE_READONLY, forever=True)

    def sync_folder(self) -> None:
        """Make the names of all files durable."""
        self._disk = dict(self._live)

    def forget(self, path: str) -> None:
        """Drop a file's name; until the folder is synced it may come back."""
        self._live.pop(path, None)

    @override
    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> PowerCutFile:
        if name is None:
            path = f"/anonymous-{next(self._anonymous)}"
        else:
            path = name if isinstance(name, str) else name.filename()
        self.power.check("open", path)
        wanted = flags[0]
        if self._read_only and wanted & apsw.SQLITE_OPEN_READWRITE:
            wanted &= ~(apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
            wanted |= apsw.SQLITE_OPEN_READONLY
        node = self._live.get(path)
        if node is None:
            if not wanted & apsw.SQLITE_OPEN_CREATE:
                raise apsw.exception_for(apsw.SQLITE_CANTOPEN)
            node = _Node(path, fresh=name is not None)
            if name is not None:
                self._live[path] = node
        elif wanted & apsw.SQLITE_OPEN_EXCLUSIVE and wanted & apsw.SQLITE_OPEN_CREATE:
            raise apsw.exception_for(apsw.SQLITE_CANTOPEN)
        flags[1] = wanted
        return PowerCutFile(self, node, wanted, self._base(wanted, path))

    def _base(self, flags: int, path: str) -> tuple[str, str]:
        if self._folder is None or not flags & apsw.SQLITE_OPEN_MAIN_DB:
            return "memdb", "unused"
        return "", f"{self._folder}/{self._boots}{path.replace('/', '_')}"

    @override
    def xDelete(self, filename: str, syncdir: bool) -> None:
        error = self.power.tick("delete", filename)
        if filename not in self._live:
            raise error or apsw.exception_for(apsw.SQLITE_IOERR_DELETE_NOENT)
        if error is None or self.power.takes_effect():
            self.forget(filename)
            if syncdir:
                self.sync_folder()
        if error:
            raise error

    @override
    def xAccess(self, pathname: str, flags: int) -> bool:
        self.power.check("access", pathname)
        node = self._live.get(pathname)
        return node is not None and (bool(node.content) or flags != apsw.SQLITE_ACCESS_EXISTS)

    @override
    def xFullPathname(self, name: str) -> str:
        return name if name.startswith("/") else f"/{name}"
